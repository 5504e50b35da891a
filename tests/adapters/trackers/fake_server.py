"""A tracker on loopback, over TLS, that answers as the real ones do, in good times and bad."""

import datetime as dt
import gzip
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Asked:
    """One request as the server saw it."""

    path: str  # with its query
    headers: dict[str, str]

    @property
    def plain(self) -> str:
        return self.path.split("?", 1)[0]


@dataclass
class Told:
    """One answer. `cut`: bytes of the body that never arrive; `delay`: seconds before it; `drip`: a byte.

    `is_packed`: gzip, in chunks, as GitHub sends."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json; charset=utf-8"
    cut: int = 0
    delay: float = 0.0
    hang_up: bool = False
    drip: float = 0.0
    is_packed: bool = False

    @property
    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class FakeServer:
    """`answer` says what is told to whom; `bad` are answers given first, one a request."""

    url: str = ""
    ca_file: str = ""
    answer: Callable[[Asked], Told] = lambda _: Told(status=404, body={"message": "Not Found"})
    bad: list[Told] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    on_request: Callable[[Asked], None] = lambda _: None

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: FakeServer

    def do_GET(self) -> None:
        asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()})
        self.fake.asked.append(asked)
        self.fake.on_request(asked)
        told = self.fake.bad.pop(0) if self.fake.bad else self.fake.answer(asked)
        time.sleep(told.delay)
        if told.hang_up:
            self.close_connection = True
            return
        etag = told.headers.get("ETag")
        if told.status == 200 and etag and asked.headers.get("if-none-match") == etag:
            self._send(304, {"ETag": etag}, b"", "")
            return
        if told.is_packed:
            packed = gzip.compress(told.bytes)
            self._send(200, told.headers | {"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"}, b"", told.kind)
            parts = [packed[start : start + 7] for start in range(0, len(packed), 7)]
            self.wfile.write(b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""]))
            return
        if told.drip:
            self._drip(told)
            return
        self._send(told.status, told.headers, told.bytes, told.kind, told.cut)

    def _drip(self, told: Told) -> None:
        self._send(200, told.headers, told.bytes, told.kind, cut=len(told.bytes))
        with suppress(OSError):  # the reader has gone, as it should
            for byte in told.bytes:
                time.sleep(told.drip)
                self.wfile.write(bytes([byte]))

    def _send(self, status: int, headers: dict[str, str], body: bytes, kind: str, cut: int = 0) -> None:
        self.send_response_only(status)
        headers = {"Date": self.date_time_string()} | headers
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Type", kind)
            if "Transfer-Encoding" not in headers:
                self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - cut])
        self.close_connection = self.close_connection or bool(cut)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass  # clients are killed on purpose


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.DNSName("tracker.test"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "server.pem", folder / "server.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, secret


@contextmanager
def serving(chain: Path, key: Path) -> Iterator[FakeServer]:
    """A server that runs while the block does."""
    fake = FakeServer(ca_file=str(chain))
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    fake.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def part_of(asked: Asked) -> str:
    """The last word of a path."""
    return urlsplit(asked.path).path.rsplit("/", 1)[-1]
