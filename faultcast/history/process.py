"""One git process on objects: what it may use is bounded, what it prints is read under a watch.

The limits of every git process, whatever it reads, stand here; docs/history.md lists them.
"""

import fcntl
import os
import resource
import select
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self, cast

HEAP_BYTES = 320 * 1024**2
"""Memory that one git process may allocate: two of them and the Python that reads them stay below 1 GB."""

HEAP_BYTES_OF_WALK = 768 * 1024**2
"""The same for the walk over all commits, which runs alone and holds every commit at once."""

BIG_FILE_BYTES = 2 * 1024**2
"""Blobs above this are treated as binary: their text is never compared, nor loaded to be measured."""

COMMIT_SECONDS = 8.0
"""Longest wait for one commit's diff, one blob or one tree."""

LEAST_SECONDS = 0.5
"""What is left of `COMMIT_SECONDS` once `LOST_SECONDS` are lost in a repository."""

LOST_SECONDS = 16.0
"""Waits that came to nothing, of a repository in all, before only `LEAST_SECONDS` are granted to each."""

BUSY = 8
"""A process that is kept from the processor may wait so many times what it is granted."""

WALK_SECONDS = 600.0
"""Longest silence of the walk over all commits: it prints only at its end."""

ERROR_BYTES = 64 * 1024**2
"""Largest file that a git process may write: there is only the one that catches what it says on stderr."""

_PIPE_BYTES = 1 << 20

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_FLUSH": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_ASKPASS": "true",
}

