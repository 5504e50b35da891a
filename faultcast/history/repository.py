"""A repository to read: its commits in order of arrival, its blobs, what had to be skipped."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from faultcast.errors import EmptyRepository, ShallowRepository, UnknownRevision
from faultcast.history import git, store
from faultcast.history.identity import Pseudonyms
from faultcast.history.reader import Reader, Skipped
from faultcast.history.spread import spread
from faultcast.records import Commit

_COMMITS_AT_ONCE = 500


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
        reader = Reader(self.objects, identify, commit)
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

    def whole() -> Iterator[tuple[pa.RecordBatch, tuple[Skipped, ...]]]:
        for batch, skipped, rest in spread(work, ranges, workers):
            yield batch, skipped
            while rest[1]:  # the range was too heavy to be handed over at once
                batch, skipped, rest = work(rest)  # noqa: PLW2901
                yield batch, skipped

    return len(ids), whole()


_Range = tuple[int, list[str]]


def _mine_range(
    source: git.ObjectSource, identify: Pseudonyms, tip: str, part: _Range
) -> tuple[pa.RecordBatch, tuple[Skipped, ...], _Range]:
    first, ids = part
    reader = Reader(source, identify, tip)
    commits = next(reader.parts(ids, first))
    return store.to_batch(commits), tuple(reader.skipped), (first + len(commits), ids[len(commits) :])
