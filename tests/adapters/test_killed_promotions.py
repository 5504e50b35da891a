"""kill -9 at any point leaves exactly one champion; two who promote at once take turns."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from faultcast.adapters.lock import exclusive
from faultcast.adapters.registry import Registry, folder_digest
from faultcast.adapters.registry.promotions import DONE, FileLines, Log, Promotion, before
from faultcast.errors import Busy

MODEL = "faultcast-shop-12345678"
KILLS = 50


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One registry, a model of its own for each test; in memory where that can be: a kill loses nothing written."""
    if os.access("/dev/shm", os.W_OK):
        with TemporaryDirectory(dir="/dev/shm") as folder:
            yield Path(folder) / "home"
    else:
        yield tmp_path_factory.mktemp("killed") / "home"


def registered(home: Path, models: Path, model: str = MODEL) -> dict[str, str]:
    """Three versions, the first of them champion: version -> digest."""
    registry, digests = Registry(home), {}
    for version in ("1", "2", "3"):
        folder = models / version
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(version * 1000)
        registry.register(model, folder, {}, "champion" if version == "1" else None, why="first", verdict="PASS")
        digests[version] = folder_digest(folder)
    return digests


def test_killed_at_fifty_random_points_there_is_exactly_one_champion(home: Path, tmp_path: Path) -> None:
    digests = registered(home, tmp_path / "models", "faultcast-killed")
    program = Path(__file__).with_name("killed_promotions.py")
    ended = subprocess.run(
        [sys.executable, program, home, str(KILLS), json.dumps(digests)],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert (found["kills"], found["ended"]) == (KILLS, 0), ended.stderr
    assert found["open"] >= 3, "the kills fell between promotions, not into them"


def test_two_at_once_take_turns_and_one_that_hangs_is_named(home: Path, tmp_path: Path) -> None:
    registered(home, tmp_path / "models")
    code = (
        "import sys; from pathlib import Path; from faultcast.adapters.registry import Registry\n"
        f"registry = Registry(Path(sys.argv[1]))\n"
        f"for version in '2313231':\n    registry.promote('{MODEL}', version, 'champion', why=sys.argv[2])\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code, home, name], stderr=subprocess.PIPE, text=True)
        for name in ("ana", "bob")
    ]
    for process in both:
        assert process.communicate(timeout=120)[1] == ""
        assert process.returncode == 0

    registry = Registry(home)
    log, champion = registry.promotions(MODEL), registry.champion(MODEL)
    assert {entry.why for entry in log} == {"first", "ana", "bob"}
    assert [entry.from_version for entry in log[1:]] == [entry.to_version for entry in log[:-1]]  # no step is missing
    assert champion is not None
    assert champion.version == log[-1].to_version

    held = exclusive(home / "promotions.lock", "", patience_seconds=0)
    with held, pytest.raises(Busy, match=rf"being promoted \(process {os.getpid()}\)"):
        registry.promote(MODEL, "2" if champion.version != "2" else "3", "champion")


def test_a_promotion_that_never_moved_the_alias_is_struck_out_by_the_next(home: Path, tmp_path: Path) -> None:
    registered(home, tmp_path / "models", "faultcast-struck")
    registry, log = Registry(home), Log(FileLines(home / "promotions.jsonl"))
    log.intend(
        Promotion("2026", "ana", "faultcast-struck", "champion", "1", "2", "killed before the alias moved", id="a")
    )
    assert registry.promotions("faultcast-struck")[-1].state == "intended"
    registry.promote("faultcast-struck", "3", "champion", why="on")
    assert [(one.to_version, one.state) for one in registry.promotions("faultcast-struck")] == [
        ("1", "done"),
        ("2", "undone"),
        ("3", "done"),
    ]
    log.intend(Promotion("2026", "ana", "faultcast-struck", "champion", "1", "3", "killed before the mark", id="b"))
    registry.rollback("faultcast-struck")
    assert [one.state for one in registry.promotions("faultcast-struck")][-2:] == ["done", "done"]
    assert registry.champion("faultcast-struck").version == "1"  # type: ignore[union-attr]


def test_what_was_champion_before() -> None:
    def entry(to: str, from_version: str, kind: str = "promotion", state: str = DONE) -> Promotion:
        return Promotion("", "", MODEL, "champion", from_version, to, "", kind=kind, state=state)

    first, second, third = entry("1", ""), entry("2", "1"), entry("3", "2")
    back = entry("2", "3", "rollback")
    assert before([], "champion", "1") == ""
    assert before([first], "champion", "1") == ""
    assert before([first, second, third], "champion", "3") == "2"
    assert before([first, second, third, back], "champion", "2") == "1"
    assert before([first, second, third, back, entry("1", "2", "rollback")], "champion", "1") == ""
    assert before([first, second, entry("3", "2", state="undone")], "champion", "2") == "1"
    assert before([first, second], "champion", "7") == "2"  # moved by other hands
    assert before([first, entry("3", "2")], "champion", "3") == "2"  # once moved by other hands
    assert before([first, second], "challenger", "1") == ""
