"""The gateway's process: listen first, load beside it, finish what was asked, write what waits."""

import logging
import signal
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvloop

from faultcast.errors import FaultcastError, UsageError
from faultcast.settings import Settings
from serving.gateway.app import served
from serving.gateway.following import Following
from serving.gateway.logs import Logs
from serving.gateway.parts import Parts
from serving.gateway.security import check_address
from serving.listening import config, listen

if TYPE_CHECKING:
    import uvicorn


def serve(
    parts: Parts,
    following: Following,
    host: str,
    port: int,
    listening: Callable[[str], None] | None = None,
    level: int = logging.INFO,
) -> None:
    """Serve until a signal ends the process.

    Args:
        parts: as `build` makes them.
        following: whoever loads the models.
        host: address to listen on; loopback, unless callers have to prove who they are.
        port: port to listen on; 0: any.
        listening: told the URL, once there is one.
        level: of the JSON lines on stderr.

    Raises:
        UsageError: the address cannot be listened on, or may not without authentication.
        NotFound, ContractMismatch, UnsafeArtifact: the only model was refused, so there is nothing to serve.
    """
    import uvicorn  # noqa: PLC0415  takes a tenth of a second, which no other command should pay

    check_address(parts.settings, host)
    refusals: list[FaultcastError] = []
    with listen(host, port) as listener:
        made = config(served(parts), lifespan="on")
        _encrypt(made, parts.settings)
        server = uvicorn.Server(made)

        def refused(error: FaultcastError) -> None:
            refusals.append(error)
            server.should_exit = True

        following.refused = refused
        if listening is not None:
            listening(_url(listener, parts.settings))
        logs = Logs(level=level)
        logs.start()
        # uvicorn raises the signal once more when all is answered; what is left to write shall be written.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            uvloop.run(server.serve(sockets=[listener]))
        except KeyboardInterrupt:
            pass  # uvicorn has ended what ran, and tells of the signal once more
        finally:
            logs.stop()
    if refusals:
        raise refusals[0]


def _url(listener: socket.socket, settings: Settings) -> str:
    host, port = listener.getsockname()[:2]
    return f"http{'s' if settings.tls_cert_file else ''}://{f'[{host}]' if ':' in host else host}:{port}"


def _encrypt(made: "uvicorn.Config", settings: Settings) -> None:
    """TLS 1.3 and nothing older, if there is a certificate."""
    if not settings.tls_cert_file:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"FAULTCAST_TLS_CERT_FILE={settings.tls_cert_file}: found no certificate with its key there ({error}); "
            "set FAULTCAST_TLS_CERT_FILE and FAULTCAST_TLS_KEY_FILE to PEM files that belong together"
        ) from error
    made.load()
    made.ssl = context
