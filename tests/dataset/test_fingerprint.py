"""A data set's fingerprint: the same for the same rows in any order, another for anything else."""

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from faultcast.dataset import data_fingerprint

NUMBERS = st.one_of(st.none(), st.integers(-3, 3), st.floats(-2, 2, width=16))
TEXTS = st.one_of(st.none(), st.text("ab\x00", max_size=3), st.sampled_from(["nan", "None", "0", "1.0", "\ud800"]))
ROWS = st.lists(st.tuples(NUMBERS, TEXTS, TEXTS), min_size=1, max_size=6)


def table(rows: list[tuple[float | None, str | None, str | None]]) -> pd.DataFrame:
    number, left, right = zip(*rows, strict=True)
    return pd.DataFrame({"number": pd.array(number, dtype="Float64"), "left": left, "right": right})


def content(rows: list[tuple[float | None, str | None, str | None]]) -> list[str]:
    """What the fingerprint is about, spelled out."""
    return sorted(repr((None if number is None else float(number) + 0.0, *texts)) for number, *texts in rows)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_nothing(rows, random) -> None:
    shuffled = random.sample(rows, len(rows))

    assert data_fingerprint(table(shuffled)) == data_fingerprint(table(rows))


@settings(max_examples=150, deadline=None)
@given(ROWS, ROWS)
def test_everything_else_is_something(one, two) -> None:
    kinds = [[any(row[column] is not None for row in rows) for column in (1, 2)] for rows in (one, two)]

    same = data_fingerprint(table(one)) == data_fingerprint(table(two))

    assert same == (content(one) == content(two) and kinds[0] == kinds[1])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([(1, "ab", "c")], [(1, "a", "bc")]),
        ([(1, None, "x")], [(1, "", "x")]),
        ([(0, "x", "x")], [(None, "x", "x")]),
        ([(1, "x", "y")] * 2, [(1, "x", "y")]),
        ([(1, "x", "p"), (2, "y", "q")], [(2, "x", "p"), (1, "y", "q")]),
        ([(1, "x", "y")], [(1, "y", "x")]),
    ],
    ids=["where a text ends", "missing is not empty", "missing is not zero", "twice", "who has which", "which column"],
)
def test_what_looks_alike_is_told_apart(one, two) -> None:
    assert data_fingerprint(table(one)) != data_fingerprint(table(two))


def test_names_count_and_the_kind_of_a_column_does_not() -> None:
    plain = pd.DataFrame(
        {"a": [1.0, float("nan")], "b": [True, False], "t": pd.to_datetime([0, 1], unit="s", utc=True)}
    )
    nullable = plain.astype({"a": "Int64", "b": "boolean"}).assign(t=plain["t"].dt.as_unit("us"))
    objects = plain.astype({"a": object, "b": object})

    assert data_fingerprint(nullable) == data_fingerprint(plain) == data_fingerprint(objects)
    assert data_fingerprint(plain.rename(columns={"a": "c"})) != data_fingerprint(plain)
    assert data_fingerprint(plain[["b", "a", "t"]]) != data_fingerprint(plain)
