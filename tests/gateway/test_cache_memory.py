"""The cache in memory: old answers and those not asked for make room."""

import asyncio
import tracemalloc
from dataclasses import replace

import pytest
from flow_story import CHAMPION, Clock, Desk, change

from serving.gateway.flow.cache import MemoryCache, weight
from serving.gateway.flow.digest import cache_key, digest
from serving.wire.instances import parse_instance


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    return asyncio.run(Desk(tmp_path_factory.mktemp("model")).score([change(40)], key=""))[0]


def test_answers_are_kept_for_their_time_and_no_longer(scored):
    async def story():
        clock = Clock()
        cache = MemoryCache(seconds=10, max_bytes=1_000_000, clock=clock)
        await cache.put({"a": scored})
        clock.now += 9.9
        assert await cache.get(["a", "b"]) == [scored, None]
        clock.now += 0.1
        assert await cache.get(["a"]) == [None]
        assert (len(cache), cache.size_bytes) == (0, 0)

    asyncio.run(story())


def test_what_was_asked_for_least_lately_makes_room(scored):
    async def story():
        cache = MemoryCache(seconds=10, max_bytes=3 * weight(scored), clock=Clock())
        for key in "abc":
            await cache.put({key: scored})
        await cache.get(["a"])
        await cache.put({"d": scored})
        assert [one is not None for one in await cache.get(list("abcd"))] == [True, False, True, True]
        await cache.put({"d": scored, "e": scored})
        assert len(cache) == 3
        assert cache.size_bytes == 3 * weight(scored)

    asyncio.run(story())


def test_a_cache_without_room_keeps_nothing(scored):
    async def story():
        cache = MemoryCache(seconds=10, max_bytes=0, clock=Clock())
        await cache.put({"a": scored})
        assert await cache.get(["a"]) == [None]
        assert len(cache) == 0

    asyncio.run(story())


def test_the_bound_in_bytes_is_no_smaller_than_what_is_really_used(tmp_path):
    async def story():
        desk = Desk(tmp_path / "model")
        await desk.score([change(0)], key="")
        cache = MemoryCache(seconds=10, max_bytes=100_000_000, clock=Clock())
        tracemalloc.start()
        try:
            for lines in range(300):
                request = change(lines)
                [one] = await desk.score([request], key="")
                await cache.put({cache_key(CHAMPION, request, digest(request), 5): one})
                desk.calls.clear()
                del request, one
            used = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert 0.3 * cache.size_bytes < used < 1.1 * cache.size_bytes

    asyncio.run(story())


def test_a_key_is_of_one_model_one_contract_and_one_depth():
    one = change(40)
    served = [
        CHAMPION, replace(CHAMPION, version="2"), replace(CHAMPION, name="other"),
        replace(CHAMPION, fingerprint="e" * 64), replace(CHAMPION, name="story\0", version="1"), None,
    ]  # fmt: skip
    keys = {cache_key(model, one, digest(one), top) for model in served for top in (1, 5)}
    assert len(keys) == 12
    assert cache_key(replace(CHAMPION, loaded_at=2.0), one, digest(one), 5) in keys


def test_of_an_unseen_change_the_past_that_was_loaded_counts_too():
    sent = {"message": "fix", "author": "ana", "authored_at": 1, "files": []}
    unseen = parse_instance(sent, "change")
    later = replace(CHAMPION, loaded_at=2.0)
    assert cache_key(CHAMPION, unseen, digest(unseen), 5) != cache_key(later, unseen, digest(unseen), 5)
