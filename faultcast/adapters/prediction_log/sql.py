"""What both databases have in common: the tables' columns, what is asked of them, and how rows become records."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from faultcast.adapters.prediction_log.rows import COLUMNS, FeatureSets, kept_text, prediction
from faultcast.errors import NotFound
from faultcast.feedback import Opinion, Vote
from faultcast.records import LoggedPrediction

Rows = Callable[[str, Sequence[object]], list[tuple[Any, ...]]]
"""Runs one statement, whose values are written `?`, and gives all its rows."""

NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
PLACES = ", ".join("?" * len(COLUMNS))
INSERT = f"INSERT INTO predictions ({NAMES}) VALUES ({PLACES}) ON CONFLICT (prediction_id) DO NOTHING"  # noqa: S608
INSERT_SET = "INSERT INTO feature_sets (feature_set, names) VALUES (?, ?) ON CONFLICT DO NOTHING"
_VOTE = ("prediction_id", "account", "opinion", "at", "is_correction", "fix", "comment", "request_id", "weight")
INSERT_VOTE = f"INSERT INTO votes ({', '.join(_VOTE)}) VALUES ({', '.join('?' * len(_VOTE))})"  # noqa: S608

_SELECT = f"SELECT {NAMES} FROM predictions"  # noqa: S608  names of our own
_VOTES = ", ".join(f"v.{name}" for name in _VOTE)


class Reading:
    """Everything that is read, on top of one function that runs a statement."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._sets = FeatureSets()

    def get(self, prediction_id: str) -> LoggedPrediction | None:
        return next(iter(self._read("WHERE prediction_id = ?", (prediction_id,))), None)

    def by_commit(self, commit: str, repository: str, limit: int) -> list[LoggedPrediction]:
        where = """WHERE "commit" = ? AND "commit" <> '' AND ? IN ('', repository) ORDER BY at DESC LIMIT ?"""
        return self._read(where, (commit, repository, limit))

    def between(self, start: float, end: float, limit: int) -> list[LoggedPrediction]:
        return self._read("WHERE at >= ? AND at < ? ORDER BY at DESC, number DESC LIMIT ?", (start, end, limit))

    def votes(self, prediction_id: str) -> list[Vote]:
        statement = f"SELECT {_VOTES} FROM votes v WHERE v.prediction_id = ? ORDER BY v.number"  # noqa: S608
        return [_vote(*row) for row in self.rows(statement, (prediction_id,))]

    def votes_by_commit(self, repository: str, as_of: float) -> dict[str, list[Vote]]:
        statement = (
            f'SELECT p."commit", {_VOTES} FROM votes v JOIN predictions p ON p.prediction_id = v.prediction_id '  # noqa: S608
            """WHERE p.repository = ? AND p."commit" <> '' AND v.at <= ? ORDER BY v.number"""
        )
        found: dict[str, list[Vote]] = {}
        for commit, *row in self.rows(statement, (repository, as_of)):
            found.setdefault(commit, []).append(_vote(*row))
        return found

    def _read(self, where: str, values: Sequence[object]) -> list[LoggedPrediction]:
        rows = self.rows(f"{_SELECT} {where}", values)
        return [prediction(row, self.sets()) for row in rows] if rows else []

    def sets(self) -> FeatureSets:
        """All sets of features that the database knows."""
        for (names,) in self.rows("SELECT names FROM feature_sets", ()):
            self._sets.learn(tuple(json.loads(names)))
        return self._sets


def weighed(vote: Vote, rows: Rows, *, cap: int, window_seconds: float) -> Vote:
    """The vote with the weight that its account has left; to be asked in the transaction that keeps it.

    Raises:
        NotFound: no such prediction is kept.
    """
    if not rows("SELECT 1 FROM predictions WHERE prediction_id = ?", (vote.prediction_id,)):
        raise NotFound(
            f"prediction {vote.prediction_id!r}: no such prediction is kept. Send the `prediction_id` of an answer."
        )
    counted = rows(
        "SELECT count(DISTINCT prediction_id) FROM votes "
        "WHERE account = ? AND at > ? AND prediction_id <> ? AND weight > 0",
        (vote.account, vote.at - window_seconds, vote.prediction_id),
    )[0][0]
    weight = 1.0 if counted < cap else 0.0
    return replace(vote, weight=weight)


def values(vote: Vote) -> tuple[object, ...]:
    """A vote in the order of INSERT_VOTE."""
    plain = asdict(vote) | {"opinion": str(vote.opinion), "is_correction": int(vote.is_correction)}
    return tuple(kept_text(value) if isinstance(value, str) else value for value in plain.values())


def _vote(*found: Any) -> Vote:
    named = dict(zip(_VOTE, found, strict=True))
    return Vote(**named | {"opinion": Opinion(named["opinion"]), "is_correction": bool(named["is_correction"])})
