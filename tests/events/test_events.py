"""What is an event, and what is not: whatever the bytes are, they are judged."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as some

from faultcast.adapters.trackers import Issue
from faultcast.adapters.trackers.reading import MAX_TEXT
from faultcast.adapters.trackers.records import STREAMS
from faultcast.errors import BadEvent
from faultcast.events import MAX_BYTES, Event, dead_letter, id_of, read, schema, validated

BUG = Issue(
    "12", "12", "Cart forgets", "Seen twice", ("bug",), "", "open", "author-00ff", 1_700_000_000, 1_700_000_060, None
)
TOLD = Event("issues", "github", "team/shop", 1, BUG)


def changed(**values: Any) -> bytes:
    """An event as somebody else might send it; a field given as `...` is left out."""
    told = json.loads(TOLD.value) | values
    return json.dumps({name: value for name, value in told.items() if value is not ...}).encode()


def record(**values: Any) -> bytes:
    return changed(record=json.loads(TOLD.value)["record"] | values)


def test_there_and_back() -> None:
    assert read(TOLD.value, STREAMS) == TOLD
    assert id_of(TOLD.value) == TOLD.id


def test_the_same_is_told_by_the_same_bytes() -> None:
    """The identity is the content's: another process, another day, the same event."""
    assert Event("issues", "github", "team/shop", 1, replace(BUG)).value == TOLD.value
    assert TOLD.id == "3df268db7af8c35135b7401ece0072e6"


def test_a_forgotten_author_is_nobody() -> None:
    forgotten = replace(TOLD, record=replace(BUG, author="author-forgotten"))
    assert read(forgotten.value, STREAMS) == forgotten


def test_every_part_is_part_of_the_identity() -> None:
    others = [
        replace(TOLD, revision=2),  # told again after another content
        replace(TOLD, repository="team/till"),
        replace(TOLD, provider="gitlab"),
        replace(TOLD, record=replace(BUG, state="closed")),
    ]
    assert len({one.id for one in (TOLD, *others)}) == 5


def test_versions_of_one_record_stay_in_order() -> None:
    later = replace(TOLD, revision=2, record=replace(BUG, state="closed"))
    assert later.key == TOLD.key
    assert replace(TOLD, repository="team/till").key != TOLD.key


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"version": NaN}', "no JSON: found a number that is none"),
        (b'{"version": 1, "version": 1}', "no JSON: found a field twice"),
        (b'{"version": ' + b"9" * 5_000 + b"}", "no JSON"),
        (b"3", "wrong type: found int, expected an object"),
        (b" " * (MAX_BYTES + 1), "too large: found 1,000,001 bytes"),
        (changed(version=2), "unknown version: expected 1"),
        (changed(version=True), "unknown version"),
        (changed(version=1.0), "unknown version"),
        (changed(revision=...), "missing field: event: revision"),
        (changed(token="x"), "unknown field: event: found 1 beyond"),
        (changed(kind="secrets"), "unknown kind: expected one of issues, "),
        (changed(kind=["issues"]), "wrong type: kind"),
        (changed(revision=-1), "out of bounds: revision"),
        (changed(revision=True), "wrong type: revision"),
        (changed(repository="x" * 1_001), "out of bounds: repository: found 1,001 characters"),
        (changed(record=[]), "wrong type: record: found list"),
        (changed(id="0" * 32), "wrong id"),
        (record(title="Cart forgets all"), "wrong id"),
        (record(title=7), "wrong type: title: found int"),
        (record(title=None), "wrong type: title"),
        (record(title="x" * 65_537), "out of bounds: title: found 65,537 characters, at most 65,536"),
        (record(title="\ud83d"), "half a character"),
        (record(labels="bug"), "wrong type: labels: found str"),
        (record(labels=["bug"] * 1_001), "out of bounds: labels"),
        (record(labels=[1]), "wrong type: labels"),
        (record(created_at=10**12), "out of bounds: created_at"),
        (record(created_at="2024-01-01"), "wrong type: created_at"),
        (record(created_at=None), "wrong type: created_at"),
        (record(closed_at=1.5), "wrong type: closed_at"),
        (record(id=""), "out of bounds: id"),
        (record(author="Ana"), "not a pseudonym: author"),
        (record(body="x"), "unknown field: record: found 1"),
    ],
)
def test_refused(value: bytes, words: str) -> None:
    with pytest.raises(BadEvent, match=words):
        read(value, STREAMS)


def test_a_reason_repeats_nothing_of_the_content() -> None:
    for value in (changed(s3cret=1), changed(kind="s3cret"), record(title=["s3cret"]), record(s3cret=1)):
        with pytest.raises(BadEvent) as caught:
            read(value, STREAMS)
        assert "s3cret" not in str(caught.value)


def test_any_byte_may_be_wrong() -> None:
    """No way of damaging an event makes reading end otherwise than by a judgement."""
    dice = random.Random(13)
    for _ in range(3_000):
        value = bytearray(TOLD.value)
        for _ in range(dice.randrange(1, 4)):
            at = dice.randrange(len(value))
            value[at : at + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
        try:
            assert read(bytes(value), STREAMS) == TOLD
        except BadEvent:
            continue


_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(_JSON, some.sampled_from(sorted(json.loads(TOLD.value))))
def test_any_value_may_stand_anywhere(value: Any, name: str) -> None:
    try:
        read(json.dumps(json.loads(TOLD.value) | {name: value}).encode(), STREAMS)
    except BadEvent:
        return


def test_a_dead_letter_tells_where_it_came_from() -> None:
    why = BadEvent("no JSON", "expected UTF-8 JSON")
    identity, value = dead_letter("raw-code", "3", 17, b"{" * 100_000, b"{" * 100_000, why)
    told = json.loads(value)
    assert told["source"] == {"topic": "raw-code", "partition": "3", "position": 17}
    assert (told["reason"], told["rule"], told["size"]) == ("no JSON: expected UTF-8 JSON", "no JSON", 100_000)
    assert len(value) < 100_000 < MAX_BYTES
    assert id_of(value) == identity
    # The same message is the same letter; what lies at its place when the topic was made anew is another.
    assert dead_letter("raw-code", "3", 17, b"{" * 100_000, b"", why)[0] == identity
    assert dead_letter("raw-code", "3", 17, b"[", b"[", why)[0] != identity


def test_limits_fit_what_trackers_tell() -> None:
    assert schema.MAX_TEXT > 3 * MAX_TEXT  # a text grows where people that it mentions are taken out
    largest = replace(BUG, title="\U0001f41b" * MAX_TEXT, text="\U0001f41b" * MAX_TEXT)
    assert read(replace(TOLD, record=largest).value, STREAMS).record == largest


def test_topics_have_names_that_every_broker_takes() -> None:
    assert [validated(kind) for kind in STREAMS] == [
        "validated-issues",
        "validated-pull-requests",
        "validated-reviews",
        "validated-check-runs",
        "validated-findings",
    ]
