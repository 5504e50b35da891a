"""A table with impossible values is refused in words; missing ones pass."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from story import Story, history, lines

from faultcast.errors import ContractMismatch
from faultcast.features import CATALOGUE, Past, describe
from faultcast.features.table import SCHEMA, to_table
from faultcast.features.validation import check
from faultcast.steps.materialize import _check


@pytest.fixture
def table(story: Story) -> pa.Table:
    past, rows = Past(), []
    for number in range(4):
        story.commit(str(number), files={"a.py": lines(*map(str, range(number)))}, day=number)
    for commit in history(story.path):
        rows.append(describe(commit, past))
        past.observe(commit)
    return to_table(rows, "shop-1")


def with_value(table: pa.Table, name: str, value: object) -> pa.Table:
    place = table.column_names.index(name)
    values = [*table[name].to_pylist()[:-1], value]
    return table.set_column(place, name, pa.array(values, SCHEMA.field(name).type))


def test_what_was_described_passes_with_its_missing_values(table: pa.Table) -> None:
    check(table)
    check(table.slice(0, 0))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("lines_added", -1, "greater_than_or_equal_to(0.0)"),
        ("hour", 24, "less_than_or_equal_to(23.0)"),
        ("author_file_share", 1.5, "less_than_or_equal_to(1.0)"),
        ("cyclomatic", -0.5, "greater_than_or_equal_to(0.0)"),
        ("cyclomatic_delta", float("inf"), "finite"),
    ],
)
def test_an_impossible_value_is_named_with_its_commit(table: pa.Table, name: str, value: object, expected: str) -> None:
    commit = table["commit"][-1].as_py()
    with pytest.raises(ContractMismatch) as refused:
        check(with_value(table, name, value))
    assert f"{name} in 1 row ({value} for commit {commit}, expected {expected})" in str(refused.value)
    assert "Run the stage `describe` again" in str(refused.value)


def test_a_loss_may_be_negative(table: pa.Table) -> None:
    check(with_value(table, "cyclomatic_delta", -3.0))


def test_a_column_of_another_type_or_none_at_all_is_refused(table: pa.Table) -> None:
    with pytest.raises(ContractMismatch, match="lacks the features lines_added; describe the changes again"):
        check(table.drop_columns(["lines_added"]))
    place = table.column_names.index("lines_added")
    texts = table.set_column(place, "lines_added", pa.array(["x"] * len(table)))
    with pytest.raises(ContractMismatch, match="lines_added in 1 row"):
        check(texts)


def test_the_stage_lets_nothing_impossible_into_the_store(table: pa.Table, tmp_path) -> None:
    pq.write_table(table, tmp_path / "good")
    _check(tmp_path / "good")
    pq.write_table(with_value(table, "weekday", 7), tmp_path / "bad")
    with pytest.raises(ContractMismatch, match="weekday"):
        _check(tmp_path / "bad")


def test_every_bound_leaves_room() -> None:
    assert all(f.minimum is None or f.maximum is None or f.minimum < f.maximum for f in CATALOGUE)
