"""Keeping the models those that the registry or the predictor names, and telling of each loaded or refused."""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable

from faultcast.errors import FaultcastError, PermanentError
from serving.gateway.metrics import Metrics
from serving.scoring.fleet import Fleet
from serving.scoring.remote import Remote

FLEET_SECONDS = 2.0
"""Between two looks at the registry."""
REMOTE_SECONDS = 10.0
"""Between two looks at a predictor elsewhere."""


class Following:
    """Loads the models beside the server, which answers 503 until then, and goes on looking for promotions."""

    def __init__(self, scoring: Fleet | Remote, metrics: Metrics) -> None:
        self._scoring = scoring
        self._metrics = metrics
        self._task: asyncio.Task[None] | None = None
        self.refused: Callable[[FaultcastError], None] | None = None
        """Told once, if nothing can be served because a model was refused for good."""

    async def start(self) -> None:
        """Begin; returns at once."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """End, and let go of the models."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._scoring.close()

    async def _follow(self) -> None:
        refusals = await self._scoring.load()
        for alias, error in refusals.items():
            self._metrics.load_ended(alias, type(error).__name__)
        self._tell(frozenset())
        final = next((error for error in refusals.values() if isinstance(error, PermanentError)), None)
        if final is not None and self.refused is not None and not self._scoring.served():
            self.refused(final)
        scoring = self._scoring
        look: Callable[[], Awaitable[object]] = scoring.catch_up if isinstance(scoring, Fleet) else scoring.load
        while True:
            before = self._known()
            await look()
            self._tell(before)
            await asyncio.sleep(FLEET_SECONDS if isinstance(scoring, Fleet) else REMOTE_SECONDS)

    def _known(self) -> frozenset[tuple[str, float]]:
        return frozenset((one.alias, one.loaded_at) for one in self._scoring.served())

    def _tell(self, before: frozenset[tuple[str, float]]) -> None:
        came = self._known() - before
        for alias, _ in came:
            self._metrics.load_ended(alias, "ok")
        if came:
            # All threads stand still while the collector looks through the heap. What is loaded stays: it need not
            # be looked through again and again.
            gc.freeze()
        self._metrics.loaded(self._scoring.served())
