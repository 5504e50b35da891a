"""What git can say about a change, and how it arrives in our records."""

import pytest
from story import LINK, PROGRAM, START, SUBMODULE, Story, git, history, lines

from faultcast.history.git import BIG_FILE_BYTES
from faultcast.history.stream import LATEST_INSTANT
from faultcast.records import FileChange, Hunk


def last_file(story: Story) -> FileChange:
    (file,) = history(story.path)[-1].files
    return file


def test_a_plain_change_has_its_hunk(story: Story) -> None:
    story.commit(files={"a.py": lines("one", "two", "three")})
    story.commit("Say deux", files={"a.py": lines("one", "deux", "three")}, day=2)
    first, second = history(story.path)

    assert first.files[0].status == "A"
    assert first.files[0].hunks == (Hunk(0, 0, 1, 3, (), ("one", "two", "three")),)
    assert second.files[0].hunks == (Hunk(2, 1, 2, 1, ("two",), ("deux",)),)
    assert (second.files[0].lines_added, second.files[0].lines_deleted) == (1, 1)
    assert second.files[0].old_blob == first.files[0].new_blob
    assert second.message == "Say deux"
    assert second.parents == (first.id,)
    assert second.committed_at == START + 2 * 86_400
    assert [first.position, second.position] == [0, 1]


def test_a_deleted_file_has_no_new_blob(story: Story) -> None:
    story.commit(files={"a.py": lines("one"), "b.py": lines("two")})
    story.commit(files={"a.py": None})
    file = last_file(story)
    assert (file.status, file.new_blob, file.lines_deleted) == ("D", "", 1)


def test_a_rename_keeps_its_old_path(story: Story) -> None:
    story.commit(files={"old.py": lines(*(f"line {n}" for n in range(20)))})
    story.commit(renames={"old.py": "new.py"})
    file = last_file(story)
    assert (file.status, file.old_path, file.path) == ("R", "old.py", "new.py")
    assert file.old_blob == file.new_blob
    assert file.hunks == ()


def test_a_rename_with_a_change_has_both(story: Story) -> None:
    text = [f"line {n}" for n in range(20)]
    story.commit(files={"old.py": lines(*text)})
    story.commit(renames={"old.py": "lib/new.py"}, files={"lib/new.py": lines(*text[:-1], "other")})
    file = last_file(story)
    assert (file.status, file.old_path, file.lines_added, file.lines_deleted) == ("R", "old.py", 1, 1)


def test_a_copy_is_an_added_file(story: Story) -> None:
    story.commit(files={"a.py": lines("one", "two", "three")})
    story.commit(files={"b.py": lines("one", "two", "three")})
    assert (last_file(story).status, last_file(story).lines_added) == ("A", 3)


def test_a_mode_change_changes_no_line(story: Story) -> None:
    story.commit(files={"run.sh": lines("echo")})
    story.commit(modes={"run.sh": PROGRAM})
    file = last_file(story)
    assert (file.status, file.hunks, file.old_blob) == ("M", (), file.new_blob)


def test_a_file_that_becomes_a_link_does_not_shift_its_neighbours(story: Story) -> None:
    story.commit(files={"a.py": lines("a"), "b.py": lines("b"), "c.py": lines("c")})
    story.commit(entries={"b.py": (LINK, story.blob("a.py"))}, files={"a.py": lines("A"), "c.py": lines("C")})
    a, b, c = history(story.path)[-1].files
    assert (b.status, b.is_text_file, b.hunks, b.lines_added) == ("T", False, (), 0)
    assert (a.hunks[0].added, c.hunks[0].added) == (("A",), ("C",))


def test_a_link_is_no_text_file(story: Story) -> None:
    story.commit(entries={"link": (LINK, story.blob("somewhere"))}, files={"z.py": lines("z")})
    link, z = history(story.path)[-1].files
    assert (link.is_text_file, link.lines_added, z.lines_added) == (False, 0, 1)


