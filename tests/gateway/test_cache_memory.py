"""The cache in memory: old answers and those not asked for make room."""

import asyncio
import tracemalloc
from dataclasses import replace

import orjson
import pytest
from flow_story import CHAMPION, Clock, Desk, change

from serving.gateway.flow.cache import Cache, MemoryStore, weight
from serving.gateway.flow.digest import cache_key, digest
from serving.gateway.summary import features
from serving.wire.instances import parse_instance


def test_what_is_kept_is_kept_for_its_time_and_no_longer():
    async def story():
        clock = Clock()
        store = MemoryStore(seconds=10, max_bytes=1_000_000, clock=clock)
        store.put({"a": b"1"})
        clock.now += 9.9
        assert await store.get(["a", "b"]) == [b"1", None]
        clock.now += 0.1
        assert await store.get(["a"]) == [None]
        assert (len(store), store.size_bytes) == (0, 0)

    asyncio.run(story())


def test_what_was_asked_for_least_lately_makes_room():
    async def story():
        store = MemoryStore(seconds=10, max_bytes=3 * weight("a", b"1"), clock=Clock())
        for key in "abc":
            store.put({key: b"1"})
        await store.get(["a"])
        store.put({"d": b"1"})
        assert await store.get(list("abcd")) == [b"1", None, b"1", b"1"]
        store.put({"d": b"2", "e": b"2"})
        assert len(store) == 3
        assert store.size_bytes == 3 * weight("a", b"1")

    asyncio.run(story())


def test_a_store_without_room_keeps_nothing():
    async def story():
        store = MemoryStore(seconds=10, max_bytes=0, clock=Clock())
        store.put({"a": b"1"})
        assert await store.get(["a"]) == [None]
        assert len(store) == 0

    asyncio.run(story())


@pytest.mark.parametrize("size", [1, 300, 4_000])
def test_the_bound_in_bytes_is_no_smaller_than_what_is_really_used(size):
    store = MemoryStore(seconds=10, max_bytes=100_000_000, clock=Clock())
    tracemalloc.start()
    try:
        for number in range(1_000):
            store.put({f"{number:064}": orjson.dumps([number, "x" * size])})
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0.5 * store.size_bytes < used < store.size_bytes


def test_an_answer_comes_back_as_it_was_given(tmp_path):
    async def story():
        request = features(
            {"additions": 40, "deletions": 2, "files_changed": 1, "lines_of_code": 151, "cyclomatic_complexity": 4.2,
             "commit_message": "Fix it"}
        )  # fmt: skip
        [scored] = await Desk(tmp_path).score([request], key="")
        cache = Cache(MemoryStore(seconds=10, max_bytes=1_000_000, clock=Clock()))
        cache.put({"a": scored})
        assert await cache.get(["a", "b"]) == [scored, None]

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
