"""The one place where the gateway's parts are put together.

`in_process` scores here, with the models of a repository's last run; `around` puts the same parts around another.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from faultcast.adapters import prediction_log
from faultcast.adapters.prediction_log import PredictionLog
from faultcast.feedback import Feedback
from faultcast.settings import Settings
from serving.gateway import problems
from serving.gateway.flow.cache import open_cache
from serving.gateway.flow.flow import Flow
from serving.gateway.following import Following
from serving.gateway.metrics import Metrics
from serving.gateway.page.history import History
from serving.gateway.page.routes import router as page
from serving.gateway.parts import Parts
from serving.gateway.security import Security
from serving.gateway.shadows import Shadows
from serving.gateway.watched import Watched
from serving.limits import BodyLimit
from serving.scoring.fleet import Fleet
from serving.scoring.forecaster import Forecaster
from serving.scoring.sources import RunSource, Source
from serving.scoring.split import CHAMPION, Split

MAX_DEPTH = 64
"""Brackets in a body; ours need seven."""


def in_process(settings: Settings, location: str | None = None, split: Split = CHAMPION) -> tuple[Parts, Following]:
    """Parts around a fleet of a repository's models (None: of the last run of all); nothing is loaded yet.

    Raises:
        NotFound: there is no run.
        UsageError: settings contradict one another, or name what cannot be used.
    """
    source = RunSource(settings, location)
    parts, following = of_fleet(settings, source, split, source.repository)
    history = page(History(settings.home, source.location), parts.forecaster)
    watched = Watched(settings, parts.log, source.location, parts.metrics.drift)
    made = replace(
        parts,
        routers=(history,),
        monitoring=watched,
        start=(*parts.start, watched.start),
        stop=(watched.stop, *parts.stop),
    )
    return made, following


def of_fleet(settings: Settings, source: Source, split: Split, repository: str = "") -> tuple[Parts, Following]:
    """Parts around models in this process, wherever they come from; raises as `in_process`."""
    log, metrics = prediction_log.opened(settings), Metrics()
    fleet = Fleet(source, split, Shadows(log, metrics, repository))
    following = Following(fleet, metrics)
    parts = around(settings, fleet, log=log, metrics=metrics)
    stop = (following.stop, *parts.stop)
    return replace(parts, repository=repository, start=(following.start,), stop=stop), following


def around(
    settings: Settings, forecaster: Forecaster, *, log: PredictionLog | None = None, metrics: Metrics | None = None
) -> Parts:
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
    log = log or prediction_log.opened(settings)

    async def close() -> None:
        await flow.close()
        await asyncio.to_thread(log.close)

    return Parts(
        settings=settings,
        forecaster=forecaster,
        flow=flow,
        log=log,
        feedback=Feedback(log.store, quorum=settings.feedback_quorum, cap=settings.feedback_cap),
        security=Security.of(settings),
        monitoring=NothingWatched(),
        metrics=metrics or Metrics(),
        wrappers=(partial(BodyLimit, max_depth=MAX_DEPTH, written=problems.written),),
        stop=(close,),
    )


class NothingWatched:
    """Monitoring where there is none."""

    async def drift(self) -> Mapping[str, Any]:
        """Nothing was compared."""
        return {
            "status": "unknown",
            "drift_detected": None,
            "drifted_feature_count": None,
            "drifted_features": [],
            "checked_at": None,
            "details": {},
        }

    async def stats(self) -> Mapping[str, Any]:
        """Nothing was counted."""
        return {"predictions": 0, "window_hours": 24.0, "details": {}}
