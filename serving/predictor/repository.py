"""The model repository extension of the Open Inference Protocol, for the one model that is served."""

import hmac
import logging
from typing import Any

from faultcast.errors import FaultcastError, Forbidden, Unauthorized
from serving.predictor.answers import Answers
from serving.predictor.metrics import Metrics

SCHEME = "Bearer "

log = logging.getLogger("faultcast.serving")


class Repository:
    """Tells what is served to everybody; loads and unloads for whoever has the operator's token."""

    def __init__(self, answers: Answers, metrics: Metrics, operator_token: str = "") -> None:
        """Keep the model; an empty token means that nobody may load or unload."""
        self._answers = answers
        self._metrics = metrics
        self._token = operator_token

    def index(self, *, only_ready: bool = False) -> list[dict[str, str]]:
        """Models with their state, READY or UNAVAILABLE, and why."""
        answers = self._answers
        if only_ready and not answers.ready:
            return []
        state = "READY" if answers.ready else "UNAVAILABLE"
        return [{"name": answers.name, "version": answers.version, "state": state, "reason": answers.why_not}]

    async def load(self, name: str, authorization: str) -> None:
        """Load the model anew from its folder; what answered before goes on if it cannot be.

        Raises:
            Forbidden, Unauthorized: see `unload`.
            NotFound, UnsafeArtifact, ContractMismatch: see `Answers.load`.
        """
        self._check(name, authorization)
        await self.start()

    async def start(self) -> None:
        """Load the model on the server's own behalf; raises as `Answers.load`."""
        try:
            await self._answers.load()
        except FaultcastError:
            self._metrics.refused()
            raise
        self._metrics.loaded(self._answers.name, self._answers.version)

    def unload(self, name: str, authorization: str) -> None:
        """Stop answering, until `load`.

        Raises:
            Forbidden: this server has no operator's token, so nobody may.
            Unauthorized: another token than the operator's.
            NotFound: another model than the one that is served.
        """
        self._check(name, authorization)
        self._answers.unload()
        self._metrics.unloaded()
        log.warning("The operator unloaded model %s", name)

    def metadata(self) -> dict[str, Any]:
        """What this server is."""
        return {"name": "faultcast", "version": "", "extensions": ["model_repository", "binary_tensor_data"]}

    def _check(self, name: str, authorization: str) -> None:
        if not self._token:
            raise Forbidden(
                "loading and unloading is refused: the model is chosen where the server starts, "
                "and no FAULTCAST_OPERATOR_TOKEN was set there"
            )
        given = authorization.removeprefix(SCHEME) if authorization.startswith(SCHEME) else ""
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            raise Unauthorized("expected the operator's token as `Authorization: Bearer …`")
        self._answers.check(name)
