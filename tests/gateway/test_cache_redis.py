"""The cache in a real Redis: shared by replicas, away without harm, and full of what strangers wrote."""

import asyncio
import socket
from dataclasses import replace

import orjson
import pytest
import redis
from feature_servers import PASSWORD, redis_server
from flow_story import CHAMPION, Clock, Desk, change
from loopback import free_port

from faultcast.adapters.response_cache import PAUSE_SECONDS, PREFIX, ResponseCache
from faultcast.errors import UsageError
from faultcast.settings import Settings
from serving.gateway.flow import kept
from serving.gateway.flow.cache import Cache, MemoryStore, open_store
from serving.gateway.flow.digest import cache_key, digest
from serving.gateway.flow.flow import Flow

ASKED = change(40)
KEY = cache_key(CHAMPION, ASKED, digest(ASKED), 5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("model")


@pytest.fixture(scope="module")
def port():
    with redis_server() as where:
        yield int(where.partition(":")[2].split(",")[0])


@pytest.fixture
def client(port):
    with redis.Redis("127.0.0.1", port, password=PASSWORD) as opened:
        opened.flushall()
        yield opened


def store_at(port, clock=None, **options):
    url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    return ResponseCache(url, **{"seconds": 60, "max_bytes": kept.MAX_BYTES, "clock": clock or Clock()} | options)


def test_one_setting_chooses():
    assert isinstance(open_store(Settings()), MemoryStore)
    assert isinstance(open_store(Settings(cache="redis://127.0.0.1:6379/0")), ResponseCache)
    for wrong in ("http://127.0.0.1", "redis://127.0.0.1:port", "memory"):
        with pytest.raises(UsageError, match="FAULTCAST_CACHE"):
            open_store(Settings(cache=wrong))
    assert "secret" not in repr(Settings(cache="redis://:secret@127.0.0.1/0"))


def test_what_one_replica_answered_another_one_knows(folder, port, client):
    async def story():
        stores, desks = [store_at(port), store_at(port)], [Desk(folder), Desk(folder)]
        flows = [Flow(desk, Cache(store)) for desk, store in zip(desks, stores, strict=True)]
        [here] = await flows[0].forecast([ASKED], key="shop")
        await stores[0].settled()
        [there] = await flows[1].forecast([ASKED], key="shop")
        assert (here.is_cached, there.is_cached) == (False, True)
        assert there.scored == here.scored
        assert [len(desk.calls) for desk in desks] == [1, 0]
        desks[1].promote("2")
        [promoted] = await flows[1].forecast([ASKED], key="shop")
        assert (promoted.is_cached, promoted.scored.prediction.model_version) == (False, "2")
        for flow in flows:
            await flow.close()

    asyncio.run(story())
    left = [client.pttl(name) for name in client.scan_iter(f"{PREFIX}*")]
    assert len(left) == 2
    assert all(0 < milliseconds <= 60_000 for milliseconds in left), "what nobody asks for any more goes by itself"


def test_without_redis_answers_go_on_and_it_is_asked_again_after_a_pause(folder):
    async def story():
        port, clock = free_port(), Clock()
        store, desk = store_at(port, clock), Desk(folder)
        flow = Flow(desk, Cache(store))
        for lines in range(5):
            await flow.forecast([change(lines)], key="shop")
        assert store.failures == 1, "a Redis that is away is left alone, not asked every time"
        with redis_server(port):
            clock.now += PAUSE_SECONDS
            for _ in range(2):
                [answer] = await flow.forecast([ASKED], key="shop")
                await store.settled()
            assert answer.is_cached
        clock.now += PAUSE_SECONDS
        [gone] = await flow.forecast([ASKED], key="shop")
        assert (gone.is_cached, store.failures) == (False, 2), "connections that were open are lost with it"
        await flow.close()

    asyncio.run(story())


def test_a_redis_that_never_answers_costs_its_timeout_once(folder):
    async def story():
        with socket.create_server(("127.0.0.1", 0)) as silent:
            store = store_at(silent.getsockname()[1])
            began = asyncio.get_running_loop().time()
            assert await store.get(["a"]) == [None]
            first = asyncio.get_running_loop().time() - began
            assert await store.get(["a"]) == [None]
            assert (store.failures, store.is_resting) == (1, True)
            assert first < 5, "and not the five seconds that redis-py would wait"
            await store.close()

    asyncio.run(story())


def test_a_wrong_password_is_a_miss(port):
    async def story():
        store = ResponseCache(f"redis://:wrong@127.0.0.1:{port}/0", seconds=60, max_bytes=1000)
        assert await store.get(["a"]) == [None]
        assert store.failures == 1
        await store.close()

    asyncio.run(story())


def test_a_key_of_another_kind_or_size_spoils_only_itself(port, client):
    async def story():
        client.rpush(PREFIX + "list", "a")
        client.set(PREFIX + "huge", b"x" * 1_001)
        client.set(PREFIX + "empty", b"")
        client.set(PREFIX + "good", b"y" * 1_000)
        store = store_at(port, max_bytes=1_000)
        assert await store.get(["list", "huge", "empty", "none", "good"]) == [None, None, None, None, b"y" * 1_000]
        store.put({"large": b"x" * 1_001, "small": b"x"})
        await store.close()
        assert (client.exists(PREFIX + "large"), client.exists(PREFIX + "small")) == (0, 1)
        assert store.failures == 0

    asyncio.run(story())


def test_an_answer_survives_the_way_to_json_and_back(folder):
    [scored] = asyncio.run(Desk(folder).score([change(40, lines_deleted=3)], key=""))
    again = kept.read(kept.write(scored))
    assert again == scored
    assert {name: type(value) for name, value in again.values.items()} == {
        name: type(value) for name, value in scored.values.items()
    }


def hostile(good):
    """What somebody could write who reaches Redis: every field wrong in some way."""
    yield from (b"", b"{", b"null", b"[]", b"1", b'"x"', b"\xff\xfe", b"[" * 100_000, b"{}")
    yield orjson.dumps(good | {"more": 1})
    yield b" " * kept.MAX_BYTES + orjson.dumps(good)
    reason, long = good["reasons"][0], "x" * (kept.MAX_TEXT + 1)
    for name, values in {
        "risk": (None, "0.5", 1.01, -0.1, True, [0.5]), "band": ("none", None, 1, ["low"]), "commit": (None, 1, long),
        "model": (["story"], ["story", 1], "s1", None, ["story", "1", "2"], [long, "1"]),
        "reasons": (None, {}, [[]], [["x"]], [reason] * 201, [["made_up", *reason[1:]]], [[*reason[:4], long]],
                    [[*reason[:3], 2.0, "text"]], [[reason[0], [], *reason[2:]]], [[reason[0], True, *reason[2:]]]),
        "values": (None, [], {"made_up": 1.0}, {"lines_added": "1"}, {"lines_added": [1]}, {"lines_added": True}),
        "assumed": (None, {}, [["a"]], [["a", 1]], [["a", long]], [["a", "b"]] * 5_001),
    }.items():  # fmt: skip
        yield from (orjson.dumps(good | {name: value}) for value in values)


def test_what_a_stranger_wrote_into_redis_is_a_miss(folder, port, client):
    async def story():
        desk, store = Desk(folder), store_at(port)
        flow = Flow(desk, Cache(store))
        [true] = await flow.forecast([ASKED], key="shop")
        good = orjson.loads(kept.write(true.scored))
        assert good["reasons"]
        tried = list(hostile(good))
        for number, text in enumerate(tried, 1):
            client.set(PREFIX + KEY, text)
            [answer] = await flow.forecast([ASKED], key="shop")
            assert (answer.is_cached, answer.scored) == (False, true.scored), text[:200]
            assert len(desk.calls) == number + 1
            await store.settled()
        assert len(tried) > 40
        assert store.failures == 0
        await flow.close()

    asyncio.run(story())


def test_an_answer_of_another_model_is_no_answer_of_this_one(folder, port, client):
    async def story():
        store = store_at(port)
        flow = Flow(Desk(folder), Cache(store))
        [true] = await flow.forecast([ASKED], key="shop")
        await store.settled()
        assert client.exists(PREFIX + KEY)
        forged = replace(true.scored, prediction=replace(true.scored.prediction, model_version="2", risk=0.0))
        client.set(PREFIX + KEY, kept.write(forged))
        [answer] = await flow.forecast([ASKED], key="shop")
        assert (answer.is_cached, answer.scored) == (False, true.scored)
        await flow.close()

    asyncio.run(story())
