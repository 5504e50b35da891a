"""A tracker on loopback, a clock that nobody waits for, and a state folder."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from collecting_story import Collecting
from fake_github import NOON, FakeGithub
from fake_server import FakeServer, certificate, serving


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(tls: tuple[Path, Path]) -> Iterator[FakeServer]:
    with serving(*tls) as fake:
        yield fake


@pytest.fixture
def collecting(server: FakeServer, tmp_path: Path) -> Collecting:
    return Collecting(server, tmp_path / "state")


@pytest.fixture
def shop(server: FakeServer) -> FakeGithub:
    """A repository with seven issues and four pull requests, one a day."""
    github = FakeGithub(host=server.url.removeprefix("https://"))
    for number in range(1, 8):
        github.issue(number, updated=NOON - number * 86_400)
    for number in range(11, 15):
        github.pull(number, updated=NOON - (number - 10) * 86_400 - 100, reviews=number - 10, checks=2)
    server.answer = github.answer
    return github


@pytest.fixture
def today() -> FakeGithub:
    """The repository of the other stories, as of the real now."""
    github, now = FakeGithub(), time.time()
    for number in range(1, 8):
        github.issue(number, updated=now - number * 80_000)
    for number in range(11, 15):
        github.pull(number, updated=now - (number - 10) * 80_000, reviews=number - 10, checks=2)
    return github
