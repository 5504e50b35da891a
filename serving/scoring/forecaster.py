"""`Forecaster`: what the gateway asks of whoever scores, be it in this process or a KServe server elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from serving.wire.requests import Request, Scored


@dataclass(frozen=True, slots=True)
class Served:
    """One model that is served now."""

    alias: str
    """champion, challenger or shadow; the share that a request's key falls into decides who answers."""
    name: str
    version: str
    share: float
    """Share of the requests that it answers, 0..1; a shadow's is 0."""
    kind: str
    """simple, hybrid, incremental or general; "" where the server elsewhere does not tell."""
    loaded_at: float
    """Seconds since the epoch."""
    fingerprint: str
    """Of the feature contract; "" where the server elsewhere does not tell."""


class Forecaster(Protocol):
    """Scores changes. All methods may be called from one event loop; none blocks it."""

    async def score(self, requests: Sequence[Request], *, key: str, top: int = 5) -> list[Scored]:
        """Score changes in the order given; `key` decides which model answers, always the same one.

        Raises:
            BadChange: a request cannot be described.
            NotFound: the store does not know a commit, or there is no store.
            TemporaryError: no model is there to answer now.
        """
        ...

    def answering(self, key: str) -> Served | None:
        """The model that would answer a request with this key; None while there is none."""
        ...

    def served(self) -> tuple[Served, ...]:
        """All models, the champion first; empty while nothing is loaded."""
        ...

    async def reload(self, alias: str) -> Served:
        """Load what the registry now calls by that alias; what was served before answers until the new one can.

        Raises:
            NotFound: nothing goes by that alias.
            ContractMismatch: it was trained on other features; the old one goes on.
            UnsafeArtifact: its folder is not what its manifest says; the old one goes on.
        """
        ...
