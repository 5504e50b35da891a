"""`faultcast ingest` in processes of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collecting_story import TOKEN
from fake_server import FakeServer


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def command(server: FakeServer, home: Path, *more: str) -> "subprocess.Popen[str]":
    """Start one; it talks to the server on loopback."""
    ours = {
        "FAULTCAST_HOME": str(home),
        "FAULTCAST_GITHUB_URL": server.url,
        "FAULTCAST_CA_FILE": server.ca_file,
        "FAULTCAST_ALLOWED_HOSTS": "localhost",
        "GITHUB_TOKEN": TOKEN,
    }
    arguments = [sys.executable, "-m", "faultcast", "ingest", "--repositories", "team/shop", "--json", *more]
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("FAULTCAST_") and "TOKEN" not in name
    }
    return subprocess.Popen(
        arguments, env=inherited | ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )


def finished(server: FakeServer, home: Path, *more: str, started: "list[subprocess.Popen[str]] | None" = None) -> Ended:
    """Run one to its end; `started` is given the process while it runs."""
    process = command(server, home, *more)
    if started is not None:
        started.append(process)
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err)
