"""The point-in-time join against two oracles: pandas' merge_asof, and the rule spelled out row by row."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from faultcast.adapters.asof_join import between, micros, winners

Row = tuple[str | None, int | None, int | None]
Question = tuple[str | None, int | None]
KEYS = st.sampled_from(["a", "b", "c", None])
INSTANTS = st.one_of(st.none(), st.integers(0, 7))
SOURCE = st.lists(st.tuples(KEYS, INSTANTS, INSTANTS), max_size=14)
ASKED = st.lists(st.tuples(KEYS, INSTANTS), max_size=8)


def source_of(rows: list[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    types = {"key": pa.string(), "event": pa.int64(), "known": pa.int64()}
    return pa.table({name: pa.array(column, kind) for (name, kind), column in zip(types.items(), columns, strict=True)})


def asked_of(rows: list[Question]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [(), ()]
    return pa.table({"key": pa.array(columns[0], pa.string()), "at": pa.array(columns[1], pa.int64())})


def by_the_rule(source: list[Row], asked: list[Question], ttl: int, *, by_known: bool) -> list[int | None]:
    found = []
    for key, at in asked:
        seen = [
            (event, -1 if known is None else known, row)
            for row, (other, event, known) in enumerate(source)
            if key is not None and other == key and None not in {event, at} and event <= at
            and not (by_known and (known is None or known > at))
        ]  # fmt: skip
        best = max(seen, default=None)
        found.append(best[2] if best and (not ttl or best[0] >= at - ttl) else None)
    return found


@settings(max_examples=80, deadline=None)
@given(SOURCE, ASKED, st.integers(0, 4), st.booleans(), st.sampled_from([1, 2**59]))
def test_every_question_is_answered_in_order_by_the_rule(
    source: list[Row], asked: list[Question], ttl: int, by_known: bool, far: int
) -> None:
    """Near instants fit into one integer with their key, far ones do not."""
    source = [(key, event and event * far, known and known * far) for key, event, known in source]
    asked, ttl = [(key, at and at * far) for key, at in asked], ttl * far
    found = winners(source_of(source), asked_of(asked), ["key"], ttl=timedelta(microseconds=ttl), by_known=by_known)

    assert found.to_pylist() == by_the_rule(source, asked, ttl, by_known=by_known)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 20)), min_size=1, max_size=15, unique=True),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20)), min_size=1, max_size=15),
)
def test_agrees_with_merge_asof(source: list[tuple[str, int]], asked: list[Question]) -> None:
    left = pd.DataFrame(asked, columns=["key", "at"]).sort_values("at", kind="stable")
    right = pd.DataFrame(source, columns=["key", "event"]).rename_axis("row").reset_index().sort_values("event")
    oracle = pd.merge_asof(left, right, left_on="at", right_on="event", by="key")["row"]

    found = winners(source_of([(*row, None) for row in source]), asked_of(list(left.itertuples(index=False))), ["key"])

    assert found.to_pylist() == [None if pd.isna(row) else int(row) for row in oracle]


def test_a_label_that_arrives_late_is_invisible_until_it_does() -> None:
    clean_then_inducing = source_of([("a", 5, 5), ("a", 3, 8)])
    asked = asked_of([("a", 4), ("a", 5), ("a", 8)])

    assert winners(clean_then_inducing, asked, ["key"], by_known=True).to_pylist() == [None, 0, 0]
    assert winners(clean_then_inducing, asked, ["key"]).to_pylist() == [1, 0, 0]


def test_no_key_at_all_and_several_keys() -> None:
    table = pa.table({"x": ["a", "a"], "y": [1, 2], "event": [1, 2], "known": [1, 2]})
    asked = pa.table({"x": ["a", "a", "b"], "y": [1, 2, 1], "at": [9, 9, 9]})

    assert winners(table, asked, []).to_pylist() == [1, 1, 1]
    assert winners(table, asked, ["x", "y"]).to_pylist() == [0, 1, None]


@pytest.mark.parametrize("kind", [pa.timestamp("ns"), pa.timestamp("us", "UTC"), pa.timestamp("s", "Europe/Berlin")])
def test_instants_of_every_kind_are_microseconds_utc(kind: pa.TimestampType) -> None:
    instants = pa.array([1_600_000_000_000_000, None]).cast(pa.timestamp("us", "UTC" if kind.tz else None))
    column = pa.chunked_array([instants.cast(kind)])

    assert micros(column).to_pylist() == [1_600_000_000_000_000, None]


def test_a_range_has_both_ends() -> None:
    days = [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    table = pa.table({"at": pa.array(days, pa.timestamp("us", "UTC"))})

    assert between(table, "at", days[1], days[2])["at"].to_pylist() == days[1:3]
    assert between(table, "at", None, datetime(2024, 1, 1))["at"].to_pylist() == days[:1]  # noqa: DTZ001
