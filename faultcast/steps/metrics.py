"""The 14 change metrics of Kamei et al. 2013 for a whole history, at about the cost of ``git log --numstat -M``."""

from collections.abc import Iterator

from faultcast.features.author_past import Authors
from faultcast.features.catalogue import KAMEI_14
from faultcast.features.describe import kamei_values
from faultcast.features.file_past import Files, Value
from faultcast.history import Pseudonyms, Repository, Skipped
from faultcast.history.numstat import numstat
from faultcast.records import Commit

COLUMNS = ("commit", "committed_at", "author", *KAMEI_14)

MetricsRow = tuple[str, int, str, *tuple[Value, ...]]
"""One change, in the order of `COLUMNS`: its id, unix seconds, pseudonym, and the metrics as the catalogue has them."""

_Part = tuple[int, list[MetricsRow], tuple[Skipped, ...]]


def metrics(repository: Repository, tip: str, identify: Pseudonyms, workers: int = 2) -> tuple[int, Iterator[_Part]]:
    """Describe every change that is not a merge, up to `tip`, from what was known before it.

    Returns the number of commits, and parts: how many commits, their rows in order of arrival, what was skipped.
    The values are those that `features.describe` gives, by the same functions.
    """
    total, parts = numstat(repository, tip, identify, workers)
    return total, _folded(parts)


def _folded(parts: Iterator[tuple[list[Commit], tuple[Skipped, ...]]]) -> Iterator[_Part]:
    files, authors = Files(), Authors()
    for commits, skipped in parts:
        rows: list[MetricsRow] = []
        for commit in commits:
            if not commit.is_merge:
                values = kamei_values(commit, files, authors)
                rows.append((commit.id, commit.committed_at, commit.author, *[values[name] for name in KAMEI_14]))
                authors.observe(commit)
            files.observe(commit)
        yield len(commits), rows, skipped
