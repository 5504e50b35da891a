"""The module that runs git on objects. Every repository is taken for hostile.

A mined repository's own configuration is never in force: objects are read through an empty bare
repository of ours whose object directory is the mined one. So there is no hook, no fsmonitor, no
textconv or external diff driver, no gpg program, no lazy fetch and no attribute that could name a
program to run. The mined repository is asked only which commit a revision names.
"""

import resource
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self, cast

from faultcast.errors import MissingObject, NotARepository, RepositoryError, UnknownRevision

MEMORY_LIMIT_BYTES = 4 * 1024**3
"""Address space of one git process: a bomb ends that process, not the machine."""

BIG_FILE_BYTES = 2 * 1024**2
"""Blobs above this are treated as binary: git never loads them whole to diff them."""

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
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
    "-c", "protocol.allow=never",
    "-c", "submodule.recurse=false",
    "-c", "gc.auto=0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """A git directory to read objects from: picklable, so worker processes can share it."""

    git_dir: Path  # the empty bare repository of ours
    objects: Path  # the mined repository's object directory

    def environment(self) -> dict[str, str]:
        return {**ENVIRONMENT, "GIT_DIR": str(self.git_dir), "GIT_OBJECT_DIRECTORY": str(self.objects)}


def locate(path: Path) -> Path:
    """Return the git directory of a working tree, a linked work tree or a bare repository.

    Raises:
        NotARepository: there is none at exactly this place (parents are not searched).
    """
    for candidate in (path / ".git", path):
        found = _follow_gitfile(candidate) if candidate.is_file() else candidate
        if (found / "HEAD").is_file() and _common(found).joinpath("objects").is_dir():
            return found.resolve()
    what = "a folder without a .git" if path.is_dir() else ("a file" if path.exists() else "nothing")
    raise NotARepository(
        f"{path}: found {what}, expected a git repository. Give the folder that holds .git, a bare repository, "
        "or an https URL."
    )


def _follow_gitfile(gitfile: Path) -> Path:
    head = gitfile.open("rb").read(4096).decode("utf-8", "replace")
    target = head.removeprefix("gitdir:").strip()
    return (gitfile.parent / target) if head.startswith("gitdir:") else gitfile


def _common(git_dir: Path) -> Path:
    """A linked work tree keeps its objects in the repository that it belongs to."""
    pointer = git_dir / "commondir"
    if not pointer.is_file():
        return git_dir
    return git_dir / pointer.read_text(encoding="utf-8", errors="replace").strip()


@contextmanager
def open_objects(git_dir: Path) -> Iterator[ObjectSource]:
    """Open a repository's objects behind an empty bare repository of ours."""
    object_format = ask(git_dir, "rev-parse", "--show-object-format") or "sha1"
    with tempfile.TemporaryDirectory(prefix="faultcast-git-") as folder:
        own = Path(folder)
        (own / "HEAD").write_text("ref: refs/heads/none\n")
        (own / "refs").mkdir()
        (own / "objects").mkdir()
        version = "1\n[extensions]\n\tobjectFormat = sha256" if object_format == "sha256" else "0"
        (own / "config").write_text(f"[core]\n\tbare = true\n\trepositoryformatversion = {version}\n")
        yield ObjectSource(own, (_common(git_dir) / "objects").resolve())


def ask(git_dir: Path, *arguments: str) -> str:
    """Ask the mined repository itself a question that runs nothing (``rev-parse``).

    Raises:
        RepositoryError: git refused; its words are in the message.
    """
    command = ["git", f"--git-dir={git_dir}", *OPTIONS, *arguments]
    try:
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False, timeout=30)
    except subprocess.TimeoutExpired as error:
        raise RepositoryError(f"{git_dir}: git {arguments[0]} took more than 30 s") from error
    if done.returncode:
        raise RepositoryError(f"{git_dir}: git {arguments[0]}: {last_words(done.stderr)}")
    return done.stdout.decode("utf-8", "replace").strip()


def origin(git_dir: Path) -> str:
    """The URL of the remote `origin`; "" where none is set. It may hold a token: look at it, never tell it.

    The file is only parsed, outside of any repository: nothing that it includes or names is opened.
    """
    config = _common(git_dir) / "config"
    if not config.is_file() or config.stat().st_size > _CONFIG_BYTES:
        return ""
    command = ["git", "config", "--file", str(config.resolve()), "--no-includes", "--get", "remote.origin.url"]
    environment = {**ENVIRONMENT, "GIT_DIR": "/nonexistent"}
    try:
        done = subprocess.run(command, env=environment, cwd="/", capture_output=True, check=False, timeout=30)
    except subprocess.TimeoutExpired:
        return ""
    return "" if done.returncode else done.stdout.decode("utf-8", "replace").strip()


