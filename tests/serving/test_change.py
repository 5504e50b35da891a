"""A change on the wire is the change that git told of, or it is refused with a reason."""

import json

import pytest

from faultcast.errors import BadChange
from faultcast.features import Past, describe, touch
from faultcast.measures import read
from serving.wire.change import UNKNOWN_BLOB, blob_id, parse, to_instance
from serving.wire.hunks import compare

HUNK = {"old_start": 1, "old_lines": 1, "new_start": 1, "new_lines": 1, "deleted": ["a"], "added": ["b"]}
GOOD = {"message": "m", "author": "x", "authored_at": 5, "files": [{"path": "a.py", "before": "a\n", "after": "b\n"}]}


def test_every_commit_gives_the_same_row_through_the_wire_as_in_training(story):
    """Binary files, Latin-1 source, deletions and all: no skew."""
    for commit, stored in zip(story.commits, story.rows, strict=True):
        sent = json.dumps(to_instance(commit, story.contents))
        parsed = parse(json.loads(sent), "change")
        found = parsed.contents
        touched = touch(
            parsed.commit, lambda path, blob, found=found: read(path, found[blob]) if blob in found else None
        )
        row = describe(parsed.commit, Past.load(story.home / f"past-{commit.position}.json.z"), touched)
        assert row == stored, commit.subject


def test_a_content_has_the_name_that_git_gives_it(story):
    for name, content in story.contents.items():
        assert blob_id(content) == name


def test_hunks_that_were_not_sent_are_compared_here_and_the_answer_says_so(story):
    commit = story.commits[-1]
    sent = to_instance(commit, story.contents)
    for file in sent["files"]:
        del file["hunks"]
    parsed = parse(sent, "change")
    assert parsed.commit.files == commit.files  # git and difflib agree on a change this small
    assert [one.field for one in parsed.assumed] == ["files[src/cart.py].hunks"]


def test_pure_insertions_and_deletions_are_numbered_as_git_does():
    (inserted,) = compare("a\nb\n", "a\nx\nb\n")
    assert (inserted.old_start, inserted.old_lines, inserted.new_start, inserted.new_lines) == (1, 0, 2, 1)
    (deleted,) = compare("a\nx\nb\n", "a\nb\n")
    assert (deleted.old_start, deleted.old_lines, deleted.new_start, deleted.new_lines) == (2, 1, 1, 0)


