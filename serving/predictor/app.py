"""The process: listen first, load beside it, be ready when the model is."""

import asyncio
import logging
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from faultcast.errors import FaultcastError, UsageError

if TYPE_CHECKING:
    from serving.predictor.kserve_model import FaultcastModel
    from serving.predictor.rest import StrictServer

log = logging.getLogger("kserve.faultcast")


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
) -> None:
    """Serve one model until a signal ends the process.

    Liveness answers at once; readiness only when the model is loaded.

    Args:
        model_dir: folder of a model artifact.
        host: address to listen on.
        port: port to listen on.
        past: file of what the history taught until the model was trained; without it, features
            that come from the history are missing.
        store: folder of the feature store; without it, a commit's id alone is not enough.
        shared_store: the setting `feature_store`; empty: the store lies in its folder.
        model_name: name in the routes.
        model_version: version in every answer; empty: taken from the model's manifest.

    Raises:
        ContractMismatch: the model was trained on other features.
        UnsafeArtifact: the model's folder is not what its manifest says.
        NotFound: there is no model, past or store where one was named.
        UsageError: the address cannot be listened on.
    """
    with hidden_arguments():
        from kserve.logging import configure_logging  # noqa: PLC0415

        from serving.predictor.kserve_model import FaultcastModel  # noqa: PLC0415
        from serving.predictor.rest import StrictServer  # noqa: PLC0415

    configure_logging()
    # KServe's V1 routes use a class that FastAPI warns about; no user of this server can act on that.
    warnings.filterwarnings("ignore", message="ORJSONResponse is deprecated")
    model = FaultcastModel(
        model_name, model_dir, past=past, store=store, shared_store=shared_store, version=model_version
    )
    with _listen(host, port) as listener:
        try:
            asyncio.run(_run(model, StrictServer(model, port), listener))
        except KeyboardInterrupt:
            log.info("Stopped")


@contextmanager
def hidden_arguments() -> Iterator[None]:
    """Import KServe inside: it reads the process's arguments while it is imported, and they are not meant for it."""
    arguments, sys.argv = sys.argv, sys.argv[:1]
    try:
        yield
    finally:
        sys.argv = arguments


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise UsageError(f"Cannot listen on {host}:{port} ({error}); choose another --port or --host") from error


async def _run(model: "FaultcastModel", server: "StrictServer", listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    refusals: list[FaultcastError] = []

    async def load() -> None:
        try:
            await asyncio.to_thread(model.load)
        except FaultcastError as refusal:
            refusals.append(refusal)
            server.stop()
        else:
            log.info("Model %s version %s is ready on http://%s:%d", model.name, model.version, host, port)

    loading = asyncio.create_task(load())
    try:
        await server.start_on(listener)
    finally:
        model.stop()
    if refusals:
        raise refusals[0]
    loading.cancel()
