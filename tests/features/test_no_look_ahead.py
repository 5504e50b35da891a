"""No feature of a row at T changes when later history is appended, with functions, imports, faults and all."""

import random
from pathlib import Path

import pytest
from story import Story, history

from faultcast.features import NAMES, Past, Row, describe
from faultcast.features.measured import touched_history
from faultcast.history import open_repository
from faultcast.records import Commit

NAMED = ("total", "parse", "load", "save", "tax")
MESSAGES = ("Fix crash in total", "Add retry", "Fix wrong price (#12)", "Speed up", "Revert a guess")


class Growing:
    """A repository of functions that call and import one another, on two branches that meet now and then."""

    def __init__(self, story: Story, seed: int) -> None:
        self.story, self.chance, self.day = story, random.Random(seed), 0.0
        files = {"shop/__init__.py": "", "shop/cart.py": self.module(), "shop/prices.py": self.module()}
        story.commit("Start", files=files)
        story.branch("topic")

    def module(self) -> str:
        draw = self.chance
        head = draw.choice(("", "import os\n", "from shop.cart import total\n", "from . import prices\n"))
        bodies = []
        for name in draw.sample(NAMED, draw.randint(1, 4)):
            inner = "".join(
                f"    if x > {draw.randint(0, 9)}:\n        x = {draw.choice(NAMED)}(x)\n" for _ in range(2)
            )
            bodies.append(f"def {name}(x):\n{inner}    return x\n")
        return head + "\n\n".join(bodies)

    def grow(self, commits: int) -> None:
        draw, story = self.chance, self.story
        for _ in range(commits):
            self.day += draw.uniform(0.1, 40)
            on, by = draw.choice(("main", "topic")), draw.choice(("ana", "ben", "cleo"))
            paths = sorted(path.decode() for path in story.trees[story.tips[on]] if path != b"shop/__init__.py")
            files: dict[str, str | None] = {path: self.module() for path in draw.sample(paths, min(2, len(paths)))}
            renames = {}
            match draw.randint(0, 9):
                case 0:
                    files[f"shop/m{int(self.day)}.py"] = self.module()
                case 1 if len(paths) > 3:
                    files[paths[-1]] = None
                case 2 if len(paths) > 1 and paths[0] not in files:
                    renames = {paths[0]: f"shop/r{int(self.day)}.py"}
                case 3:
                    self.meet()
                    continue
            story.commit(draw.choice(MESSAGES), by=by, day=self.day, files=files, renames=renames, on=on)

    def meet(self) -> None:
        self.story.merge("topic", day=self.day)
        self.story.branch("topic")


def fold(story: Story, commits: list[Commit], past: Past) -> list[Row]:
    found = []
    with open_repository(story.path) as repository:
        for commit, touched in touched_history(repository, commits):
            if not commit.is_merge:
                found.append(describe(commit, past, touched))
            past.observe(commit, touched)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_rows_stay_as_they_were_and_a_past_from_disk_goes_on(story: Story, tmp_path: Path, seed: int) -> None:
    told = Growing(story, seed)
    told.grow(14)
    told.meet()
    commits = history(story.path)
    past = Past()
    before = fold(story, commits, past)
    past.save(tmp_path / "past")
    told.grow(12)
    told.meet()
    later = history(story.path)
    after = fold(story, later, Past())
    by_commit = {row.commit: row for row in after}
    assert [by_commit[row.commit] for row in before] == before
    assert [commit.id for commit in later[: len(commits)]] == [commit.id for commit in commits]
    assert before + fold(story, later[len(commits) :], Past.load(tmp_path / "past")) == after
    told_of = {name for name in NAMES for row in after if row.values[name]}
    assert told_of >= {
        "function_changes", "function_prior_faults", "prior_faults", "callers", "fan_in", "co_changes", "owner_share",
        "touched_cyclomatic_delta", "function_age_days",
    }  # fmt: skip
