"""What we read, held against what git itself says about the same random histories."""

import re
from collections import Counter
from pathlib import Path

import pytest
from random_history import RandomHistory, branching
from story import Story, git, history

from faultcast.labels import VARIANTS
from faultcast.labels.origins import Origins
from faultcast.records import Commit


def numstat(path: Path) -> dict[str, Counter[tuple[str, int, int]]]:
    """Commit -> what ``git log --numstat -M`` prints for it, as (path, added, deleted)."""
    found: dict[str, Counter[tuple[str, int, int]]] = {}
    for block in git(path, "log", "-z", "--no-merges", "--numstat", "-M", "--format=%x01%H").split("\x01")[1:]:
        commit, _, rest = block.partition("\0")
        fields = [field for field in rest.strip("\n\0").split("\0") if field]
        rows: Counter[tuple[str, int, int]] = Counter()
        while fields:
            added, deleted, name = fields.pop(0).strip("\n").split("\t")
            if not name:  # a rename: the old and the new name follow
                fields.pop(0)
                name = fields.pop(0)
            rows[name, int(added), int(deleted)] += 1
        found[commit] = rows
    return found


@pytest.mark.parametrize("seed", range(4))
def test_line_counts_are_those_of_numstat(story: Story, seed: int) -> None:
    branching(story, seed)
    ours = {
        commit.id: Counter((file.path, file.lines_added, file.lines_deleted) for file in commit.files)
        for commit in history(story.path)
        if not commit.is_merge
    }
    assert ours == numstat(story.path)


class Watched(Origins):
    """Keeps every version's origins, which the fold forgets when no one needs them any more."""

    def __init__(self, commits: list[Commit], variant: str) -> None:
        super().__init__(commits, VARIANTS[variant])
        self.versions: dict[tuple[str, str], list[int]] = {}

    def _keep(self, version: tuple[str, str], lines: object) -> None:
        self.versions[version] = list(lines)  # type: ignore[call-overload]
        super()._keep(version, lines)  # type: ignore[arg-type]


def followed(commits: list[Commit], variant: str = "ours") -> Watched:
    origins = Watched(commits, variant)
    for commit in commits:
        origins.observe(commit)
    return origins


@pytest.mark.parametrize("seed", range(4))
def test_every_version_has_as_many_lines_as_its_blob(story: Story, seed: int) -> None:
    branching(story, seed)
    for (path, blob), origins in followed(history(story.path)).versions.items():
        content = git(story.path, "cat-file", "blob", blob)
        assert len(origins) == content.count("\n"), path


def blamed(path: Path, name: str, *options: str) -> list[str]:
    out = git(path, "blame", *options, "--line-porcelain", "HEAD", "--", name)
    return re.findall(r"^([0-9a-f]{40}) \d+ \d+", out, re.MULTILINE)


def assert_blame_agrees(story: Story, variant: str) -> None:
    options = () if VARIANTS[variant].look == "exact" else ("-w",)
    commits = history(story.path)
    merges = {commit.id for commit in commits if commit.is_merge}
    versions = followed(commits, variant).versions
    for name in git(story.path, "ls-tree", "-r", "--name-only", "HEAD").splitlines():
        blob = git(story.path, "rev-parse", f"HEAD:{name}").strip()
        for origin, theirs in zip(versions[name, blob], blamed(story.path, name, *options), strict=True):
            # where a merge moved a line, blame gives up and names the merge
            assert commits[origin].id == theirs or theirs in merges, name


@pytest.mark.parametrize("variant", ["b", "ag", "ours"])
@pytest.mark.parametrize("seed", range(4))
def test_origins_are_those_of_blame_on_a_straight_history(story: Story, seed: int, variant: str) -> None:
    RandomHistory(story, seed).grow(50)
    assert_blame_agrees(story, variant)


@pytest.mark.parametrize("variant", ["b", "ours"])
@pytest.mark.parametrize("seed", range(4))
def test_origins_are_those_of_blame_through_merges(story: Story, seed: int, variant: str) -> None:
    branching(story, seed)
    assert_blame_agrees(story, variant)
