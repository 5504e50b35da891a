"""A repository to read: its commits in order of arrival, its blobs, what had to be skipped."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faultcast.errors import EmptyRepository, ShallowRepository, UnknownRevision
from faultcast.history import git
from faultcast.history.identity import Pseudonyms
from faultcast.history.reader import Reader
from faultcast.records import Commit


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
