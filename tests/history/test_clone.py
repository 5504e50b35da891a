"""Mirroring over real https, from a server on this machine with a certificate of its own."""

import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from story import KEY, Story, clean_environment, git, lines

from faultcast.adapters.repositories import opened, refresh
from faultcast.errors import Unavailable, UnsafeRepository
from faultcast.history import Pseudonyms
from faultcast.settings import Settings


class Server:
    """``git http-backend`` behind https; ``/moved/…`` redirects."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "server.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "key.pem"),
             "-out", str(self.certificate)],
            check=True, capture_output=True,
        )  # fmt: skip

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path.startswith("/moved/"):
                    self.send_response(301)
                    self.send_header("Location", self.path.replace("/moved/", "/git/"))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self._git(b"")

            def do_POST(self) -> None:
                self._git(self.rfile.read(int(self.headers["Content-Length"])))

            def _git(self, body: bytes) -> None:
                path, _, query = self.path.removeprefix("/git").partition("?")
                environment = clean_environment() | {
                    "GIT_PROJECT_ROOT": str(folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
                    "QUERY_STRING": query, "REQUEST_METHOD": self.command, "CONTENT_LENGTH": str(len(body)),
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""), "REMOTE_ADDR": "127.0.0.1",
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                }  # fmt: skip
                out = subprocess.run(
                    ["git", "http-backend"], env=environment, input=body, capture_output=True, check=False
                )
                head, _, content = out.stdout.partition(b"\r\n\r\n")
                fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
                self.send_response(int(fields.pop("Status", "200").split()[0]))
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:  # type: ignore[override]
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, folder / "key.pem")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    yield running
    running.close()


def test_a_mirror_is_made_brought_up_to_date_and_never_redirected(
    story: Story, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    story.commit("One", files={"a.py": lines("a")})
    url = f"{server.url}/git/repository/.git"
    now = Settings(home=tmp_path / "home", allowed_hosts="localhost", ca_file=str(server.certificate))

    with opened(url, now) as repository:
        assert repository.tip() == story.tips["main"]
    story.commit("Two", files={"a.py": lines("b")})
    refresh(url, now)
    with opened(url, now) as repository:
        assert repository.commit(repository.tip(), Pseudonyms(KEY)).subject == "Two"
    mirrors = list((tmp_path / "home" / "mirrors").iterdir())
    assert len(mirrors) == 1
    assert git(mirrors[0], "rev-parse", "--is-bare-repository").strip() == "true"

    with pytest.raises(Unavailable):
        refresh(f"{server.url}/moved/repository/.git", now)
    with pytest.raises(UnsafeRepository, match="FAULTCAST_ALLOWED_HOSTS"):
        refresh(f"{server.url}/git/repository/.git", Settings(home=tmp_path / "other"))
    with pytest.raises(Unavailable):  # a certificate that no one vouches for
        refresh(url, Settings(home=tmp_path / "other", allowed_hosts="localhost"))
    assert list((tmp_path / "other" / "mirrors").iterdir()) == []
