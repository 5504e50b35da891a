"""Worker processes end with the program that started them, even if it is killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import os, time
from faultcast.history.spread import spread

def work(part):
    os.write(1, f"{os.getpid()}\\n".encode())  # in one piece: two workers write here
    time.sleep(0.2 if part < 2 else 3600)

list(spread(work, range(4), 2))
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_killed_program_leaves_no_workers_behind() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        workers = {int(program.stdout.readline()) for _ in range(4)}
        assert len(workers) == 2
        program.kill()
        program.wait()
        deadline = time.monotonic() + 30
        while any(is_alive(worker) for worker in workers) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [worker for worker in workers if is_alive(worker)] == []
