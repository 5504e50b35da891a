"""Files where git or we would look for others: pointers elsewhere, devices, things that never end."""

import os
import subprocess
from pathlib import Path

import pytest
from story import LINK, SUBMODULE, Story, git, history, lines, mined

from faultcast.adapters.repositories import canonical
from faultcast.errors import NotARepository, RepositoryError, UnknownRevision, UnsafeRepository
from faultcast.history import open_repository
from faultcast.history.git import locate


def plain(story: Story) -> None:
    story.commit("One", files={"a.py": lines("a"), "b.txt": lines("b")})
    story.commit("Two", files={"a.py": lines("A"), "b.txt": lines("B")}, day=1)


@pytest.mark.parametrize(
    "place", ["ab/cdef", "pack/pack-1.idx", "pack/pack-1.pack", "info/alternates", "info/commit-graph"]
)
def test_an_object_that_never_ends_is_refused_before_git_opens_it(story: Story, place: str) -> None:
    plain(story)
    path = story.git_dir / "objects" / place
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path)
    with pytest.raises(UnsafeRepository, match="found a FIFO, expected a plain file"):
        mined(story.path)


def test_a_link_to_a_device_among_the_objects_is_refused(story: Story) -> None:
    plain(story)
    place = story.loose(story.blob(lines("a")))
    place.unlink()
    place.symlink_to("/dev/zero")
    with pytest.raises(UnsafeRepository, match="found a device"):
        mined(story.path)


def test_a_fifo_behind_an_alternate_is_found_too(story: Story, tmp_path: Path) -> None:
    plain(story)
    git(tmp_path, "clone", "-q", "--shared", "--bare", str(story.path), "second")
    git(tmp_path, "clone", "-q", "--shared", "--bare", "second", "third")
    expected = history(story.path)
    assert history(tmp_path / "third") == expected
    os.mkfifo(story.git_dir / "objects" / "pack" / "x.pack")
    with pytest.raises(UnsafeRepository, match="FIFO"):
        mined(tmp_path / "third")


def test_alternates_in_a_circle_or_nowhere_do_not_matter(story: Story) -> None:
    plain(story)
    expected = history(story.path)
    objects = story.git_dir / "objects"
    (objects / "info").mkdir(exist_ok=True)
    (objects / "info" / "alternates").write_bytes(b"%s\n/nowhere\n\0\n\xff\n#\n\n" % str(objects).encode())
    assert history(story.path) == expected


