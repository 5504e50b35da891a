"""KServe's REST server, made strict. What it gets wrong by itself, and what is done here:

| KServe 0.21                                        | here                                           |
| -------------------------------------------------- | ---------------------------------------------- |
| listens on every address                           | listens where it is told, loopback by default  |
| anybody may unload the model                       | `/v2/repository/…` answers 403                 |
| `/v2/health/ready` is true without a model         | 503 until a model is loaded                    |
| a body of any size is read                         | 413 above `MAX_BODY_BYTES`                     |
| bad input is 500, 422, or a trace in the log       | 400 `{"error": found, expected}`               |
| an unforeseen error puts its text into the answer  | 500 says nothing; the log has it               |
| a model version in the path is 501                 | the loaded version answers, others are 404     |
"""

import logging
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import kserve
import orjson
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRouter
from kserve import ModelRepository
from kserve.errors import (
    InvalidInput,
    ModelNotFound,
    ModelNotReady,
    ServerNotReady,
)
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.protocol.rest.server import RESTServer, metrics_handler
from kserve.protocol.rest.v1_endpoints import register_v1_endpoints
from kserve.protocol.rest.v2_endpoints import V2Endpoints, register_v2_endpoints

from faultcast.errors import BadChange, NotFound, TemporaryError
from serving.wire import tensors

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_DRAINED_BYTES = 8 * MAX_BODY_BYTES
RETRY_AFTER_SECONDS = "5"
BINARY_LENGTH_HEADER = "inference-header-content-length"

log = logging.getLogger("kserve.faultcast")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class BodyTooLarge(BadChange):
    """A request's body is larger than this server reads."""

    def __init__(self) -> None:
        super().__init__(f"body: larger than {MAX_BODY_BYTES:,} bytes; send fewer changes at once, or hunks only")


class BodyLimit:
    """ASGI middleware: refuse a body by its announced length, and count one that announces none."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > MAX_BODY_BYTES:
            await _drain(receive, 0)
            await _error(413, str(BodyTooLarge()))(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAX_BODY_BYTES:
                if message.get("more_body"):
                    await _drain(receive, seen)
                raise BodyTooLarge
            return message

        await self.app(scope, counted, send)


async def _drain(receive: Receive, seen: int) -> None:
    """Throw the rest of a body away: a client that is still sending would not read the answer. Up to a limit."""
    more = True
    while more and seen <= MAX_DRAINED_BYTES:
        message = await receive()
        seen += len(message.get("body", b""))
        more = message.get("more_body", False)


class StrictDataPlane(DataPlane):  # type: ignore[misc]
    """Readiness that tells the truth, and bodies that are JSON and nothing else (no CloudEvents)."""

    async def ready(self) -> bool:
        """Whether there is a model and every model is loaded."""
        models = self.model_registry.get_models()
        return bool(models) and all([await self.model_registry.is_model_ready(name) for name in models])

    def decode(
        self, body: object, headers: object, protocol_version: str = "v1", model_name: str | None = None
    ) -> tuple[object, dict[str, Any]]:
        """Leave the body as it is: `wire` and `tensors` read it, whatever its content type says."""
        del headers, protocol_version, model_name
        return body, {}

    def encode(
        self, model_name: str, response: Any, headers: object, req_attributes: object
    ) -> tuple[Any, dict[str, str]]:
        """Encode an answer; the request's headers have no say in its form."""
        del headers
        encoded: tuple[Any, dict[str, str]] = super().encode(model_name, response, {}, req_attributes)
        return encoded


