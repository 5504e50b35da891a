"""Mirroring over real https, from a server on this machine with a certificate of its own."""

import os
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from story import KEY, Story, clean_environment, git, lines

from faultcast.adapters.repositories import opened, refresh
from faultcast.errors import EmptyRepository, Unavailable, UnsafeRepository
from faultcast.history import Pseudonyms
from faultcast.history.remote import check
from faultcast.history.transfer import mirror
from faultcast.settings import Settings


class Server:
    """``git http-backend`` behind https; ``/moved/…`` redirects."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "server.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:rebound.example", "-keyout", str(folder / "key.pem"),
             "-out", str(self.certificate)],
            check=True, capture_output=True,
        )  # fmt: skip

        self.asked = asked = list[str]()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked.append(self.path)
                if self.path.startswith(("/moved/", "/away/")):
                    self.send_response(301 if self.path.startswith("/moved/") else 307)
                    place = self.path.replace("/moved/", "/git/")
                    self.send_header("Location", place.replace("/away/", "https://127.0.0.1:1/"))
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
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    running = Server(tmp_path)
    yield running
    running.close()


@pytest.fixture
def now(server: Server, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", allowed_hosts="localhost", ca_file=str(server.certificate))


def newest(url: str, now: Settings) -> str:
    """Bring the mirror up to date; return the subject of its newest commit."""
    refresh(url, now)
    with opened(url, now) as repository:
        return repository.commit(repository.tip(), Pseudonyms(KEY)).subject


def mirror_of(now: Settings) -> Path:
    (found,) = (now.home / "mirrors").iterdir()
    return found


def test_a_mirror_is_made_brought_up_to_date_and_never_redirected(
    story: Story, server: Server, now: Settings, tmp_path: Path
) -> None:
    story.commit("One", files={"a.py": lines("a")})
    url = f"{server.url}/git/repository/.git"

    with opened(url, now) as repository:
        assert repository.tip() == story.tips["main"]
    story.commit("Two", files={"a.py": lines("b")})
    assert newest(url, now) == "Two"
    assert git(mirror_of(now), "rev-parse", "--is-bare-repository").strip() == "true"

    for place in ("moved", "away"):
        with pytest.raises(Unavailable):
            refresh(f"{server.url}/{place}/repository/.git", now)
    with pytest.raises(UnsafeRepository, match="FAULTCAST_ALLOWED_HOSTS"):
        refresh(url, Settings(home=tmp_path / "other"))
    with pytest.raises(Unavailable):  # a certificate that no one vouches for
        refresh(url, Settings(home=tmp_path / "other", allowed_hosts="localhost"))
    assert list((tmp_path / "other" / "mirrors").iterdir()) == []


def test_the_mirror_follows_the_default_branch(story: Story, server: Server, now: Settings) -> None:
    story.commit("One", files={"a.py": lines("a")})
    url = f"{server.url}/git/repository/.git"
    assert newest(url, now) == "One"
    story.branch("trunk")
    story.commit("Two", files={"a.py": lines("b")}, on="trunk", day=1)
    assert newest(url, now) == "One"
    git(story.path, "symbolic-ref", "HEAD", "refs/heads/trunk")
    assert newest(url, now) == "Two"
    git(story.path, "branch", "-D", "main")
    story.commit("Three", files={"a.py": lines("c")}, on="trunk", day=2)
    assert newest(url, now) == "Three"
    assert git(mirror_of(now), "branch", "--format=%(refname)").split() == ["refs/heads/trunk"]


def test_the_default_branch_is_renamed_and_its_old_name_deleted_at_once(
    story: Story, server: Server, now: Settings
) -> None:
    first = story.commit("One", files={"a.py": lines("a")})
    url = f"{server.url}/git/repository/.git"
    assert newest(url, now) == "One"
    git(story.path, "branch", "-m", "main", "main/next")  # the old name is a folder now
    story.point("main/next", story.commit("Two", files={"a.py": lines("b")}, on="aside", parents=[first]))
    assert newest(url, now) == "Two"


def test_a_rewritten_history_replaces_the_old_one(story: Story, server: Server, now: Settings) -> None:
    base = story.commit("One", files={"a.py": lines("a")})
    old = story.commit("Two", files={"a.py": lines("b")})
    url = f"{server.url}/git/repository/.git"
    assert newest(url, now) == "Two"
    story.commit("Other two", files={"a.py": lines("c")}, parents=[base])
    assert newest(url, now) == "Other two"
    assert old not in git(mirror_of(now), "rev-list", "--all").split()


def test_a_remote_without_a_commit_yet(story: Story, server: Server, now: Settings) -> None:
    url = f"{server.url}/git/repository/.git"
    for _ in range(2):
        refresh(url, now)
        with opened(url, now) as repository, pytest.raises(EmptyRepository):
            repository.tip()
    story.commit("One", files={"a.py": lines("a")})
    assert newest(url, now) == "One"


@pytest.mark.parametrize("damage", ["empty", "lock", "head", "object", "packs"])
def test_a_damaged_mirror_is_cloned_anew(story: Story, server: Server, now: Settings, damage: str) -> None:
    story.commit("One", files={"a.py": lines("a")})
    url = f"{server.url}/git/repository/.git"
    assert newest(url, now) == "One"
    mirrored = mirror_of(now)
    if damage == "empty":
        shutil.rmtree(mirrored)
        mirrored.mkdir()
    elif damage == "lock":  # as a killed fetch leaves it
        (mirrored / "refs" / "heads").mkdir(exist_ok=True)
        (mirrored / "refs" / "heads" / "main.lock").touch()
    elif damage == "head":
        (mirrored / "HEAD").write_bytes(b"\0\xff")
    else:
        for path in [path for path in (mirrored / "objects").rglob("*") if path.is_file()]:
            path.chmod(0o644)
            path.write_bytes(b"" if damage == "object" else path.read_bytes()[:40])
    story.commit("Two", files={"a.py": lines("b")})
    assert newest(url, now) == "Two"
    assert mirror_of(now) == mirrored


def test_what_a_killed_clone_left_behind_is_cleared_away(story: Story, server: Server, now: Settings) -> None:
    story.commit("One", files={"a.py": lines("a")})
    for name, age in ((".clone-old", 90_000), (".clone-at-work", 100)):
        left = now.home / "mirrors" / name
        (left / "bare").mkdir(parents=True)
        os.utime(left, (time.time() - age,) * 2)
    refresh(f"{server.url}/git/repository/.git", now)
    assert sorted(path.name for path in (now.home / "mirrors").iterdir())[:1] == [".clone-at-work"]
    assert not (now.home / "mirrors" / ".clone-old").exists()


def test_a_mirror_outlives_a_remote_that_is_down(story: Story, server: Server, now: Settings, tmp_path: Path) -> None:
    story.commit("One", files={"a.py": lines("a")})
    url = f"{server.url}/git/repository/.git"
    assert newest(url, now) == "One"
    story.path.rename(tmp_path / "elsewhere")
    with pytest.raises(Unavailable, match="Check the URL"):
        refresh(url, now)
    with opened(url, now) as repository:
        assert repository.tip() == story.tips["main"]


def test_the_connection_goes_to_the_address_that_was_checked(story: Story, server: Server, tmp_path: Path) -> None:
    """Whatever the name leads to a moment later: here one that no one can resolve, and one that leads to the server."""
    story.commit("One", files={"a.py": lines("a")})
    port = int(server.url.rsplit(":", 1)[1])
    path = "git/repository/.git"
    checked = check(f"https://rebound.example:{port}/{path}", ("rebound.example",), lambda *_: ["127.0.0.1"])
    mirror(checked, tmp_path / "pinned", str(server.certificate))
    assert git(tmp_path / "pinned", "log", "--format=%s").strip() == "One"

    server.asked.clear()
    elsewhere = check(f"https://localhost:{port}/{path}", ("localhost",), lambda *_: ["127.0.0.2"])
    with pytest.raises(Unavailable):
        mirror(elsewhere, tmp_path / "elsewhere", str(server.certificate))
    assert server.asked == []
    assert not (tmp_path / "elsewhere").exists()
