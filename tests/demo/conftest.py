import pytest
from demo_shop import Written

from faultcast.demo import write_repository


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("demo") / "shop.git"
    return Written(folder, write_repository(folder))


@pytest.fixture(scope="session")
def lines_added(shop: Written) -> dict[str, int]:
    """Commit -> lines added, merges left out."""
    found: dict[str, int] = {}
    commit = ""
    for row in shop.git("log", "--numstat", "--no-merges", "--format=@%H").splitlines():
        if row.startswith("@"):
            commit = row[1:]
            found[commit] = 0
        elif row:
            found[commit] += int(row.split("\t")[0])
    return found
