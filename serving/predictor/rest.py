"""V1 and V2 over REST, as a bare ASGI app. What KServe's own Python server gets wrong, and what this one does:

| KServe 0.21                                        | here                                           |
| -------------------------------------------------- | ---------------------------------------------- |
| listens on every address                           | listens where it is told, loopback by default  |
| anybody may unload the model                       | 403, or 401 without the operator's token       |
| `/v2/health/ready` is true without a model         | 503 until a model is loaded                    |
| a body of any size is read                         | 413 above 8 MiB, 408 when it takes too long    |
| bad input is 500, 422, or a trace in the log       | 400 `{"error": found, expected}`               |
| an unforeseen error puts its text into the answer  | 500 says nothing; the log has it               |
| a model version in the path is 501                 | the loaded version answers, others are 404     |
| a synchronous `predict` blocks health checks       | what takes over a millisecond runs in threads  |
| metrics know neither status nor version            | `/metrics` has both                            |
"""

import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from faultcast.errors import (
    BadChange,
    ContractMismatch,
    FaultcastError,
    Forbidden,
    NotFound,
    TemporaryError,
    Unauthorized,
    UnsafeArtifact,
)
from serving.limits import RETRY_AFTER_SECONDS, Receive, Scope, Send
from serving.predictor.answers import Answers, NotReady
from serving.predictor.metrics import Metrics
from serving.predictor.repository import Repository
from serving.wire import infer_json
from serving.wire.instances import parse_json
from serving.wire.tensors import INPUTS, OUTPUTS

JSON = b"application/json"
_PREDICTED_BYTES, _EXPLAINED_BYTES = 2_000, 20_000
"""Of one change in an answer, at most, or nearly so."""
STATUSES: dict[type[FaultcastError], int] = {
    BadChange: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    ContractMismatch: 409,
    UnsafeArtifact: 409,
    TemporaryError: 503,
}
"""The status of an error, by the first of its kinds that stands here."""

log = logging.getLogger("faultcast.serving")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its body is complete."""

    body: bytes
    headers: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer."""

    body: bytes
    status: int = 200
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())


Handler = Callable[[Asked], Awaitable[Answered]]


def status_of(error: FaultcastError) -> int:
    """The HTTP status that says what an error means."""
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)


