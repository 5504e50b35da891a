"""What is asked of git. Every repository is taken for hostile.

A mined repository's own configuration is never in force: objects are read through an empty bare
repository of ours whose object directory is the mined one. So there is no hook, no fsmonitor, no
textconv or external diff driver, no gpg program, no lazy fetch and no attribute that could name a
program to run. The mined repository is asked only which commit a revision names.
"""

import os
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from faultcast.errors import MissingObject, NotARepository, RepositoryError, UnknownRevision, UnsafeRepository
from faultcast.history.process import (
    BIG_FILE_BYTES,
    ENVIRONMENT,
    HEAP_BYTES,
    HEAP_BYTES_OF_WALK,
    OPTIONS,
    WALK_SECONDS,
    ObjectSource,
    Output,
    Patience,
    Running,
    is_exhausted,
    last_words,
    limit,
)

__all__ = [
    "BIG_FILE_BYTES",
    "ObjectSource",
    "ancestry",
    "ask",
    "locate",
    "open_objects",
    "origin",
    "read_blobs",
    "resolve",
    "run",
    "sizes",
]

ASK_SECONDS = 10.0
"""Longest wait for what the mined repository itself is asked."""

REVISION_CHARACTERS = 1000
"""Longest revision that git is asked for."""


def locate(path: Path) -> Path:
    """Return the git directory of a working tree, a linked work tree or a bare repository.

    Raises:
        NotARepository: there is none at exactly this place (parents are not searched).
    """
    try:
        for candidate in (path / ".git", path):
            found = _follow_gitfile(candidate) if candidate.is_file() else candidate
            if (found / "HEAD").is_file() and _common(found).joinpath("objects").is_dir():
                return found.resolve()
        what = "a folder without a .git" if path.is_dir() else ("a file" if path.exists() else "nothing")
    except (OSError, RuntimeError, ValueError) as error:  # too long, links in a circle, a NUL
        what = f"no path that can be followed ({type(error).__name__})"
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
    return git_dir / pointer.open("rb").read(4096).decode("utf-8", "replace").strip()


@contextmanager
def open_objects(git_dir: Path) -> Iterator[ObjectSource]:
    """Open a repository's objects behind an empty bare repository of ours.

    Raises:
        UnsafeRepository: among the objects lies something that is no plain file, which would hold git up for ever.
    """
    objects = (_common(git_dir) / "objects").resolve()
    _require_plain_files(objects)
    object_format = ask(git_dir, "rev-parse", "--show-object-format") or "sha1"
    with tempfile.TemporaryDirectory(prefix="faultcast-git-") as folder:
        own = Path(folder)
        (own / "HEAD").write_text("ref: refs/heads/none\n")
        (own / "refs").mkdir()
        (own / "objects").mkdir()
        version = "1\n[extensions]\n\tobjectFormat = sha256" if object_format == "sha256" else "0"
        (own / "config").write_text(f"[core]\n\tbare = true\n\trepositoryformatversion = {version}\n")
        yield ObjectSource(own, objects)


def _require_plain_files(objects: Path, alternates: int = 5) -> None:
    """Look at the objects' folders, and at those that `info/alternates` names, as deep as git follows them."""
    folders = [objects, *(Path(entry.path) for entry in os.scandir(objects) if entry.is_dir())]
    for entry in (entry for folder in folders for entry in os.scandir(folder)):
        if entry.is_file() or entry.is_dir() or (entry.is_symlink() and not Path(entry.path).exists()):
            continue
        raise UnsafeRepository(
            f"{entry.path}: found {_kind(entry)}, expected a plain file of git's. Look at who put it there; delete it "
            "or clone the repository anew."
        )
    pointer = objects / "info" / "alternates"
    if alternates and pointer.is_file():
        for line in pointer.open("rb").read(_CONFIG_BYTES).split(b"\n"):
            other = objects / os.fsdecode(line.strip() or b"\0")
            with suppress(OSError, ValueError):  # git passes over what is not there, too
                _require_plain_files(other.resolve(strict=True), alternates - 1)


def _kind(entry: "os.DirEntry[str]") -> str:
    mode = entry.stat().st_mode
    return "a FIFO" if stat.S_ISFIFO(mode) else ("a socket" if stat.S_ISSOCK(mode) else "a device")


def ask(git_dir: Path, *arguments: str) -> str:
    """Ask the mined repository itself a question that runs nothing (``rev-parse``).

    Raises:
        RepositoryError: git refused; its words are in the message.
    """
    command = ["git", f"--git-dir={git_dir}", *OPTIONS, *arguments]
    code, out, words = _listen(command, ENVIRONMENT)
    if code:
        raise RepositoryError(f"{git_dir}: git {arguments[0]}: {words}")
    return out


