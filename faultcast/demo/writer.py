"""Writes commits through one ``git fast-import`` process, untouched by the machine's git settings."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from faultcast.errors import RepositoryError

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "TZ": "UTC",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
}
"""All that git sees of the machine: no user, no settings, no time zone."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit to be written. ``parents`` are commit ids, ``files`` maps a path to its text, None to delete it."""

    author: str  # "Name <address>"
    when: int  # unix seconds
    zone: str  # "+0100"
    message: str
    parents: tuple[str, ...]
    files: dict[str, str | None] = field(default_factory=dict)


class Writer:
    """A context in which commits are appended to ``main`` of a new bare repository.

    Raises:
        RepositoryError: git refused or is missing.
    """

    def __init__(self, folder: Path) -> None:
        _init(folder)
        self._process = subprocess.Popen(
            ["git", f"--git-dir={folder}", "fast-import", "--quiet", "--date-format=raw"],
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._marks: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is not None:
            self._process.kill()
        self._input.close()
        self._output.close()
        if self._process.wait() and kind is None:
            raise RepositoryError(
                "git fast-import ended with an error, expected 0. Check that git 2.30 or newer is installed."
            )

    def commit(self, revision: Revision) -> str:
        """Write one commit and return its id."""
        mark = len(self._marks) + 1
        who = f"{revision.author} {revision.when} {revision.zone}"
        parts = [f"commit refs/heads/main\nmark :{mark}\nauthor {who}\ncommitter {who}\n", _data(revision.message)]
        for keyword, parent in zip(("from", *["merge"] * len(revision.parents)), revision.parents, strict=False):
            parts.append(f"{keyword} :{self._marks[parent]}\n")
        for path, text in revision.files.items():
            parts.append(f"D {path}\n" if text is None else f"M 100644 inline {path}\n{_data(text)}")
        parts.append(f"\nget-mark :{mark}\n")
        self._input.write("".join(parts).encode())
        self._input.flush()
        answer = self._output.readline().decode().strip()
        if not answer:
            raise RepositoryError(f"git fast-import refused commit {mark} ({revision.message[:60]!r}).")
        self._marks[answer] = mark
        return answer

    @property
    def _input(self) -> IO[bytes]:
        return cast("IO[bytes]", self._process.stdin)

    @property
    def _output(self) -> IO[bytes]:
        return cast("IO[bytes]", self._process.stdout)


def _init(folder: Path) -> None:
    command = [
        "git",
        "init",
        "--quiet",
        "--bare",
        "--template=",
        "--initial-branch=main",
        "--end-of-options",
        str(folder),
    ]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False)
    if done.returncode:
        raise RepositoryError(f"{folder}: git init: {done.stderr.decode('utf-8', 'replace').strip()}")


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
