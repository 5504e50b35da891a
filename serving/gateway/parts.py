"""What the routes are made of: `Parts`. Everything is put together in `build.py`, and nowhere else.

In process on one machine; Redis, PostgreSQL, an OIDC issuer and a KServe URL on a cluster.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fastapi import APIRouter
from starlette.types import ASGIApp

from faultcast.adapters.prediction_log import PredictionLog
from faultcast.feedback import Feedback
from faultcast.models.manifest import Manifest
from faultcast.settings import Settings
from serving.gateway.metrics import Metrics
from serving.gateway.security import Security
from serving.scoring.forecaster import Forecaster, Served
from serving.wire.requests import Request, Scored


@dataclass(frozen=True, slots=True)
class Forecast:
    """One answer of the flow."""

    scored: Scored
    served: Served
    """The model that answered."""
    digest: str
    """SHA-256 of what was asked, in hexadecimal digits; the log joins equal questions by it."""
    is_cached: bool = False


class Flow(Protocol):
    """Cache, then queue, then model."""

    async def forecast(
        self,
        requests: Sequence[Request],
        *,
        key: str = "",
        top: int = 5,
        gone: Callable[[], Awaitable[bool]] | None = None,
    ) -> list[Forecast]:
        """Answer changes in the order given; `key`, or else the first change, decides which model answers.

        `gone` tells whether the client has gone away.

        Raises:
            BadChange: a request cannot be described.
            NotFound: the store does not know a commit, or there is no store.
            TooMany: the queue is full.
            TemporaryError: no model is there to answer now.
        """
        ...


class Monitoring(Protocol):
    """What of the asked changes can be told without labels, and with those that have come."""

    async def drift(self) -> Mapping[str, Any]:
        """The newest comparison of what was asked with the frozen reference, as `schemas.DriftStatus` has it."""
        ...

    async def stats(self) -> Mapping[str, Any]:
        """Counts and shares of the newest predictions, as `schemas.MonitoringStats` has them."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the routes need."""

    settings: Settings
    forecaster: Forecaster
    flow: Flow
    log: PredictionLog
    feedback: Feedback
    security: Security
    monitoring: Monitoring
    metrics: Metrics
    manifest: Callable[[str], Manifest | None] = lambda alias: None  # noqa: ARG005  tells nothing, whatever is asked
    """The manifest of the model that an alias serves; None where it is elsewhere or has none."""
    repository: str = ""
    """Whose changes are asked about where a request names no repository, as the feature store has it."""
    routers: tuple[APIRouter, ...] = ()
    """Routes of others: the page, the protocols of KServe."""
    wrappers: tuple[Callable[[ASGIApp], ASGIApp], ...] = ()
    """Pure ASGI middlewares around the routes, inside the door, the outermost first: limits of the body."""
    start: tuple[Callable[[], Awaitable[None]], ...] = ()
    """Awaited in this order before the first request is taken."""
    stop: tuple[Callable[[], Awaitable[None]], ...] = ()
    """Awaited in this order when the last request is answered."""
    started_at: float = field(default_factory=time.time)
