"""Repositories that want to run something, or to be changed, or to stop the reading."""

import os
from pathlib import Path

import pytest
from story import KEY, PROGRAM, Story, clean_environment, git, history, lines, mined

from faultcast.errors import (
    EmptyRepository,
    MissingObject,
    NotARepository,
    RepositoryError,
    ShallowRepository,
    UnknownRevision,
)
from faultcast.history import Pseudonyms, mine, open_repository, store
from faultcast.history.git import ancestry, locate


def plain(story: Story) -> None:
    story.commit("One", files={"a.py": lines("a"), "b.txt": lines("b")})
    story.commit("Two", files={"a.py": lines("A"), "b.txt": lines("B")}, day=1)


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (status.st_mtime_ns, status.st_mode, content)
    return found


HOSTILE = """
[core]
    repositoryformatversion = 1
    fsmonitor = {run}
    hooksPath = {hooks}
    sshCommand = {run}
    gitProxy = {run}
    pager = {run}
    editor = {run}
    askPass = {run}
    alternateRefsCommand = {run}
    attributesFile = {attributes}
[extensions]
    partialClone = origin
[remote "origin"]
    url = ext::{run}
    promisor = true
    partialclonefilter = blob:none
    uploadpack = {run}
[log]
    showSignature = true
[gpg]
    program = {run}
[gpg "ssh"]
    program = {run}
[diff]
    external = {run}
[diff "evil"]
    textconv = {run}
    command = {run}
[filter "evil"]
    clean = {run}
    smudge = {run}
    process = {run}
[alias]
    rev-parse = !{run}
    diff-tree = !{run}
    rev-list = !{run}
[pager]
    log = {run}
    rev-parse = {run}
    diff-tree = {run}
[credential]
    helper = !{run}
[include]
    path = {included}
"""


def arm(story: Story, folder: Path) -> Path:
    """Plant a program wherever git looks for one; return the file that it would leave."""
    marker, run, hooks = folder / "marker", folder / "evil.sh", folder / "hooks"
    run.write_text(f"#!/bin/sh\ntouch {marker}\n")
    run.chmod(0o755)
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change", "fsmonitor-watchman"):
        for place in (hooks, story.git_dir / "hooks"):
            place.mkdir(exist_ok=True)
            (place / name).write_text(run.read_text())
            (place / name).chmod(0o755)
    (folder / "attributes").write_text("* diff=evil filter=evil\n")
    (story.git_dir / "info").mkdir(exist_ok=True)
    (story.git_dir / "info" / "attributes").write_text("* diff=evil filter=evil\n")
    (folder / "included").write_text(f"[core]\n\tfsmonitor = {run}\n")
    (story.git_dir / "config").write_text(
        HOSTILE.format(run=run, hooks=hooks, attributes=folder / "attributes", included=folder / "included")
    )
    return marker


def test_no_planted_program_runs(story: Story, tmp_path: Path) -> None:
    story.commit(files={".gitattributes": "* diff=evil filter=evil\n", "a.py": lines("a")})
    story.commit("Signed", files={"a.py": lines("b")}, headers="gpgsig -----BEGIN PGP SIGNATURE-----\n x\n")
    expected = history(story.path)
    marker = arm(story, tmp_path)
    assert history(story.path) == expected
    with open_repository(story.path) as repository:
        assert [content for _, content in repository.blobs([story.blob(lines("a"))])] == [b"a\n"]
        assert repository.commit(repository.tip(), Pseudonyms(KEY), 1).files == expected[1].files
        for revision in ("f" * 40, "nothing"):  # an absent object must not be fetched from the promised remote
            with pytest.raises(RepositoryError):
                repository.tip(revision)
    assert not marker.exists()
    git(story.path, "diff-tree", "-p", "HEAD", check=False)
    assert marker.exists(), "the trap itself does not work"


