"""The line before the model: bounded, told when to come back, nothing scored for nobody."""

import asyncio

import pytest
from flow_story import Clock, Desk, change, open_flow, until

from faultcast.errors import NotFound, TooMany, Unavailable
from serving.gateway.flow.line import LONGEST_RETRY_SECONDS
from serving.gateway.flow.shedding import Shedding
from serving.wire.requests import KnownCommit


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("model")


def ask(flow, lines, **options):
    return asyncio.create_task(flow.forecast([change(lines)], key="shop", **options))


async def outcomes(tasks):
    found = await asyncio.gather(*tasks, return_exceptions=True)
    return [type(one).__name__ for one in found]


def test_beyond_the_line_requests_are_refused_at_once_and_those_inside_are_answered(folder):
    async def story():
        desk, clock = Desk(folder), Clock()
        flow = open_flow(desk, clock, at_once=1, waiting=3)
        desk.open.clear()
        first = ask(flow, 0)
        await until(lambda: desk.calls)
        asked = [ask(flow, lines) for lines in range(1, 6)]
        assert await outcomes(asked[3:]) == ["TooMany", "TooMany"]
        assert not any(task.done() for task in asked[:3])
        desk.open.set()
        assert await outcomes([first, *asked[:3]]) == ["list"] * 4
        line = flow.stats().line
        assert (line.scored, line.refused, line.waiting, line.running) == (4, 2, 0, 0)

    asyncio.run(story())


def test_the_bound_holds_for_those_that_arrive_together(folder):
    """A scorer that never gives way to the loop would otherwise hide a line of any length in it."""

    async def story():
        flow = open_flow(Desk(folder), at_once=1, waiting=8)
        found = await outcomes([ask(flow, lines) for lines in range(40)])
        assert (found.count("list"), found.count("TooMany")) == (8, 32)

    asyncio.run(story())


def test_retry_after_follows_the_pace_of_the_model(folder):
    async def story():
        desk, clock = Desk(folder), Clock()
        flow = open_flow(desk, clock, at_once=1, waiting=4)

        async def refusal(pace):
            for lines in range(80):  # it learns the pace
                desk.open.clear()
                asked = ask(flow, 1000 * pace + lines)
                calls = len(desk.calls)
                await until(lambda calls=calls: len(desk.calls) > calls)
                clock.now += pace
                desk.open.set()
                await asked
            desk.open.clear()
            waiting = [ask(flow, 10_000 * pace)]
            await until(lambda: flow.stats().line.running == 1)
            waiting += [ask(flow, 10_000 * pace + lines) for lines in range(1, 5)]
            await until(lambda: flow.stats().line.waiting == 4)
            with pytest.raises(TooMany) as refused:
                await ask(flow, 7)
            for task in waiting:
                task.cancel()
            desk.open.set()
            await until(lambda: flow.stats().line.running == 0)
            await outcomes(waiting)
            return refused.value.retry_after

        assert await refusal(2) == 10.0, "five requests of two seconds each"
        assert await refusal(50) == LONGEST_RETRY_SECONDS

    asyncio.run(story())


def test_whoever_waited_too_long_is_told_and_nothing_is_scored_for_them(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk, at_once=1)
        desk.open.clear()
        first = ask(flow, 1)
        await until(lambda: desk.calls)
        with pytest.raises(Unavailable, match="not scored within"):
            await ask(flow, 2, deadline_seconds=0.02)
        desk.open.set()
        await first
        await ask(flow, 3)
        assert [call[0].values["lines_added"] for call in desk.calls] == [1, 3]
        assert flow.stats().line.expired == 1

    asyncio.run(story())


def test_a_slow_model_does_not_hold_a_client_beyond_its_deadline(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk, deadline_seconds=0.02)
        desk.open.clear()
        with pytest.raises(Unavailable):
            await ask(flow, 1)
        desk.open.set()
        await flow.close()

    asyncio.run(story())


