"""`faultcast promote` and `rollback` reach a running fleet through a real MLflow registry, and nobody notices.

One story, told in order on one registry: MLflow's database takes seconds to make.
"""

import asyncio
import shutil
import sqlite3
from contextlib import closing

import pytest
from fleet_story import LARGE, faultcast, home_of, run_again

from faultcast.errors import NotFound, TemporaryError, Unavailable
from serving.scoring.fleet import Fleet
from serving.scoring.split import parse

SPLIT = parse("champion,challenger", "50/50")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return home_of(tmp_path_factory.mktemp("shop"))


def versions(fleet):
    return {one.alias: one.version for one in fleet.served()}


async def follow(fleet):
    """What the gateway does."""
    while True:
        await fleet.catch_up()
        await asyncio.sleep(0.1)


async def until(fleet, expected):
    async with asyncio.timeout(60):
        while versions(fleet) != expected:  # noqa: ASYNC110 - nobody rings when it is so
            await asyncio.sleep(0.05)


def test_a_promotion_and_a_rollback_reach_a_running_fleet_and_no_request_fails(shop):
    async def tell():
        fleet = Fleet.of(shop.now, split=SPLIT)
        assert await fleet.load() == {}
        assert versions(fleet) == {"champion": "1", "challenger": "2"}
        following = asyncio.create_task(follow(fleet))
        done, answered = asyncio.Event(), []

        async def ask(who):
            while not done.is_set():
                (answer,) = await fleet.score([LARGE], key=str(who))
                answered.append(answer.prediction.model_version)
                await asyncio.sleep(0.01)  # the promotion needs a core, too

        asked = [asyncio.create_task(ask(who)) for who in range(4)]
        await asyncio.to_thread(faultcast, shop, "promote", "--version", "3", "--to", "champion", "--why", "better")
        await until(fleet, {"champion": "3", "challenger": "2"})
        await asyncio.to_thread(faultcast, shop, "rollback", "--why", "worse")
        await until(fleet, {"champion": "1", "challenger": "2"})
        done.set()
        await asyncio.gather(*asked)  # raises what a request raised
        following.cancel()
        await fleet.close()
        return answered

    assert set(asyncio.run(tell())) == {"1", "2", "3"}


def test_a_new_run_brings_a_new_past_although_the_champion_stays(shop):
    async def tell():
        fleet = Fleet.of(shop.now)
        await fleet.load()
        before = fleet.served()[0].loaded_at
        await fleet.catch_up()
        assert fleet.served()[0].loaded_at == before  # nothing new: nothing loaded
        run_again(shop.places)
        await fleet.catch_up()
        await fleet.close()
        return fleet.served()[0].loaded_at > before

    assert asyncio.run(tell())


def test_a_challenger_that_is_taken_back_is_served_no_more(shop):
    async def tell():
        fleet = Fleet.of(shop.now, split=SPLIT)
        await fleet.load()
        with closing(sqlite3.connect(shop.now.home / "mlflow.db")) as database, database:
            database.execute("DELETE FROM registered_model_aliases WHERE alias = 'challenger'")
        await fleet.catch_up()
        served = fleet.served()
        with pytest.raises(NotFound, match="has no challenger"):
            await fleet.reload("challenger")
        await fleet.close()
        return [(one.alias, one.share) for one in served]

    assert asyncio.run(tell()) == [("champion", 1.0)]


def test_without_the_registry_predictions_go_on_and_a_restart_serves_what_was_served(shop):
    """The database away, then locked; MLflow is asked by nobody, what it said last is remembered."""
    database, away = shop.now.home / "mlflow.db", shop.now.home / "away.db"

    async def tell():
        running, restarted = Fleet.of(shop.now), Fleet.of(shop.now)
        await running.load()
        database.rename(away)
        await running.catch_up()
        assert versions(running) == {"champion": "1"}
        assert await restarted.load() == {}
        assert versions(restarted) == {"champion": "1"}
        await running.score([LARGE], key="a")
        (shop.places.folder / "served.json").unlink()
        with pytest.raises(Unavailable, match="no MLflow database"):
            await running.reload("champion")
        cold = Fleet.of(shop.now)
        assert isinstance((await cold.load())["champion"], Unavailable)
        with pytest.raises(TemporaryError):
            await cold.score([LARGE], key="a")
        away.rename(database)
        cold._retry_at.clear()
        await cold.catch_up()  # what the gateway does a moment later
        assert versions(cold) == {"champion": "1"}
        for fleet in (running, restarted, cold):
            await fleet.close()

    asyncio.run(tell())


def test_without_the_models_folder_the_past_and_the_run_predictions_go_on(shop):
    """Last of the story: it leaves nothing behind."""

    async def tell():
        fleet = Fleet.of(shop.now)
        await fleet.load()
        shutil.rmtree(shop.now.home)
        await fleet.catch_up()
        (answer,) = await fleet.score([LARGE], key="a")
        await fleet.close()
        return answer.prediction.model_version

    assert asyncio.run(tell()) == "1"
