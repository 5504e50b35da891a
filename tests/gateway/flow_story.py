"""What the flow's tests share: a real model behind a forecaster that counts, and can be held up."""

import asyncio
from dataclasses import replace

from small_model import build_model

from faultcast.errors import NotFound, Unavailable
from faultcast.features.catalogue import NAMES
from faultcast.models import load
from serving.gateway.flow.cache import Cache, MemoryStore
from serving.gateway.flow.flow import Flow
from serving.scoring.forecaster import Served
from serving.scoring.scorer import Scorer
from serving.wire.requests import KnownCommit, RawFeatures

CHAMPION = Served("champion", "story", "1", 1.0, "simple", 1000.0, "f" * 64)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Desk:
    """A forecaster over one real Scorer. `open` holds it up; `calls` lists what it was asked, in order."""

    def __init__(self, folder):
        self._model = load(build_model(folder))
        self.model = CHAMPION
        self.open = asyncio.Event()
        self.open.set()
        self.calls = []

    async def score(self, requests, *, key, top=5):
        self.calls.append(list(requests))
        await self.open.wait()
        if self.model is None:
            raise Unavailable("no model is loaded; try again later")
        if any(isinstance(request, KnownCommit) for request in requests):
            raise NotFound("this server has no feature store")
        return Scorer(self._model, self.model.name, self.model.version).score(requests, top)

    def answering(self, key):
        return self.model

    def served(self):
        return () if self.model is None else (self.model,)

    async def reload(self, alias):
        self.promote("reloaded")
        return self.model

    def promote(self, version):
        self.model = replace(CHAMPION, version=version, loaded_at=CHAMPION.loaded_at + 1)


def change(lines, **values):
    """Raw features of a change of so many lines; the rest is missing."""
    known = dict.fromkeys(NAMES) | {NAMES[0]: lines} | values
    return RawFeatures(known, "fix parser")


def open_flow(desk, clock=None, **options):
    cache = Cache(MemoryStore(seconds=60, max_bytes=10_000_000, clock=clock or Clock()))
    return Flow(desk, cache, clock=clock or Clock(), **options)


async def until(holds, seconds=5.0):
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  what is waited for is inside the code under test
            await asyncio.sleep(0)
