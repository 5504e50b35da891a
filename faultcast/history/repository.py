"""A repository to read: its commits in order of arrival, its blobs, what had to be skipped."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pyarrow as pa

from faultcast.errors import EmptyRepository, ShallowRepository, UnknownRevision
from faultcast.history import git, store, stream
from faultcast.history.identity import Pseudonyms
from faultcast.history.spread import spread
from faultcast.records import Commit

_COMMITS_AT_ONCE = 500
_DIFF_TREE = (
    "diff-tree", "--stdin", "--always", "-r", "--root", "-c", "-M", "-l400", "-z", "--raw", "-p", "-U0",
    "--no-abbrev", "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
_DIFF_MERGES = tuple("-U1" if option == "-U0" else option for option in _DIFF_TREE)
"""Without context, git leaves out a line that stands alone between two changes of a combined diff."""
_HEADER_ONLY = ("log", "--no-walk", "--stdin", "-s")  # diff-tree would read the trees


@dataclass(frozen=True, slots=True)
class Skipped:
    """A commit whose diff could not be read: it stays in the history without files."""

    commit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Repository:
    """An opened repository. `git_dir` answers what a revision names, `objects` everything else."""

    git_dir: Path
    objects: git.ObjectSource

    def tip(self, revision: str = "HEAD") -> str:
        """Return the id of the commit that a revision names.

        Raises:
            EmptyRepository: there is no commit yet.
            UnknownRevision: the revision names none.
        """
        try:
            return git.resolve(self.git_dir, revision)
        except UnknownRevision:
            if not git.ask(self.git_dir, "rev-list", "-n1", "--all"):
                raise EmptyRepository(
                    f"{self.git_dir}: found no commit, expected a history to learn from. Commit something first."
                ) from None
            raise

    def blobs(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield ``(id, content)``; absent and oversized blobs are left out."""
        return git.read_blobs(self.objects, ids)

    def commit(self, commit: str, identify: Pseudonyms, position: int = 0) -> Commit:
        """Read one commit."""
        reader = _Reader(self.objects, identify, commit)
        return reader.read([commit], position)[0]


@contextmanager
def open_repository(location: Path) -> Iterator[Repository]:
    """Open a work tree or a bare repository for reading; nothing in it is run or changed.

    Raises:
        NotARepository: there is none.
        ShallowRepository: its history is cut off.
    """
    git_dir = git.locate(location)
    if git.ask(git_dir, "rev-parse", "--is-shallow-repository") == "true":
        raise ShallowRepository(
            f"{location}: found a shallow clone, expected the whole history: age, experience and labels would be "
            "wrong. Run `git fetch --unshallow` there, then try again."
        )
    with git.open_objects(git_dir) as objects:
        yield Repository(git_dir, objects)


def mine(
    repository: Repository, tip: str, identify: Pseudonyms, workers: int = 2
) -> tuple[int, Iterator[tuple[pa.RecordBatch, tuple[Skipped, ...]]]]:
    """Read the whole ancestry of `tip`.

    Returns the number of commits, and batches of `store.SCHEMA` in order of arrival, each with what
    had to be skipped. Diffs are independent of one another, so ranges are read by `workers` processes.
    """
    ids = git.ancestry(repository.objects, tip)
    ranges = [(first, ids[first : first + _COMMITS_AT_ONCE]) for first in range(0, len(ids), _COMMITS_AT_ONCE)]
    work = partial(_mine_range, repository.objects, identify, tip)
    return len(ids), spread(work, ranges, workers)


_Range = tuple[int, list[str]]
_Mined = tuple[pa.RecordBatch, tuple[Skipped, ...]]


def _mine_range(source: git.ObjectSource, identify: Pseudonyms, tip: str, part: _Range) -> _Mined:
    first, ids = part
    reader = _Reader(source, identify, tip)
    commits = reader.read(ids, first)
    return store.to_batch(commits), tuple(reader.skipped)


class _Reader:
    """Reads commits' diffs through one git process, and goes on behind a commit that kills it."""

    def __init__(self, source: git.ObjectSource, identify: Pseudonyms, tip: str) -> None:
        self._source = source
        self._identify = identify
        self._mailmap = f"{tip}:.mailmap"
        self.skipped: list[Skipped] = []

    def read(self, ids: list[str], first: int) -> list[Commit]:
        """Return one commit an id; positions count up from `first`."""
        commits = list(self._read(ids, first))
        resolved = [commit.id for commit in commits if commit.merged]
        again = {found.id: found.merged for found in self._attempt(_DIFF_MERGES, resolved, first)} if resolved else {}
        return [replace(commit, merged=again.get(commit.id, commit.merged)) for commit in commits]

    def _read(self, ids: list[str], first: int) -> Iterator[Commit]:
        done = 0
        while done < len(ids):
            for commit in self._attempt(_DIFF_TREE, ids[done:], first + done):
                if commit.id != ids[done]:  # git passed over one that it could not read
                    break
                yield commit
                done += 1
            if done < len(ids):  # git ended early: find out whether it was this commit
                yield self._alone(ids[done], first + done)
                done += 1

    def _attempt(self, command: tuple[str, ...], ids: list[str], first: int) -> Iterator[Commit]:
        """Yield commits until git ends; the last record counts only if it ended well."""
        nonce = secrets.token_hex(16)
        arguments = (*command, f"--format={stream.format_of(nonce)}")
        with git.Running(self._source, arguments, self._mailmap) as running:
            running.feed(ids)
            held = b""
            position = first
            for record in stream.split(running.stdout, nonce):
                if held:
                    yield stream.parse(held, position, self._identify)
                    position += 1
                held = record
            self._words = running.reap()
        if held and not self._words:
            yield stream.parse(held, position, self._identify)

    def _alone(self, commit: str, position: int) -> Commit:
        for found in self._attempt(_DIFF_TREE, [commit], position):
            return found
        self.skipped.append(Skipped(commit, self._words or "git printed nothing"))
        for found in self._attempt(_HEADER_ONLY, [commit], position):
            return found
        return Commit(commit, position, (), "author-unknown", 0, 0, "")
