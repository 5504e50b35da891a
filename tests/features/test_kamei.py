"""The 14 metrics of Kamei et al. 2013 on a story small enough to reckon by hand."""

import math

import pytest
from story import Story, history, lines

from faultcast.features import Past, Row, describe, touch
from faultcast.features.catalogue import KAMEI_14
from faultcast.measures import read

A = [f"a{n} = {n}" for n in range(10)]
B = [f"b{n} = {n}" for n in range(20)]


def rows(story: Story) -> list[Row]:
    past, found = Past(), []
    for commit in history(story.path):
        if not commit.is_merge:
            found.append(describe(commit, past))
        past.observe(commit)
    return found


@pytest.fixture
def told(story: Story) -> dict[str, object]:
    """The last change: ana touches src/a.py (10 lines), src/sub/b.py (20 lines) and the new web/c.js."""
    story.commit("Start", by="ana", day=0, files={"src/a.py": lines(*A)})
    story.commit("Go on", by="ben", day=10, files={"src/sub/b.py": lines(*B)})
    story.commit("Both", by="cleo", day=400, files={"src/a.py": lines("x", *A[1:]), "src/sub/b.py": lines("y", *B[1:])})
    story.commit("Else", by="ana", day=500, files={"docs/d.md": lines("d")})
    story.commit(
        "Fix crash in c",
        by="ana",
        day=800,
        files={
            "src/a.py": lines("x", *A[2:], "new1", "new2", "new3"),  # 1 deleted, 3 added: 4 lines
            "src/sub/b.py": lines("y", *B[1:], "new4", "new5"),  # 2 added
            "web/c.js": lines("c1", "c2"),  # 2 added
        },
    )
    return dict(rows(story)[-1].values)


EXPECTED = {
    "lines_added": 3 + 2 + 2,
    "lines_deleted": 1,
    "lines_before": (10 + 20 + 0) / 3,  # a new file starts from nothing
    "subsystems": 2,  # src, web
    "directories": 3,  # src, src/sub, web
    "files": 3,
    # of 8 changed lines: 4 in a.py, 2 in b.py, 2 in c.js
    "entropy": -(4 / 8 * math.log2(4 / 8) + 2 * 2 / 8 * math.log2(2 / 8)),  # = 1.5 bits
    "is_fix": True,
    "developers": 3,  # ana and cleo wrote a.py, ben and cleo b.py
    "age_days": 400.0,  # both were last changed on day 400; c.js has no age
    "unique_changes": 3,  # days 0, 10 and 400; day 400 counts once
    "author_changes": 2,  # days 0 and 500
    "author_recent_changes": 1 + 1 / 3,  # day 500: 300 days old, 1/1; day 0: 800 days, two whole years, 1/3
    "author_subsystem_changes": 1,  # day 0 in src; none in web
}


def test_the_table_names_all_fourteen() -> None:
    assert set(EXPECTED) == set(KAMEI_14)
    assert len(KAMEI_14) == 14


@pytest.mark.parametrize("name", KAMEI_14)
def test_each_metric(told: dict[str, object], name: str) -> None:
    assert told[name] == pytest.approx(EXPECTED[name])


def test_the_rest_of_the_row(told: dict[str, object]) -> None:
    assert told["hunks"] == 4  # a.py: one line gone, three at the end; b.py; c.js
    assert told["author_file_share"] == 1 / 4  # four earlier changes of a.py and b.py, one by ana
    assert (told["files_new"], told["source_lines_added"], told["test_files"]) == (1, 7, 0)
    assert (told["hour"], told["weekday"]) == (0, 800 % 7)  # day 0 was a Monday
    assert told["message_words"] == 4


