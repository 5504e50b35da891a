"""A written repository together with what was planted in it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from faultcast.demo import Truth


@dataclass(frozen=True)
class Written:
    """A written repository, what was planted in it, and a way to ask git about it."""

    folder: Path
    truth: Truth

    def git(self, *arguments: str) -> str:
        command = ["git", f"--git-dir={self.folder}", *arguments]
        return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
