"""`Flow`: cache, then line, then model; what the gateway's routes ask."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from serving.gateway.flow.cache import Cache
from serving.gateway.flow.digest import cache_key, digest
from serving.gateway.flow.line import Gone, Line, LineStats
from serving.gateway.parts import Forecast
from serving.scoring.forecaster import Forecaster, Served
from serving.wire.requests import Request, Scored


@dataclass(frozen=True, slots=True)
class FlowStats:
    """Requests since the start: answered from the cache, not found there, and what the line counts."""

    hits: int
    misses: int
    line: LineStats


class Flow:
    """The way to the model: seen before, asked right now by others, or in the line. For one event loop.

    Args:
        forecaster: who scores.
        cache: what was answered before.
        at_once: calls of the forecaster at a time.
        waiting: requests that may wait for it; the next one is refused.
        together: changes of several requests that may be scored in one call.
        deadline_seconds: how long a request may take unless it says otherwise.
        clock: seconds that never run backwards.
    """

    def __init__(
        self,
        forecaster: Forecaster,
        cache: Cache,
        *,
        at_once: int = 2,
        waiting: int = 128,
        together: int = 4,
        deadline_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._forecaster = forecaster
        self._cache = cache
        self._line = Line(forecaster, at_once=at_once, waiting=waiting, together=together, clock=clock)
        self._deadline_seconds = deadline_seconds
        self._hits = 0
        self._misses = 0

    async def forecast(
        self,
        requests: Sequence[Request],
        *,
        key: str = "",
        top: int = 5,
        deadline_seconds: float | None = None,
        gone: Gone | None = None,
    ) -> list[Forecast]:
        """Score changes, in the order given, with at most `top` reasons each.

        `key` decides which model answers; without it, the first change itself does.

        `gone` tells whether the client has gone away (Starlette's `request.is_disconnected`).

        Raises:
            TooMany: too many wait already; `retry_after` says when there will be room.
            BadChange: a request cannot be described.
            NotFound: the store does not know a commit, or there is no store.
            TemporaryError: no model is there to answer now, or time was up.
        """
        digests = [digest(request) for request in requests]
        key = key or digests[0]
        served = self._forecaster.answering(key)
        names = [cache_key(served, request, one, top) for request, one in zip(requests, digests, strict=True)]
        known = await self._known(names, served)
        missing = {name: request for name, request in zip(names, requests, strict=True) if name not in known}
        self._hits += len(names) - len(missing)
        self._misses += len(missing)
        fresh: Mapping[str, Scored] = {}
        if missing:
            group = (served.name, served.version, served.alias, top) if served else None
            seconds = self._deadline_seconds if deadline_seconds is None else deadline_seconds
            scored = await self._line.ask(
                tuple(missing), list(missing.values()), key=key, top=top, group=group, seconds=seconds, gone=gone
            )
            fresh = dict(zip(missing, scored, strict=True))
            self._keep(fresh, served)
        return [
            Forecast(known[name], self._by(known[name], served), one, is_cached=True)
            if name in known
            else Forecast(fresh[name], self._by(fresh[name], served), one)
            for name, one in zip(names, digests, strict=True)
        ]

    def full(self) -> float | None:
        """Seconds after which a request would find room in the line; None while there is some now."""
        return self._line.full()

    def stats(self) -> FlowStats:
        """How requests fared since the start."""
        return FlowStats(self._hits, self._misses, self._line.stats)

    async def close(self) -> None:
        """Wait for what is being scored, and let go of the cache."""
        await self._line.drained()
        await self._cache.close()

    async def _known(self, names: list[str], served: Served | None) -> dict[str, Scored]:
        if served is None:
            return {}
        found = await self._cache.get(names)
        return {name: one for name, one in zip(names, found, strict=True) if one is not None and _made_by(one, served)}

    def _keep(self, fresh: Mapping[str, Scored], served: Served | None) -> None:
        """A model promoted while these were scored may have answered: its answers are not kept as another's."""
        if served is not None and all(_made_by(one, served) for one in fresh.values()):
            self._cache.put(fresh)

    def _by(self, scored: Scored, served: Served | None) -> Served:
        """The model that made an answer, which need not be the one that would have answered a moment ago."""
        if served is not None and _made_by(scored, served):
            return served
        made = scored.prediction
        unknown = Served("", made.model_name, made.model_version, 0.0, "", 0.0, "")
        return next((one for one in self._forecaster.served() if _made_by(scored, one)), unknown)


def _made_by(scored: Scored, served: Served) -> bool:
    prediction = scored.prediction
    return (prediction.model_name, prediction.model_version) == (served.name, served.version)