def test_a_submodule_is_no_text_file(story: Story) -> None:
    story.commit(entries={"lib": (SUBMODULE, "1" * 40)}, files={"z.py": lines("z")})
    story.commit(entries={"lib": (SUBMODULE, "2" * 40)}, files={"z.py": lines("y")})
    lib, z = history(story.path)[-1].files
    assert (lib.is_text_file, lib.lines_added, lib.hunks) == (False, 0, ())
    assert z.hunks[0].deleted == ("z",)


def test_a_binary_file_has_no_lines(story: Story) -> None:
    story.commit(files={"logo.png": b"\x89PNG\0\0\n", "z.py": lines("z")})
    logo, z = history(story.path)[-1].files
    assert (logo.is_binary, logo.lines_added, z.is_binary, z.lines_added) == (True, 0, False, 1)


def test_a_huge_file_counts_as_binary(story: Story) -> None:
    story.commit(files={"dump.sql": b"insert\n" * (BIG_FILE_BYTES // 7 + 1), "z.py": lines("z")})
    dump, z = history(story.path)[-1].files
    assert (dump.is_binary, dump.hunks, z.lines_added) == (True, (), 1)


def test_an_empty_file_and_an_empty_commit(story: Story) -> None:
    story.commit(files={"empty.py": "", "z.py": lines("z")})
    story.commit("Nothing at all")
    first, second = history(story.path)
    assert [(file.path, file.lines_added) for file in first.files] == [("empty.py", 0), ("z.py", 1)]
    assert (second.files, second.subject) == ((), "Nothing at all")


def test_two_roots_meet_in_a_merge(story: Story) -> None:
    story.commit(files={"a.py": lines("a")})
    story.commit(files={"b.py": lines("b")}, parents=[], tree={}, on="other")
    story.merge("other", day=1)
    first, second, merge = history(story.path)
    assert first.parents == second.parents == ()
    assert (merge.is_merge, merge.files, merge.merged) == (True, (), ())
    assert {first.files[0].path, second.files[0].path} == {"a.py", "b.py"}


def test_a_clean_merge_changes_nothing_of_its_own(story: Story) -> None:
    story.commit(files={"a.py": lines("a"), "b.py": lines("b")})
    story.branch("topic")
    story.commit(files={"b.py": lines("B")}, on="topic", day=1)
    story.commit(files={"a.py": lines("A")}, day=2)
    story.merge("topic", day=3)
    merge = history(story.path)[-1]
    assert (len(merge.parents), merge.files, merge.merged) == (2, (), ())


def conflict(story: Story, result: str, *, ours: str = "ours", theirs: str = "theirs") -> None:
    story.commit(files={"a.py": lines("top", "base", "end")})
    story.branch("topic")
    story.commit(files={"a.py": lines("top", theirs, "end")}, on="topic", day=1)
    story.commit(files={"a.py": lines("top", ours, "end")}, day=2)
    story.merge("topic", day=3, files={"a.py": result})


def test_a_resolved_conflict_tells_what_is_its_own(story: Story) -> None:
    conflict(story, lines("top", "ours", "mine alone", "theirs", "end"))
    merge = history(story.path)[-1]
    (file,) = merge.merged
    assert (file.path, len(file.parent_blobs), file.new_blob != "") == ("a.py", 2, True)
    marks = [pair for hunk in file.hunks for pair in hunk.lines]
    changed = [pair for pair in marks if pair[0].strip()]
    assert changed == [(" +", "ours"), ("++", "mine alone"), ("+ ", "theirs")]


def test_a_conflict_resolved_by_deleting_the_first_lines(story: Story) -> None:
    conflict(story, lines("end"))
    (file,) = history(story.path)[-1].merged
    marks = sorted(pair for hunk in file.hunks for pair in hunk.lines if pair[0].strip())
    assert marks == sorted([("--", "top"), ("- ", "ours"), (" -", "theirs")])


def test_a_line_alone_between_two_changes_of_a_merge_is_not_lost(story: Story) -> None:
    """Git leaves it out of a combined diff without context, which would shift the origins behind it."""
    story.commit(files={"a.py": lines("one", "two", "three")})
    story.branch("topic")
    story.commit(files={"a.py": lines("one", "OURS", "two", "three")}, day=1)
    story.commit(files={"a.py": lines("one", "two", "three", "THEIRS")}, on="topic", day=1)
    story.merge("topic", day=2, files={"a.py": lines("one", "OURS", "two", "MINE", "three", "THEIRS")})
    (file,) = history(story.path)[-1].merged
    shown = [text for hunk in file.hunks for marks, text in hunk.lines if "-" not in marks]
    assert shown == ["one", "OURS", "two", "MINE", "three", "THEIRS"]


def test_an_address_in_a_resolved_conflict_does_not_eat_its_marks(story: Story) -> None:
    conflict(story, lines("top", "me@example.org", "it@example.org # both", "end"))
    (file,) = history(story.path)[-1].merged
    added = [pair for hunk in file.hunks for pair in hunk.lines if pair[0] == "++"]
    assert added == [("++", "(address)"), ("++", "(address) # both")]


def test_an_octopus_has_all_its_parents(story: Story) -> None:
    story.commit(files={"a.py": lines("base")})
    for number in range(3):
        story.branch(f"topic{number}")
        story.commit(files={"a.py": lines(f"side {number}")}, on=f"topic{number}", day=1 + number)
    story.merge("topic0", "topic1", "topic2", day=9, files={"a.py": lines("octopus")})
    merge = history(story.path)[-1]
    (file,) = merge.merged
    assert (len(merge.parents), len(file.parent_blobs)) == (4, 4)
    assert ("++++", "octopus") in [pair for hunk in file.hunks for pair in hunk.lines]


def test_line_ends_are_kept_apart(story: Story) -> None:
    story.commit(files={"dos.txt": "one\r\ntwo\r\n", "bare.txt": "no newline"})
    story.commit(files={"dos.txt": "one\r\nzwei\r\n", "bare.txt": "no newline\nbut now\n"})
    bare, dos = history(story.path)[-1].files
    assert (dos.hunks[0].deleted, dos.hunks[0].added) == (("two\r",), ("zwei\r",))
    assert (bare.hunks[0].deleted, bare.hunks[0].added) == (("no newline",), ("no newline", "but now"))


def test_a_lone_carriage_return_or_form_feed_ends_no_line(story: Story) -> None:
    story.commit(files={"odd.py": "a\rb\x0cc\u2028d\x85e\n", "z.py": lines("z")})
    odd, z = history(story.path)[-1].files
    assert (odd.lines_added, odd.hunks[0].added) == (1, ("a\rb\x0cc\u2028d\x85e",))
    assert z.hunks[0].added == ("z",)


ODD_PATHS = [
    b"with space.py",
    b'quote".py',
    b"single'.py",
    b"new\nline.py",
    b"tab\t.py",
    b"back\\slash.py",
    b"latin-\xe9.py",
    "ünï/cödé.py".encode(),
    b"-rf.py",
    b":(glob)*.py",
    b"a => b/{c}.py",
    b"diff --git a.py",
]


def test_odd_paths_arrive_as_they_are(story: Story) -> None:
    story.commit(files={path: lines(f"file {number}") for number, path in enumerate(ODD_PATHS)})
    files = {file.path: file.hunks[0].added for file in history(story.path)[0].files}
    expected = {path.decode("utf-8", "backslashreplace"): number for number, path in enumerate(ODD_PATHS)}
    assert files == {path: (f"file {number}",) for path, number in expected.items()}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"caf\xe9", "caf\\xe9"),
        ("smile ☺", "smile ☺"),
        (b"one\r\ntwo", "one\r\ntwo"),
        (b"", ""),
        (b"\x01\x01 marker\n\x01", "\x01\x01 marker\n\x01"),
        (b"diff --git a/a.py b/a.py\n@@ -1 +1 @@\n-x\n+y", "diff --git a/a.py b/a.py\n@@ -1 +1 @@\n-x\n+y"),
        (b":100644 100644 aaaa bbbb M", ":100644 100644 aaaa bbbb M"),
    ],
)
def test_messages_of_any_kind(story: Story, message: bytes, expected: str) -> None:
    story.commit(message, files={"a.py": lines("a")})
    commit = history(story.path)[0]
    assert commit.message == expected
    assert [file.path for file in commit.files] == ["a.py"]


