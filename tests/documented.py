"""The calls that a page of the documentation shows, run as they stand there."""

import re
import subprocess
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
SHOWN = "http://127.0.0.1:8080"
"""Where the documentation says that a server is."""


def blocks(page: str) -> list[str]:
    """The shell commands of a page of docs/."""
    return re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


def works(command: str, url: str, folder: Path) -> None:
    """Run a block in a folder, against the server at `url`; it has to succeed and to say something."""
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-euc", command.replace(SHOWN, url)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout
