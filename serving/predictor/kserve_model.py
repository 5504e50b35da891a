"""The `kserve.Model` around the logic: loading, readiness, and the two protocols' verbs."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import kserve
import pandas as pd
from kserve.errors import ModelNotReady
from kserve.protocol.infer_type import InferRequest, InferResponse

from faultcast import models, settings
from faultcast.errors import NotFound
from faultcast.features import Past
from faultcast.features.catalogue import NAMES
from faultcast.models.signature import public_keys
from serving.scoring.scorer import Lookup, Scorer
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
        past, lookup = _past(self._past), _lookup(self._store, self._shared_store)
        model = models.load(self._model_dir, public_keys(settings.load().trusted_keys))
        self.version = self.version or _digest(self._model_dir)
        scorer = Scorer(
            model,
            self.name,
            self.version,
            past=past,
            lookup=lookup,
            repository=self._store.resolve().parent.name if self._store else "",
        )
        # The first answer pays for every lazy import and cache; here nobody is waiting for it.
        scorer.score([instances.parse_features([None] * len(NAMES), "", "warm-up", has_text=True)])
        self._scorer = scorer
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


def _digest(folder: Path) -> str:
    """A version for a model that came without one: the start of its manifest's SHA-256."""
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()[:12]


def _past(path: Path | None) -> Past | None:
    if path is None:
        return None
    if not path.exists():
        raise NotFound(f"There is no past at {path}; run `faultcast run` first, or serve without --past")
    return Past.load(path)


def _lookup(folder: Path | None, shared: str) -> Lookup | None:
    if folder is None:
        return None
    if not shared and not folder.is_dir():
        raise NotFound(f"There is no feature store at {folder}; run `faultcast run` first, or serve without --store")
    # Feast takes seconds to import: only a server that has a store pays for it.
    from faultcast.adapters import feature_store  # noqa: PLC0415

    def lookup(keys: Sequence[tuple[str, str]]) -> pd.DataFrame:
        return feature_store.online(folder, list(keys), shared=shared)

    return lookup
