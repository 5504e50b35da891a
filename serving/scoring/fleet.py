"""`Fleet`: several models of one registry in this process, who answers whom, and how another takes over.

A model is loaded beside the ones that serve and takes their place in one assignment when it has answered once; requests
that run finish with the model that they began with. Nothing that happens to the registry, to a model's folder or to the
feature store takes away what is loaded.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from faultcast.errors import FaultcastError, NotFound, PermanentError, TemporaryError, UsageError
from faultcast.models import Model
from faultcast.models.manifest import Manifest
from faultcast.settings import Settings
from serving.scoring.cost import WORKERS
from serving.scoring.forecaster import Served
from serving.scoring.shadow import OnShadow, Shadow
from serving.scoring.sources import Loaded, RunSource, Source
from serving.scoring.split import CHAMPION, Split
from serving.wire.requests import RawFeatures, Request, Scored

log = logging.getLogger(__name__)

RETRY_SECONDS = 10.0
"""Until `catch_up` tries again to load what could not be loaded for now."""


@dataclass(frozen=True, slots=True)
class _Member:
    loaded: Loaded
    loaded_at: float


class Fleet:
    """A `Forecaster` over models in this process. Make and use it inside one event loop; `close` it at the end."""

    def __init__(self, source: Source, split: Split = CHAMPION, on_shadow: OnShadow | None = None) -> None:
        """`on_shadow` is told what shadows said; without it, nothing is scored in shadow."""
        self.split = split
        self.shadow = Shadow(on_shadow) if on_shadow and split.shadows else None
        self._source = source
        self._members: MappingProxyType[str, _Member] = MappingProxyType({})
        self._seen: dict[str, str] = {}
        self._retry_at: dict[str, float] = {}
        self._locks = {alias: asyncio.Lock() for alias in split.aliases}
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="score")

    @classmethod
    def of(
        cls, now: Settings, location: str | None = None, *, split: Split = CHAMPION, on_shadow: OnShadow | None = None
    ) -> Self:
        """The fleet of a repository's last run and registry (None: of the last run of all). Nothing is loaded yet.

        Raises:
            NotFound: there is no run.
        """
        return cls(RunSource(now, location), split, on_shadow)

    # --- being asked ------------------------------------------------------------------------

    async def score(self, requests: Sequence[Request], *, key: str, top: int = 5) -> list[Scored]:
        """See `Forecaster.score`."""
        members = self._members
        alias = self._answering(members, key)
        if alias is None:
            raise TemporaryError("No model is loaded yet; ask again in a few seconds")
        answer = await self._scored(members[alias], requests, top)
        for name in self.split.shadows if self.shadow else ():
            if name in members and name != alias:
                self._offer(name, members[name], requests, top)
        return answer

    def answering(self, key: str) -> Served | None:
        """See `Forecaster.answering`."""
        members = self._members
        alias = self._answering(members, key)
        return None if alias is None else self._served(members, alias)

    def served(self) -> tuple[Served, ...]:
        """See `Forecaster.served`."""
        members = self._members
        return tuple(self._served(members, alias) for alias in self._ordered(members))

    def manifest(self, alias: str) -> Manifest | None:
        """What the model that an alias serves tells of itself; None where there is none, or it has nothing to tell."""
        member = self._members.get(alias)
        model = None if member is None else member.loaded.scorer.model
        return model.manifest if isinstance(model, Model) else None

    def _answering(self, members: MappingProxyType[str, _Member], key: str) -> str | None:
        """The alias that a key falls to; the first that answers where that one is not loaded."""
        alias = self.split.of(key)
        if alias in members:
            return alias
        return next((name for name in self._ordered(members) if self.split.share(name)), None)

    def _ordered(self, members: MappingProxyType[str, _Member]) -> list[str]:
        present = [alias for alias in self.split.aliases if alias in members]
        return sorted(present, key=lambda alias: alias != "champion")

    def _served(self, members: MappingProxyType[str, _Member], alias: str) -> Served:
        """With the share that it has now: that of models that are not loaded falls to the first that answers."""
        share = self.split.share(alias)
        heir = next((name for name in self._ordered(members) if self.split.share(name)), None)
        if alias == heir:
            share = 1.0 - sum(self.split.share(name) for name in members if name != alias)
        member = members[alias]
        told = member.loaded
        return Served(alias, told.name, told.version, share, told.kind, member.loaded_at, told.fingerprint)

    async def _scored(self, member: _Member, requests: Sequence[Request], top: int) -> list[Scored]:
        score = member.loaded.scorer.score
        if member.loaded.cost.is_small(len(requests), top) and all(isinstance(one, RawFeatures) for one in requests):
            # A thread would cost as much again. Whoever asks in a row lets others have their turn.
            await asyncio.sleep(0)
            return score(requests, top)
        return await asyncio.get_running_loop().run_in_executor(self._threads, score, requests, top)

    def _offer(self, alias: str, member: _Member, requests: Sequence[Request], top: int) -> None:
        if self.shadow is not None:
            self.shadow.offer(self._served(self._members, alias), requests, lambda: self._scored(member, requests, top))

    # --- loading ----------------------------------------------------------------------------

    async def load(self) -> dict[str, FaultcastError]:
        """Load every model of the split; returns what kept an alias from being loaded."""
        refused: dict[str, FaultcastError] = {}
        for alias in self.split.aliases:
            try:
                await self.reload(alias)
            except FaultcastError as error:
                refused[alias] = error
        return refused

    async def reload(self, alias: str) -> Served:
        """See `Forecaster.reload`. Also raises UsageError for an alias that is not in the split."""
        if alias not in self._locks:
            raise UsageError(f"found {alias[:40]!r}, expected one of {', '.join(self._locks)}, which are served here")
        async with self._locks[alias]:
            # Seen before it is loaded: an alias that moves meanwhile is seen to have moved.
            seen = await self._standing()
            loaded = await asyncio.to_thread(self._source.load, alias)
            self._members = MappingProxyType({**self._members, alias: _Member(loaded, time.time())})
            if seen is not None:
                self._seen[alias] = seen.get(alias, "")
            self._retry_at.pop(alias, None)
        log.info("%s is now version %s of %s", alias, loaded.version, loaded.name)
        return self._served(self._members, alias)

    async def catch_up(self) -> None:
        """Load what was promoted, rolled back, or is there at last. Where nothing moved it costs a millisecond."""
        standing = await self._standing()
        for alias in self.split.aliases:
            if standing is None:
                # Without a registry there may still be something that is remembered.
                if not self._members:
                    await self._try(alias, "")
            elif alias in standing:
                if standing[alias] != self._seen.get(alias):
                    await self._try(alias, standing[alias])
            elif alias in self._members and alias != "champion":
                # Nobody rolls a champion back to nothing, but a challenger may be taken back.
                self._members = MappingProxyType({k: v for k, v in self._members.items() if k != alias})
                self._seen.pop(alias, None)
                log.info("%s is no more in the registry and is served no more", alias)

    async def close(self) -> None:
        """Stop shadow scoring and the threads; what runs is finished."""
        if self.shadow:
            await self.shadow.close()
        self._threads.shutdown(wait=False)

    async def _standing(self) -> dict[str, str] | None:
        """What the registry says; None while it does not answer."""
        try:
            return dict(await asyncio.to_thread(self._source.standing))
        except FaultcastError as error:
            log.debug("The registry does not answer: %s", error)
            return None

    async def _try(self, alias: str, seen: str) -> None:
        """Reload without raising. What is refused for good is tried again only when the alias has moved."""
        if time.monotonic() < self._retry_at.get(alias, 0.0):
            return
        try:
            await self.reload(alias)
        except PermanentError as error:
            log.warning("%s is not loaded, what was served before goes on: %s", alias, error)
            if seen and not isinstance(error, NotFound):
                self._seen[alias] = seen
            self._retry_at[alias] = time.monotonic() + RETRY_SECONDS
        except TemporaryError as error:
            log.warning("%s is not loaded for now, what was served before goes on: %s", alias, error)
            self._retry_at[alias] = time.monotonic() + RETRY_SECONDS
