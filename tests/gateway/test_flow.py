"""The way to the model: kept answers, one scoring for many, and what a promotion changes."""

import asyncio

import pytest
from flow_story import CHAMPION, Desk, change, open_flow, until

from faultcast.errors import BadChange, NotFound, Unavailable
from faultcast.features.catalogue import NAMES
from serving.wire.requests import KnownCommit, RawFeatures


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("model")


def test_the_second_time_the_answer_is_kept(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk)
        [first] = await flow.forecast([change(40)], key="shop")
        [second] = await flow.forecast([change(40.0)], key="shop")
        assert (first.is_cached, second.is_cached) == (False, True)
        assert second.scored == first.scored
        assert first.served == second.served == CHAMPION
        assert len(desk.calls) == 1
        assert (flow.stats().hits, flow.stats().misses) == (1, 1)

    asyncio.run(story())


def test_what_is_not_kept_is_scored_in_the_order_asked(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk)
        await flow.forecast([change(2)], key="shop")
        answers = await flow.forecast([change(1), change(2), change(3), change(1)], key="shop")
        assert [answer.is_cached for answer in answers] == [False, True, False, False]
        assert [answer.scored.values[NAMES[0]] for answer in answers] == [1, 2, 3, 1]
        assert [len(call) for call in desk.calls] == [1, 2], "the same change twice in one request is scored once"

    asyncio.run(story())


def test_a_promoted_model_answers_anew_at_once(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk)
        await flow.forecast([change(40)], key="shop")
        desk.promote("2")
        [after] = await flow.forecast([change(40)], key="shop")
        assert (after.is_cached, after.scored.prediction.model_version, after.served.version) == (False, "2", "2")
        desk.promote("1")
        [back] = await flow.forecast([change(40)], key="shop")
        assert (back.is_cached, back.scored.prediction.model_version) == (True, "1")

    asyncio.run(story())


def test_an_answer_of_a_model_promoted_meanwhile_names_it_and_is_not_kept_as_the_old_ones(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk)
        desk.open.clear()
        asked = asyncio.create_task(flow.forecast([change(40)], key="shop"))
        await until(lambda: desk.calls)
        desk.promote("2")
        desk.open.set()
        [answer] = await asked
        assert (answer.scored.prediction.model_version, answer.served.version) == ("2", "2")
        desk.model = CHAMPION
        [old] = await flow.forecast([change(40)], key="shop")
        assert (old.is_cached, old.scored.prediction.model_version) == (False, "1")

    asyncio.run(story())


def test_more_reasons_are_another_answer(folder):
    async def story():
        flow = open_flow(Desk(folder))
        large = change(40, **dict.fromkeys(NAMES[1:20], 1))
        [five] = await flow.forecast([large], key="shop", top=5)
        [one] = await flow.forecast([large], key="shop", top=1)
        assert (five.is_cached, one.is_cached) == (False, False)
        assert len(one.scored.prediction.reasons) <= 1 < len(five.scored.prediction.reasons)

    asyncio.run(story())


def test_a_refusal_is_not_kept_and_reaches_whoever_asked(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk)
        for _ in range(2):
            with pytest.raises(NotFound, match="no feature store"):
                await flow.forecast([KnownCommit("a" * 40)], key="shop")
        assert len(desk.calls) == 2

    asyncio.run(story())


def test_without_a_model_every_request_is_told_to_come_back(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk)
        await flow.forecast([change(40)], key="shop")
        desk.model = None
        with pytest.raises(Unavailable, match="try again"):
            await flow.forecast([change(40)], key="shop")
        desk.model = CHAMPION
        [answer] = await flow.forecast([change(40)], key="shop")
        assert answer.is_cached

    asyncio.run(story())


def test_what_json_cannot_write_is_a_bad_change(folder):
    async def story():
        with pytest.raises(BadChange):
            await open_flow(Desk(folder)).forecast([RawFeatures({}, "half \ud800")], key="shop")

    asyncio.run(story())
