"""Measures of all the versions that a history needs, each measured once, on every core."""

from collections.abc import Iterable, Iterator
from functools import partial

from faultcast.features.describe import is_measured
from faultcast.history import Repository
from faultcast.history.git import ObjectSource, read_blobs
from faultcast.history.spread import spread
from faultcast.measures import language_of, measure
from faultcast.records import Commit, Measures

_BLOBS_AT_ONCE = 200

Key = tuple[str, str]
"""(language, blob): what a measure depends on."""


class Measured:
    """Callable ``(path, blob) -> Measures | None``, backed by what `measure_all` found."""

    def __init__(self, found: dict[Key, Measures | None]) -> None:
        self._found = found

    def __call__(self, path: str, blob: str) -> Measures | None:
        return self._found.get((language_of(path) or "", blob))


def wanted(commits: Iterable[Commit]) -> dict[Key, str]:
    """Versions to measure -> a path of each."""
    found: dict[Key, str] = {}
    for commit in commits:
        for file in filter(is_measured, commit.files):
            for path, blob in ((file.old_path, file.old_blob), (file.path, file.new_blob)):
                if blob and (language := language_of(path)):
                    found.setdefault((language, blob), path)
    return found


def measure_all(
    repository: Repository, versions: dict[Key, str], workers: int = 2
) -> Iterator[list[tuple[Key, Measures | None]]]:
    """Return measures in batches; a version that is absent or too large has none."""
    items = list(versions.items())
    batches = [items[first : first + _BLOBS_AT_ONCE] for first in range(0, len(items), _BLOBS_AT_ONCE)]
    work = partial(_measure_batch, repository.objects)
    return spread(work, batches, workers)


def _measure_batch(source: ObjectSource, batch: list[tuple[Key, str]]) -> list[tuple[Key, Measures | None]]:
    paths: dict[str, list[tuple[Key, str]]] = {}
    for key, path in batch:
        paths.setdefault(key[1], []).append((key, path))
    return [(key, measure(path, content)) for blob, content in read_blobs(source, paths) for key, path in paths[blob]]
