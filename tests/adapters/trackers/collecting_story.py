"""How a story collects: a server, a clock that nobody waits for, a state folder."""

from dataclasses import dataclass, field
from pathlib import Path

from fake_github import NOON
from fake_server import FakeServer

from faultcast.adapters.trackers import Collected, Tracker, collect
from faultcast.adapters.trackers.choose import trackers
from faultcast.adapters.trackers.transport import Clock
from faultcast.history import Pseudonyms
from faultcast.settings import Settings

TOKEN = "ghp_t0ps3cr3tt0ps3cr3tt0ps3cr3t"
WHO = Pseudonyms(b"a key for tests")


@dataclass
class Hours:
    """A clock that jumps when somebody sleeps, and remembers how long."""

    now: float = NOON
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)


@dataclass
class Collecting:
    """One state folder and one server; a call collects."""

    server: FakeServer
    folder: Path
    hours: Hours = field(default_factory=Hours)
    told: list[str] = field(default_factory=list)
    settings: dict[str, object] = field(default_factory=dict)

    def tracker(self, provider: str = "github", name: str = "team/shop", path: str = "") -> Tracker:
        chosen = {
            "allowed_hosts": "localhost",
            "ca_file": self.server.ca_file,
            f"{provider}_url": f"{self.server.url}{path}",
            f"{provider}_token": TOKEN,
            "ingest_timeout_seconds": 5.0,
        }
        settings = Settings(**(chosen | self.settings))
        return trackers(provider, settings, WHO, self.hours.clock, self.told.append)(name)

    def __call__(self, days: float = 30, tracker: Tracker | None = None) -> Collected:
        since = int(self.hours.now - days * 86_400)
        chosen = tracker or self.tracker()
        return collect(chosen, self.folder, since, lambda: self.hours.now, self.told.append)