@pytest.mark.parametrize("how", ["cancelled", "disconnected"])
def test_nothing_is_scored_for_a_client_that_went_away(folder, how):
    async def story():
        async def gone():
            return how == "disconnected"

        desk, clock = Desk(folder), Clock()
        flow = open_flow(desk, clock, at_once=1, together=1)
        desk.open.clear()
        first, second = ask(flow, 1), ask(flow, 2, gone=gone)
        await until(lambda: desk.calls and flow.stats().line.waiting == 1)
        if how == "cancelled":
            second.cancel()
        clock.now += 1
        desk.open.set()
        assert await outcomes([first, second]) == ["list", "CancelledError" if how == "cancelled" else "Unavailable"]
        await flow.close()
        assert len(desk.calls) == 1

    asyncio.run(story())


def test_a_place_in_the_line_is_free_again_when_its_client_goes(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk, at_once=1, waiting=1)
        desk.open.clear()
        first = ask(flow, 1)
        await until(lambda: desk.calls)
        second = ask(flow, 2)
        await until(lambda: flow.stats().line.waiting == 1)
        second.cancel()
        await asyncio.sleep(0)
        third = ask(flow, 3)
        await asyncio.sleep(0)
        desk.open.set()
        assert await outcomes([first, second, third]) == ["list", "CancelledError", "list"]

    asyncio.run(story())


def test_those_that_wait_together_may_be_scored_together(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk, at_once=1, together=4)
        desk.open.clear()
        first = ask(flow, 0)
        await until(lambda: desk.calls)
        rest = [ask(flow, lines) for lines in range(1, 8)]
        await until(lambda: flow.stats().line.waiting == 7)
        desk.open.set()
        answers = await asyncio.gather(first, *rest)
        assert [len(call) for call in desk.calls] == [1, 4, 3]
        assert [one[0].scored.values["lines_added"] for one in answers] == list(range(8))

    asyncio.run(story())


def test_a_wrong_request_spoils_no_other_that_was_scored_with_it(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk, at_once=1, together=8)
        desk.open.clear()
        first = ask(flow, 0)
        await until(lambda: desk.calls)
        good = [ask(flow, 1), ask(flow, 2)]
        wrong = asyncio.create_task(flow.forecast([KnownCommit("a" * 40)], key="shop"))
        await until(lambda: flow.stats().line.waiting == 3)
        desk.open.set()
        await asyncio.gather(first, *good)
        with pytest.raises(NotFound):
            await wrong

    asyncio.run(story())


def test_a_fault_of_our_own_reaches_the_caller_and_the_line_goes_on(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk, at_once=1)
        real, desk.score = desk.score, None
        with pytest.raises(TypeError):
            await ask(flow, 1)
        desk.score = real
        assert await outcomes([ask(flow, 2)]) == ["list"]

    asyncio.run(story())


def test_whoever_would_find_the_line_full_is_told_so_before_anything_is_read(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk, at_once=1, waiting=2, together=1)
        read = []

        async def inside(scope, receive, send):
            read.append((scope["method"], scope["path"], await receive()))
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def post(path, method="POST"):
            sent = []

            async def send(message):
                sent.append(message)

            async def receive():
                return {"type": "http.request"}

            app = Shedding(inside, line=flow, written=lambda status, message: (b"text/plain", message.encode()))
            await app({"type": "http", "method": method, "path": path}, receive, send)
            return sent[0]["status"], dict(sent[0]["headers"]).get(b"retry-after"), sent[1]["body"]

        assert (await post("/predict"))[0] == 200
        desk.open.clear()
        first = ask(flow, 0)
        await until(lambda: desk.calls)
        rest = [ask(flow, 1), ask(flow, 2)]
        await until(lambda: flow.stats().line.waiting == 2)
        read.clear()
        for path in ("/predict", "/analyze/code", "/v1/models/shop:predict", "/v2/models/shop/infer"):
            status, after, body = await post(path)
            assert (status, after) == (429, b"1")
            assert b"try again in 1 s" in body
        assert not read
        for path, method in (("/feedback", "POST"), ("/health", "GET"), ("/predict", "GET")):
            assert (await post(path, method))[0] == 200
        desk.open.set()
        assert await outcomes([first, *rest]) == ["list"] * 3
        assert (await post("/predict"))[0] == 200

    asyncio.run(story())
