"""A second run reads only what is new, and writes what a run from nothing would have written."""

import random
from pathlib import Path

import pytest
from random_history import RandomHistory
from story import KEY, Story, git, lines

from faultcast.errors import NotFound
from faultcast.history import Pseudonyms, mine, open_repository, store
from faultcast.history.kept import Kept
from faultcast.history.mining import authors_version
from faultcast.history.reader import Reader


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commits whose diffs were read, as they are asked of the one reader."""
    asked: list[str] = []
    genuine = Reader.parts

    def parts(self: Reader, ids: list[str], first: int, step: int = 1):  # type: ignore[no-untyped-def]
        if "-p" in self._command:
            asked.extend(ids)
        return genuine(self, ids, first, step)

    monkeypatch.setattr(Reader, "parts", parts)
    return asked


def write(story: Story, path: Path, kept: Path | None = None, identify: Pseudonyms | None = None) -> bytes:
    """Mine main as the stage does; return the file's bytes."""
    identify = identify or Pseudonyms(KEY)
    with open_repository(story.path) as repository:
        tip = repository.tip(story.tips["main"])
        _, batches = mine(repository, tip, identify, 1, Kept(kept) if kept else None)
        skipped: list[str] = []

        def rows():  # type: ignore[no-untyped-def]
            for batch, left_out in batches:
                skipped.extend(one.commit for one in left_out)
                yield batch

        facts = {"authors": authors_version(repository, tip, identify), "skipped": "[]"}
        store.write(rows(), path, facts)
    assert skipped == []
    return path.read_bytes()


@pytest.mark.parametrize("seed", range(6))
def test_growing_step_by_step_writes_the_bytes_of_a_full_run(
    story: Story, seed: int, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BATCH", 7)  # so that commits move from one batch to another
    draw = random.Random(seed)
    told = RandomHistory(story, seed)
    told.grow(5)
    write(story, tmp_path / "kept")
    forks: list[str] = []
    for step in range(8):
        before = git(story.path, "rev-list", "main").split()
        grow(told, draw, forks, step)
        read.clear()
        grown = write(story, tmp_path / "grown", tmp_path / "kept")
        new = set(git(story.path, "rev-list", "main").split()) - set(before)
        assert set(read) == new
        assert grown == write(story, tmp_path / "full")
        (tmp_path / "grown").replace(tmp_path / "kept")


def grow(told: RandomHistory, draw: random.Random, forks: list[str], step: int) -> None:
    """Commit on main or a branch; merge a branch that is at times much older than what main has got since."""
    match draw.choice(("main", "fork", "branch", "join", "join", "skewed")):
        case "fork":
            forks.append(f"topic{step}")
            told.fork(forks[-1])
            told.change(forks[-1])
        case "branch" if forks:
            told.change(draw.choice(forks))
        case "join" if forks:
            told.join(forks.pop(0))
        case "skewed":  # the clock of who commits next is days behind
            told.day -= draw.uniform(3, 9)
            told.change()
            told.day += 9
    told.grow(draw.randint(1, 5))


def test_a_rewritten_history_keeps_nothing_of_the_old_one(story: Story, tmp_path: Path, read: list[str]) -> None:
    told = RandomHistory(story, 1)
    told.grow(6)
    root = story.tips["main"]
    told.fork("other")
    told.grow(5)
    write(story, tmp_path / "kept")
    told.grow(4, on="other")
    story.point("main", story.tips["other"])
    read.clear()
    assert write(story, tmp_path / "grown", tmp_path / "kept") == write(story, tmp_path / "full")
    assert root not in read[:4]


def test_a_mailmap_renames_authors_and_no_diff_is_read_again(story: Story, tmp_path: Path, read: list[str]) -> None:
    story.commit(files={"a.py": lines("a")}, by="ana")
    story.commit("Go on\n\nReviewed-by: Ben <ben@example.org>", files={"a.py": lines("b")}, by="cy", day=1)
    write(story, tmp_path / "kept")
    mailmap = "Ana <ana@example.org> Cy <cy@example.org>\n"
    last = story.commit(files={".mailmap": mailmap}, by="ana", day=2)
    read.clear()
    grown = write(story, tmp_path / "grown", tmp_path / "kept")
    assert read == [last]
    assert grown == write(story, tmp_path / "full")
    assert len({commit.author for commit in store.read(tmp_path / "grown")}) == 1


@pytest.mark.parametrize("change", ["key", "forgotten"])
def test_another_key_and_the_forgotten_are_honoured(story: Story, tmp_path: Path, read: list[str], change: str) -> None:
    told = RandomHistory(story, 2)
    told.grow(12)
    write(story, tmp_path / "kept")
    mine_now = Pseudonyms(KEY)
    other = (
        Pseudonyms(b"x" * 32)
        if change == "key"
        else mine_now.forgetting([mine_now.mark(mine_now.pseudonym("ana@example.org"))])
    )
    read.clear()
    grown = write(story, tmp_path / "grown", tmp_path / "kept", other)
    assert read == []
    assert grown == write(story, tmp_path / "full", identify=other)
    assert grown != (tmp_path / "kept").read_bytes()


@pytest.mark.parametrize("damage", ["cut", "flipped", "garbage", "other format", "absent"])
def test_a_damaged_file_is_recognised(
    story: Story, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = RandomHistory(story, 3)
    told.grow(30)
    kept = tmp_path / "kept"
    whole = write(story, kept)
    middle = len(whole) // 3
    match damage:
        case "cut":
            kept.write_bytes(whole[:middle])
        case "flipped":
            kept.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
        case "garbage":
            kept.write_bytes(b"PAR1 no more")
        case "other format":
            monkeypatch.setattr(store, "FORMAT", store.FORMAT + 1)
        case "absent":
            kept.unlink()
    with pytest.raises(NotFound, match="found"):
        write(story, tmp_path / "grown", kept)


def test_reviewers_are_the_same_people_as_authors(story: Story) -> None:
    story.commit(files={"a.py": lines("a")}, by="ben")
    story.commit(
        "Change\n\nReviewed-by: Ben <BEN@example.org>\nAcked-by: Cy <cy@example.org>\nTested-by: ben@example.org\nCc: Dee",
        files={"a.py": lines("b")},
        by="ana",
        day=1,
    )
    with open_repository(story.path) as repository:
        identify = Pseudonyms(KEY)
        first = repository.commit(git(story.path, "rev-parse", "main~1").strip(), identify)
        last = repository.commit(story.tips["main"], identify)
    assert last.reviewers == (first.author, identify("", "cy@example.org"))
    assert "Ben" not in last.message
    assert "cy@" not in last.message
