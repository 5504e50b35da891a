"""Requests -> scored changes. Knows the model and the features; knows nothing of HTTP.

Three kinds of request become the same kind of row, and rows become risks in one call of the model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from faultcast.errors import NotFound
from faultcast.features import Past, describe, touch
from faultcast.features.catalogue import CATALOGUE, NAMES
from faultcast.measures import read
from faultcast.models import Explainable, reasons as model_reasons
from faultcast.records import FileVersion, Prediction, Reason
from serving.wire.requests import Assumed, KnownCommit, Request, Scored, UnseenChange, Value

PAST_FEATURES = tuple(feature.name for feature in CATALOGUE if feature.needs == "past")
"""What only the history tells."""
AUTHOR_FEATURES = tuple(feature.name for feature in CATALOGUE if feature.needs == "author")
"""What only a known author's history tells."""

_PYTHON = {"int64": int, "float64": float, "bool": bool}


Lookup = Callable[[Sequence[tuple[str, str]]], pd.DataFrame]
"""(repository, commit) pairs -> one row each from the online feature store, all null where unknown."""


@dataclass(frozen=True, slots=True)
class _Row:
    commit: str
    features: Mapping[str, Value]
    text: str
    assumed: tuple[Assumed, ...]


class Scorer:
    """One loaded model with the past and the store that its rows need. Safe to call from threads."""

    def __init__(
        self,
        model: Explainable,
        name: str,
        version: str,
        *,
        past: Past | None = None,
        lookup: Lookup | None = None,
        repository: str = "",
    ) -> None:
        self.name = name
        self.version = version
        self._model = model
        self._past = past
        self._lookup = lookup
        self._repository = repository

    def score(self, requests: Sequence[Request], top: int = 5) -> list[Scored]:
        """Score changes, in the order given, with at most `top` reasons each.

        Raises:
            NotFound: the store does not know a commit, or this server has no store.
        """
        if not requests:
            return []
        rows = [self._row(request) for request in requests]
        table = _table(rows)
        risk_N = self._model.risk(table)
        reasons_N = model_reasons.explain(self._model, table, top=top)
        return [
            Scored(self._prediction(row.commit, float(risk), reasons), row.features, row.assumed)
            for row, risk, reasons in zip(rows, risk_N, reasons_N, strict=True)
        ]

    def _prediction(self, commit: str, risk: float, reasons: tuple[Reason, ...]) -> Prediction:
        return Prediction(commit, risk, self._model.band(risk), reasons, self.name, self.version)

    def _row(self, request: Request) -> _Row:
        if isinstance(request, KnownCommit):
            return self._stored(request)
        if isinstance(request, UnseenChange):
            # A commit that the history already holds is part of the past: described now, it would see itself.
            return self._known(self._repository, request.commit.id) or self._described(request)
        return _Row("", request.values, request.text, request.assumed)

    def _stored(self, request: KnownCommit) -> _Row:
        repository = request.repository or self._repository
        if self._lookup is None:
            raise NotFound(
                f"commit {request.commit}: this server has no feature store; "
                "send the change itself (message and files), or start the server with --store"
            )
        row = self._known(repository, request.commit)
        if row is None:
            raise NotFound(
                f"commit {request.commit} of {repository or 'this repository'}: the feature store does not know it; "
                "give the full id of a commit of the last run, or send the change itself (message and files)"
            )
        return row

    def _known(self, repository: str, commit: str) -> _Row | None:
        """The stored row of a commit, as it was described when it arrived."""
        if self._lookup is None or not commit:
            return None
        found = self._lookup([(repository, commit)])
        values = _plain(found.iloc[0]) if len(found) else dict.fromkeys(NAMES)
        if all(value is None for value in values.values()):
            return None
        text = found.iloc[0].get("text")
        return _Row(commit, values, text if isinstance(text, str) else "", ())

    def _described(self, request: UnseenChange) -> _Row:
        def version(path: str, blob: str) -> FileVersion | None:
            content = request.contents.get(blob)
            return None if content is None else read(path, content)

        past = self._past if self._past is not None else Past()
        row = describe(request.commit, past, touch(request.commit, version))
        assumed = list(request.assumed)
        values: dict[str, Value] = dict(row.values)
        # An unknown past is not an empty one: a value that would come from it is missing, not zero.
        if self._past is None:
            assumed.append(Assumed("past", "unknown: what the files' and the author's history tells is missing"))
            values.update(dict.fromkeys(PAST_FEATURES))
        if self._past is None or not request.commit.author:
            values.update(dict.fromkeys(AUTHOR_FEATURES))
        return _Row(request.commit.id, values, row.text, tuple(assumed))


def _plain(row: "pd.Series[Any]") -> dict[str, Value]:
    """A table row as plain Python numbers of the catalogue's types, None where missing."""
    return {f.name: None if pd.isna(row[f.name]) else _PYTHON[f.dtype](row[f.name]) for f in CATALOGUE}


def _table(rows: Sequence[_Row]) -> pd.DataFrame:
    """Rows as models read them: catalogue columns as float64 (NaN: missing), then `text`."""
    columns = {name: np.array([_number(row.features.get(name)) for row in rows], dtype=np.float64) for name in NAMES}
    return pd.DataFrame({**columns, "text": [row.text for row in rows]})


def _number(value: Value) -> float:
    return float("nan") if value is None else float(value)
