"""Several models in one process, from folders: who answers whom, and how another takes over."""

import asyncio
import json
import shutil
from types import SimpleNamespace

import pytest
from fleet_story import LARGE, model_in

from faultcast.errors import ContractMismatch, NotFound, TemporaryError, UnsafeArtifact, UsageError
from faultcast.features.catalogue import fingerprint
from faultcast.models.manifest import current_features
from serving.scoring.fleet import Fleet
from serving.scoring.sources import FolderSource
from serving.scoring.split import CHAMPION, parse
from serving.wire.change import to_instance
from serving.wire.instances import parse_instance
from serving.wire.requests import KnownCommit


@pytest.fixture
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("models")
    return {
        alias: model_in(home / alias, low) for alias, low in {"champion": 0.1, "challenger": 0.2, "shadow": 0.3}.items()
    }


def with_fleet(folders, split, tell, on_shadow=None):
    """Run a story with a loaded fleet, and close it."""

    async def told():
        fleet = Fleet(FolderSource(folders, name="shop"), split, on_shadow)
        refused = await fleet.load()
        try:
            return await tell(SimpleNamespace(fleet=fleet, refused=refused))
        finally:
            await fleet.close()

    return asyncio.run(told())


def test_a_key_is_answered_by_its_model_and_the_answer_says_which(folders):
    async def tell(it):
        found = {}
        for number in range(40):
            key = f"change {number}"
            (answer,) = await it.fleet.score([LARGE], key=key)
            assert answer.prediction.model_version == it.fleet.answering(key).version
            found.setdefault(it.fleet.answering(key).alias, set()).add(answer.prediction.model_version)
        return it.fleet.served(), found

    served, found = with_fleet(folders, parse("champion,challenger", "60/40"), tell)
    assert [(one.alias, one.share, one.name, one.kind) for one in served] == [
        ("champion", 0.6, "shop", "simple"), ("challenger", 0.4, "shop", "simple"),
    ]  # fmt: skip
    assert {one.fingerprint for one in served} == {fingerprint()}
    assert found == {one.alias: {one.version} for one in served}


def test_before_anything_is_loaded_the_answer_is_that_it_may_come_later(folders):
    async def tell():
        fleet = Fleet(FolderSource(folders))
        assert fleet.served() == ()
        assert fleet.answering("any") is None
        with pytest.raises(TemporaryError, match="No model is loaded yet"):
            await fleet.score([LARGE], key="any")
        await fleet.close()

    asyncio.run(tell())


def test_the_share_of_a_model_that_is_not_there_falls_to_the_champion(folders):
    shutil.rmtree(folders["challenger"])

    async def tell(it):
        assert isinstance(it.refused["challenger"], NotFound)
        answers = [(await it.fleet.score([LARGE], key=str(i)))[0].prediction.model_version for i in range(20)]
        return it.fleet.served(), set(answers)

    served, versions = with_fleet(folders, parse("champion,challenger", "50/50"), tell)
    assert [(one.alias, one.share) for one in served] == [("champion", 1.0)]
    assert versions == {served[0].version}


def test_a_shadow_scores_what_was_answered_and_its_failures_reach_nobody(folders):
    heard = []

    async def on_shadow(served, requests, scored):
        heard.append((served.alias, served.share, len(requests), scored[0].prediction.model_version))

    async def tell(it):
        (answer,) = await it.fleet.score([LARGE], key="a")
        await it.fleet.shadow.drained()
        return answer.prediction.model_version, it.fleet.served()

    answered, served = with_fleet(folders, parse("champion,shadow"), tell, on_shadow)
    assert [(one.alias, one.share) for one in served] == [("champion", 1.0), ("shadow", 0.0)]
    assert heard == [("shadow", 0.0, 1, served[1].version)]
    assert answered == served[0].version != served[1].version


def smuggled(folder):
    (folder / "extra.npz").write_bytes(b"x")


def of_other_features(folder):
    shutil.rmtree(folder)
    model_in(folder, features=(*current_features()[:-1], ("phase_of_the_moon", "int64", "day")))


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (shutil.rmtree, NotFound),
        (smuggled, UnsafeArtifact),
        (of_other_features, ContractMismatch),
    ],
)
def test_what_must_not_be_served_is_refused_by_name_and_the_old_model_goes_on(folders, harm, error):
    async def tell(it):
        before = it.fleet.served()
        harm(folders["champion"])
        with pytest.raises(error):
            await it.fleet.reload("champion")
        (answer,) = await it.fleet.score([LARGE], key="a")
        assert it.fleet.served() == before
        assert answer.prediction.model_version == before[0].version

    with_fleet(folders, CHAMPION, tell)


def test_without_the_feature_store_changes_are_described_and_raw_features_scored(folders, story, store, tmp_path):
    """The store goes away after the start; only a commit that is nothing but an id cannot be answered."""
    mine, commit = tmp_path / "story-00c0ffee" / "feast", story.commits[-1]
    shutil.copytree(store, mine)
    unseen = parse_instance(json.loads(json.dumps(to_instance(commit, story.contents))), "change")

    async def tell():
        fleet = Fleet(FolderSource(folders, past=story.home / f"past-{commit.position}.json.z", store=mine))
        assert await fleet.load() == {}
        asked = [unseen, KnownCommit(commit.id), LARGE]
        stored = await fleet.score(asked, key="")
        shutil.rmtree(mine)
        described = await fleet.score([unseen, LARGE], key="")
        with pytest.raises(NotFound, match="no feature store"):
            await fleet.score([KnownCommit(commit.id)], key="")
        await fleet.reload("champion")  # still away
        again = await fleet.score([unseen, LARGE], key="")
        await fleet.close()
        return stored, described, again

    stored, described, again = asyncio.run(tell())
    assert stored[0].prediction == stored[1].prediction == described[0].prediction == again[0].prediction
    assert stored[2] == described[1] == again[1]
    assert [one.field for one in described[0].assumed] == ["commit"]


def test_an_alias_that_is_not_served_here_is_refused(folders):
    async def tell(it):
        with pytest.raises(UsageError, match="found 'challenger', expected one of champion"):
            await it.fleet.reload("challenger")

    with_fleet(folders, CHAMPION, tell)


def test_another_model_takes_over_while_requests_run_and_none_fails(folders, tmp_path):
    second = model_in(tmp_path / "second", 0.45)

    async def tell(it):
        first, done, versions = it.fleet.served()[0].version, asyncio.Event(), []

        async def ask(who):
            while not done.is_set():
                (answer,) = await it.fleet.score([LARGE], key=str(who))
                versions.append(answer.prediction.model_version)

        asked = [asyncio.create_task(ask(who)) for who in range(8)]
        for model in (second, tmp_path / "first") * 3:
            if not model.exists():
                shutil.copytree(folders["champion"], model)
            it.fleet._source._folders["champion"] = model
            served = await it.fleet.reload("champion")
            before = len(versions)
            while len(versions) < before + 50:  # noqa: ASYNC110 - nobody rings when it is so
                await asyncio.sleep(0.001)
        done.set()
        await asyncio.gather(*asked)  # raises if a request failed
        assert served.version == first == it.fleet.served()[0].version
        return versions

    versions = with_fleet(folders, CHAMPION, tell)
    assert len(set(versions)) == 2