class Rest:
    """The ASGI app for one model. Bodies are bounded before they come here (`serving.limits.BodyLimit`)."""

    def __init__(self, answers: Answers, repository: Repository, metrics: Metrics) -> None:
        self._answers = answers
        self._repository = repository
        self._metrics = metrics
        v1, v2 = f"/v1/models/{answers.name}", f"/v2/models/{answers.name}"
        self._routes: dict[str, dict[str, tuple[str, Handler]]] = {
            f"{v1}:predict": {"POST": ("/v1/models/{model}:predict", partial(self._predict, explain=False))},
            f"{v1}:explain": {"POST": ("/v1/models/{model}:explain", partial(self._predict, explain=True))},
            f"{v2}/infer": {"POST": ("/v2/models/{model}/infer", self._infer)},
            "/v2/health/live": {"GET": ("/v2/health/live", self._live)},
            "/": {"GET": ("/", self._live)},
            "/v2/health/ready": {"GET": ("/v2/health/ready", self._ready)},
            f"{v2}/ready": {"GET": ("/v2/models/{model}/ready", self._model_ready)},
            v2: {"GET": ("/v2/models/{model}", self._model)},
            "/v2": {"GET": ("/v2", self._server)},
            "/v2/models": {"GET": ("/v2/models", self._models)},
            "/v1/models": {"GET": ("/v1/models", self._models)},
            v1: {"GET": ("/v1/models/{model}", self._model_ready)},
            "/v2/repository/index": {"POST": ("/v2/repository/index", self._index)},
            "/metrics": {"GET": ("/metrics", self._scrape)},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything but HTTP is none of ours."""
        if scope["type"] != "http":
            raise RuntimeError(f"expected http, found {scope['type']}")
        start = time.perf_counter()
        method, endpoint, status = scope["method"], "other", 500
        try:
            try:
                endpoint, handler = self._route(method, scope["path"])
                headers = dict(scope["headers"])
                body = await _body(receive) if method == "POST" else b""
                answered = await handler(Asked(body, headers))
            except FaultcastError as error:
                answered = self._refused(error, method, endpoint)
            status = answered.status
            await _send(answered, send, with_body=method != "HEAD")
        finally:
            # An error that nobody foresaw passes through here to the server: it answers 500, and logs the cause.
            method = method if method in ("GET", "POST", "HEAD") else "other"
            self._metrics.request(method, endpoint, status, time.perf_counter() - start)
            if endpoint.endswith(("infer", "predict", "explain")) and status != 200:
                self._metrics.failed(status)

    def _route(self, method: str, path: str) -> tuple[str, Handler]:
        found = self._routes.get(path) or self._versioned(path) or self._verbs(path)
        if found is None:
            raise self._unknown(path)
        chosen = found.get("GET" if method == "HEAD" else method)
        if chosen is None:
            return next(iter(found.values()))[0], partial(_not_allowed, ", ".join(found))
        return chosen

    def _versioned(self, path: str) -> dict[str, tuple[str, Handler]] | None:
        """`/v2/models/{model}/versions/{version}…` is the route without the version, if it is the right one."""
        before, found, rest = path.partition("/versions/")
        version, slash, verb = rest.partition("/")
        plain = f"{before}{slash}{verb}"
        if not found or not before.startswith("/v2/models/") or plain not in self._routes:
            return None
        self._answers.check(before.removeprefix("/v2/models/"), version)
        return self._routes[plain]

    def _verbs(self, path: str) -> dict[str, tuple[str, Handler]] | None:
        """`/v2/repository/models/{model}/load` and `…/unload`, of whatever model."""
        name, slash, verb = path.removeprefix("/v2/repository/models/").rpartition("/")
        if not path.startswith("/v2/repository/models/") or not slash or verb not in ("load", "unload"):
            return None
        handler = self._load if verb == "load" else self._unload
        return {"POST": (f"/v2/repository/models/{{model}}/{verb}", partial(handler, name))}

    def _unknown(self, path: str) -> NotFound:
        start, _, rest = path[1:].partition("/models/")
        name = rest.partition("/")[0].partition(":")[0]
        if start in ("v1", "v2") and name and name != self._answers.name:
            return NotFound(f"model {name[:60]!r} is not served, {self._answers.name!r} is")
        return NotFound("there is no such route; docs/serving.md has them all")

    def _refused(self, error: FaultcastError, method: str, endpoint: str) -> Answered:
        status = status_of(error)
        log.info("%s %s: %d %s", method, endpoint, status, error)
        more: tuple[tuple[bytes, bytes], ...] = ()
        if status == 503:
            more = ((b"retry-after", RETRY_AFTER_SECONDS),)
        elif status == 401:
            more = ((b"www-authenticate", b"Bearer"),)
        # What is wrong with a folder here is nobody's business there.
        told = "internal error; the server's log has the cause" if status == 500 else str(error)
        return Answered(orjson.dumps({"error": told}), status, headers=more)

    # --- predictions --------------------------------------------------------------------------

    async def _predict(self, asked: Asked, *, explain: bool) -> Answered:
        found = await self._answers.predict(asked.body, explain=explain)
        told = found["explanations" if explain else "predictions"]
        self._metrics.predicted("v1", self._answers.name, told[0]["model_version"], len(told))
        size = len(told) * (_EXPLAINED_BYTES if explain else _PREDICTED_BYTES)
        return Answered(await self._answers.sized(size, partial(orjson.dumps, found)))

    async def _infer(self, asked: Asked) -> Answered:
        length = asked.headers.get(infer_json.LENGTH_HEADER)
        read = partial(infer_json.read, asked.body, None if length is None else length.decode("latin-1"))
        wanted = await self._answers.sized(len(asked.body), read)
        scored = await self._answers.infer(wanted)
        version = scored[0].prediction.model_version
        self._metrics.predicted("v2", self._answers.name, version, len(scored))
        answer_id = wanted.id or f"{random.getrandbits(128):032x}"
        body, json_length = infer_json.write(wanted, scored, self._answers.name, version, answer_id)
        if json_length is None:
            return Answered(body)
        headers = ((infer_json.LENGTH_HEADER, str(json_length).encode()),)
        return Answered(body, content_type=b"application/octet-stream", headers=headers)

    # --- health and metadata ------------------------------------------------------------------

    async def _live(self, _: Asked) -> Answered:
        return _told({"live": True})

    async def _ready(self, _: Asked) -> Answered:
        return _told({"ready": self._must_be_ready()})

    async def _model_ready(self, _: Asked) -> Answered:
        return _told({"name": self._answers.name, "ready": self._must_be_ready()})

    def _must_be_ready(self) -> bool:
        if not self._answers.ready:
            raise NotReady(f"model {self._answers.name} is not ready: {self._answers.why_not}")
        return True

    async def _server(self, _: Asked) -> Answered:
        return _told(self._repository.metadata())

    async def _models(self, _: Asked) -> Answered:
        return _told({"models": [self._answers.name]})

    async def _model(self, _: Asked) -> Answered:
        return _told(model_metadata(self._answers))

    async def _scrape(self, asked: Asked) -> Answered:
        body, content_type = self._metrics.render(asked.headers.get(b"accept", b"").decode("latin-1"))
        return Answered(body, content_type=content_type.encode())

    # --- the model repository -----------------------------------------------------------------

    async def _index(self, asked: Asked) -> Answered:
        said = parse_json(asked.body, "body") if asked.body.strip() else {}
        only_ready = said.get("ready", False) if isinstance(said, Mapping) else None
        if not isinstance(only_ready, bool):
            raise BadChange('body: expected an object like {"ready": true}, or nothing')
        return _told(self._repository.index(only_ready=only_ready))

    async def _load(self, name: str, asked: Asked) -> Answered:
        await self._repository.load(name, asked.headers.get(b"authorization", b"").decode("latin-1"))
        return _told({"name": name, "load": True})

    async def _unload(self, name: str, asked: Asked) -> Answered:
        self._repository.unload(name, asked.headers.get(b"authorization", b"").decode("latin-1"))
        return _told({"name": name, "unload": True})


def model_metadata(answers: Answers) -> dict[str, Any]:
    """`GET /v2/models/{model}`: what goes in and comes out."""
    versions = [answers.version] if answers.version else []
    return {"name": answers.name, "versions": versions, "platform": "faultcast", "inputs": INPUTS, "outputs": OUTPUTS}


async def _not_allowed(allowed: str, _: Asked) -> Answered:
    told = orjson.dumps({"error": f"this route takes {allowed}"})
    return Answered(told, 405, headers=((b"allow", allowed.encode()),))


def _told(data: object) -> Answered:
    return Answered(orjson.dumps(data))


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    parts = [body]
    while message.get("more_body", False):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def _send(answered: Answered, send: Send, *, with_body: bool) -> None:
    headers = [
        (b"content-type", answered.content_type),
        (b"content-length", str(len(answered.body)).encode()),
        *answered.headers,
    ]
    await send({"type": "http.response.start", "status": answered.status, "headers": headers})
    await send({"type": "http.response.body", "body": answered.body if with_body else b""})
