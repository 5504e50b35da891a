"""Keeping a fleet's models those that the registry names, and telling of each that was loaded or refused."""

import asyncio
import contextlib
from collections.abc import Callable

from faultcast.errors import FaultcastError, PermanentError
from serving.gateway.metrics import Metrics
from serving.scoring.fleet import Fleet

EVERY_SECONDS = 2.0
"""Between two looks at the registry."""


class Following:
    """Loads the models beside the server, which answers 503 until then, and goes on looking for promotions."""

    def __init__(self, fleet: Fleet, metrics: Metrics) -> None:
        self._fleet = fleet
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
        await self._fleet.close()

    async def _follow(self) -> None:
        refusals = await self._fleet.load()
        for alias, error in refusals.items():
            self._metrics.load_ended(alias, type(error).__name__)
        self._tell(frozenset())
        final = next((error for error in refusals.values() if isinstance(error, PermanentError)), None)
        if final is not None and self.refused is not None and not self._fleet.served():
            self.refused(final)
        while True:
            before = self._known()
            await self._fleet.catch_up()
            self._tell(before)
            await asyncio.sleep(EVERY_SECONDS)

    def _known(self) -> frozenset[tuple[str, float]]:
        return frozenset((one.alias, one.loaded_at) for one in self._fleet.served())

    def _tell(self, before: frozenset[tuple[str, float]]) -> None:
        for alias, _ in self._known() - before:
            self._metrics.load_ended(alias, "ok")
        self._metrics.loaded(self._fleet.served())
