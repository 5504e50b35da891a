"""Rows as tables, the past on disk, and that no row depends on what comes after it."""

import stat
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from story import KEY, Story, history, lines

from faultcast.errors import NotFound
from faultcast.features import CATALOGUE, NAMES, Past, Row, catalogue, describe, fingerprint
from faultcast.features.table import SCHEMA, to_table
from faultcast.history import Pseudonyms, load_key
from faultcast.records import Commit

sys.path.append(str(Path(__file__).parent.parent / "history"))
from random_history import branching


def fold(commits: list[Commit], past: Past) -> list[Row]:
    found = []
    for commit in commits:
        if not commit.is_merge:
            found.append(describe(commit, past))
        past.observe(commit)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_later_history_changes_no_row(story: Story, seed: int) -> None:
    """Not even a branch that forks off early and is merged late."""
    told = branching(story, seed, rounds=3)
    before = fold(history(story.path), Past())
    told.fork("late", at=sorted(story.tips)[1])
    told.grow(5, on="late")
    told.grow(5)
    told.join("late")
    after = {row.commit: row for row in fold(history(story.path), Past())}
    assert [after[row.commit] for row in before] == before
    assert len(after) > len(before)


def test_a_branch_merged_later_is_not_the_past_of_what_came_before_it(story: Story) -> None:
    base = story.commit("Base", by="ana", files={"a.py": lines("a")})
    story.commit("Main", by="ana", files={"a.py": lines("b")}, day=1)
    story.branch("topic", at=base)
    story.commit("Topic, later", by="ana", files={"b.py": lines("b")}, on="topic", day=5)
    story.merge("topic", day=6)
    rows = {row.subject: row.values["author_changes"] for row in fold(history(story.path), Past())}
    assert rows == {"Base": 0, "Main": 1, "Topic, later": 2}


def test_work_beside_a_branch_is_not_the_past_of_what_the_branch_did_earlier(story: Story) -> None:
    story.commit("Base", by="ana", files={"a.py": lines("a")})
    story.branch("topic")
    story.commit("Topic, early", by="ana", files={"b.py": lines("b")}, on="topic", day=1)
    story.commit("Main, later", by="ana", files={"a.py": lines("b")}, day=5)
    story.merge("topic", day=6)
    rows = {row.subject: row.values["author_changes"] for row in fold(history(story.path), Past())}
    assert rows == {"Base": 0, "Topic, early": 1, "Main, later": 2}


@pytest.mark.parametrize("cut", [1, 7, 15])
def test_a_past_from_disk_goes_on_as_if_never_saved(story: Story, tmp_path: Path, cut: int) -> None:
    branching(story, seed=cut, rounds=3)
    commits = history(story.path)
    whole = fold(commits, Past())
    past = Past()
    first = fold(commits[:cut], past)
    past.save(tmp_path / "past")
    loaded = Past.load(tmp_path / "past")
    assert (loaded.position, loaded.commit) == (cut - 1, commits[cut - 1].id)
    assert first + fold(commits[cut:], loaded) == whole


@pytest.mark.parametrize("content", [None, b"", b"not zlib", b"x\x9cK\x04\x00\x00b\x00b"])
def test_a_past_that_cannot_be_read_says_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "past").write_bytes(content)
    with pytest.raises(NotFound, match="faultcast run"):
        Past.load(tmp_path / "past")


def test_the_catalogue_is_sound() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(feature.meaning and feature.source and feature.direction in "+-?" for feature in CATALOGUE)


def test_the_fingerprint_knows_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    assert fingerprint() == before
    monkeypatch.setattr(catalogue, "CATALOGUE", (CATALOGUE[1], CATALOGUE[0], *CATALOGUE[2:]))
    assert fingerprint() != before


def test_rows_become_a_table_of_the_catalogue(story: Story) -> None:
    branching(story, seed=1, rounds=2)
    rows = fold(history(story.path), Past())
    table = to_table(rows, "shop-1")
    assert table.schema == SCHEMA
    assert table.num_rows == len(rows)
    assert table.column_names[-len(NAMES) :] == list(NAMES)
    kinds = {"int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}
    assert [table.schema.field(f.name).type for f in CATALOGUE] == [kinds[f.dtype] for f in CATALOGUE]
    assert table["cyclomatic"].null_count == len(rows)
    assert table["lines_added"].null_count == 0
    assert np.array_equal(table["event_timestamp"].cast(pa.int64()), [row.committed_at * 1_000_000 for row in rows])
    assert to_table([], "shop-1").schema == SCHEMA


def test_pseudonyms_keep_a_key_of_their_own(tmp_path: Path) -> None:
    key = load_key(tmp_path / "state" / "identity.key")
    assert stat.S_IMODE((tmp_path / "state" / "identity.key").stat().st_mode) == 0o600
    assert load_key(tmp_path / "state" / "identity.key") == key
    same, other = Pseudonyms(key), Pseudonyms(KEY)
    assert same("Ana", "ana@example.org") == same("Anna", "ANA@example.org ")
    assert same("Ana", "ana@example.org") != other("Ana", "ana@example.org")
    assert same("Ana", "ana@example.org") != same("Ana", "ben@example.org")
    assert "ana" not in same("Ana", "ana@example.org")
