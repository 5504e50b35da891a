"""PostgreSQL goes away under load: predictions are kept on this machine, and carried over when it is back."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from cut_connection import Line, line_to
from feature_servers import postgres_server
from prediction_log_story import told

from faultcast.adapters.prediction_log import PredictionLog
from faultcast.adapters.prediction_log.postgres_store import PostgresStore
from faultcast.adapters.prediction_log.spill import SpillingStore
from faultcast.errors import Unavailable
from faultcast.feedback import Feedback, Opinion, Vote

PATIENCE_SECONDS = 20


@pytest.fixture
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url.replace("+psycopg", "")


@pytest.fixture
def line(server: str) -> Iterator[Line]:
    with line_to(urlsplit(server).port or 0) as cut:
        yield cut


def opened(server: str, line: Line, folder: Path) -> PredictionLog:
    through = server.replace(f":{urlsplit(server).port}/", f":{line.port}/")
    return PredictionLog(SpillingStore(PostgresStore(through), folder / "waiting.db", retry_seconds=0.1))


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kept_in(server: str) -> list[str]:
    """Ids in the database, in the order in which they came."""
    with psycopg.connect(server) as connection:
        return [name for (name,) in connection.execute("SELECT prediction_id FROM predictions ORDER BY number")]


def append(log: PredictionLog, numbers: range) -> None:
    for number in numbers:
        log.append_now([told(number)])


def ids(numbers: range) -> list[str]:
    return [told(number).prediction_id for number in numbers]


def test_all_is_there_once_and_in_order_after_it_was_away(server: str, line: Line, tmp_path: Path) -> None:
    log = opened(server, line, tmp_path)
    until(lambda: not append(log, range(1)) and log.state()["elsewhere"] == 0 and kept_in(server))
    append(log, range(1, 100))
    line.cut()
    append(log, range(100, 160))
    assert log.state()["elsewhere"] > 0
    assert "wait on this machine" in log.state()["trouble"]
    assert log.get(told(150).prediction_id) == told(150)  # also while it is away
    with pytest.raises(Unavailable, match="on its way"):
        Feedback(log.store).vote(Vote(told(150).prediction_id, "ana", Opinion.CLEAN, 1.0))
    with pytest.raises(Unavailable):
        log.between(0, 2e9)
    line.mend()
    append(log, range(160, 200))
    until(lambda: log.state()["elsewhere"] == 0)
    append(log, range(200, 220))
    assert log.state()["trouble"] == ""
    assert kept_in(server) == ids(range(220))
    log.close()


def test_a_server_that_says_nothing_is_given_up_before_the_request_is(server: str, line: Line, tmp_path: Path) -> None:
    log = opened(server, line, tmp_path)
    until(lambda: not append(log, range(1)) and log.state()["elsewhere"] == 0 and kept_in(server))
    line.hold()
    append(log, range(1, 20))  # the first takes as long as a server may be silent, the others wait in the file at once
    assert log.state()["elsewhere"] > 0
    line.mend()
    until(lambda: log.state()["elsewhere"] == 0)
    assert kept_in(server) == ids(range(20))
    log.close()


def test_what_waits_outlives_the_process(server: str, line: Line, tmp_path: Path) -> None:
    line.cut()
    log = opened(server, line, tmp_path)  # it starts without its database
    append(log, range(50))
    log.close()
    line.mend()
    again = opened(server, line, tmp_path)
    append(again, range(50, 60))
    until(lambda: again.state()["elsewhere"] == 0)
    assert kept_in(server) == ids(range(60))
    again.close()


def test_a_line_that_breaks_again_and_again_loses_and_doubles_nothing(server: str, line: Line, tmp_path: Path) -> None:
    log = opened(server, line, tmp_path)
    acknowledged = []

    async def load() -> None:
        numbers = iter(range(3_000))

        async def client() -> None:
            for number in numbers:
                await log.append(told(number))
                acknowledged.append(told(number).prediction_id)
                await asyncio.sleep(0.002)

        await asyncio.gather(breaking(), *(client() for _ in range(8)))

    async def breaking() -> None:
        for _ in range(6):
            await asyncio.sleep(0.07)
            line.cut()
            await asyncio.sleep(0.05)
            line.mend()

    asyncio.run(load())
    until(lambda: log.state()["elsewhere"] == 0)
    assert sorted(acknowledged) == sorted(kept_in(server)) == sorted(ids(range(3_000)))
    with contextlib.closing(log):
        assert log.state()["trouble"] == ""
