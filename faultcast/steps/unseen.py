"""Commits that no run has seen, described from the past that one saved."""

from collections.abc import Sequence
from pathlib import Path

from faultcast.features import Past, Row, describe
from faultcast.features.measured import touched_history
from faultcast.history import Repository
from faultcast.records import Commit


def described(repository: Repository, past: Path, commits: Sequence[Commit]) -> list[Row]:
    """Return one row a commit that is no merge, each commit becoming the past of the next.

    Args:
        repository: where their files' versions are read.
        past: what `Past.save` wrote.
        commits: in order of arrival, merges among them.

    Raises:
        NotFound: there is no past.
    """
    if not commits:
        return []
    known = Past.load(past)
    rows = []
    for commit, touched in touched_history(repository, commits):
        if not commit.is_merge:
            rows.append(describe(commit, known, touched))
        known.observe(commit, touched)
    return rows
