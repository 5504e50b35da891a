"""Nothing that is known at an instant depends on what happens after it."""

import sys
from pathlib import Path

import pytest
from story import DAY, START, Story, history, lines

from faultcast.labels import Issue, Issues, Labelling, PullRequest, label
from faultcast.labels.inducing import REPORTED

sys.path.append(str(Path(__file__).parent.parent / "history"))
from random_history import branching


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("ripening_days", [0, 5.0])
def test_later_history_changes_no_label(story: Story, seed: int, ripening_days: float) -> None:
    told = branching(story, seed, rounds=4)
    as_of = START + int(told.day * DAY)
    before = label(history(story.path), as_of, ripening_days)
    told.day += 0.1
    told.fork("late", at=sorted(story.tips)[1])
    told.grow(4, on="late")
    told.grow(10)
    told.join("late")
    after = label(history(story.path), as_of, ripening_days)

    assert after.ripening_days == before.ripening_days
    assert after.fixes == before.fixes
    assert set(after.links) == set(before.links)
    assert after.labels == before.labels
    assert before.links


@pytest.mark.parametrize("seed", range(4))
def test_no_label_is_from_the_future(story: Story, seed: int) -> None:
    told = branching(story, seed, rounds=3)
    commits = history(story.path)
    at = {commit.id: commit.committed_at for commit in commits}
    as_of = START + int(told.day * DAY * 0.7)
    found = label(commits, as_of, 5)
    assert all(known.known_at <= as_of for known in found.labels)
    assert all(max(at[link.fix], at[link.inducing]) <= link.known_at <= as_of for link in found.links)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_said_later_of_commits_and_files_changes_no_label(story: Story, seed: int) -> None:
    """Commits listed as to be ignored, files that now call themselves generated, fixes that name what they repair."""
    told = branching(story, seed, rounds=4)
    commits = history(story.path)
    as_of = START + int(told.day * DAY)
    before = label(commits, as_of, 5)
    assert before.links

    blamed = sorted({link.inducing for link in before.links})
    now = {
        file.path
        for commit in commits
        for file in commit.files
        if file.path.encode() in story.trees[story.tips["main"]]
    }
    generated = dict.fromkeys(now, "# @generated\n# do not edit\n")
    story.commit("List them", files={".git-blame-ignore-revs": lines(*blamed)}, day=told.day + 1)
    story.commit("Generate all", files=generated, day=told.day + 2)
    story.commit(f"Fix crash\n\nFixes: {blamed[0][:12]}", files={"src/late.py": lines("x = 1")}, day=told.day + 3)

    after = label(history(story.path), as_of, 5)
    assert (after.labels, set(after.links), after.fixes) == (before.labels, set(before.links), before.fixes)
    last = label(history(story.path), as_of + 9 * DAY, 5)
    assert {link for link in last.links if link.known_at <= as_of} == set(before.links)
    assert [link.inducing for link in last.links if link.known_at > as_of] == [blamed[0]]


@pytest.mark.parametrize("seed", range(4))
def test_issues_that_are_opened_later_change_no_label(story: Story, seed: int) -> None:
    """Random fixes name #12. Opened half-way it dates the fault; opened after the day it says nothing of the day."""
    told = branching(story, seed, rounds=4)
    as_of = START + int(told.day * DAY)
    half_way = Issue("#12", "fault", START + int(told.day * DAY / 2))
    unknown, known = (
        label(history(story.path), as_of, 5),
        label(history(story.path), as_of, 5, issues=tracker(half_way)),
    )
    assert any(link.rule.endswith(REPORTED) for link in known.links)
    at = {commit.id: commit.committed_at for commit in history(story.path)}
    assert all(at[link.inducing] <= half_way.opened_at for link in known.links if link.rule.endswith(REPORTED))

    told.day += 0.1
    told.grow(12)
    later = [Issue("#13", "fault", as_of + 1), Issue("#14", "other", as_of + 2)]
    assert _same(label(history(story.path), as_of, 5, issues=tracker(half_way, *later)), known)
    wish = tracker(Issue("#12", "other", as_of + 1), pull=PullRequest("#12", "other", as_of + 1, ("#12",), tuple(at)))
    assert _same(label(history(story.path), as_of, 5, issues=wish), unknown)


def tracker(*issues: Issue, pull: PullRequest | None = None) -> Issues:
    return Issues({issue.name: issue for issue in issues}, {pull.name: pull} if pull else {})


def _same(one: Labelling, other: Labelling) -> bool:
    return (one.labels, set(one.links), one.fixes) == (other.labels, set(other.links), other.fixes)
