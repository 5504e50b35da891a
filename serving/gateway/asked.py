"""A question on its way: through the flow, into the log, out as an answer. What every route that predicts shares."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import Request as HttpRequest

from faultcast.errors import BadChange, FaultcastError, NotFound, TemporaryError, TooMany
from faultcast.records import LoggedPrediction, Prediction
from serving.gateway.identifiers import new_id, prefix
from serving.gateway.logs import current_request_id, predictions, tell
from serving.gateway.parts import Forecast, Parts
from serving.wire.instances import THRESHOLD, assumed_json, reason_json
from serving.wire.requests import KnownCommit, Request, UnseenChange

FAILED: tuple[tuple[type[FaultcastError], str], ...] = (
    (BadChange, "bad_change"),
    (NotFound, "not_found"),
    (TooMany, "too_many"),
    (TemporaryError, "unavailable"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One change and the repository that it was said to belong to; "" if none was named."""

    request: Request
    repository: str = ""

    @property
    def commit(self) -> str:
        """The commit's id, as far as one was sent."""
        if isinstance(self.request, KnownCommit):
            return self.request.commit
        return self.request.commit.id if isinstance(self.request, UnseenChange) else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One prediction under its id."""

    prediction_id: str
    at: float
    forecast: Forecast

    @property
    def prediction(self) -> Prediction:
        """Risk, band and reasons."""
        return self.forecast.scored.prediction

    @property
    def is_inducing(self) -> bool:
        """What `prediction` says."""
        return self.forecast.scored.prediction.risk >= THRESHOLD

    def as_json(self) -> dict[str, Any]:
        """As `schemas.Prediction` has it."""
        scored = self.forecast.scored
        risk = scored.prediction.risk
        return {
            "prediction": "bug_inducing" if self.is_inducing else "clean",
            "confidence": max(risk, 1.0 - risk),
            "risk": risk,
            "probability": risk,
            "band": scored.prediction.band.value,
            "reasons": [reason_json(reason) for reason in scored.prediction.reasons],
            "model_name": scored.prediction.model_name,
            "model_version": scored.prediction.model_version,
            "prediction_id": self.prediction_id,
            "timestamp": iso(self.at),
            "assumed": assumed_json(scored.assumed),
        }


class Asker:
    """Asks the flow, keeps and counts what it said."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def ask(
        self, http: HttpRequest, asked: Asked, *, beside: Sequence[Request] = (), key: str = ""
    ) -> tuple[Answer, list[Forecast]]:
        """One answer; and those to what is asked `beside`, which are not kept. Raises as `ask_all`."""
        answers, more = await self.ask_all(http, [asked], beside=beside, key=key)
        return answers[0], more

    async def ask_all(
        self,
        http: HttpRequest,
        asked: Sequence[Asked],
        *,
        beside: Sequence[Request] = (),
        key: str = "",
        top: int = 5,
    ) -> tuple[list[Answer], list[Forecast]]:
        """Answers in the order given, all of one model, each kept in the log before it is told.

        Raises:
            BadChange, NotFound, TooMany, TemporaryError: as `Flow.forecast` and `PredictionLog.append`.
        """
        began = time.perf_counter()
        try:
            principal = await self._parts.security.principal(http)
            found = await self._parts.flow.forecast(
                [*(one.request for one in asked), *beside],
                key=key or asked[0].commit,
                top=top,
                gone=http.is_disconnected,
            )
            at, seconds = time.time(), time.perf_counter() - began
            answers = [Answer(self._id(one), at, forecast) for one, forecast in zip(asked, found, strict=False)]
            records = [
                self._record(one, answer, principal.id, seconds) for one, answer in zip(asked, answers, strict=True)
            ]
            await self._parts.log.append(*records)
        except FaultcastError as error:
            self._parts.metrics.failed(next((reason for kind, reason in FAILED if isinstance(error, kind)), "internal"))
            raise
        for one, answer in zip(asked, answers, strict=True):
            self._tell(one, answer, time.perf_counter() - began)
        return answers, found[len(asked) :]

    def _record(self, asked: Asked, answer: Answer, principal: str, seconds: float) -> LoggedPrediction:
        forecast = answer.forecast
        prediction = forecast.scored.prediction
        return LoggedPrediction(
            prediction_id=answer.prediction_id,
            at=answer.at,
            repository=asked.repository or self._parts.repository,
            commit=prediction.commit or asked.commit,
            risk=prediction.risk,
            band=prediction.band,
            model_name=prediction.model_name,
            model_version=prediction.model_version,
            alias=forecast.served.alias,
            input_digest=forecast.digest,
            features=forecast.scored.values,
            assumed=tuple(one.field for one in forecast.scored.assumed),
            request_id=current_request_id(),
            principal=principal,
            latency_seconds=seconds,
        )

    def _id(self, asked: Asked) -> str:
        """Behind the name that was sent; else that of the repository served here, without the digits behind it."""
        return new_id(prefix(asked.repository or self._parts.repository.rpartition("-")[0]))

    def _tell(self, asked: Asked, answer: Answer, seconds: float) -> None:
        forecast = answer.forecast
        prediction = forecast.scored.prediction
        alias = forecast.served.alias
        said = "bug_inducing" if answer.is_inducing else "clean"
        model = (prediction.model_name, prediction.model_version)
        self._parts.metrics.predicted(*model, alias, said, seconds, cached=forecast.is_cached)
        tell(
            predictions,
            "predicted",
            prediction_id=answer.prediction_id,
            repository=asked.repository,
            commit=asked.commit,
            risk=prediction.risk,
            band=prediction.band.value,
            prediction=said,
            model_name=model[0],
            model_version=model[1],
            alias=alias,
            cached=forecast.is_cached,
            seconds=round(seconds, 6),
        )


def iso(at: float) -> str:
    """Unix seconds as ISO 8601 in UTC.

    >>> iso(0)
    '1970-01-01T00:00:00.000Z'
    """
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
