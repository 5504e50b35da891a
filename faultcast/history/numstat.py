"""A whole history in numbers: commits with their files' line counts, but without patches.

What the metrics of Kamei et al. 2013 need and no more, at about the cost of ``git log --numstat -M``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from faultcast.history import git
from faultcast.history.identity import Pseudonyms
from faultcast.history.process import ObjectSource
from faultcast.history.reader import NUMBERS, Reader, Skipped
from faultcast.history.repository import Repository
from faultcast.history.spread import spread
from faultcast.records import Commit, MergedFile

_COMMITS_AT_ONCE = 8000
"""A git process takes as long to begin as to compare a hundred commits, and remembers what it has unpacked."""

_BINARY_BYTES = 8000
"""Git takes a file for binary if there is a NUL in so many bytes of it."""


def numstat(
    repository: Repository, tip: str, identify: Pseudonyms, workers: int = 2
) -> tuple[int, Iterator[tuple[list[Commit], tuple[Skipped, ...]]]]:
    """Read the whole ancestry of `tip` without patches.

    Returns the number of commits, and the commits in order of arrival, in parts, each with what had to be
    skipped. Files have no hunks, and files of merges their length instead; all else is as `mine` reads it.
    But for one thing: where a commit's patch is larger than `stream.COMMIT_BYTES`, its lines are counted here.

    Git works for us in `workers` processes; what they print is parsed in this one, because parsed commits
    would cost more to send than to parse.
    """
    ids = git.ancestry(repository.objects, tip)
    ranges = [(first, ids[first : first + _COMMITS_AT_ONCE]) for first in range(0, len(ids), _COMMITS_AT_ONCE)]
    work = partial(_read_range, repository.objects, identify, tip)
    return len(ids), _with_lengths(repository.objects, spread(work, ranges, workers, in_threads=True))


_Read = tuple[list[Commit], tuple[Skipped, ...]]


def _read_range(source: ObjectSource, identify: Pseudonyms, tip: str, part: tuple[int, list[str]]) -> _Read:
    """Read the newest first: packs keep new versions whole, and old ones as what differs from them."""
    first, ids = part
    reader = Reader(source, identify, tip, NUMBERS)
    parts = list(reader.parts(ids[::-1], first + len(ids) - 1, -1))
    return [commit for found in reversed(parts) for commit in reversed(found)], tuple(reader.skipped)


def _with_lengths(source: ObjectSource, parts: Iterable[_Read]) -> Iterator[_Read]:
    """Give the files of merges their lengths, from their contents: git counts lines against one parent only."""
    doubtful: set[str] = set()
    for commits, skipped in parts:
        counts = _lines(source, (file.new_blob for commit in commits for file in commit.merged if file.new_blob))
        yield [_counted(source, commit, counts, doubtful) for commit in commits], skipped


def _counted(source: ObjectSource, commit: Commit, counts: dict[str, int], doubtful: set[str]) -> Commit:
    """The commit with its merged files counted; `doubtful` gathers blobs that may be binary."""
    doubtful.update(file.new_blob for file in commit.files if file.is_binary and file.new_blob)
    if not commit.merged:
        return commit
    doubtful.update(file.new_blob for file in commit.merged if file.new_blob and file.new_blob not in counts)

    def length(file: MergedFile) -> int | None:
        asked = doubtful.intersection(file.parent_blobs[1:])
        is_text = not asked or asked <= _lines(source, asked).keys()  # git compares no text with a binary file
        return counts.get(file.new_blob) if is_text else None

    return replace(commit, merged=tuple(replace(file, lines=length(file)) for file in commit.merged))


def _lines(source: ObjectSource, blobs: Iterable[str]) -> dict[str, int]:
    """Lines of those blobs that are text, as git counts them."""
    return {
        blob: content.count(b"\n") + (not content.endswith(b"\n") and content != b"")
        for blob, content in git.read_blobs(source, blobs)
        if b"\0" not in content[:_BINARY_BYTES]
    }
