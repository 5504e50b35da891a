"""Requests -> scored changes. Knows the model and the features; knows nothing of HTTP.

Three kinds of request become the same kind of row, and rows become risks in one call of the model. NumPy is all
that this needs: no torch, no pandas, no scikit-learn, no Feast (`tests/serving/test_light_scoring.py`).

Shapes: N changes, C catalogue columns.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faultcast.adapters.stored_changes import Lookup
from faultcast.errors import BadChange, NotFound, TemporaryError
from faultcast.features import Past, describe, touch
from faultcast.features.catalogue import CATALOGUE, NAMES
from faultcast.measures import read
from faultcast.models import Explainable, onnx_runtime
from faultcast.models.artifact import MANIFEST
from faultcast.models.reasons import explain_rows
from faultcast.records import FileVersion, Prediction, Reason
from serving.wire.requests import Assumed, KnownCommit, RawFeatures, Request, Scored, UnseenChange, Value

__all__ = ["AUTHOR_FEATURES", "PAST_FEATURES", "Lookup", "Scorer"]

PAST_FEATURES = tuple(feature.name for feature in CATALOGUE if feature.needs == "past")
"""What only the history tells."""
AUTHOR_FEATURES = tuple(feature.name for feature in CATALOGUE if feature.needs == "author")
"""What only a known author's history tells."""


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
        self.model = model
        self._past = past
        self._lookup = lookup
        self._repository = repository

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        name: str = "",
        version: str = "",
        past: Path | Past | None = None,
        lookup: Lookup | None = None,
        repository: str = "",
        trusted: Collection[bytes] = (),
    ) -> "Scorer":
        """The one place where a model is loaded to be served. Takes up to seconds: call it off the event loop.

        Args:
            folder: of a model's artifact.
            name: in every answer; empty: the model's own.
            version: in every answer; empty: the start of the manifest's SHA-256.
            past: file of what the history taught, or that itself, which several models may share; without it, what
                comes from the history is missing.
            lookup: who knows stored changes (`adapters.stored_changes.lookup`); without it, an id alone is unknown.
            repository: what an empty repository in a request means.
            trusted: public keys; if there are any, one of them must have signed the model.

        Raises:
            NotFound: there is no model, or no past where one was named.
            UnsafeArtifact: the folder is not what its manifest says, or nobody trusted signed it.
            ContractMismatch: the model was trained on other features than this code computes.
        """
        if isinstance(past, Path) and not past.exists():
            raise NotFound(f"There is no past at {past}; run `faultcast run` first, or serve without --past")
        model = onnx_runtime.load(folder, trusted)
        known = Past.load(past) if isinstance(past, Path) else past
        version = version or hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()[:12]
        scorer = cls(model, name or model.name, version, past=known, lookup=lookup, repository=repository)
        # The first answer pays for every lazy import and cache; here nobody is waiting for it.
        scorer.score([RawFeatures(dict.fromkeys(NAMES))])
        return scorer

    def score(self, requests: Sequence[Request], top: int = 5) -> list[Scored]:
        """Score changes, in the order given, with at most `top` reasons each; none cost nothing.

        Raises:
            NotFound: the store does not know a commit, or this server has no store.
        """
        if not requests:
            return []
        rows = [self._row(request) for request in requests]
        values_NC = _finite(np.array([[_number(row.features.get(name)) for name in NAMES] for row in rows]))
        texts = [row.text for row in rows]
        text_ND = self.model.read(texts)
        risk_N = self.model.risk_of(values_NC, text_ND)
        reasons_N: Sequence[tuple[Reason, ...]] = [()] * len(rows)
        if top > 0:
            reasons_N = explain_rows(self.model, values_NC, texts, text_ND, top)
        return [
            Scored(self._prediction(row.commit, risk, reasons), row.features, row.assumed)
            for row, risk, reasons in zip(rows, risk_N.tolist(), reasons_N, strict=True)
        ]

    def risks(self, values_NC: NDArray[np.float64], texts: Sequence[str] = ()) -> NDArray[np.float64]:
        """Risks (float64 array_N, 0..1) of raw features, without a request or an answer around each.

        Args:
            values_NC: catalogue values (float64 array_NC, in catalogue order; NaN: missing, and so is infinity).
            texts: the semantic input of each change; empty: none has any.

        Raises:
            BadChange: an array of another shape.
        """
        if values_NC.ndim != 2 or values_NC.shape[1] != len(NAMES):
            raise BadChange(f"features: expected values of shape [N, {len(NAMES)}], found {list(values_NC.shape)}")
        return self.model.risk_of(_finite(values_NC), self.model.read(list(texts) or [""] * len(values_NC)))

    def _prediction(self, commit: str, risk: float, reasons: tuple[Reason, ...]) -> Prediction:
        return Prediction(commit, risk, self.model.band(risk), reasons, self.name, self.version)

    def _row(self, request: Request) -> _Row:
        if isinstance(request, KnownCommit):
            return self._stored(request)
        if isinstance(request, UnseenChange):
            # A commit that the history already holds is part of the past: described now, it would see itself.
            try:
                known = self._known(self._repository, request.commit.id)
            except (NotFound, TemporaryError):
                # The change is here, whole: that the store is away keeps nobody from describing it.
                away = Assumed("commit", "not looked up, the feature store is away: taken for a change that is new")
                return self._described(replace(request, assumed=(*request.assumed, away)))
            return known or self._described(request)
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
        (found,) = self._lookup([(repository, commit)])
        return None if found is None else _Row(commit, found.values, found.text, ())

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


def _number(value: Value) -> float:
    return float("nan") if value is None else float(value)


def _finite(values_NC: NDArray[np.float64]) -> NDArray[np.float64]:
    finite_NC = np.isfinite(values_NC)
    return values_NC if finite_NC.all() else np.where(finite_NC, values_NC, np.nan)
