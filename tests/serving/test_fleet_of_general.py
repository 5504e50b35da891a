"""A history too small for a champion is served by the model learnt on other projects, until it has one of its own."""

import asyncio
from types import SimpleNamespace

import pytest
from fleet_story import LARGE, model_in, run_again

from faultcast.adapters import state_files
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.adapters.state_files import Folder, State
from faultcast.models.model import GENERAL
from faultcast.settings import Settings
from serving.scoring.fleet import Fleet
from serving.scoring.split import parse


@pytest.fixture
def small(tmp_path):
    """The home after a run of a repository that is too small."""
    now = Settings(home=tmp_path / ".faultcast")
    places = Places(now.home.resolve(), str(tmp_path / "tiny"))
    run_again(places)
    return SimpleNamespace(now=now, places=places, folder=tmp_path)


def rank_by(small, name, **changed):
    """What a run keeps of the model by which it ranked."""
    folder = model_in(small.folder / "kept", name=name, **changed)
    files = {f"model/{path.name}": path.read_bytes() for path in folder.iterdir()}
    model = {"name": name, "version": ""} if name else {}
    state = State("tiny", "0" * 40, 1, "", "", (), model, 0.0)
    state_files.write(Folder(small.places.state), state, files if name else {})


def served(fleet):
    return [(one.alias, one.name, one.kind) for one in fleet.served()]


def test_the_general_model_answers_until_a_champion_is_promoted(small):
    rank_by(small, GENERAL)

    async def tell():
        fleet = Fleet.of(small.now, split=parse("champion,challenger", "90/10"))
        assert set(await fleet.load()) == {"challenger"}
        assert served(fleet) == [("champion", GENERAL, GENERAL)]
        (answer,) = await fleet.score([LARGE], key="a")
        assert (answer.prediction.model_name, len(answer.prediction.model_version)) == (GENERAL, 12)

        version = fleet.served()[0].version
        rank_by(small, GENERAL, seed=99)  # the next run ranked by a newer one
        await fleet.catch_up()
        assert fleet.served()[0].version not in ("", version)

        own = model_in(small.folder / "own")
        Registry(small.now.home).register(
            small.places.model_name, own, {"auc": 0.7}, "champion", why="grown", by="ana", verdict="PASS"
        )
        await fleet.catch_up()
        await fleet.close()
        return [(one.name, one.version) for one in fleet.served()]

    assert asyncio.run(tell()) == [(small.places.model_name, "1")]


@pytest.mark.parametrize("name", ["", "simple"])
def test_where_a_run_ranked_by_anything_else_nothing_is_served_without_a_champion(small, name):
    rank_by(small, name)

    async def tell():
        fleet = Fleet.of(small.now)
        refused = await fleet.load()
        await fleet.close()
        return refused, served(fleet)

    refused, members = asyncio.run(tell())
    assert "no MLflow database" in str(refused["champion"])
    assert members == []