def test_a_lost_tip_is_not_fetched_from_a_promised_remote(story: Story, tmp_path: Path) -> None:
    plain(story)
    marker = arm(story, tmp_path)
    story.lose(story.tips["main"])
    with pytest.raises(RepositoryError):
        mined(story.path)
    assert not marker.exists()


def test_the_repository_is_left_as_it_was(story: Story) -> None:
    plain(story)
    git(story.path, "reset", "-q", "--hard")
    (story.path / "a.py").write_text("dirty\n")
    os.utime(story.path / "b.txt", (1, 1))
    before = snapshot(story.path)
    mined(story.path)
    with open_repository(story.path) as repository:
        list(repository.blobs([story.blob(lines("a"))]))
    assert snapshot(story.path) == before


@pytest.mark.parametrize(
    "revision",
    ["--output=x", "-1", "--all", "@{u}", "HEAD; rm -rf x", "$(touch x)", "", " ", "^HEAD", "HEAD..main", "a\0b",
     "HEAD:a.py", "HEAD^{tree}", "\n", "--end-of-options", "\udce9", "refs/heads/none", "0" * 40],
)  # fmt: skip
def test_a_revision_is_never_an_option(story: Story, revision: str) -> None:
    plain(story)
    before = snapshot(story.path)
    with open_repository(story.path) as repository, pytest.raises(UnknownRevision):
        repository.tip(revision)
    assert snapshot(story.path) == before


@pytest.mark.parametrize("revision", ["HEAD", "main", "refs/heads/main", "HEAD~0", "v1"])
def test_names_of_a_commit(story: Story, revision: str) -> None:
    plain(story)
    git(story.path, "tag", "-a", "-m", "one", "v1")
    with open_repository(story.path) as repository:
        assert repository.tip(revision) == story.tips["main"]
        assert repository.tip(story.tips["main"][:9]) == story.tips["main"]


def test_a_lost_blob_costs_two_commits_their_lines(story: Story) -> None:
    story.commit("One", files={"a.py": lines("a")})
    bad = story.commit("Two", files={"b.py": lines("lost")}, day=1)
    worse = story.commit("Three", files={"b.py": lines("back")}, day=2)
    story.commit("Four", files={"a.py": lines("d")}, day=3)
    story.lose(story.blob(lines("lost")))
    commits, skipped = mined(story.path)
    assert [commit.message for commit in commits] == ["One", "Two", "Three", "Four"]
    assert [commit.position for commit in commits] == [0, 1, 2, 3]
    files = [commit.files[0] for commit in commits]
    assert [(file.path, file.is_binary, file.lines_added) for file in files] == [
        ("a.py", False, 1),
        ("b.py", True, 0),
        ("b.py", True, 0),
        ("a.py", False, 1),
    ]
    assert [(skip.commit, skip.what) for skip in skipped] == [(bad, "diff"), (worse, "diff")]
    assert all("unable to read" in skip.reason and "1 of its files count as binary" in skip.reason for skip in skipped)


def test_a_lost_tree_costs_one_commit_its_files(story: Story) -> None:
    plain(story)
    story.lose(git(story.path, "rev-parse", "HEAD^{tree}").strip())
    commits, skipped = mined(story.path)
    assert [commit.message for commit in commits] == ["One", "Two"]
    assert [skip.commit for skip in skipped] == [story.tips["main"]]


def test_a_lost_commit_ends_the_reading_with_advice(story: Story) -> None:
    first = story.commit("One", files={"a.py": lines("a")})
    story.commit("Two", files={"a.py": lines("b")})
    story.lose(first)
    with pytest.raises(MissingObject, match="clone it anew"):
        mined(story.path)


def test_a_lost_commit_that_the_commit_graph_remembers_shifts_no_other(story: Story) -> None:
    plain(story)
    story.commit("Three", files={"a.py": lines("three")}, day=2)
    git(story.path, "commit-graph", "write", "--reachable")
    lost = git(story.path, "rev-parse", "HEAD~1").strip()
    story.lose(lost)
    try:
        commits, skipped = mined(story.path)
    except MissingObject:
        return
    assert [commit.id for commit in commits] == git(story.path, "rev-list", "--reverse", "HEAD").split()
    assert lost in {skip.commit for skip in skipped}


