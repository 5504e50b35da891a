"""Ending everything that a process started, whatever session it has put itself into."""

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM


def end_descendants(ancestor: int, grace_seconds: float) -> None:
    """Ask every descendant to end, and kill those that have not after the grace.

    A process group is not enough: torchrun's launcher and each of its ranks lead sessions of their own. All are
    looked up before the first signal, because a process whose parent has ended is nobody's descendant any more.
    """
    doomed = descendants(ancestor)
    _signal(doomed, SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while any(_is_alive(pid) for pid in doomed) and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal([*(pid for pid in doomed if _is_alive(pid)), *descendants(ancestor)], SIGKILL)


def descendants(ancestor: int) -> list[int]:
    """Return the ids of the living descendants, nearest first."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents().items():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    generation = children.get(ancestor, [])
    while generation:
        found += generation
        generation = [child for pid in generation for child in children.get(pid, [])]
    return found


def _parents() -> dict[int, int]:
    """Process id -> parent's id, from /proc where there is one, else from ``ps``."""
    if Path("/proc/self/stat").exists():
        stats = {pid: _stat(pid) for pid in (int(path.name) for path in Path("/proc").glob("[0-9]*"))}
        return {pid: int(stat[1]) for pid, stat in stats.items() if stat}
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return {int(pid): int(parent) for pid, parent in (line.split() for line in listing.splitlines())}


def _stat(pid: int) -> list[str]:
    """Return state, parent and what follows them in /proc/PID/stat; the name before them may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _is_alive(pid: int) -> bool:
    stat = _stat(pid)
    if stat:
        return stat[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