def test_what_is_missing_is_named_with_what_stands_in_for_it():
    parsed = parse({"files": [{"path": "a.py", "hunks": [HUNK]}]}, "change")
    assert {one.field for one in parsed.assumed} == {
        "message", "author", "authored_at", "reviewers",
        "files[a.py].status", "files[a.py].before", "files[a.py].after",
    }  # fmt: skip
    assert (parsed.commit.files[0].status, parsed.commit.files[0].new_blob) == ("M", UNKNOWN_BLOB)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"files": "a.py"}, r"change\.files: expected a list, found a text"),
        ({"message": "m"}, r"change\.files: expected a list, found nothing"),
        ({"files": [3]}, r"change\.files\[0\]: expected an object with a path, found a number"),
        ({"files": [{}]}, r"files\[0\]\.path: expected a text, found nothing"),
        ({"files": [{"path": ""}]}, r"expected a path inside the repository"),
        ({"files": [{"path": "a"}]}, r"found neither hunks nor before and after"),
        ({"files": [{"path": "a", "hunks": [{**HUNK, "added": []}]}]}, None),
        ({"files": [{"path": "a", "hunks": [{**HUNK, "added": ["b", "c"]}]}]}, r"found 2 lines, expected 1"),
        ({"files": [{"path": "a", "hunks": [{**HUNK, "added": [1]}]}]}, r"added\[0\]: expected a line of text"),
        ({"files": [{"path": "a", "hunks": [{**HUNK, "old_start": -1}]}]}, r"from 0 on, found -1"),
        ({"files": [{"path": "a", "hunks": [{**HUNK, "old_start": True}]}]}, r"from 0 on, found True"),
        ({"files": [{"path": "a", "hunks": [{**HUNK, "old_start": 1.5}]}]}, r"from 0 on, found 1\.5"),
        ({"files": [{"path": "a", "after": "b", "status": "X"}]}, r"expected A, M, D, R or T .* found 'X'"),
        ({"files": [{"path": "a", "after": "b", "status": "R"}]}, r"old_path: found nothing else than path"),
        ({"files": [{"path": "a", "after": {"base64": "?"}}]}, r"after\.base64: expected base64"),
        ({"files": [{"path": "a", "after": "b", "new_blob": "HEAD"}]}, r"expected a blob id of 40 or 64 hex digits"),
        ({"files": [{"path": "a", "after": "b", "is_binary": 1}]}, r"expected true or false, found a number"),
        ({"files": [{"path": "a", "after": "b\n" * 30_000}]}, r"30,000 lines .* at most 20,000"),
        ({**GOOD, "messsage": "typo"}, r"unknown field 'messsage'; known are commit, repository, message"),
        ({**GOOD, "message": None, "author": 7}, r"author: expected a text, found a number"),
        ({**GOOD, "reviewers": "ana"}, r"change\.reviewers: expected a list, found a text"),
        ({**GOOD, "reviewers": [3]}, r"reviewers\[0\]: expected the pseudonym of a reviewer, found a number"),
        ({**GOOD, "authored_at": "yesterday"}, r"authored_at: expected unix seconds or an ISO 8601 instant"),
        ({**GOOD, "authored_at": -1}, r"found -1"),
        ({**GOOD, "authored_at": True}, r"found True"),
        ({**GOOD, "authored_at": 1e300}, r"found 1e\+300"),
    ],
)
def test_a_malformed_change_is_refused_with_place_found_and_expected(change, complaint):
    if complaint is None:  # lines may be left out altogether, as the history does in huge changes
        assert parse(change, "change").commit.files[0].lines_added == 1
        return
    with pytest.raises(BadChange, match=complaint):
        parse(change, "change")


def test_one_instant_stands_in_for_the_other_and_nothing_is_said_of_files_that_are_not_measured():
    for sent in ({"authored_at": 7}, {"committed_at": 7}):
        parsed = parse({"message": "m", "author": "x", "reviewers": [], "files": [], **sent}, "change")
        assert parsed.commit.authored_at == parsed.commit.committed_at == 7
        assert [one.field for one in parsed.assumed] == list({"authored_at", "committed_at"} - set(sent))
    text = {"path": "a.md", "status": "M", "hunks": [HUNK]}
    at = {"message": "m", "author": "x", "reviewers": [], "authored_at": 5, "committed_at": 5}
    assert parse({**at, "files": [{**text, "old_blob": "1" * 40}]}, "change").assumed == ()
    assert [one.field for one in parse({**at, "files": [text]}, "change").assumed] == ["files[a.md].before"]


def test_lines_that_a_hunk_counts_and_does_not_tell_are_said_to_be_unknown():
    counted = {name: value for name, value in HUNK.items() if name not in ("deleted", "added")}
    sent = {**GOOD, "files": [{**GOOD["files"][0], "hunks": [counted]}]}
    assert "files[a.py].hunks" in {one.field for one in parse(sent, "change").assumed}


def test_reviewers_go_over_the_wire_once_each():
    commit = parse({**GOOD, "reviewers": ["b", "a", "b"]}, "change").commit
    assert commit.reviewers == ("b", "a")
    assert parse(to_instance(commit, {}) | {"files": GOOD["files"]}, "change").commit.reviewers == ("b", "a")


def test_an_instant_may_be_seconds_or_iso():
    same = [1_772_366_400, 1_772_366_400.0, "2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00"]
    assert {parse({**GOOD, "authored_at": one}, "change").commit.authored_at for one in same} == {1_772_366_400}
