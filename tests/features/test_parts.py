"""A change with one of its parts alone: its lines, its numbers, its words; and a risk for each."""

from dataclasses import replace

import pytest
from story import Story, history

from faultcast.features import Past, describe
from faultcast.features.measured import touched_history
from faultcast.features.parts import MOST_PARTS, describe_part, parts, restricted
from faultcast.features.touched import OUTSIDE
from faultcast.history import open_repository
from faultcast.models.baseline import Baseline
from faultcast.steps.parts import risks_of_parts

BUCKET = 'resource "aws_s3_bucket" "logs" {\n  bucket = "a"\n}\n'
QUEUE = 'resource "aws_sqs_queue" "jobs" {\n  name = "b"\n}\n'
COUNTED = 'resource "aws_s3_bucket" "logs" {\n  count  = var.keep ? 1 : 0\n  bucket = "a"\n  acl    = "private"\n}\n'


@pytest.fixture
def blocks(story: Story) -> Story:
    """Two blocks change, a variable comes, a file that cannot be read and one that is no source code."""
    story.commit("Start", files={"main.tf": BUCKET + QUEUE, "run.sh": "a\n", "notes.md": "a\n"})
    added = 'variable "keep" {}\n'
    changed = COUNTED + QUEUE.replace('"b"', '"c"') + added
    story.commit("Change", day=2, files={"main.tf": changed, "run.sh": "b\n", "notes.md": "b\n"})
    return story


def test_each_block_is_a_part_and_the_parts_are_the_change(blocks: Story) -> None:
    commit = history(blocks.path)[-1]
    with open_repository(blocks.path) as repository:
        ((_, touched),) = touched_history(repository, [commit])
    found = parts(commit, touched)
    assert [(part.path, part.name) for part in found] == [
        ("main.tf", "aws_s3_bucket.logs"), ("main.tf", "aws_sqs_queue.jobs"), ("run.sh", OUTSIDE),
        ("main.tf", "variable.keep" if found[3].name.startswith("variable") else "var.keep"),
    ]  # fmt: skip
    past = Past()
    whole = describe(commit, past, touched)
    alone = [describe_part(commit, touched, part, whole) for part in found]
    added = sum(row.values["lines_added"] or 0 for row in alone)
    assert added == sum(file.lines_added for file in commit.files if file.path != "notes.md")
    assert [row.values["cyclomatic_delta"] for row in alone] == [1, 0, None, 1]
    assert [row.values["functions_touched"] for row in alone] == [1, 1, None, 1]
    assert [row.values["files"] for row in alone] == [1, 1, 1, 1]
    assert "count" in alone[0].text
    assert "sqs" not in alone[0].text.replace(alone[0].text.split("\n")[0], "")
    past_features = ("prior_faults", "developers", "author_changes", "age_days")
    assert all(row.values[name] == whole.values[name] for row in alone for name in past_features)


def test_a_hunk_over_two_functions_is_divided(story: Story) -> None:
    before = "def f():\n    return 1\ndef g():\n    return 1\n"
    story.commit(files={"a.py": before})
    story.commit(
        files={"a.py": before.replace("return 1\ndef g():\n    return 1", "a = 2\ndef g():\n    b = 3\n    c = 4")}
    )
    commit = history(story.path)[-1]
    with open_repository(story.path) as repository:
        ((_, touched),) = touched_history(repository, [commit])
    alone = {}
    for part in parts(commit, touched):
        only, _ = restricted(commit, touched, part)
        alone[part.name] = [(hunk.deleted, hunk.added) for hunk in only.files[0].hunks]
        assert (part.lines_added, part.lines_deleted) == (only.files[0].lines_added, only.files[0].lines_deleted)
    assert alone == {
        "f": [(("    return 1",), ("    a = 2",))],
        "g": [(("    return 1",), ("    b = 3", "    c = 4"))],
    }


def test_a_part_has_a_risk_its_numbers_and_what_became_of_them(blocks: Story) -> None:
    commit = history(blocks.path)[-1]
    with open_repository(blocks.path) as repository:
        ((_, touched),) = touched_history(repository, [commit])
        row = describe(commit, Past(), touched)
        found = risks_of_parts(Baseline(2.0), repository, commit, row)
        assert risks_of_parts(Baseline(2.0), repository, replace(commit, files=()), row) == []
    first = found[0]
    assert (first["path"], first["name"], first["start_line"], first["end_line"]) == (
        "main.tf", "aws_s3_bucket.logs", 1, 5,
    )  # fmt: skip
    assert (first["before"]["cyclomatic"], first["after"]["cyclomatic"], first["delta"]["cyclomatic"]) == (1, 2, 1)
    assert first["delta"]["lines"] == 2
    assert (found[-1]["before"], found[-1]["delta"]) == (None, None)
    assert [part["risk"] for part in found] == sorted((part["risk"] for part in found), reverse=True)
    assert first["risk"] > found[-1]["risk"]


def test_parts_are_bounded(story: Story) -> None:
    story.commit(files={f"{number}.py": "def f():\n    return 1\n" for number in range(50)})
    commit = history(story.path)[0]
    with open_repository(story.path) as repository:
        ((_, touched),) = touched_history(repository, [commit])
    assert len(parts(commit, touched)) == MOST_PARTS