def _listen(command: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    """Run a small git command in no repository; return its exit code, what it printed, its last words."""
    none, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(command, env=environment, cwd="/", stdin=none, stdout=pipe, stderr=pipe) as process:
        limit(process.pid)
        try:
            out, error = process.communicate(timeout=ASK_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return 1, "", f"it took more than {ASK_SECONDS:.0f} s"
    return process.returncode, out.decode("utf-8", "replace").strip(), last_words(error)


def origin(git_dir: Path) -> str:
    """The URL of the remote `origin`; "" where none is set. It may hold a token: look at it, never tell it.

    The file is only parsed, outside of any repository: nothing that it includes or names is opened.
    """
    config = _common(git_dir) / "config"
    if not config.is_file() or config.stat().st_size > _CONFIG_BYTES:
        return ""
    command = ["git", "config", "--file", str(config.resolve()), "--no-includes", "--get", "remote.origin.url"]
    code, out, _ = _listen(command, {**ENVIRONMENT, "GIT_DIR": "/nonexistent"})
    return "" if code else out


_CONFIG_BYTES = 1024**2


def resolve(git_dir: Path, revision: str) -> str:
    """Return the full id of the commit that a revision names.

    Raises:
        UnknownRevision: it names none.
    """
    unknown = UnknownRevision(
        f"{revision!r} names no commit of {git_dir}. Give a branch, a tag or a commit id that exists there."
    )
    if len(revision) > REVISION_CHARACTERS:
        raise UnknownRevision(f"{revision[:40]!r}…: found {len(revision):,} characters, expected the name of a commit.")
    try:
        found = ask(git_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except (RepositoryError, ValueError) as error:  # ValueError: a NUL
        raise unknown from error
    if not found.isalnum():  # "^HEAD" is answered by "^" and an id
        raise unknown
    return found


def run(
    source: ObjectSource,
    arguments: Sequence[str],
    names: Iterable[str] = (),
    heap: int = HEAP_BYTES,
    seconds: float = WALK_SECONDS,
) -> bytes:
    """Run git on the objects to its end, with one name a line as input; return what it printed.

    Raises:
        MissingObject: git could not read an object.
        UnsafeRepository: it would have taken more memory or time than a repository may ask for.
    """
    with Running(source, arguments, heap=heap) as running:
        running.stdout.watch(seconds)
        feeder = threading.Thread(target=running.feed, args=(names,))
        feeder.start()
        out = b"".join(iter(lambda: running.stdout.read(1 << 20), b""))
        words = running.reap()
        feeder.join()
    if is_exhausted(words):
        raise UnsafeRepository(f"git {arguments[0]}: {words}. The history is larger than may be read at once.")
    if words:
        raise MissingObject(f"git {arguments[0]}: {words}. The repository is incomplete or damaged; clone it anew.")
    return out


def ancestry(source: ObjectSource, tip: str, without: str = "") -> list[str]:
    """Return the ids of a commit and its ancestors, parents before children; not those of `without`.

    Beyond that they are in order of time: of two branches that lived side by side neither is the other's past.
    """
    commits = [tip, f"^{without}"] if without else [tip]
    walk = ["rev-list", "--date-order", "--reverse", "--end-of-options", *commits]
    return run(source, walk, heap=HEAP_BYTES_OF_WALK).decode().split()


def sizes(source: ObjectSource, names: Iterable[str]) -> list[tuple[str, str, int] | None]:
    """Return (id, kind, bytes) of each object that is named, None of those that are absent."""
    out = run(source, ["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"], names)
    rows = (line.split() for line in out.decode("utf-8", "replace").splitlines())
    return [(row[0], row[1], int(row[2])) if len(row) == 3 and row[2].isdigit() else None for row in rows]


def read_blobs(
    source: ObjectSource, ids: Iterable[str], limit_bytes: int = BIG_FILE_BYTES
) -> Iterator[tuple[str, bytes]]:
    """Yield ``(id, content)`` of blobs in the order asked; left out are absent ones and those that cost too much.

    Sizes are asked first, so that an oversized blob is never loaded.
    """
    wanted = list(dict.fromkeys(ids))
    found = sizes(source, wanted) if wanted else []
    small = [row[0] for row in found if row and row[1] == "blob" and row[2] <= limit_bytes]
    patience = Patience(source)
    while small:
        done = 0
        with Running(source, ["cat-file", "--batch"]) as running:
            feeder = threading.Thread(target=running.feed, args=(small,))
            feeder.start()
            for blob in _contents(running.stdout, small, patience):
                yield blob
                done += 1
            words = running.reap()
            feeder.join()
        if done < len(small) and is_exhausted(words):
            patience.lose(running.stdout.waited)
        small = small[done + 1 :]  # behind the one that git could not read


def _contents(output: Output, ids: list[str], patience: Patience) -> Iterator[tuple[str, bytes]]:
    """Parse ``cat-file --batch``, one blob in memory at a time, until it ends."""
    held = bytearray()
    for blob in ids:
        output.watch(patience.seconds)
        size = None
        while size is None or len(held) < size:
            if size is None and (end := held.find(b"\n")) >= 0:
                size = int(held[:end].split()[2]) + 1
                del held[: end + 1]
            elif chunk := output.read(1 << 20):
                held += chunk
            else:
                return
        yield blob, bytes(held[: size - 1])
        del held[:size]
