"""The gateway that benchmarks ask: a run of `faultcast demo`, then `faultcast serve` with everything switched on."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil

from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.models import artifact
from faultcast.models.bands import Bands
from faultcast.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from loopback import end, free_port

START_SECONDS = 120
FAULTCAST = [sys.executable, "-m", "faultcast"]


@dataclass(frozen=True)
class Server:
    """A running gateway."""

    url: str
    process: psutil.Process
    key: str
    operator_key: str
    home: Path
    versions: tuple[str, str]
    """The champion's, and that of another model that may take its place."""
    start_seconds: float

    @property
    def headers(self) -> list[str]:
        """What a caller sends."""
        return [f"Authorization: Bearer {self.key}"]

    def cpu_seconds(self) -> float:
        """User and system time of the process and its children."""
        tree = [self.process, *self.process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in tree)

    def memory_mb(self) -> float:
        """Resident memory of the server process, in MB."""
        return float(self.process.memory_info().rss) / 1e6

    def reload(self) -> int:
        """Load the champion again; the status."""
        url, headers = f"{self.url}/models/champion/reload", {"Authorization": f"Bearer {self.operator_key}"}
        return httpx.post(url, headers=headers, timeout=120).status_code

    def promote(self, version: str) -> None:
        """Make a version the champion, as a person would, in another process."""
        words = ["promote", "--version", version, "--to", "champion", "--why", "a benchmark"]
        faultcast(self.home, *words)


def faultcast(home: Path, *words: str, **settings: str) -> str:
    """The command line on that state folder; its standard output."""
    environment = {**os.environ, "FAULTCAST_HOME": str(home), **settings}
    done = subprocess.run([*FAULTCAST, *words], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


@contextmanager
def home_of(given: str) -> Iterator[Path]:
    """The state folder of a run that was given, or of a demo in a folder that goes away at the end."""
    if given:
        yield Path(given).resolve()
        return
    with TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        faultcast(home, "demo", "--quiet")
        yield home


def second_version(home: Path) -> tuple[str, str]:
    """The champion's version, and that of a model that differs from it in its bands alone."""
    registry = Registry.of(Settings(home=home))
    name = Places(home, runs.last(home, None).location).model_name
    champion = registry.champion(name)
    if champion is None:
        raise SystemExit("the run in this state folder has no champion; leave --home out to make a demo")
    manifest, files = artifact.read_files(champion.folder)
    with TemporaryDirectory() as folder:
        other = Path(folder) / "model"
        artifact.write(other, replace(manifest, bands=Bands(manifest.bands.medium / 2, manifest.bands.high)), files)
        again = registry.register(name, other, {}, None, why="a benchmark", by="benchmark", verdict="PASS")
    return champion.version, again


def new_key(home: Path, role: str) -> str:
    """A key with a role."""
    words = faultcast(home, "key", "create", "--name", f"{role}-{time.time_ns()}", "--role", role).split()
    return next(word for word in words if word.startswith("fck_"))


@contextmanager
def serving(home: Path, log: Path) -> Iterator[Server]:
    """`faultcast serve` with authentication, metrics and logging on; nobody's rate is limited below the load's."""
    versions = second_version(home)
    keys = new_key(home, "service"), new_key(home, "operator")
    port = free_port()
    environment = {
        **os.environ, "FAULTCAST_HOME": str(home), "FAULTCAST_AUTH": "required",
        "FAULTCAST_RATE_PER_SECOND": "1000000", "FAULTCAST_RATE_BURST": "1000000",
    }  # fmt: skip
    began = time.monotonic()
    with log.open("wb") as written:
        command = [*FAULTCAST, "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=written, stderr=written)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(process, url)
        yield Server(url, psutil.Process(process.pid), *keys, home, versions, time.monotonic() - began)
    finally:
        end(process)


def wait_until_ready(process: "subprocess.Popen[bytes]", url: str) -> None:
    """Wait for a model to answer."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"the gateway ended with status {process.returncode}")
        try:
            if httpx.get(f"{url}/health/ready", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"the gateway was not ready within {START_SECONDS} s")