OPTIONS = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", f"core.bigFileThreshold={BIG_FILE_BYTES}",
    "-c", "core.packedGitWindowSize=64m",
    "-c", "core.packedGitLimit=256m",
    "-c", "core.deltaBaseCacheLimit=64m",
    "-c", "protocol.allow=never",
    "-c", "submodule.recurse=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """A git directory to read objects from: picklable, so worker processes can share it."""

    git_dir: Path  # the empty bare repository of ours
    objects: Path  # the mined repository's object directory

    def environment(self) -> dict[str, str]:
        return {**ENVIRONMENT, "GIT_DIR": str(self.git_dir), "GIT_OBJECT_DIRECTORY": str(self.objects)}


class Patience:
    """How long to wait in a repository for one answer: half of what is left of `LOST_SECONDS`.

    What was lost is kept as the size of a file in our git directory, a byte a millisecond, so that the
    processes that read a repository side by side share it.
    """

    def __init__(self, source: ObjectSource) -> None:
        self._file = source.git_dir / "lost"

    @property
    def is_tried(self) -> bool:
        """Whether anything in this repository used up what it was granted."""
        return self._file.exists()

    @property
    def seconds(self) -> float:
        lost = self._file.stat().st_size / 1000 if self.is_tried else 0.0
        return max(LEAST_SECONDS, min(COMMIT_SECONDS, (LOST_SECONDS - lost) / 2))

    def lose(self, seconds: float) -> None:
        with self._file.open("ab") as file:
            file.write(bytes(1 + int(1000 * seconds)))


class Output:
    """What a process prints, read under a watch: `watch` grants so many seconds and so many bytes.

    Only waiting counts, not the time that the reader takes between two reads; and on a busy machine the process
    gets what it waits for the processor once more. When seconds or bytes are used up, `exceeded` says which,
    and the output ends.
    """

    def __init__(self, stream: BinaryIO, pid: int) -> None:
        self._stream = stream
        self._times = Path(f"/proc/{pid}/stat")
        self._poll = select.poll()
        self._poll.register(stream, select.POLLIN)
        self.exceeded = ""
        self.watch(WALK_SECONDS)
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # Linux: fewer, larger reads
            with suppress(OSError):
                fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def watch(self, seconds: float, size: int = 1 << 62) -> None:
        """Start to count anew."""
        self._seconds, self._size = seconds, size
        self.waited, self._got = 0.0, 0

    def read(self, size: int) -> bytes:
        """Return what there is, up to `size` bytes; b"" at the end."""
        if self._got > self._size:
            return self._end(f"it printed more than {self._size >> 20} MiB")
        if not self._wait(self._seconds - self.waited) and not self._wait_on():
            return self._end(f"it took more than {self._seconds:.1f} s")
        found = os.read(self._stream.fileno(), size)
        self._got += len(found)
        return found

    def _wait(self, seconds: float) -> bool:
        started = time.monotonic()
        ready = self._poll.poll(max(0.0, seconds) * 1000)
        self.waited += time.monotonic() - started
        return bool(ready)

    def _wait_on(self) -> bool:
        """Wait until the process has used the processor for the seconds granted, however long that takes it."""
        before = self._used()
        while self._used() - before < self._seconds and self.waited < BUSY * self._seconds:
            if self._wait(self._seconds / 20):
                return True
        return False

    def _used(self) -> float:
        """Seconds of processor time so far; where that is not told, it counts as used up."""
        try:
            fields = self._times.read_text().rsplit(")", 1)[1].split()
        except OSError:
            return time.monotonic()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self._stream.close()

    def _end(self, reason: str) -> bytes:
        self.exceeded = reason
        return b""


class Running:
    """A git process on the objects, its memory limited; leaving the ``with`` block ends it."""

    def __init__(
        self, source: ObjectSource, arguments: Sequence[str], mailmap: str = "", heap: int = HEAP_BYTES
    ) -> None:
        options = (*OPTIONS, "-c", f"mailmap.blob={mailmap}") if mailmap else OPTIONS
        # A pipe would fill up with warnings and block git; closed by reap().
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            ["git", *options, *arguments],
            env=source.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        limit(self._process.pid, heap)
        self.stdout = Output(cast("BinaryIO", self._process.stdout), self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self.reap()
        with suppress(BrokenPipeError):
            cast("BinaryIO", self._process.stdin).close()

    def feed(self, names: Iterable[str]) -> None:
        """Send one name a line and end the input; few enough for a pipe, or another thread must read."""
        with suppress(BrokenPipeError), cast("BinaryIO", self._process.stdin) as stdin:
            stdin.write("".join(f"{name}\n" for name in names).encode())

    def ask(self, name: str) -> None:
        """Send one name and leave the input open for more."""
        with suppress(BrokenPipeError):
            stdin = cast("BinaryIO", self._process.stdin)
            stdin.write(f"{name}\n".encode())
            stdin.flush()

    def reap(self) -> str:
        """Wait for the end; return "" if git ended well, else its last words or what ended it."""
        if self.stdout.exceeded:
            self._process.kill()
        self.stdout.close()
        code = self._process.wait()
        if self._errors.closed:
            return ""
        with self._errors as errors:
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - 4096))
            words = last_words(errors.read())
        if self.stdout.exceeded:
            return self.stdout.exceeded
        return f"git was ended by signal {-code}: {words}" if code < 0 else (words if code else "")


def is_exhausted(words: str) -> bool:
    """Whether a process ended, by its last words, because it wanted more than it was granted."""
    return words.startswith(("it ", "git was ended by")) or "ut of memory" in words or "mmap failed" in words


def limit(pid: int, heap: int = HEAP_BYTES) -> None:
    """Bound what a process may allocate and write; it leaves no core behind."""
    if not hasattr(resource, "prlimit"):  # Linux; elsewhere the watch over time and size stands alone
        return
    for which, most in (
        (resource.RLIMIT_DATA, heap),  # not what it maps of packs: that is the kernel's to drop
        (resource.RLIMIT_FSIZE, ERROR_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ProcessLookupError):  # it may have ended already
            resource.prlimit(pid, which, (most, most))


def last_words(stderr: bytes) -> str:
    """The last line of what git said, bounded and free of control characters."""
    text = stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
    return "".join(c if c.isprintable() else "?" for c in text)[:300] or "no message"
