"""Shadow scoring stays off the request's path, whatever becomes of it."""

import asyncio
import contextvars

from faultcast.errors import Unavailable
from serving.scoring.forecaster import Served
from serving.scoring.shadow import Shadow

SERVED = Served("shadow", "faultcast-shop", "3", 0.0, "simple", 0.0, "")
REQUEST_ID = contextvars.ContextVar("request_id", default="")


def test_a_result_reaches_the_log_in_the_context_of_its_request():
    heard = []

    async def told(served, requests, scored):
        heard.append((REQUEST_ID.get(), served.version, list(requests), list(scored)))

    async def tell():
        shadow = Shadow(told)
        for name in ("a", "b"):
            REQUEST_ID.set(name)
            assert shadow.offer(SERVED, [name], lambda name=name: asyncio.sleep(0, [name.upper()]))
        await shadow.drained()
        await shadow.close()
        return shadow.counts

    counts = asyncio.run(tell())
    assert heard == [("a", "3", ["a"], ["A"]), ("b", "3", ["b"], ["B"])]
    assert (counts.scored, counts.dropped, counts.failed) == (2, 0, 0)


def test_what_does_not_fit_is_dropped_and_counted_and_nobody_waits():
    async def tell():
        gate = asyncio.Event()

        async def slow():
            await gate.wait()
            return []

        async def told(*_):
            pass

        shadow = Shadow(told, waiting=2)
        assert shadow.offer(SERVED, [], slow)
        await asyncio.sleep(0)  # the worker has taken the first, two more may wait
        taken = [shadow.offer(SERVED, [], slow) for _ in range(5)]
        assert taken == [True, True, False, False, False]
        gate.set()
        await shadow.drained()
        await shadow.close()
        return shadow.counts

    counts = asyncio.run(tell())
    assert (counts.scored, counts.dropped, counts.failed) == (3, 3, 0)


def test_a_shadow_that_fails_is_counted_and_the_next_one_is_scored(caplog):
    async def refused():
        raise Unavailable("the store is away")

    async def broken():
        return [1 / 0]

    async def tell():
        async def told(*_):
            pass

        shadow = Shadow(told)
        for score in (refused, broken, lambda: asyncio.sleep(0, [])):
            shadow.offer(SERVED, [], score)
        await shadow.drained()
        await shadow.close()
        return shadow.counts

    counts = asyncio.run(tell())
    assert (counts.scored, counts.dropped, counts.failed) == (1, 0, 2)
    assert "the store is away" in caplog.text
    assert "ZeroDivisionError" in caplog.text  # a defect is seen with its trace


def test_closing_drops_what_waits():
    async def tell():
        async def told(*_):
            pass

        shadow = Shadow(told)
        shadow.offer(SERVED, [], asyncio.Event().wait)
        await asyncio.sleep(0)
        await asyncio.wait_for(shadow.close(), 5)
        return len(asyncio.all_tasks())

    assert asyncio.run(tell()) == 1  # this one: nothing is left behind
