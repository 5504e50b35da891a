"""What shadows said: kept in the log beside the answers, told to nobody who asked."""

import time
from collections.abc import Sequence

from faultcast.adapters.prediction_log import PredictionLog
from faultcast.records import LoggedPrediction
from serving.gateway.flow.digest import digest
from serving.gateway.identifiers import new_id
from serving.gateway.logs import current_request_id, predictions, tell
from serving.gateway.metrics import Metrics
from serving.scoring.forecaster import Served
from serving.wire.instances import THRESHOLD
from serving.wire.requests import Request, Scored


class Shadows:
    """Hears what a fleet's shadows say."""

    def __init__(self, log: PredictionLog, metrics: Metrics, repository: str = "") -> None:
        self._log = log
        self._metrics = metrics
        self._repository = repository

    async def __call__(self, served: Served, requests: Sequence[Request], scored: Sequence[Scored]) -> None:
        """Keep and count; the request's id joins a shadow's word with the answer.

        Raises:
            TemporaryError: it cannot be kept now; the fleet counts that.
        """
        records = [self._record(served, asked, one) for asked, one in zip(requests, scored, strict=True)]
        await self._log.append(*records)
        for one in records:
            said = "bug_inducing" if one.risk >= THRESHOLD else "clean"
            self._metrics.shadowed(one.model_name, one.model_version, said)
            tell(
                predictions, "scored in shadow", prediction_id=one.prediction_id, risk=one.risk, alias=served.alias,
                model_name=one.model_name, model_version=one.model_version,
            )  # fmt: skip

    def _record(self, served: Served, asked: Request, scored: Scored) -> LoggedPrediction:
        prediction = scored.prediction
        return LoggedPrediction(
            prediction_id=new_id("shadow"),
            at=time.time(),
            repository=self._repository,
            commit=prediction.commit,
            risk=prediction.risk,
            band=prediction.band,
            model_name=prediction.model_name,
            model_version=prediction.model_version,
            alias=served.alias,
            is_shadow=True,
            input_digest=digest(asked),
            features=scored.values,
            assumed=tuple(one.field for one in scored.assumed),
            request_id=current_request_id(),
        )