def test_a_shallow_clone_is_refused_with_advice(story: Story, tmp_path: Path) -> None:
    plain(story)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{story.path}", "shallow")
    with pytest.raises(ShallowRepository, match="fetch --unshallow"), open_repository(tmp_path / "shallow"):
        pass


def test_an_empty_repository(story: Story) -> None:
    with open_repository(story.path) as repository, pytest.raises(EmptyRepository, match="no commit"):
        repository.tip()


def test_what_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "gitfile").mkdir()
    (tmp_path / "gitfile" / ".git").write_text("gitdir: /nonexistent\0/x")
    for name in ("nothing", "file", "folder", "gitfile"):
        with pytest.raises(NotARepository, match="expected a git repository"):
            locate(tmp_path / name)


def test_every_kind_of_repository_reads_alike(story: Story, tmp_path: Path) -> None:
    plain(story)
    expected = history(story.path)
    git(story.path, "reset", "-q", "--hard")
    git(tmp_path, "clone", "-q", "--bare", str(story.path), "bare.git")
    git(tmp_path, "clone", "-q", "--shared", str(story.path), "alternates")
    git(story.path, "worktree", "add", "-q", str(tmp_path / "linked"))
    git(story.path, "pack-refs", "--all")
    for name in ("bare.git", "alternates", "linked", "repository"):
        assert history(tmp_path / name) == expected, name


def test_two_workers_find_what_one_finds(story: Story, tmp_path: Path) -> None:
    for number in range(501):
        story.commit(f"Change {number}", files={"a.py": lines(str(number))}, day=number / 10)
    files = []
    for workers in (1, 2):
        with open_repository(story.path) as repository:
            _, batches = mine(repository, repository.tip(), Pseudonyms(KEY), workers)
            files.append(tmp_path / f"{workers}.parquet")
            assert store.write((batch for batch, _ in batches), files[-1]) == 501
    assert files[0].read_bytes() == files[1].read_bytes()
    commits = list(store.HistoryFile(files[0]))
    assert [commit.position for commit in commits] == list(range(501))
    store.write_commits(commits, tmp_path / "again.parquet")
    assert list(store.read(tmp_path / "again.parquet")) == commits
    assert (store.count(files[0]), len(store.HistoryFile(files[0]))) == (501, 501)


def test_a_mailmap_joins_one_person(story: Story) -> None:
    story.commit("One", author="Ana <ana@old.example>", files={"a.py": "a"})
    story.commit("Two", author="Ana <ana@new.example>", files={"a.py": "b"})
    assert len({commit.author for commit in history(story.path)}) == 2
    story.commit(
        "Three", author="Ana <ana@new.example>", files={".mailmap": "Ana <ana@new.example> <ana@old.example>\n"}
    )
    assert len({commit.author for commit in history(story.path)}) == 1


def test_no_address_gets_in(story: Story) -> None:
    story.commit("Thank ben@example.org\n\nSigned-off-by: Ana <ana@example.org>", files={"a.py": 'x = "c@example.org"'})
    assert "example.org" not in repr(history(story.path))


def test_a_flood_of_warnings_does_not_block(story: Story) -> None:
    """Git warns once for every bad attribute line: far more than a pipe holds."""
    story.commit(files={"a.py": "a"}, modes={"a.py": PROGRAM})
    with open_repository(story.path) as repository:
        (repository.objects.git_dir / "info").mkdir()
        (repository.objects.git_dir / "info" / "attributes").write_text("!bad negative\n" * 20_000)
        assert ancestry(repository.objects, repository.tip()) == [story.tips["main"]]
        assert repository.commit(repository.tip(), Pseudonyms(KEY)).files[0].path == "a.py"


def test_the_tests_own_git_reads_no_ones_configuration() -> None:
    assert clean_environment()["GIT_CONFIG_GLOBAL"] == "/dev/null"