@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs", "commondir"])
@pytest.mark.parametrize("kind", ["fifo", "device", "sparse"])
def test_what_git_reads_first_may_be_no_file_at_all(
    story: Story, name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain(story)
    monkeypatch.setattr("faultcast.history.git.ASK_SECONDS", 0.5)
    place = story.git_dir / name
    place.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    else:
        place.touch()
        os.truncate(place, 2**40)
    try:
        found = len(mined(story.path)[0])
    except RepositoryError:
        return
    assert found == 2


def test_a_gitfile_is_followed_and_nothing_else(story: Story, tmp_path: Path) -> None:
    """As git does: that is how linked work trees and submodules lie on a disk."""
    plain(story)
    for name, text in (("good", f"gitdir: {story.git_dir}"), ("loop", "gitdir: ."), ("far", "gitdir: " + "../" * 5000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".git").write_text(text)
    assert history(tmp_path / "good") == history(story.path)
    for name in ("loop", "far"):
        with pytest.raises(NotARepository):
            locate(tmp_path / name)


@pytest.mark.parametrize(
    "path", ["a\0b", "x" * 5000, "/" + "y/" * 3000, "~nobody-of-this-name/x", "circle", "/dev/zero", "/dev/null", "/proc/self/fd/0",
             "--upload-pack=touch x", "-", ""],
)  # fmt: skip
def test_a_path_that_leads_nowhere_is_refused(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(NotARepository):
        canonical(path)
    with pytest.raises(NotARepository):
        locate(Path(path))


@pytest.mark.parametrize(
    "revision",
    ["--upload-pack=touch x", "-O/tmp/x", "-c core.pager=x", "--git-dir=/tmp", "--exec-path=/tmp", "@{999999}", "@{-1}",
     "HEAD@{upstream}", "HEAD^{/(a+)+$}", ":/^(a+)+$", "HEAD^{/" + "(" * 200 + "}", "HEAD^{object", "HEAD~99999999999",
     "HEAD^99999", "..", "...", "HEAD...HEAD", "^HEAD", "!HEAD", "main:", ":0:a.py", "@{1.year.ago" + "x" * 300, "x" * 2_000,
     "x" * 3_000_000, "HEAD\n--all", "HEAD\0", "\ud800", "refs/heads/../../config", "../../etc/passwd", "FETCH_HEAD",
     "HEAD^{commit}^{tree}", "*", "refs/heads/*", "\x1b[31m", "HEAD --", "$HOME", "`id`", "|id"],
)  # fmt: skip
def test_hostile_revisions_name_no_commit(story: Story, revision: str) -> None:
    story.commit("a" * 60 + "!", files={"a.py": lines("a")})
    with open_repository(story.path) as repository, pytest.raises(UnknownRevision) as caught:
        repository.tip(revision)
    assert len(str(caught.value)) < 4000


def test_replacements_and_grafts_do_not_change_the_history(story: Story) -> None:
    plain(story)
    other = story.commit("Other", files={"evil.py": lines("e")}, parents=[], on="other")
    expected = history(story.path)
    git(story.path, "replace", "-f", story.tips["main"], other)
    (story.git_dir / "info").mkdir(exist_ok=True)
    (story.git_dir / "info" / "grafts").write_text(f"{story.tips['main']} {other}\n")
    assert history(story.path) == expected


def test_submodules_links_and_attributes_of_the_tree_lead_nowhere(story: Story, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    run = tmp_path / "run.sh"
    run.write_text(f"#!/bin/sh\ntouch {marker}\n")
    run.chmod(0o755)
    story.commit(
        "Everything",
        files={
            ".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = ext::{run}\n\tupdate = !{run}\n\tfetchRecurseSubmodules = true\n',
            ".gitattributes": "* diff=evil filter=evil ident working-tree-encoding=UTF-16\n*.py binary\n",
            ".mailmap": "Ana <ana@example.org> <b@example.org>\n",
            ".git-blame-ignore-revs": f"!{run}\n",
            "a.py": lines("a"),
        },
        entries={
            "x": (SUBMODULE, "1" * 40),
            "outside": (LINK, story.blob("/etc/passwd")),
            "up": (LINK, story.blob("../../../..")),
        },
    )
    files = {file.path: file for file in history(story.path)[0].files}
    assert not any(files[name].is_text_file for name in ("x", "outside", "up"))
    assert files["a.py"].lines_added == 1, "an attribute of the tree makes nothing binary"
    assert not marker.exists()


def test_a_pointer_of_lfs_is_the_small_text_that_git_holds(story: Story) -> None:
    """Nothing is downloaded: the text names a server, an id and a size."""
    pointer = lines("version https://git-lfs.github.com/spec/v1", f"oid sha256:{'0' * 64}", "size 5000000000")
    story.commit(files={"model.bin": pointer, ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    (story.git_dir / "config").write_text('[filter "lfs"]\n\tprocess = false\n\tsmudge = false\n\trequired = true\n')
    file = next(file for file in history(story.path)[0].files if file.path == "model.bin")
    assert (file.lines_added, file.is_binary, file.is_text_file) == (3, False, True)
    with open_repository(story.path) as repository:
        assert list(repository.blobs([file.new_blob])) == [(file.new_blob, pointer.encode())]


def test_a_partial_clone_fetches_nothing_and_says_what_it_lacks(story: Story, tmp_path: Path) -> None:
    plain(story)
    git(story.path, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--bare", "--filter=blob:none", f"file://{story.path}", "partial")
    commits, skipped = mined(tmp_path / "partial")
    assert [[file.path for file in commit.files] for commit in commits] == [["a.py", "b.txt"]] * 2
    assert all(file.is_binary for commit in commits for file in commit.files)
    assert {skip.commit for skip in skipped} == {commit.id for commit in commits}
    listed = subprocess.run(
        ["git", "-C", tmp_path / "partial", "rev-list", "--objects", "--missing=print", "HEAD"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert listed.count("?") == 4, "the blobs are still not there"


def test_dates_that_run_backwards_do_not_reorder_a_line_of_parents(story: Story) -> None:
    for number, day in enumerate((10, 3, 7, 1)):
        story.commit(f"Change {number}", files={"a.py": lines(str(number))}, day=day)
    assert [commit.subject for commit in history(story.path)] == [f"Change {number}" for number in range(4)]


def test_a_revert_and_a_squash_are_changes_like_others(story: Story) -> None:
    plain(story)
    story.commit('Revert "Two"', files={"a.py": lines("a"), "b.txt": lines("b")}, day=2)
    story.commit("Squash (#12)\n\n* first\n* second", files={"a.py": lines("c"), "c.py": lines("c")}, day=3)
    _, two, revert, squash = history(story.path)
    assert {file.new_blob for file in revert.files} == {file.old_blob for file in two.files}
    assert (len(squash.parents), [file.path for file in squash.files]) == (1, ["a.py", "c.py"])