class StrictV2(V2Endpoints):  # type: ignore[misc]
    """V2 with the binary extension, with versions, and without a door to the model repository."""

    async def infer(self, request: Request, model_name: str, model_version: str | None = None) -> Response:
        """`POST /v2/models/{name}/infer`."""
        self._check_version(model_name, model_version)
        if not await self.dataplane.model_ready(model_name, True):
            raise ModelNotReady(model_name)
        body = await request.body()
        parsed = tensors.read_body(body, request.headers.get(BINARY_LENGTH_HEADER), model_name)
        answer, _ = await self.dataplane.infer(model_name, parsed, dict(request.headers))
        encoded, headers = self.dataplane.encode(model_name, answer, {}, {})
        if isinstance(encoded, bytes):
            return Response(encoded, headers=headers, media_type="application/octet-stream")
        return Response(orjson.dumps(encoded), headers=headers, media_type="application/json")

    async def model_metadata(self, model_name: str, model_version: str | None = None) -> Any:
        """`GET /v2/models/{name}`."""
        self._check_version(model_name, model_version)
        found = await self.dataplane.model_metadata(model_name)
        version = self.dataplane.get_model_from_registry(model_name).version
        return {**found, "platform": "faultcast", "versions": [version] if version else []}

    async def model_ready(self, model_name: str, model_version: str | None = None) -> Any:
        """`GET /v2/models/{name}/ready`."""
        self._check_version(model_name, model_version)
        return await super().model_ready(model_name)

    async def refuse(self, model_name: str, verb: str) -> Response:
        """Which model is served is decided where the server is started, not by whoever can reach it."""
        return _error(403, f"{verb[:20]} of {model_name[:60]}: refused; the model is chosen where the server starts")

    def _check_version(self, model_name: str, model_version: str | None) -> None:
        model = self.dataplane.get_model_from_registry(model_name)
        if model_version is not None and model_version != model.version:
            raise NotFound(f"model {model_name}: version {model_version[:40]!r} is not served, {model.version!r} is")


class StrictServer(RESTServer):  # type: ignore[misc]
    """`RESTServer` for one model on a given socket, with the routes and answers above."""

    def __init__(self, model: kserve.Model, port: int) -> None:
        repository = ModelRepository()
        repository.update(model)
        super().__init__(
            "kserve.model_server:app",
            StrictDataPlane(repository),
            ModelRepositoryExtension(repository),
            port,
        )

    async def start_on(self, listener: socket.socket) -> None:
        """Serve until `stop` or a signal; KServe's own `start` would listen on every address."""
        self.create_application()
        await self._server.serve(sockets=[listener])

    def stop(self) -> None:
        """Finish what runs, then end `start_on`."""
        self._server.should_exit = True

    def _register_endpoints(self, app: FastAPI) -> None:
        router = APIRouter()
        router.add_api_route("/", self.dataplane.live)
        router.add_api_route("/metrics", metrics_handler, methods=["GET"])
        v2 = StrictV2(self.dataplane, self.model_repository_extension)
        for prefix in ("/v2/models/{model_name}", "/v2/models/{model_name}/versions/{model_version}"):
            router.add_api_route(f"{prefix}/infer", v2.infer, methods=["POST"], response_model=None)
            router.add_api_route(f"{prefix}/ready", v2.model_ready, methods=["GET"], response_model=None)
            router.add_api_route(prefix, v2.model_metadata, methods=["GET"], response_model=None)
        router.add_api_route("/v2/repository/models/{model_name}/{verb}", v2.refuse, methods=["POST"])
        # The first route that fits answers, so these stand before KServe's own.
        app.include_router(router)
        register_v1_endpoints(app, self.dataplane, self.model_repository_extension)
        register_v2_endpoints(app, self.dataplane, self.model_repository_extension)

    def _add_middlewares(self, app: FastAPI) -> None:
        app.add_middleware(BodyLimit)

    def _add_exception_handlers(self, app: FastAPI) -> None:
        statuses: dict[type[Exception], int] = {
            BodyTooLarge: 413,
            BadChange: 400,
            InvalidInput: 400,
            NotFound: 404,
            ModelNotFound: 404,
            ModelNotReady: 503,
            ServerNotReady: 503,
            TemporaryError: 503,
            Exception: 500,
        }
        for kind, status in statuses.items():
            app.add_exception_handler(kind, _handler(status))


def _handler(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        if status == 500:
            log.error("%s %s failed", request.method, request.url.path, exc_info=error)
            return _error(status, "internal error; the server's log has the cause")
        log.info("%s %s: %d %s", request.method, request.url.path, status, error)
        return _error(status, str(error))

    return handle


def _error(status: int, message: str) -> Response:
    headers = {"retry-after": RETRY_AFTER_SECONDS} if status == 503 else None
    return JSONResponse({"error": message}, status_code=status, headers=headers)
