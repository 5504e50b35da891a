"""Repositories that unfold to more than a machine holds: each ends soon and small, says what it left out, and is read on.

Memory is that of the whole family of processes, git's too; time is the processor's, for the machine may be busy.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bombs import BOMBS, between_peers
from story import Story

MOST_BYTES = 1_000_000_000
MOST_SECONDS = 30
PATIENCE_SECONDS = 240

READER = """
import json, sys
from pathlib import Path
from faultcast.history import Pseudonyms, mine, open_repository, store
skipped = []
def counted(batches):
    for batch, left_out in batches:
        skipped.extend(left_out)
        yield batch
with open_repository(Path(sys.argv[1])) as repository:
    total, batches = mine(repository, repository.tip(), Pseudonyms(b"k" * 32), 2)
    store.write(counted(batches), Path(sys.argv[2]))
commits = [[one.id, [file.lines_added for file in one.files if file.path == "a.py"]] for one in store.read(Path(sys.argv[2]))]
print(json.dumps([total, commits, [[one.commit, one.what, one.reason] for one in skipped]]))
"""

UNTROUBLED = {"dates", "encodings", "long_line", "names", "parents", "texts_in_a_row", "delta_chain"}
"""Bombs that go off in other readers only: nothing has to be skipped."""


@dataclass
class Read:
    commits: dict[str, list[int]]
    skipped: list[tuple[str, str, str]]
    bytes: int
    seconds: float


def family(root: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(place.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    yield from found


def own_bytes(process: int) -> int:
    """Memory of one process; what it shares counts in parts."""
    try:
        rows = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:")), 0)


def read(repository: Path, folder: Path) -> Read:
    """Mine a repository in a process of its own, under observation."""
    command = [sys.executable, "-c", READER, str(repository), str(folder / "history.parquet")]
    most, deadline = 0, time.monotonic() + PATIENCE_SECONDS
    with (folder / "out").open("w+b") as out, subprocess.Popen(command, stdout=out) as process:
        while True:
            most = max(most, sum(map(own_bytes, family(process.pid))))
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.05)
        assert process.returncode == 0
        out.seek(0)
        total, commits, skipped = json.loads(out.read())
    assert total == len(commits)
    return Read(dict(commits), [tuple(one) for one in skipped], most, usage.ru_utime + usage.ru_stime)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is observed through /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_goes_off_without_harm(name: str, tmp_path: Path) -> None:
    (tmp_path / "planted").mkdir()
    story = Story(tmp_path / "planted" / "repository")
    before, after = between_peers(story, BOMBS[name])
    found = read(story.path, tmp_path)

    print(f"{name}: {found.bytes / 1e6:.0f} MB, {found.seconds:.1f} s, {found.skipped[:1]}")
    assert found.bytes < MOST_BYTES
    assert found.seconds < MOST_SECONDS
    assert found.commits[before] == [1]
    assert next(iter(found.commits)) == before
    assert list(found.commits)[-1] == after
    assert bool(found.skipped) != (name in UNTROUBLED), found.skipped[:3]
    assert after not in {commit for commit, what, _ in found.skipped if what == "diff"}
    for commit, _, reason in found.skipped:
        assert commit in found.commits
        assert reason.isprintable()
        assert reason
    assert found.commits[after] == [1]
    assert sorted(path.name for path in (tmp_path / "planted").iterdir()) == ["repository"]
