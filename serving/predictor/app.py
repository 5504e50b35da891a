"""The process: listen first, load beside it, be ready when the model is."""

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import uvicorn
import uvloop

from faultcast import settings
from faultcast.errors import FaultcastError
from serving.limits import BodyLimit
from serving.listening import config, listen
from serving.predictor.answers import Answers
from serving.predictor.loading import load_scorer
from serving.predictor.metrics import Metrics
from serving.predictor.repository import Repository
from serving.predictor.rest import Rest

log = logging.getLogger("faultcast.serving")


def serve(
    model_dir: Path,
    host: str = "127.0.0.1",
    port: int = 8080,
    past: Path | None = None,
    store: Path | None = None,
    *,
    shared_store: str = "",
    model_name: str = "faultcast",
    model_version: str = "",
    grpc_port: int = 0,
) -> None:
    """Serve one model until a signal ends the process.

    Liveness answers at once; readiness only when the model is loaded.

    Args:
        model_dir: folder of a model artifact.
        host: address to listen on.
        port: port to listen on, for REST.
        past: file of what the history taught until the model was trained; without it, features
            that come from the history are missing.
        store: folder of the feature store; without it, a commit's id alone is not enough.
        shared_store: the setting `feature_store`; empty: the store lies in its folder.
        model_name: name in the routes.
        model_version: version in every answer; empty: taken from the model's manifest.
        grpc_port: port to listen on, for gRPC; 0: none.

    Raises:
        ContractMismatch: the model was trained on other features.
        UnsafeArtifact: the model's folder is not what its manifest says.
        NotFound: there is no model, past or store where one was named.
        UsageError: the address cannot be listened on.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # a stranger's malformed request is no news
    load = partial(
        load_scorer,
        model_dir,
        past=past,
        store=store,
        shared_store=shared_store,
        model_name=model_name,
        model_version=model_version,
    )
    answers, metrics = Answers(model_name, load, model_version), Metrics()
    repository = Repository(answers, metrics, settings.load().operator_token)
    with listen(host, port) as listener, contextlib.suppress(KeyboardInterrupt):
        server = uvicorn.Server(config(BodyLimit(Rest(answers, repository, metrics))))
        uvloop.run(_run(server, listener, (answers, repository, metrics), (host, grpc_port)))


async def _run(
    server: uvicorn.Server, listener: socket.socket, parts: tuple[Answers, Repository, Metrics], rpc: tuple[str, int]
) -> None:
    answers, repository, _ = parts
    host, port = listener.getsockname()[:2]
    refusals: list[FaultcastError] = []

    async def load() -> None:
        try:
            await repository.start()
        except FaultcastError as refusal:
            refusals.append(refusal)
            server.should_exit = True
        else:
            log.info("Model %s version %s is ready on http://%s:%d", answers.name, answers.version, host, port)

    async with _grpc(parts, *rpc):
        loading = asyncio.create_task(load())
        try:
            await server.serve(sockets=[listener])
        finally:
            answers.close()
    if refusals:
        raise refusals[0]
    loading.cancel()


@asynccontextmanager
async def _grpc(parts: tuple[Answers, Repository, Metrics], host: str, port: int) -> AsyncIterator[None]:
    """Serve gRPC inside; its library costs memory, and is imported only where it is asked for."""
    if not port:
        yield
        return
    from serving.predictor.rpc import Rpc  # noqa: PLC0415

    rpc = Rpc(*parts)
    await rpc.start(host, port)
    try:
        yield
    finally:
        await rpc.stop()
