"""The same question at the same time is one question."""

import asyncio

import pytest
from flow_story import Desk, change, open_flow, until

from faultcast.errors import NotFound
from faultcast.records import Commit
from serving.gateway.flow.digest import digest
from serving.wire.instances import parse_instance
from serving.wire.requests import KnownCommit, RawFeatures, UnseenChange

FILE = {"path": "a.py", "status": "M", "before": "x = 1\n", "after": "x = 2\n"}
SENT = {"message": "fix", "author": "ana", "authored_at": 1_700_000_000, "files": [FILE]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("model")


def parsed(data):
    return parse_instance(data, "change")


def test_identical_concurrent_requests_are_scored_once(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk, at_once=4)
        asked = [asyncio.create_task(flow.forecast([change(40)], key=f"client {i}")) for i in range(20)]
        answers = await asyncio.gather(*asked)
        assert len(desk.calls) == 1
        assert len({id(answer[0].scored) for answer in answers}) == 1
        assert flow.stats().line.coalesced == 19

    asyncio.run(story())


def test_one_of_them_going_away_takes_the_answer_from_no_other(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk)
        desk.open.clear()
        asked = [asyncio.create_task(flow.forecast([change(40)], key="shop")) for _ in range(3)]
        await until(lambda: desk.calls)
        asked[0].cancel()
        desk.open.set()
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(one).__name__ for one in found] == ["CancelledError", "list", "list"]
        assert len(desk.calls) == 1

    asyncio.run(story())


def test_a_refusal_is_told_to_all_who_asked_and_the_next_one_asks_anew(folder):
    async def story():
        desk = Desk(folder)
        flow = open_flow(desk)
        asked = [asyncio.create_task(flow.forecast([KnownCommit("a" * 40)], key="shop")) for _ in range(3)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(one, NotFound) for one in found)
        with pytest.raises(NotFound):
            await flow.forecast([KnownCommit("a" * 40)], key="shop")
        assert len(desk.calls) == 2

    asyncio.run(story())


def test_shuffled_fields_are_the_same_change():
    shuffled = dict(reversed(SENT.items())) | {"files": [dict(reversed(FILE.items()))]}
    assert digest(parsed(shuffled)) == digest(parsed(SENT))
    values = {"lines_added": 3, "files": 1}
    assert digest(RawFeatures(values)) == digest(RawFeatures({"files": 1.0, "lines_added": 3.0, "age_days": None}))


@pytest.mark.parametrize(
    "other",
    [
        {"message": "fix it"}, {"author": "ben"}, {"authored_at": 1_700_000_001}, {"reviewers": ["cyd"]},
        {"files": [FILE | {"after": "x = 3\n"}]}, {"files": [FILE | {"path": "b.py"}]}, {"files": [FILE, FILE]},
        {"commit": "a" * 40},
    ],
)  # fmt: skip
def test_any_other_content_is_another_change(other):
    assert digest(parsed(SENT | other)) != digest(parsed(SENT))


def test_content_counts_by_its_bytes_not_by_the_blob_id_claimed_for_it():
    commit = Commit("", 0, (), "", 0, 0, "")
    one, other = (digest(UnseenChange(commit, {"a" * 40: content})) for content in (b"x = 1", b"x = 2"))
    assert one != other


def test_contents_cannot_be_moved_across_their_borders():
    commit = Commit("", 0, (), "", 0, 0, "")
    one = digest(UnseenChange(commit, {"a": b"1", "b": b"2"}))
    assert one != digest(UnseenChange(commit, {"a": b"1b 1\x002"}))


def test_the_three_kinds_of_request_are_never_the_same():
    kinds = [KnownCommit("a"), KnownCommit("", "a"), RawFeatures({}), RawFeatures({}, "a"), parsed(SENT)]
    assert len({digest(one) for one in kinds}) == len(kinds)