def test_a_message_in_a_declared_encoding_is_read_in_it(story: Story) -> None:
    story.commit("café".encode("latin-1"), files={"a.py": "a"}, headers=b"encoding ISO-8859-1\n")
    assert history(story.path)[0].message == "café"


def test_content_that_looks_like_a_patch_is_content(story: Story) -> None:
    patch = lines(
        "diff --git a/x b/x", "--- a/x", "+++ b/x", "@@ -1,9 +1,9 @@", "-old", "+new", "\\ No newline", "\x01"
    )
    story.commit(files={"a.patch": patch, "b.py": lines("b")})
    story.commit(files={"a.patch": lines("@@ -0,0 +1,7 @@") + patch, "b.py": lines("B")})
    first, second = history(story.path)
    assert first.files[0].hunks[0].added == tuple(patch.rstrip("\n").split("\n"))
    assert [file.lines_added for file in first.files] == [8, 1]
    assert second.files[0].hunks[0].added == ("@@ -0,0 +1,7 @@",)
    assert second.files[1].hunks[0].deleted == ("b",)


def test_an_address_in_a_line_does_not_eat_the_lines_mark(story: Story) -> None:
    story.commit(files={"a.py": lines("me@example.org", "x")})
    story.commit(files={"a.py": lines("you@example.org", "x")})
    hunk = last_file(story).hunks[0]
    assert (hunk.deleted, hunk.added) == (("(address)",), ("(address)",))


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("-86400 +0000", "-1 +0000"), (0, 0)),
        (("0 +0000", "1 -1200"), (0, 1)),
        (("99999999999 +0000", "4102444801 +1400"), (LATEST_INSTANT, LATEST_INSTANT)),
        (("18446744073709551615 +0000", "1609718400 +9999"), None),
    ],
)
def test_dates_out_of_this_world(story: Story, dates: tuple[str, str], expected: tuple[int, int] | None) -> None:
    story.commit(files={"a.py": "a"}, dates=dates)
    commit = history(story.path)[0]
    if expected is None:  # git has its own opinion; what counts is that the instants can be worked with
        assert 0 <= commit.authored_at <= LATEST_INSTANT
        assert 0 <= commit.committed_at <= LATEST_INSTANT
    else:
        assert (commit.authored_at, commit.committed_at) == expected


