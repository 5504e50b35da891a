"""Mining: every commit up to a tip, in order of arrival; what an earlier run has kept is not read again."""

from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa

from faultcast.history import git, store
from faultcast.history.identity import Pseudonyms
from faultcast.history.kept import Kept
from faultcast.history.process import ObjectSource
from faultcast.history.reader import HEADER, Reader, Skipped
from faultcast.history.repository import Repository
from faultcast.history.spread import spread

_HEADERS_AT_ONCE = 4000

Mined = Iterator[tuple[pa.RecordBatch, tuple[Skipped, ...]]]
"""Batches of `store.SCHEMA` in order of arrival, each with what had to be skipped."""


def mine(
    repository: Repository, tip: str, identify: Pseudonyms, workers: int = 2, kept: Kept | None = None
) -> tuple[int, Mined]:
    """Read the whole ancestry of `tip`; return the number of commits, and the commits.

    Diffs are independent of one another, so ranges are read by `workers` processes. Of commits that are `kept`
    no diff is read: they get their place, and their author's name where authors are named otherwise now. The
    batches are those of a run without `kept`, unless a range is heavier than `reader.PART_BYTES`: then the same
    commits come in other batches.

    Raises (on the way, too):
        NotFound: `kept` is damaged.
    """
    ids = git.ancestry(repository.objects, tip)
    if kept is None:
        return len(ids), _read(repository.objects, identify, tip, ids, workers)
    fresh = _read(repository.objects, identify, tip, [one for one in ids if one not in kept.places], workers)
    people = None
    if kept.authors != authors_version(repository, tip, identify):
        people = _people(repository.objects, identify, tip, [one for one in ids if one in kept.places], workers)
    return len(ids), _woven(ids, kept, fresh, people)


def authors_version(repository: Repository, tip: str, identify: Pseudonyms) -> str:
    """Changes whenever authors may be named otherwise: with the key, the forgotten, and the tip's .mailmap."""
    (mailmap,) = git.sizes(repository.objects, [f"{tip}:.mailmap"])
    return f"{identify.version()} {mailmap[0] if mailmap else ''}"


_Range = tuple[int, list[str]]
_People = dict[str, tuple[str, tuple[str, ...]]]


def _ranges(ids: list[str], size: int) -> list[_Range]:
    return [(first, ids[first : first + size]) for first in range(0, len(ids), size)]


def _read(source: ObjectSource, identify: Pseudonyms, tip: str, ids: list[str], workers: int) -> Mined:
    work = partial(_read_range, source, identify, tip)
    for batch, skipped, rest in spread(work, _ranges(ids, store.BATCH), workers):
        yield batch, skipped
        while rest[1]:  # the range was too heavy to be handed over at once
            batch, skipped, rest = work(rest)  # noqa: PLW2901
            yield batch, skipped


def _read_range(
    source: ObjectSource, identify: Pseudonyms, tip: str, part: _Range
) -> tuple[pa.RecordBatch, tuple[Skipped, ...], _Range]:
    first, ids = part
    reader = Reader(source, identify, tip)
    commits = next(reader.parts(ids, first))
    return store.to_batch(commits), tuple(reader.skipped), (first + len(commits), ids[len(commits) :])


def _people(source: ObjectSource, identify: Pseudonyms, tip: str, ids: list[str], workers: int) -> _People:
    """Authors and reviewers, from commits without their diffs."""
    found: _People = {}
    for part in spread(
        partial(_names, source, identify, tip), _ranges(ids, _HEADERS_AT_ONCE), workers, in_threads=True
    ):
        found |= part
    return found


def _names(source: ObjectSource, identify: Pseudonyms, tip: str, part: _Range) -> _People:
    reader = Reader(source, identify, tip, HEADER)
    return {commit.id: (commit.author, commit.reviewers) for commit in reader.read(part[1], part[0])}


def _woven(ids: list[str], kept: Kept, fresh: Mined, people: _People | None) -> Mined:
    """Put kept and fresh commits into one order."""
    waiting = pa.Table.from_batches([], store.SCHEMA)
    for first in range(0, len(ids), store.BATCH):
        part = ids[first : first + store.BATCH]
        old = [one for one in part if one in kept.places]
        skipped: tuple[Skipped, ...] = ()
        while waiting.num_rows < len(part) - len(old):
            batch, more = next(fresh)
            waiting, skipped = pa.concat_tables([waiting, pa.Table.from_batches([batch])]), skipped + more
        new = len(part) - len(old)
        rows = pa.concat_tables([kept.rows(old) if old else waiting.slice(0, 0), waiting.slice(0, new)])
        waiting = waiting.slice(new)
        yield _in_order(rows, part, first, people), skipped


def _in_order(rows: pa.Table, ids: Sequence[str], first: int, people: _People | None) -> pa.RecordBatch:
    """The rows of these commits in this order, with their positions and, if given, their people."""
    places = {one: place for place, one in enumerate(rows["id"].to_pylist())}
    columns = {name: rows[name].take([places[one] for one in ids]).combine_chunks() for name in store.SCHEMA.names}
    columns["position"] = pa.array(range(first, first + len(ids)), store.SCHEMA.field("position").type)
    if people is not None:
        named = [
            people.get(one, (author, reviewers))
            for one, author, reviewers in zip(
                ids, columns["author"].to_pylist(), columns["reviewers"].to_pylist(), strict=True
            )
        ]
        columns["author"] = pa.array([author for author, _ in named], store.SCHEMA.field("author").type)
        columns["reviewers"] = pa.array([list(names) for _, names in named], store.SCHEMA.field("reviewers").type)
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=store.SCHEMA)