_CONFIG_BYTES = 1024**2


def resolve(git_dir: Path, revision: str) -> str:
    """Return the full id of the commit that a revision names.

    Raises:
        UnknownRevision: it names none.
    """
    unknown = UnknownRevision(
        f"{revision!r} names no commit of {git_dir}. Give a branch, a tag or a commit id that exists there."
    )
    try:
        found = ask(git_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except (RepositoryError, ValueError) as error:  # ValueError: a NUL
        raise unknown from error
    if not found.isalnum():  # "^HEAD" is answered by "^" and an id
        raise unknown
    return found


class Running:
    """A git process on the objects, its memory limited; leaving the ``with`` block ends it."""

    def __init__(self, source: ObjectSource, arguments: Sequence[str], mailmap: str = "") -> None:
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
        _limit_memory(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self.reap()

    @property
    def stdout(self) -> BinaryIO:
        return cast("BinaryIO", self._process.stdout)

    def feed(self, names: Iterable[str]) -> None:
        """Send one name a line and end the input; few enough for a pipe, or another thread must read."""
        with suppress(BrokenPipeError), cast("BinaryIO", self._process.stdin) as stdin:
            stdin.write("".join(f"{name}\n" for name in names).encode())

    def reap(self) -> str:
        """Wait for the end; return "" if git ended well, else its last words."""
        self.stdout.close()
        code = self._process.wait()
        if self._errors.closed:
            return ""
        with self._errors as errors:
            errors.seek(0)
            words = last_words(errors.read())
        return words if code else ""


def _limit_memory(pid: int) -> None:
    if hasattr(resource, "prlimit"):  # Linux; elsewhere a bomb is stopped by the size limits alone
        with suppress(ProcessLookupError):  # it may have ended already
            resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


def run(source: ObjectSource, arguments: Sequence[str], names: Iterable[str] = ()) -> bytes:
    """Run git on the objects to its end, with one name a line as input; return what it printed.

    Raises:
        MissingObject: git could not read an object.
    """
    with Running(source, arguments) as running:
        feeder = threading.Thread(target=running.feed, args=(names,))
        feeder.start()
        out = running.stdout.read()
        feeder.join()
        words = running.reap()
    if words:
        raise MissingObject(f"git {arguments[0]}: {words}. The repository is incomplete or damaged; clone it anew.")
    return out


def ancestry(source: ObjectSource, tip: str, without: str = "") -> list[str]:
    """Return the ids of a commit and its ancestors, parents before children; not those of `without`.

    Beyond that they are in order of time: of two branches that lived side by side neither is the other's past.
    """
    commits = [tip, f"^{without}"] if without else [tip]
    return run(source, ["rev-list", "--date-order", "--reverse", "--end-of-options", *commits]).decode().split()


def read_blobs(
    source: ObjectSource, ids: Iterable[str], limit_bytes: int = BIG_FILE_BYTES
) -> Iterator[tuple[str, bytes]]:
    """Yield ``(id, content)`` of blobs in the order asked; absent and oversized ones are left out.

    Sizes are asked first, so that an oversized blob is never loaded.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return
    sizes = run(source, ["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"], wanted)
    small = [
        parts[0]
        for line in sizes.decode().splitlines()
        if len(parts := line.split()) == 3 and parts[1] == "blob" and int(parts[2]) <= limit_bytes
    ]
    for first in range(0, len(small), _BLOBS_AT_ONCE):
        yield from _read_batch(source, small[first : first + _BLOBS_AT_ONCE])


_BLOBS_AT_ONCE = 256


def _read_batch(source: ObjectSource, ids: list[str]) -> Iterator[tuple[str, bytes]]:
    out = memoryview(run(source, ["cat-file", "--batch"], ids)) if ids else memoryview(b"")
    place = 0
    for blob in ids:
        header_end = bytes(out[place : place + 200]).index(b"\n") + place
        size = int(bytes(out[place:header_end]).split()[2])
        yield blob, bytes(out[header_end + 1 : header_end + 1 + size])
        place = header_end + size + 2


def last_words(stderr: bytes) -> str:
    """The last line of what git said, bounded and free of control characters."""
    text = stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
    return "".join(c if c.isprintable() else "?" for c in text)[:300] or "no message"
