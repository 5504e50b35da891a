"""Real Redis and PostgreSQL for the tests: processes of our own on loopback, ended by their id.

Without the programs a test that asks for them is skipped, with the command that installs them.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis
from loopback import end, free_port

PASSWORD = "only-for-tests"
START_SECONDS = 30
INSTALL = "run tests/install-tools.sh"


def postgres_bin() -> Path | None:
    """Debian keeps PostgreSQL's programs off PATH, a folder a version."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(on_path).parent if on_path else found[-1].parent if found else None


def wait_until(ready: Callable[[], object], failing: type[Exception], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            ready()
        except failing:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


@contextlib.contextmanager
def running(command: list[str], **options: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        end(process, signal.SIGINT, seconds=10)  # PostgreSQL's "fast" shutdown


@contextlib.contextmanager
def redis_server(port: int = 0) -> Iterator[str]:
    """Its connection string, as Feast writes it; a `port` of its own, or the one given."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if not program:
        pytest.skip(f"there is no redis-server: {INSTALL}")
    port = port or free_port()
    options = {"port": port, "bind": "127.0.0.1", "save": "", "requirepass": PASSWORD, "loglevel": "warning"}
    command = [program, *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
    with running(command) as process:
        client = redis.Redis("127.0.0.1", port, password=PASSWORD)
        wait_until(client.ping, redis.ConnectionError, process)
        client.close()
        yield f"127.0.0.1:{port},password={PASSWORD}"


@dataclass(frozen=True)
class Postgres:
    """A database that can be started and stopped; `url` is SQLAlchemy's and stays the same."""

    url: str
    command: list[str]
    account: dict[str, object]

    @property
    def libpq(self) -> str:
        """The same address as libpq writes it."""
        return self.url.replace("+psycopg", "")

    @contextlib.contextmanager
    def started(self) -> Iterator[None]:
        with running(self.command, **self.account) as process:
            wait_until(lambda: psycopg.connect(self.libpq).close(), psycopg.OperationalError, process)
            yield


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """PostgreSQL refuses to run as root, so root lends it another account."""
    programs = postgres_bin()
    if programs is None:
        pytest.skip(f"there is no PostgreSQL server: {INSTALL}")
    folder = Path(tempfile.mkdtemp(prefix="faultcast-postgres-"))
    account: dict[str, object] = {"cwd": folder}
    try:
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            who = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(folder, who.pw_uid, who.pw_gid)
            account |= {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)  # lies in a folder that only that account may enter
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "feast", "-A", "scram-sha-256", "--no-sync",
                  "--pwfile", secret, "-E", "UTF8", "--locale", "C.UTF-8"]  # fmt: skip
        subprocess.run(initdb, check=True, capture_output=True, timeout=60, **account)
        port = free_port()
        server = [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-F",
                  "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]  # fmt: skip
        yield Postgres(f"postgresql+psycopg://feast:{PASSWORD}@127.0.0.1:{port}/postgres", server, account)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """A started one's SQLAlchemy URL."""
    with postgres() as found, found.started():
        yield found.url
