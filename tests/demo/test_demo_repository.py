"""The written repository is a real one, the same everywhere, and as varied as promised."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from demo_shop import Written

from faultcast.demo import write_repository
from faultcast.errors import UsageError

DAY_SECONDS = 86_400


def test_the_same_seed_gives_the_same_tip_on_a_hostile_machine(shop: Written, tmp_path: Path) -> None:
    config = "[user]\n\tname = Somebody\n[init]\n\tdefaultBranch = trunk\n[core]\n\tautocrlf = true\n"
    (tmp_path / ".gitconfig").write_text(config)
    script = (
        "import sys, pathlib, faultcast.demo; print(faultcast.demo.write_repository(pathlib.Path(sys.argv[1])).tip)"
    )
    hostile = {
        **os.environ, "HOME": str(tmp_path), "TZ": "Pacific/Kiritimati", "GIT_AUTHOR_DATE": "2001-01-01T00:00:00",
        "GIT_CONFIG_GLOBAL": str(tmp_path / ".gitconfig"), "GIT_DEFAULT_HASH": "sha256", "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "12345", "GIT_DIR": "/nonexistent", "GIT_COMMITTER_NAME": "Somebody",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.git")], env=hostile, capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == shop.truth.tip == shop.git("rev-parse", "main").strip()


def test_another_seed_gives_another_history(shop: Written, tmp_path: Path) -> None:
    truth = write_repository(tmp_path / "other.git", seed=8, commits=300)
    assert truth.tip != shop.truth.tip
    assert truth.inducing


def test_two_years_of_five_people_in_three_languages(shop: Written) -> None:
    assert int(shop.git("rev-list", "--count", "HEAD")) == 1600
    times = [int(row) for row in shop.git("log", "--format=%ct").split()]
    assert 700 * DAY_SECONDS < max(times) - min(times) < 735 * DAY_SECONDS
    assert len(set(shop.git("log", "--format=%ae").split())) == 5
    paths = shop.git("ls-tree", "-r", "--name-only", "HEAD").split()
    for suffix in (".py", ".js", ".tf", ".md"):
        assert sum(path.endswith(suffix) for path in paths) >= 8, suffix
    assert {path.split("/")[0] for path in paths} >= {"src", "web", "infra", "tests", "docs"}


def test_parents_are_never_younger_than_their_children(shop: Written) -> None:
    when = {}
    for row in shop.git("log", "--reverse", "--topo-order", "--format=%H %ct %P").splitlines():
        commit, time, *parents = row.split()
        when[commit] = int(time)
        assert all(when[parent] <= when[commit] for parent in parents)


def test_merges_conflicts_renames_and_reverts_are_there(shop: Written) -> None:
    assert int(shop.git("rev-list", "--count", "--merges", "HEAD")) >= 15
    resolved = shop.git("log", "--merges", "--grep=^Conflicts:", "--format=%H").split()
    assert resolved
    assert any("@@@" in shop.git("show", "-c", "-p", commit) for commit in resolved)
    assert len(shop.git("log", "--no-merges", "-M", "--diff-filter=R", "--format=%H").split()) >= 10
    reverts = shop.git("log", "--grep=^Revert ", "--format=%H").split()
    assert set(reverts) & shop.truth.fixes, "a revert that repairs"
    assert set(reverts) - shop.truth.fixes, "a revert that only takes a feature back"
    for commit in reverts:
        message = shop.git("log", "-1", "--format=%B", commit)
        reverted = message.split("This reverts commit ")[1][:40]
        assert shop.git("log", "-1", "--format=%s", reverted).strip() in message


def test_a_merge_keeps_what_both_sides_brought(shop: Written) -> None:
    for merge in shop.git("rev-list", "--merges", "HEAD").split():
        base = shop.git("merge-base", f"{merge}^1", f"{merge}^2").strip()
        changed = set(shop.git("diff", "--name-only", "--no-renames", "--diff-filter=AM", base, f"{merge}^2").split())
        ours = set(shop.git("diff", "--name-only", "--no-renames", base, f"{merge}^1").split())
        for path in sorted(changed - ours):
            assert shop.git("rev-parse", f"{merge}:{path}") == shop.git("rev-parse", f"{merge}^2:{path}")


def test_every_python_file_parses(shop: Written) -> None:
    for path in shop.git("ls-tree", "-r", "--name-only", "HEAD").split():
        if path.endswith(".py"):
            ast.parse(shop.git("show", f"HEAD:{path}"), path)


def test_git_finds_no_fault_in_the_repository(shop: Written) -> None:
    shop.git("fsck", "--strict", "--no-dangling")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(UsageError, match="expected a new or empty folder"):
        write_repository(tmp_path)
    assert [path.name for path in Path(tmp_path).iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(("commits", "noise"), [(20, 0.3), (300, 1.5)])
def test_impossible_wishes_are_refused(tmp_path: Path, commits: int, noise: float) -> None:
    with pytest.raises(UsageError, match="expected at least"):
        write_repository(tmp_path / "shop.git", commits=commits, noise=noise)