@pytest.mark.parametrize(
    "author", [b"<>", b" <x>", b"A < <b>> c", b"J\xf6rg <j@example.org>", b"no address", b"\x01 <a>"]
)
def test_authors_that_git_can_barely_read(story: Story, author: bytes) -> None:
    story.commit("Hello", files={"a.py": "a"}, author=author)
    commit = history(story.path)[0]
    assert commit.author.startswith("author-")
    assert (commit.message, commit.files[0].path) == ("Hello", "a.py")


def test_sha256_repositories_are_read(tmp_path: object) -> None:
    story = Story(tmp_path / "repository", "sha256")  # type: ignore[operator]
    story.commit(files={"a.py": lines("a")})
    story.commit(files={"a.py": lines("b")})
    story.commit(files={"a.py": None})
    commits = history(story.path)
    assert [len(commit.id) for commit in commits] == [64, 64, 64]
    assert [commit.files[0].status for commit in commits] == ["A", "M", "D"]
    assert (commits[0].files[0].old_blob, commits[2].files[0].new_blob) == ("", "")


def test_a_packed_repository_reads_like_a_loose_one(story: Story) -> None:
    conflict(story, lines("top", "both", "end"))
    before = history(story.path)
    git(story.path, "gc", "-q", "--prune=now")
    assert history(story.path) == before
