"""A consumer that is killed again and again, at seeded points of its work."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from brokers import environment, pipeline_type


def consumer(home: Path, kind: str, broker: dict[str, str], *more: str) -> "subprocess.Popen[str]":
    """Start `faultcast consume`."""
    command = [sys.executable, "-m", "faultcast", "consume", "--pipeline-type", pipeline_type(kind), "--json", *more]
    return subprocess.Popen(
        command, env=environment(home, broker), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )


def finished(process: "subprocess.Popen[str]") -> Any:
    """What a consumer says that comes to its end."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out)


def kill_again_and_again(home: Path, kind: str, broker: dict[str, str], total: int, kills: int, seed: int) -> int:
    """Start consumers and kill them by -9; returns how many were killed before all was done.

    Two in three are killed while they work, one in three at any time from their start on, before or while they work.
    """
    dice = random.Random(seed)
    killed = 0
    while killed < kills:
        process = consumer(home, kind, broker)
        before = done(home)
        aim = before + 1 + int(dice.random() * 2 * (total - before) / (kills - killed + 1))
        patience = dice.uniform(0, 1.0) if dice.random() < 1 / 3 else 60
        _wait(process, lambda aim=aim: done(home) >= aim, patience)
        time.sleep(dice.uniform(0, 0.005))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == 0:
            return killed  # nothing was left to be killed at
        assert process.returncode == -signal.SIGKILL
        killed += 1
    return killed


def _wait(process: "subprocess.Popen[str]", is_there: Any, seconds: float) -> None:
    until = time.monotonic() + seconds
    while process.poll() is None and not is_there() and time.monotonic() < until:
        time.sleep(0.002)


def done(home: Path) -> int:
    """Messages that the sink has dealt with."""
    path = home / "streams" / "sink.sqlite"
    if not path.exists():
        return 0
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return int(database.execute("SELECT count(*) FROM seen").fetchone()[0])
        finally:
            database.close()
    except sqlite3.OperationalError:  # its tables are being made
        return 0
