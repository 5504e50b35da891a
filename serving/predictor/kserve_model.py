"""The `kserve.Model` around the logic: loading, readiness, and the two protocols' verbs."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import kserve
from kserve.errors import ModelNotReady
from kserve.protocol.infer_type import InferRequest, InferResponse

from faultcast import settings
from faultcast.adapters.stored_changes import lookup
from faultcast.features.catalogue import NAMES
from faultcast.models.signature import public_keys
from serving.scoring.scorer import Scorer
from serving.wire import instances, tensors
from serving.wire.requests import Request, Scored

WORKERS = 2
"""Threads that compute: the event loop stays free for health checks."""


class FaultcastModel(kserve.Model):  # type: ignore[misc]
    """One model folder behind KServe's V1 and V2; `ready` only from a successful `load` until `stop`."""

    def __init__(
        self,
        name: str,
        model_dir: Path,
        *,
        past: Path | None = None,
        store: Path | None = None,
        shared_store: str = "",
        version: str = "",
    ) -> None:
        super().__init__(name)
        self.version = version
        self._model_dir = model_dir
        self._past = past
        self._store = store
        self._shared_store = shared_store
        self._scorer: Scorer | None = None
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="score")

    def load(self) -> bool:
        """Read the model, the past and the store; takes seconds, call it off the event loop.

        Raises:
            NotFound: there is no model, past or store where one was named.
            UnsafeArtifact: the folder is not what its manifest says, or nobody signed it whom the settings trust.
            ContractMismatch: the model was trained on other features than this code computes.
        """
        scorer = Scorer.load(
            self._model_dir,
            name=self.name,
            version=self.version,
            past=self._past,
            lookup=lookup(self._store, self._shared_store) if self._store else None,
            repository=self._store.resolve().parent.name if self._store else "",
            trusted=public_keys(settings.load().trusted_keys),
        )
        self._scorer, self.version = scorer, scorer.version
        self.ready = True
        return True

    def start(self) -> None:
        """Do nothing: KServe's own says "ready" whether or not anything was loaded."""

    def stop(self) -> None:
        """Take no further request; what runs is finished."""
        super().stop()
        self._threads.shutdown(wait=False)

    async def predict(self, payload: object, headers: dict[str, str] | None = None) -> dict[str, Any] | InferResponse:
        """V1 `:predict` and V2 `/infer`. Raises BadChange, NotFound."""
        del headers
        if isinstance(payload, InferRequest):
            scored = await self._score(partial(tensors.parse_v2, payload))
            return tensors.response(payload, scored, self.name, self.version)
        return instances.predictions_v1(await self._score(partial(instances.parse_v1, payload)))

    async def explain(self, payload: object, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """V1 `:explain`: what each feature did to the risk. Raises BadChange, NotFound."""
        del headers
        return instances.explanations_v1(await self._score(partial(instances.parse_v1, payload), top=len(NAMES)))

    async def _score(self, parse: Callable[[], Sequence[Request]], top: int = 5) -> list[Scored]:
        scorer = self._scorer
        if scorer is None:
            raise ModelNotReady(self.name)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: scorer.score(parse(), top))

    def get_input_types(self) -> list[dict[str, Any]]:
        """The tensors of V2's metadata."""
        return tensors.INPUTS

    def get_output_types(self) -> list[dict[str, Any]]:
        """The tensors of V2's metadata."""
        return tensors.OUTPUTS
