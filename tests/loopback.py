"""Processes that listen on loopback: a port for one, and its end."""

import signal
import socket
import subprocess
from typing import Any


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def end(process: "subprocess.Popen[Any]", how: signal.Signals = signal.SIGTERM, seconds: float = 30) -> None:
    """Ask a process to end, by its id; make it end where it does not."""
    process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(seconds)
