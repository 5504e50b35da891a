"""Predictions are kept for good, in SQLite and in PostgreSQL alike."""

import asyncio
import contextlib
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from feature_servers import postgres_server
from prediction_log_story import NOON, told

from faultcast.adapters.prediction_log import PredictionLog, opened
from faultcast.adapters.prediction_log.postgres_store import PostgresStore
from faultcast.adapters.prediction_log.sqlite_store import SqliteStore
from faultcast.errors import NotFound, OutOfSpace, Unavailable, UsageError
from faultcast.feedback import Feedback, Opinion, Vote
from faultcast.settings import Settings


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url.replace("+psycopg", "")


@pytest.fixture
def database(server: str) -> str:
    """A new database on the server."""
    name = f"log_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.rpartition("/")[0] + f"/{name}"


@pytest.fixture(params=["sqlite", "postgres"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PredictionLog]:
    if request.param == "sqlite":
        store = SqliteStore(tmp_path / "predictions.db")
    else:
        store = PostgresStore(request.getfixturevalue("database"))
    with contextlib.closing(PredictionLog(store)) as opened_log:
        yield opened_log


def append(log: PredictionLog, *numbers: int) -> None:
    asyncio.run(log.append(*(told(number) for number in numbers)))


def test_what_is_kept_comes_back_as_it_was(log: PredictionLog) -> None:
    append(log, 1, 2)
    assert log.get("p-000001") == told(1)
    assert log.get("p-000002") == told(2)
    assert log.get("p-000001").features["age_days"] is None
    assert asyncio.run(log.find("p-000001")) == told(1)
    assert asyncio.run(log.find("unknown")) is None
    with pytest.raises(NotFound, match="no such prediction"):
        log.get("unknown")


def test_it_is_found_by_commit_and_by_time_newest_first(log: PredictionLog) -> None:
    append(log, 1, 2, 3)
    again = told(9, commit=told(2).commit)
    log.append_now([again, told(10, commit=""), told(11, repository="other", commit=told(2).commit)])
    assert [one.prediction_id for one in log.by_commit(told(2).commit)] == ["p-000011", "p-000009", "p-000002"]
    assert [one.prediction_id for one in log.by_commit(told(2).commit, told(2).repository)] == ["p-000009", "p-000002"]
    assert log.by_commit("") == []
    assert [one.prediction_id for one in log.between(NOON + 2, NOON + 10)] == ["p-000009", "p-000003", "p-000002"]
    assert [one.prediction_id for one in log.between(0, NOON + 100, limit=1)] == ["p-000011"]


def test_the_same_prediction_sent_again_is_kept_once(log: PredictionLog) -> None:
    append(log, 1)
    append(log, 1, 2, 1)
    assert len(log.between(0, NOON + 100)) == 2


def test_features_of_several_models_lie_beside_one_another(log: PredictionLog) -> None:
    log.append_now(
        [told(1), told(2, features={}), told(3, features={"lines_added": 2**53, "huge": 10**400, "no": None})]
    )
    assert log.get("p-000002").features == {}
    assert log.get("p-000003").features == {"lines_added": 2**53, "huge": float("inf"), "no": None}
    assert log.get("p-000001") == told(1)


def test_text_that_no_database_can_keep_is_kept_without_what_cannot(log: PredictionLog) -> None:
    log.append_now([told(1, repository="a\0b\ud800", request_id="größe")])
    assert log.get("p-000001").repository == "a\N{REPLACEMENT CHARACTER}b?"
    assert log.get("p-000001").request_id == "größe"
    Feedback(log.store).vote(Vote("p-000001", "ana", Opinion.CLEAN, NOON, comment="no\0t \ud800"))
    assert log.store.votes("p-000001")[0].comment == "no\N{REPLACEMENT CHARACTER}t ?"


@pytest.mark.parametrize("change", ["UPDATE predictions SET risk = 0", "DELETE FROM predictions", "DELETE FROM votes"])
def test_nothing_can_be_changed_or_removed(log: PredictionLog, change: str) -> None:
    append(log, 1)
    Feedback(log.store).vote(Vote("p-000001", "ana", Opinion.CLEAN, NOON))
    store = log.store
    if isinstance(store, SqliteStore):
        refused = pytest.raises(sqlite3.IntegrityError, match="append-only")
        with contextlib.closing(sqlite3.connect(store.where)) as other, refused:
            other.execute(change)
    else:
        with psycopg.connect(store._url) as other, pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            other.execute(change)
    assert log.get("p-000001") == told(1)


def test_many_at_once_are_all_kept_in_their_order(log: PredictionLog) -> None:
    async def ask() -> None:
        await asyncio.gather(*(log.append(told(number)) for number in range(2_000)))

    asyncio.run(ask())
    kept = log.store.rows("SELECT prediction_id FROM predictions ORDER BY number", ())
    assert [name for (name,) in kept] == [told(number).prediction_id for number in range(2_000)]


def test_votes_are_kept_and_counted(log: PredictionLog) -> None:
    append(log, 1)
    feedback = Feedback(log.store)
    with pytest.raises(NotFound, match="no such prediction"):
        feedback.vote(Vote("p-000404", "ana", Opinion.CLEAN, NOON))
    for at in range(100):
        tally = feedback.vote(Vote("p-000001", "ana", Opinion.INDUCING, NOON + at, comment=f"{at}"))
    assert (tally.inducing, tally.clean, tally.accounts) == (1, 0, 1)
    tally = feedback.vote(Vote("p-000001", "ben", Opinion.CLEAN, NOON + 200))
    assert tally.decided is None  # a tie stays open
    tally = feedback.vote(Vote("p-000001", "ana", Opinion.CLEAN, NOON + 300, is_correction=True))
    assert (tally.decided, tally.decided_at, tally.is_corrected) == (Opinion.CLEAN, NOON + 300, True)
    assert len(log.store.votes("p-000001")) == 102  # replaced ones stay, too


def test_an_account_weighs_on_so_many_predictions_only(log: PredictionLog) -> None:
    append(log, *range(5))
    feedback = Feedback(log.store, cap=3)
    weights = [feedback.vote(Vote(f"p-{n:06d}", "ana", Opinion.INDUCING, NOON + n)).inducing for n in range(5)]
    assert weights == [1, 1, 1, 0, 0]
    changed = feedback.vote(Vote("p-000000", "ana", Opinion.CLEAN, NOON + 9))
    assert changed.clean == 1  # its own earlier vote does not stand in its way
    later = feedback.vote(Vote("p-000003", "ana", Opinion.INDUCING, NOON + 31 * 86_400))
    assert later.inducing == 1


def test_two_votes_at_one_time_do_not_weigh_twice(log: PredictionLog) -> None:
    append(log, *range(8))
    feedback = Feedback(log.store, cap=1)
    threads = [
        threading.Thread(target=feedback.vote, args=(Vote(f"p-{n:06d}", "ana", Opinion.CLEAN, NOON),)) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(vote.weight for n in range(8) for vote in log.store.votes(f"p-{n:06d}")) == 1


class Stalled:
    """A database that does not come to its end until told to."""

    where, trouble = "a disk", ""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.kept: list[str] = []

    def write(self, rows: list[tuple[object, ...]], sets: object) -> None:
        self.may_go_on.wait(20)
        self.kept += [str(row[0]) for row in rows]

    def close(self) -> None: ...


def refusals(ask: Callable[[], object]) -> str:
    with pytest.raises(Unavailable) as refused:
        ask()
    return str(refused.value)


def test_a_stalled_disk_refuses_instead_of_piling_up() -> None:
    store = Stalled()
    log = PredictionLog(store, waiting=10, stall_seconds=0.3)

    async def ask() -> list[BaseException | None]:
        return await asyncio.gather(*(log.append(told(number)) for number in range(25)), return_exceptions=True)

    answers = asyncio.run(ask())
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert sum("at most 10 may" in str(answer) for answer in answers) == 15
    assert sum("could not be kept within 0.3 s" in str(answer) for answer in answers) == 10
    assert log.waiting == 10
    assert "at most 10 may" in refusals(lambda: log.append_now([told(50)]))
    store.may_go_on.set()
    deadline = time.monotonic() + 20
    while log.waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    log.append_now([told(100)])  # it has recovered
    log.close()
    assert store.kept == [told(number).prediction_id for number in (*range(10), 100)]
    assert "this server ends" in refusals(lambda: log.append_now([told(101)]))


def test_a_full_disk_is_told_and_forgotten_once_there_is_room(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "predictions.db")
    log = PredictionLog(store)
    append(log, 1)
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutOfSpace):
        log.append_now([told(number) for number in range(10, 1_000)])
    store._writer.execute("PRAGMA max_page_count = 1000000")
    append(log, 2)
    assert len(log.between(0, 2e9)) == 2  # nothing of what was refused
    log.close()


def test_a_log_that_is_closed_has_kept_what_waited(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    log = opened(settings)
    threads = [threading.Thread(target=log.append_now, args=([told(number)],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    again = opened(settings)
    assert len(again.between(0, NOON + 100)) == 8
    again.close()
    assert (tmp_path / "predictions.db").stat().st_mode & 0o077 == 0  # nobody else may read it


@pytest.mark.parametrize("address", ["mysql://db/log", "postgresql://[broken/log", "not an address"])
def test_a_setting_that_is_no_database_is_refused_without_showing_it(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError) as refused:
        opened(Settings(home=tmp_path, prediction_log=address))
    assert address not in str(refused.value)
