"""The one place where the gateway's parts are put together.

`in_process` scores here, with the models of a repository's last run; `of_fleet` with models from elsewhere; `elsewhere`
asks a KServe predictor. Whoever scores, the rest is the same.
"""

import asyncio
from dataclasses import replace
from functools import partial

from faultcast.adapters import prediction_log
from faultcast.adapters.prediction_log import PredictionLog
from faultcast.feedback import Feedback
from faultcast.settings import Settings
from serving.gateway import problems
from serving.gateway.flow.cache import Cache, open_store
from serving.gateway.flow.flow import Flow
from serving.gateway.flow.shedding import Shedding
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
from serving.scoring.remote import Remote
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
    parts, following = of_fleet(settings, source, split, source.repository, source.location)
    history = page(History(settings.home, source.location), parts.forecaster)
    return replace(parts, routers=(history,)), following


def of_fleet(
    settings: Settings, source: Source, split: Split, repository: str = "", location: str = ""
) -> tuple[Parts, Following]:
    """Parts around models in this process, wherever they come from; raises as `in_process`.

    `repository` and `location` are whose models they are: the short name, and the path or URL.
    """
    log, metrics = prediction_log.opened(settings), Metrics()
    fleet = Fleet(source, split, Shadows(log, metrics, repository))
    parts = around(settings, fleet, log=log, metrics=metrics, location=location)
    return _followed(replace(parts, repository=repository, manifest=fleet.manifest), fleet)


def elsewhere(settings: Settings) -> tuple[Parts, Following]:
    """Parts around the KServe predictor that the settings name.

    Raises:
        UsageError: settings contradict one another, or name what cannot be used.
    """
    remote = Remote(settings.predictor_url)
    return _followed(around(settings, remote), remote)


def _followed(parts: Parts, scoring: Fleet | Remote) -> tuple[Parts, Following]:
    following = Following(scoring, parts.metrics)
    start, stop = (following.start, *parts.start), (*parts.stop[:-1], following.stop, parts.stop[-1])
    return replace(parts, start=start, stop=stop), following


def around(
    settings: Settings,
    forecaster: Forecaster,
    *,
    log: PredictionLog | None = None,
    metrics: Metrics | None = None,
    location: str = "",
) -> Parts:
    """Parts as the settings choose them, around whoever scores, whom somebody else starts and ends.

    Raises:
        UsageError: settings contradict one another, or name what cannot be used.
    """
    log, metrics = log or prediction_log.opened(settings), metrics or Metrics()
    watched = Watched(settings, log, location, metrics.drift)
    flow = Flow(
        forecaster,
        Cache(open_store(settings)),
        waiting=settings.line_waiting,
        deadline_seconds=settings.line_deadline_seconds,
    )

    async def close() -> None:
        await asyncio.to_thread(log.close)

    return Parts(
        settings=settings,
        forecaster=forecaster,
        flow=flow,
        log=log,
        feedback=Feedback(log.store, quorum=settings.feedback_quorum, cap=settings.feedback_cap),
        security=Security.of(settings),
        monitoring=watched,
        metrics=metrics,
        wrappers=(
            partial(Shedding, line=flow, written=problems.written),
            partial(BodyLimit, max_depth=MAX_DEPTH, written=problems.written),
        ),
        start=(watched.start,),
        stop=(watched.stop, flow.close, close),
    )
