"""Kills a writing process at random moments, and looks at what it left. Used by the test and by the benchmark."""

import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from prediction_log_story import told

from faultcast.adapters.prediction_log.sqlite_store import SqliteStore

HERE = Path(__file__).parent
LONGEST_SECONDS = 0.25
_FRAME_HEADER = 24
_WAL_HEADER = 32


def kill_writers(path: Path, kills: int, seed: int) -> Counter[str]:
    """What was seen: acknowledged, lost, changed, twice, unacknowledged, torn_tails, not_whole."""
    drawn = random.Random(seed)
    seen: Counter[str] = Counter(kills=kills)
    for number in range(kills):
        run = f"run{number:03d}"
        acknowledged = _killed(path, run, drawn.uniform(0, LONGEST_SECONDS))
        seen["torn_tails"] += _has_torn_tail(path)
        seen += _looked_at(path, run, acknowledged)
    return seen


def _killed(path: Path, run: str, after_seconds: float) -> set[int]:
    """Numbers that a writer had acknowledged when it was killed."""
    command = [sys.executable, str(HERE / "prediction_log_writer.py"), str(path), run]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(HERE)})
    assert writer.stdout is not None
    told_so_far = os.read(writer.stdout.fileno(), 65_536)  # it works
    until = time.monotonic() + after_seconds
    while (rest := until - time.monotonic()) > 0:
        if select.select([writer.stdout], [], [], rest)[0]:
            told_so_far += os.read(writer.stdout.fileno(), 65_536)
    writer.send_signal(signal.SIGKILL)
    told_so_far += writer.stdout.read()
    writer.wait()
    writer.stdout.close()
    return {int(line) for line in told_so_far.split(b"\n")[:-1]}


def _has_torn_tail(path: Path) -> bool:
    """Whether the write-ahead log goes on after its last whole transaction; so its frames tell (sqlite.org/walformat)."""
    log = path.with_name(path.name + "-wal").read_bytes()
    page = int.from_bytes(log[8:12], "big")
    salts = log[16:24]
    last_is_commit, at = True, _WAL_HEADER
    while at < len(log):
        header = log[at : at + _FRAME_HEADER]
        if header[8:16] != salts:  # left over from before the log was begun anew
            break
        last_is_commit = header[4:8] != bytes(4) and at + _FRAME_HEADER + page <= len(log)
        at += _FRAME_HEADER + page
    return not last_is_commit


def _looked_at(path: Path, run: str, acknowledged: set[int]) -> Counter[str]:
    store = SqliteStore(path)  # which repairs what is torn
    kept = store.rows("SELECT prediction_id FROM predictions WHERE prediction_id LIKE ?", (f"{run}-%",))
    numbers = [int(name.rpartition("-")[2]) for (name,) in kept]
    changed = sum(store.get(told(number, run).prediction_id) != told(number, run) for number in sorted(numbers)[-50:])
    store.close()
    with sqlite3.connect(path) as database:
        whole = database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    database.close()
    return Counter(
        acknowledged=len(acknowledged),
        lost=len(acknowledged - set(numbers)),
        changed=changed,
        twice=len(numbers) - len(set(numbers)),
        unacknowledged=len(set(numbers) - acknowledged),
        not_whole=0 if whole else 1,
    )
