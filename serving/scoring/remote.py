"""`Remote`: a `Forecaster` that asks a KServe predictor of ours at a URL.

Every question is one POST of V1's `:explain`, which changes nothing and may be asked again: it is, once, where the
connection broke or the server said 502, 503 or 504, and as long as the budget pays for it; never after a time-out,
which would only slow a slow server down. After failures in a row a circuit breaker answers in the server's place.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import httpx

from faultcast.errors import BadChange, FaultcastError, NotFound, TooMany, Unavailable, UsageError
from serving.scoring.breaker import Breaker, RetryBudget
from serving.scoring.forecaster import Served
from serving.wire.client import body_v1, scored_v1
from serving.wire.requests import Request, Scored

RETRIED = frozenset({502, 503, 504})
"""What a server or the proxy before it says while it is not there."""
_REFUSED = frozenset({400, 408, 411, 413, 415, 422, 431})
_JSON = MappingProxyType({"content-type": "application/json"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and numbers of one remote predictor."""

    connect_seconds: float = 1.0
    answer_seconds: float = 5.0
    """Until the answer begins, and between its parts."""
    total_seconds: float = 10.0
    """For a question with all that is tried for it."""
    pause_seconds: float = 0.05
    """Before a retry, on average; drawn anew each time, so that many who failed together do not return together."""
    connections: int = 64


class Remote:
    """A `Forecaster`. Make and use it inside one event loop; `close` it at the end."""

    def __init__(
        self,
        url: str,
        model_name: str = "faultcast",
        *,
        token: str = "",
        limits: Limits = Limits(),
        breaker: Breaker | None = None,
        budget: RetryBudget | None = None,
    ) -> None:
        """Ask the predictor at `url` (scheme and host; a path before `/v1` if it has one).

        Args:
            url: where it listens.
            model_name: name in its routes.
            token: sent as a bearer's; empty: none.
            limits: how long to wait for it.
            breaker: by default after 5 failures in a row nobody asks for 5 s.
            budget: by default at most a tenth more requests.

        Raises:
            UsageError: the URL is none of a server.
        """
        self.breaker = breaker or Breaker()
        self.budget = budget or RetryBudget()
        self._model_name = model_name
        self._limits = limits
        self._served: Served | None = None
        _check(url)
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            trust_env=False,  # a proxy of the environment is for the world outside, the predictor is inside
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(limits.answer_seconds, connect=limits.connect_seconds),
            limits=httpx.Limits(max_connections=limits.connections),
        )

    # --- being asked ------------------------------------------------------------------------

    async def score(self, requests: Sequence[Request], *, key: str, top: int = 5) -> list[Scored]:
        """See `Forecaster.score`. One model answers every key."""
        del key
        if not requests:
            return []
        body = body_v1(requests, top)
        answer = await self._asked("POST", f"/v1/models/{self._model_name}:explain", body)
        scored = scored_v1(answer.content, requests)
        self._seen(scored[0].prediction.model_version)
        return scored

    def answering(self, key: str) -> Served | None:
        """See `Forecaster.answering`."""
        del key
        return self._served

    def served(self) -> tuple[Served, ...]:
        """The one model; empty until the predictor has told of it."""
        return (self._served,) if self._served else ()

    async def reload(self, alias: str) -> Served:
        """Look which version the predictor serves now: what it serves is a rollout's business, not a request's.

        Raises:
            NotFound: another alias than champion, or the predictor serves no such model.
            Unavailable: it does not answer, or is not ready.
        """
        if alias != "champion":
            raise NotFound(f"found {alias[:40]!r}, expected champion: the predictor elsewhere serves that one alone")
        await self._asked("GET", f"/v2/models/{self._model_name}/ready")  # it tells its version before it can answer
        answer = await self._asked("GET", f"/v2/models/{self._model_name}")
        try:
            (version, *_) = answer.json()["versions"]
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable("the predictor does not tell its version; is it a faultcast predictor?") from error
        return self._seen(str(version))

    async def load(self) -> dict[str, FaultcastError]:
        """As `Fleet.load`: what kept the predictor from being known."""
        try:
            await self.reload("champion")
        except FaultcastError as error:
            return {"champion": error}
        return {}

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _seen(self, version: str) -> Served:
        if self._served is None or self._served.version != version:
            self._served = Served("champion", self._model_name, version, 1.0, "", time.time(), "")
        return self._served

    # --- asking -----------------------------------------------------------------------------

    async def _asked(self, method: str, path: str, body: bytes = b"") -> httpx.Response:
        self.budget.asked()
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                try:
                    return await self._once(method, path, body)
                except _Gone as gone:
                    if gone.is_open or not self.budget.take():
                        raise
                    await asyncio.sleep(random.uniform(0, 2 * self._limits.pause_seconds))
                    return await self._once(method, path, body)
        except TimeoutError:
            raise Unavailable(f"the predictor did not answer within {self._limits.total_seconds:g} s") from None

    async def _once(self, method: str, path: str, body: bytes) -> httpx.Response:
        permit = self.breaker.permit()
        if permit is None:
            raise _Gone("the predictor failed again and again and is left alone for some seconds", is_open=True)
        worked: bool | None = None
        try:
            answer = await self._client.request(method, path, content=body, headers=_JSON)
            worked = answer.status_code < 500
        except httpx.PoolTimeout as error:
            raise TooMany(f"{self._limits.connections} questions are with the predictor already") from error
        except httpx.TimeoutException as error:
            worked = False
            if isinstance(error, httpx.ConnectTimeout):
                raise _Gone("the predictor cannot be connected to in time") from error
            raise Unavailable("the predictor took a question and did not answer in time") from error
        except httpx.TransportError as error:
            worked = False
            raise _Gone(f"the predictor cannot be reached ({type(error).__name__})") from error
        finally:
            self.breaker.tell(permit, worked=worked)
        if answer.status_code != httpx.codes.OK:
            raise _refusal(answer)
        return answer


def _check(url: str) -> None:
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageError(f"predictor_url {url[:100]!r}: {error}; expected one such as http://faultcast:8080") from error
    if found.scheme not in ("http", "https") or not found.host:
        raise UsageError(f"predictor_url {url[:100]!r}: expected an address such as http://faultcast:8080")


class _Gone(Unavailable):
    """Nothing was answered; asking again may help unless the breaker is open."""

    def __init__(self, message: str, *, is_open: bool = False) -> None:
        self.is_open = is_open
        super().__init__(message)


def _refusal(answer: httpx.Response) -> FaultcastError:
    """The typed error that an answer means."""
    status, said = answer.status_code, _said(answer)
    if status in RETRIED:
        return _Gone(f"the predictor is not ready (status {status})")
    if status == 404:
        # Ours says why; a proxy's page or another server's does not.
        return NotFound(said) if said else Unavailable("the predictor's URL leads to no faultcast predictor (404)")
    if status in _REFUSED:
        return BadChange(said or f"the predictor refused the change (status {status})")
    if status == 429:
        return TooMany(said or "the predictor has too much to do", _seconds(answer.headers.get("retry-after", "")))
    if status in (401, 403):
        return Unavailable(f"the predictor does not let the gateway in (status {status}); check its token")
    return Unavailable(f"the predictor answered with status {status}")


def _said(answer: httpx.Response) -> str:
    try:
        body: Any = answer.json()
    except ValueError:
        return ""
    said = body.get("error", body.get("detail", "")) if isinstance(body, dict) else ""
    return said[:1000] if isinstance(said, str) else ""


def _seconds(text: str) -> float:
    return min(60.0, float(text)) if text.isdecimal() else 1.0