def test_the_first_change_knows_no_past(story: Story) -> None:
    story.commit("Start", files={"a.py": lines("a"), "b.py": lines("b")})
    values = rows(story)[0].values
    assert (values["developers"], values["unique_changes"], values["author_changes"]) == (0, 0, 0)
    assert (values["age_days"], values["author_file_share"]) == (None, None)
    assert (values["lines_before"], values["author_recent_changes"], values["entropy"]) == (0, 0, 1.0)


@pytest.mark.parametrize(("day", "weight"), [(0.5, 1), (365, 1), (365.25, 1 / 2), (366, 1 / 2), (731, 1 / 3)])
def test_recent_experience_fades_by_whole_years(story: Story, day: float, weight: float) -> None:
    story.commit("Start", files={"a.py": lines("a")})
    story.commit("Then", files={"a.py": lines("b")}, day=day)
    assert rows(story)[1].values["author_recent_changes"] == pytest.approx(weight)


def test_a_renamed_file_keeps_its_past(story: Story) -> None:
    story.commit("Start", by="ben", files={"a.py": lines(*A)})
    story.commit("Move", by="ana", renames={"a.py": "lib/a.py"}, day=2)
    story.commit("Change", by="ana", files={"lib/a.py": lines(*A, "z")}, day=5)
    values = rows(story)[2].values
    assert (values["developers"], values["unique_changes"], values["age_days"]) == (2, 2, 3.0)
    assert values["lines_before"] == 10


def test_a_merge_has_no_row_and_is_no_experience(story: Story) -> None:
    story.commit("Start", files={"a.py": lines("a")})
    story.branch("topic")
    story.commit("Topic", files={"b.py": lines("b")}, on="topic", day=1)
    story.commit("Main", files={"c.py": lines("c")}, day=2)
    story.merge("topic", day=3)
    story.commit("Last", files={"a.py": lines("A")}, day=4)
    found = rows(story)
    assert [row.subject for row in found] == ["Start", "Topic", "Main", "Last"]
    assert found[-1].values["author_changes"] == 3


def test_a_files_length_is_known_behind_a_merge_that_wrote_it(story: Story) -> None:
    story.commit(files={"a.py": lines("one", "two", "three", "four", "five")})
    story.branch("topic")
    story.commit(files={"a.py": lines("one", "two", "three", "four", "theirs")}, on="topic", day=1)
    story.commit(files={"a.py": lines("ours", "two", "three", "four", "five")}, day=2)
    story.merge("topic", day=3, files={"a.py": lines("ours", "two", "three", "both", "four", "theirs")})
    story.commit(files={"a.py": lines("last")}, day=4)
    assert rows(story)[-1].values["lines_before"] == 6


def test_a_length_behind_a_binary_version_is_missing_not_wrong(story: Story) -> None:
    story.commit(files={"a.py": lines(*A)})
    story.commit(files={"a.py": b"\0"}, day=1)
    story.commit(files={"a.py": lines("a")}, day=2)
    story.commit(files={"a.py": lines("b")}, day=3)
    assert [row.values["lines_before"] for row in rows(story)] == [0, 10, None, None]


def test_measures_are_missing_not_zero_where_a_file_cannot_be_measured(story: Story) -> None:
    story.commit(files={"notes.md": lines("# Notes"), "tests/test_a.py": lines("def f(): pass")})
    story.commit(files={"a.py": lines("def f(x):", "    return 1 if x else 2")})
    only_notes, code = history(story.path)
    contents = {blob: lines("def f(x):", "    return 1 if x else 2").encode() for blob in [code.files[0].new_blob]}
    measured = describe(code, Past(), touch(code, lambda path, blob: read(path, contents[blob]))).values
    absent = describe(only_notes, Past(), touch(only_notes, lambda path, blob: None)).values
    names = [name for name in measured if name.startswith(("cyclomatic", "cognitive", "functions", "halstead"))]
    assert all(absent[name] is None for name in [*names, "comment_share", "imports", "nesting_max"])
    assert (measured["cyclomatic"], measured["cyclomatic_delta"], measured["functions"]) == (2, 2, 1)
