"""The one place where the gateway's parts are put together."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from faultcast.adapters import prediction_log
from faultcast.feedback import Feedback
from faultcast.settings import Settings
from serving.gateway import problems
from serving.gateway.flow.cache import open_cache
from serving.gateway.flow.flow import Flow
from serving.gateway.metrics import Metrics
from serving.gateway.parts import Parts
from serving.gateway.security import Security
from serving.limits import BodyLimit
from serving.scoring.forecaster import Forecaster


class NothingWatched:
    """Monitoring where there is none."""

    async def drift(self) -> Mapping[str, Any]:
        """Nothing was compared."""
        return {"status": "unknown", "drift_detected": None, "drifted_feature_count": None, "drifted_features": [],
                "checked_at": None, "details": {}}  # fmt: skip

    async def stats(self) -> Mapping[str, Any]:
        """Nothing was counted."""
        return {"predictions": 0, "window_hours": 24.0, "details": {}}


def build(settings: Settings, forecaster: Forecaster) -> Parts:
    """Parts as the settings choose them, around whoever scores.

    Raises:
        UsageError: settings contradict one another, or name what cannot be used.
    """
    flow = Flow(
        forecaster,
        open_cache(settings),
        waiting=settings.line_waiting,
        deadline_seconds=settings.line_deadline_seconds,
    )
    log = prediction_log.opened(settings)

    async def closed() -> None:
        await flow.close()
        log.close()

    return Parts(
        settings=settings,
        forecaster=forecaster,
        flow=flow,
        log=log,
        feedback=Feedback(log.store, quorum=settings.feedback_quorum, cap=settings.feedback_cap),
        security=Security.of(settings),
        monitoring=NothingWatched(),
        metrics=Metrics(),
        wrappers=(partial(BodyLimit, max_depth=64, written=problems.written),),
        stop=(closed,),
    )
