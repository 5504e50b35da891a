"""One model's answers, whoever carries them: V1 and V2, REST and gRPC, the bare server and `kserve.Model`.

What costs little (`scoring.cost`) is answered where it is asked; the rest in threads, so that the event loop stays
free for health checks. Shapes: N changes, C catalogue columns.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from faultcast.errors import FaultcastError, NotFound, TemporaryError
from faultcast.features.catalogue import NAMES
from faultcast.records import Prediction
from serving.predictor.together import Together
from serving.scoring.cost import REASONS, WORKERS, Cost
from serving.scoring.scorer import Scorer
from serving.wire import instances as v1, tensors
from serving.wire.features import RawRows
from serving.wire.requests import Scored
from serving.wire.tensors import Infer

MAX_WAITING = 128
"""Requests that wait for them or are computed; one more is refused."""
INLINE_BYTES = 64 * 1024
"""JSON that is read or written in less than that."""

T = TypeVar("T")


class NotReady(TemporaryError):
    """The model is not loaded, or not yet."""


class Overloaded(TemporaryError):
    """More wait than can be answered soon."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    scorer: Scorer
    cost: Cost


class Answers:
    """What one model says; `ready` only from a successful `load` until `unload`. Used from one event loop."""

    def __init__(self, name: str, load: Callable[[], Scorer], version: str = "") -> None:
        """Answer for one model.

        Args:
            name: in the routes.
            load: reads the model; blocks for up to seconds.
            version: what is served before it is loaded is called so.
        """
        self.name = name
        self._load = load
        self._version = version
        self._loaded: _Loaded | None = None
        self._why_not = "not loaded yet"
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="score")
        self._waiting = 0
        self._together = Together()
        self._loading = asyncio.Lock()

    @property
    def ready(self) -> bool:
        return self._loaded is not None

    @property
    def version(self) -> str:
        return self._version if self._loaded is None else self._loaded.scorer.version

    @property
    def why_not(self) -> str:
        """Why the model is not ready; empty while it is."""
        return "" if self._loaded else self._why_not

    async def load(self) -> None:
        """Load the model, or load it anew; what answered before goes on until the new one can.

        Raises:
            NotFound: there is no model, past or store where one was named.
            UnsafeArtifact: the folder is not what its manifest says, or nobody signed it whom the settings trust.
            ContractMismatch: the model was trained on other features than this code computes.
        """
        async with self._loading:
            try:
                self._loaded = await asyncio.to_thread(self._load_now)
            except FaultcastError as error:
                self._why_not = type(error).__name__
                raise

    def load_now(self) -> None:
        """`load` without an event loop; raises as it does."""
        self._loaded = self._load_now()

    def _load_now(self) -> _Loaded:
        scorer = self._load()
        return _Loaded(scorer, Cost.of(scorer))

    def unload(self) -> None:
        """Answer no more, until `load`."""
        self._loaded, self._why_not = None, "unloaded"

    def close(self) -> None:
        """Take no further request; what runs is finished."""
        self.unload()
        self._threads.shutdown(wait=False)

    def check(self, name: str, version: str = "") -> None:
        """Refuse another model or version than this one.

        Raises:
            NotFound: names what is served.
        """
        if name != self.name:
            raise NotFound(f"model {name[:60]!r} is not served, {self.name!r} is")
        if version and version != self.version:
            raise NotFound(f"model {name}: version {version[:40]!r} is not served, {self.version!r} is")

    async def predict(self, payload: object, *, explain: bool = False) -> dict[str, Any]:
        """V1 `:predict` and `:explain`: body (bytes, or JSON already read) -> answer.

        Raises:
            BadChange: with the place, what was found and what was expected.
            NotFound: the store does not know a commit, or there is no store.
            NotReady, Overloaded: not now.
        """
        loaded = self._ready()
        size = len(payload) if isinstance(payload, bytes) else 0
        asked, top = await self.sized(size, partial(v1.open_v1, payload))
        top = (len(NAMES) if explain else REASONS) if top is None else top
        inline = loaded.cost.is_small(len(asked), top) and all(_is_raw(one) for one in asked)
        if inline and not top and not explain:
            rows = v1.read_raw(asked)
            return v1.predictions_v1(await self._risks(loaded.scorer, rows))

        def work() -> dict[str, Any]:
            scored = loaded.scorer.score(v1.parse_instances(asked), top)
            return v1.explanations_v1(scored) if explain else v1.predictions_v1(scored)

        return work() if inline else await self._beside(work)

    async def infer(self, asked: Infer) -> list[Scored]:
        """V2: what is asked -> scored changes; raises as `predict`."""
        loaded = self._ready()
        tensor = tensors.the_input(asked)
        top = REASONS if asked.wants_reasons else 0
        inline = tensor.name == "features" and loaded.cost.is_small(tensor.shape[0], top)
        if inline and not top:
            rows = tensors.features_of(tensor)
            return await self._risks(loaded.scorer, rows, with_assumed="assumed" in asked.wanted)

        def work() -> list[Scored]:
            return loaded.scorer.score(tensors.requests_of(tensor), top)

        return work() if inline else await self._beside(work)

    async def _risks(self, scorer: Scorer, rows: RawRows, *, with_assumed: bool = True) -> list[Scored]:
        """Risks without reasons, and without a request around each row."""
        if any(rows.texts):
            rows.check()
            risk_N = scorer.risks(rows.values_NC, [text or "" for text in rows.texts])
        else:
            risk_N = await self._together.risks(scorer, rows)
        band, name, version = scorer.model.band, scorer.name, scorer.version
        return [
            Scored(Prediction("", risk, band(risk), (), name, version), {}, rows.assumed(i) if with_assumed else ())
            for i, risk in enumerate(risk_N.tolist())
        ]

    def _ready(self) -> _Loaded:
        if self._loaded is None:
            raise NotReady(f"model {self.name} is not ready: {self._why_not}")
        return self._loaded

    async def sized(self, num_bytes: int, work: Callable[[], T]) -> T:
        """Read or write JSON here, or in a thread where there is much of it. Raises as `work`, and Overloaded."""
        return work() if num_bytes <= INLINE_BYTES else await self._beside(work)

    async def _beside(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise Overloaded(f"{self._waiting} requests are waiting already; try again later")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _is_raw(instance: object) -> bool:
    return isinstance(instance, Mapping) and "features" in instance
