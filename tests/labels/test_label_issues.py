"""What a tracker tells of commits makes fixes of some, takes it from others, and dates the fault."""

import pytest
from story import DAY, START, Story, history, lines

from faultcast.labels import Issue, Issues, Labelling, PullRequest, kind_of, label
from faultcast.labels.references import references

NEVER = START + 10_000 * DAY
GOOD, BAD = lines("total = price * count"), lines("total = price + count")


def told(story: Story, issues: Issues, as_of: int = NEVER) -> Labelling:
    return label(history(story.path), as_of, 30, issues=issues)


def at(day: float) -> int:
    return START + int(day * DAY)


def tracker(*issues: Issue, pulls: tuple[PullRequest, ...] = (), projects: tuple[str, ...] = ("team/shop",)) -> Issues:
    return Issues({one.name: one for one in issues}, {one.name: one for one in pulls}, frozenset(projects))


def fault(story: Story) -> str:
    """A file, then a change on day 1 that breaks it; returns the change."""
    story.commit("Add total", files={"src/cart.py": GOOD})
    return story.commit("Speed up total", by="ben", files={"src/cart.py": BAD}, day=1)


def rules(found: Labelling) -> list[tuple[str, float, tuple[str, ...]]]:
    return [(fix.rule, fix.confidence, fix.issues) for fix in found.fixes]


def test_a_squashed_pull_request_whose_issue_is_a_bug_is_a_fix(story: Story) -> None:
    """`Improve cart (#12)` says nothing; pull request 12 closes issue 7, and that one is labelled a bug."""
    bad = fault(story)
    fix = story.commit("Improve cart (#12)", files={"src/cart.py": GOOD}, day=5)
    assert told(story, Issues()).fixes == ()

    found = told(story, tracker(Issue("#7", "fault", at(2)), pulls=(PullRequest("#12", "", at(4), closes=("#7",)),)))
    assert rules(found) == [("closes a bug", 0.97, ("#7",))]
    (link,) = found.links
    assert (link.fix, link.inducing, link.rule) == (fix, bad, "deleted lines, reported before")
    assert found.issues_used == 2


def test_a_pull_request_is_known_by_the_commit_that_it_landed_as(story: Story) -> None:
    fault(story)
    fix = story.commit("Improve cart", files={"src/cart.py": GOOD}, day=5)
    pull = PullRequest("!3", "fault", at(4), landed_as=(fix,))
    assert rules(told(story, tracker(pulls=(pull,)))) == [("pull request of a bug", 0.9, ("!3",))]


@pytest.mark.parametrize("message", ["Fix total\n\nCloses #7", "Fixes #7", "fix: total, resolves team/shop#7"])
def test_what_closes_a_wish_is_no_fix_whatever_it_says(story: Story, message: str) -> None:
    fault(story)
    story.commit(message, files={"src/cart.py": GOOD}, day=5)
    assert len(told(story, Issues()).fixes) == 1
    assert told(story, tracker(Issue("#7", "other", at(2)))).fixes == ()


def test_naming_a_bug_makes_a_plain_commit_a_fix_and_a_fix_surer_but_no_feature_one(story: Story) -> None:
    fault(story)
    story.commit("Multiply again, see SHOP-7", files={"src/cart.py": GOOD}, day=5)
    story.commit("Fix total, part two of SHOP-7", files={"src/cart.py": BAD}, day=6)
    story.commit("feat: totals as of SHOP-7", files={"src/cart.py": GOOD}, day=7)
    story.commit("docs: say SHOP-7\n\nCloses SHOP-7", files={"src/cart.py": BAD}, day=8)
    story.commit("refactor: total\n\nCloses SHOP-7", files={"src/cart.py": GOOD}, day=9)
    found = told(story, tracker(Issue("SHOP-7", "fault", at(2))))
    assert [(fix.rule, fix.confidence) for fix in found.fixes] == [
        ("names a bug", 0.6),
        ("fix that names a bug", 0.95),
        ("closes a bug", 0.97),
    ]


def test_an_issue_that_was_opened_later_says_nothing_of_a_commit(story: Story) -> None:
    fault(story)
    story.commit("Improve cart (#12)", files={"src/cart.py": GOOD}, day=5)
    late = tracker(Issue("#12", "fault", at(5) + 1), pulls=(PullRequest("#12", "fault", at(6)),))
    found = told(story, late)
    assert (found.fixes, found.issues_used) == ((), 0)


def test_another_project_s_issue_says_nothing(story: Story) -> None:
    fault(story)
    story.commit("Improve cart, see other/shop#7", files={"src/cart.py": GOOD}, day=5)
    assert told(story, tracker(Issue("#7", "fault", at(2)))).fixes == ()


def test_what_landed_after_the_report_has_not_induced_the_fault(story: Story) -> None:
    bad = fault(story)
    two = BAD + lines("shown = total + 0")
    late = story.commit("Show it", files={"src/cart.py": two}, day=3)
    story.commit("Fix crash (#9)\n\nFixes #7", files={"src/cart.py": GOOD}, day=5)
    assert [link.inducing for link in told(story, Issues()).links] == [late, bad]

    links = told(story, tracker(Issue("#7", "", at(2)))).links  # its tracker does not even say what it is about
    assert [(link.inducing, link.rule, link.confidence) for link in links] == [
        (bad, "deleted lines, reported before", 0.9)
    ]


def test_a_fix_of_the_fix_is_not_blamed_on_what_the_report_could_not_know(story: Story) -> None:
    fault(story)
    story.commit("Fix crash\n\nFixes #7", files={"src/cart.py": lines("total = price ** count")}, day=4)
    story.commit("Really fix crash\n\nFixes #7", files={"src/cart.py": GOOD}, day=5)
    found = told(story, tracker(Issue("#7", "fault", at(2))))
    assert (len(found.fixes), len(found.links)) == (2, 1)


def test_what_is_opened_later_changes_no_label(story: Story) -> None:
    fault(story)
    story.commit("Improve cart (#12)", files={"src/cart.py": GOOD}, day=5)
    story.commit("Fix crash, fixes #8", files={"src/cart.py": BAD}, day=6)
    early = tracker(Issue("#7", "fault", at(2)), pulls=(PullRequest("#12", "", at(4), closes=("#7",)),))
    before = told(story, early, at(10))
    assert len(before.fixes) == 2

    story.commit("Improve cart (#13)", files={"src/cart.py": GOOD}, day=12)
    later = tracker(
        *early.issues.values(),
        Issue("#8", "other", at(11)),
        Issue("#9", "fault", at(11)),
        pulls=(*early.pull_requests.values(), PullRequest("#13", "fault", at(11), closes=("#7",))),
    )
    assert told(story, later, at(10)) == before
    last = told(story, later, at(20))
    assert last.fixes[: len(before.fixes)] == before.fixes
    assert len(last.fixes) == 3


@pytest.mark.parametrize(
    ("type_name", "labels", "expected"),
    [("", ("bug",), "fault"), ("", ("good first issue", "type: bug"), "fault"), ("", ("kind/bug", "area/docs"), "fault"),
     ("", ("C-bug",), "fault"), ("", ("regression",), "fault"), ("", ("bug", "documentation"), "fault"),
     ("Bug", (), "fault"), ("Defect", ("ui",), "fault"), ("", ("[Type] Bug",), "fault"), ("", (":bug: bug",), "fault"),
     ("", ("enhancement",), "other"), ("", ("kind/cleanup",), "other"), ("", ("question",), "other"),
     ("Improvement", (), "other"), ("New Feature", (), "other"), ("", ("bug", "not a bug"), "other"),
     ("", ("documentation",), "other"), ("", (), ""), ("", ("area/debugging", "priority/high"), ""),
     ("", ("topic: tests", "needs: bug report"), ""), ("Sub-task", (), "")],
)  # fmt: skip
def test_what_an_issue_is_about(type_name: str, labels: tuple[str, ...], expected: str) -> None:
    assert kind_of(type_name, labels) == expected


def test_pull_requests_are_labelled_by_their_files_which_says_nothing() -> None:
    assert kind_of("", ("tests", "documentation"), is_pull_request=True) == ""
    assert kind_of("", ("kind/documentation",), is_pull_request=True) == "other"
    assert kind_of("", ("documentation", "bug"), is_pull_request=True) == "fault"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Count (#9)", [("#9", False)]), ("Fixes: #9", [("#9", True)]), ("resolves issue #9", [("#9", True)]),
     ("closes #1, #2 and #3; see #4", [("#1", True), ("#2", True), ("#3", True), ("#4", False)]),
     ("See merge request team/shop!4", [("!4", False)]), ("GH-4", [("#4", False)]), ("[SHOP-4] x", [("SHOP-4", True)]), ("See SHOP-4", [("SHOP-4", False)]),
     ("Fix https://github.com/team/shop/issues/5", [("#5", True)]),
     ("https://gitlab.com/team/shop/-/merge_requests/6", [("!6", False)]),
     ("https://github.com/other/shop/pull/5 other/shop#5", []), ("fixes Team/Shop#5", [("#5", True)]),
     ("Merged in x (pull request #8)", [("!8", False), ("#8", False)]), ("colour &#39; a#5 #x !x", [])],
)  # fmt: skip
def test_names_in_texts(text: str, expected: list[tuple[str, bool]]) -> None:
    assert list(references(text, {"team/shop"})) == expected


@pytest.mark.parametrize("unit", ["a", "a/", "https://", "https://x/", "fixes #1, ", "A1", "#", "a-1"])
def test_a_hostile_text_is_read_in_time(unit: str) -> None:
    assert len(list(references(unit * 30_000))) <= 20_000 / len(unit)
