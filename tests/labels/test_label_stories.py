"""Faults, and the fixes that bring them to light, told as stories."""

from story import DAY, START, Story, history, lines

from faultcast.labels import Labelling, label
from faultcast.labels.inducing import ADDED_CONFIDENCE, KEPT_CONFIDENCE

NEVER = START + 10_000 * DAY
FIX = "Fix crash in total (#3)"
GOOD = lines("def total(cart):", "    price = cart.price", "    count = cart.count", "    return price * count")
BAD = GOOD.replace("price * count", "price + count")


def told(story: Story, day: float | None = None, ripening_days: float = 30) -> Labelling:
    return label(history(story.path), NEVER if day is None else START + int(day * DAY), ripening_days)


def inducing(found: Labelling) -> list[str]:
    return [known.commit for known in found.labels if known.is_inducing]


def fault(story: Story) -> str:
    """A file, then a change that breaks it; returns the change."""
    story.commit("Add total", files={"src/cart.py": GOOD})
    return story.commit("Speed up total", by="ben", files={"src/cart.py": BAD}, day=1)


def test_a_fix_leads_to_the_change_that_it_repairs(story: Story) -> None:
    bad = fault(story)
    fix = story.commit(FIX, files={"src/cart.py": GOOD}, day=5)
    found = told(story)
    (link,) = found.links
    assert (link.fix, link.inducing, link.lines, link.paths) == (fix, bad, 1, ("src/cart.py",))
    assert (link.known_at, link.confidence) == (START + 5 * DAY, 0.85)
    assert [known.commit for known in found.fixes] == [fix]
    assert inducing(found) == [bad]
    (known,) = (known for known in found.labels if known.commit == bad)
    assert (known.known_at, known.fix) == (START + 5 * DAY, fix)


def test_a_reindent_in_between_is_not_blamed(story: Story) -> None:
    bad = fault(story)
    story.commit("Re-indent", files={"src/cart.py": BAD.replace("    ", "\t")}, day=2)
    story.commit(FIX, files={"src/cart.py": GOOD.replace("    ", "\t")}, day=5)
    assert inducing(told(story)) == [bad]


def test_a_rename_in_between_is_not_blamed(story: Story) -> None:
    bad = fault(story)
    story.commit("Move", renames={"src/cart.py": "shop/basket.py"}, day=2)
    story.commit(FIX, files={"shop/basket.py": GOOD}, day=5)
    assert inducing(told(story)) == [bad]


def test_comments_blanks_and_imports_say_nothing(story: Story) -> None:
    story.commit("Add", files={"src/cart.py": lines("import os", "# adds", "", "x = 1", ")")})
    story.commit(FIX, files={"src/cart.py": lines("import sys", "# multiplies", "x = 1")}, day=5)
    found = told(story)
    assert (len(found.fixes), found.links) == (1, ())


def test_a_fix_on_a_branch_counts_once_from_when_it_was_written(story: Story) -> None:
    bad = fault(story)
    story.branch("repair")
    fix = story.commit(FIX, files={"src/cart.py": GOOD}, on="repair", day=5)
    story.commit("Other work", files={"src/other.py": lines("y = 2")}, day=6)
    story.merge("repair", message="Merge branch 'fix-crash'", day=8)
    found = told(story)
    assert [(link.fix, link.inducing) for link in found.links] == [(fix, bad)]


def test_a_fault_written_in_a_merge_has_no_change_to_blame_but_the_merge(story: Story) -> None:
    fault(story)
    story.branch("topic")
    story.commit("Theirs", files={"src/cart.py": BAD.replace("+", "-")}, on="topic", day=2)
    story.commit("Ours", files={"src/cart.py": BAD.replace("+", "/")}, day=2)
    merge = story.merge("topic", files={"src/cart.py": BAD.replace("+", "%")}, day=3)
    story.commit(FIX, files={"src/cart.py": GOOD}, day=5)
    assert [link.inducing for link in told(story).links] == [merge]


def test_a_fix_that_only_adds_leads_to_who_wrote_what_is_around(story: Story) -> None:
    bad = fault(story)
    fixed = BAD.replace("    return", "    count = max(count, 0)\n    return")
    fix = story.commit(FIX, files={"src/cart.py": fixed}, day=5)
    (link,) = told(story).links  # the line after is by `bad`, the one before by the first: the younger of two
    assert (link.fix, link.inducing, link.lines, link.paths) == (fix, bad, 0, ("src/cart.py",))
    assert (link.rule, link.confidence) == ("lines around an addition", round(0.85 * ADDED_CONFIDENCE, 4))


def test_a_fix_that_puts_lines_under_a_condition_leads_to_who_wrote_them(story: Story) -> None:
    first = story.commit("Add", files={"src/cart.py": lines("def show(cart):", "    print(cart.total)")})
    story.commit(
        "Add more", files={"src/cart.py": lines("def show(cart):", "    print(cart.total)", "", "x = 1")}, day=1
    )
    guarded = lines("def show(cart):", "    if cart:", "        print(cart.total)", "", "x = 1")
    story.commit(FIX, files={"src/cart.py": guarded}, day=5)
    (link,) = told(story).links
    assert (link.inducing, link.lines, link.rule) == (first, 1, "moved or re-formed lines")
    assert link.confidence == round(0.85 * KEPT_CONFIDENCE, 4)


def test_an_added_import_or_file_leads_nowhere(story: Story) -> None:
    fault(story)
    story.commit(FIX, files={"src/cart.py": "import math\n" + BAD, "src/guard.py": lines("x = 1")}, day=5)
    found = told(story)
    assert (len(found.fixes), found.links) == (1, ())


def test_a_fix_that_adds_all_over_leads_nowhere(story: Story) -> None:
    story.commit("Add", files={"src/a.py": lines(*(f"a{n} = {n}" for n in range(9)))})
    story.commit(FIX, files={"src/a.py": lines(*(f"a{n} = {n}\nb{n} = {n}" for n in range(9)))}, day=5)
    assert told(story).links == ()


def test_a_rewrite_is_not_traced(story: Story) -> None:
    story.commit("Add", files={"src/cart.py": lines(*(f"x{n} = {n}" for n in range(500)))})
    story.commit(FIX, files={"src/cart.py": lines(*(f"y{n} = -{n}" for n in range(500)))}, day=5)
    found = told(story)
    assert (len(found.fixes), found.links) == (1, ())


def test_tests_and_documents_are_not_blamed(story: Story) -> None:
    story.commit("Add", files={"tests/test_a.py": lines("assert 1"), "src/a.py": lines("a = 1")})
    story.commit(FIX, files={"tests/test_a.py": lines("assert 2"), "docs/a.md": lines("a")}, day=5)
    assert told(story).links == ()


def test_of_several_candidates_those_with_a_fair_share_count(story: Story) -> None:
    a = story.commit("A", files={"src/a.py": lines("a1 = 1", "a2 = 2", "a3 = 3")})
    story.commit("B", files={"src/a.py": lines("a1 = 1", "a2 = 2", "a3 = 3", "b1 = 1")}, day=1)
    story.commit(FIX, files={"src/a.py": lines("z = 0")}, day=5)
    (link,) = told(story).links  # A wrote three of four lines, B one: under a third
    assert (link.inducing, link.lines, link.confidence) == (a, 3, round(0.85 * (0.5 + 0.5 * 3 / 4), 4))


def test_of_two_equals_the_younger_comes_first(story: Story) -> None:
    a = story.commit("A", files={"src/a.py": lines("a1 = 1")})
    b = story.commit("B", files={"src/a.py": lines("a1 = 1", "b1 = 1")}, day=1)
    story.commit(FIX, files={"src/a.py": lines("z = 0")}, day=5)
    assert [link.inducing for link in told(story).links] == [b, a]


def test_a_change_ripens_and_may_still_turn_out_faulty(story: Story) -> None:
    bad = fault(story)
    story.commit(FIX, files={"src/cart.py": GOOD}, day=100)
    of_bad = [(known.is_inducing, known.known_at) for known in told(story).labels if known.commit == bad]
    assert of_bad == [(False, START + 31 * DAY), (True, START + 100 * DAY)]


def test_what_is_not_known_yet_is_not_told(story: Story) -> None:
    bad = fault(story)
    story.commit(FIX, files={"src/cart.py": GOOD}, day=100)
    assert told(story, day=20).labels == ()  # too young to be clean
    before = told(story, day=99)
    assert (before.links, before.fixes, inducing(before)) == ((), (), [])
    assert [known.commit for known in told(story, day=100).labels if known.is_inducing] == [bad]


def test_a_clock_that_runs_ahead_delays_what_is_known(story: Story) -> None:
    story.commit("Add total", files={"src/cart.py": GOOD})
    story.commit("From the future", files={"src/cart.py": BAD}, day=50)
    story.commit(FIX, files={"src/cart.py": GOOD}, day=5)
    (link,) = told(story).links
    assert link.known_at == START + 50 * DAY
    assert told(story, day=10).links == ()


def test_an_origin_behind_a_binary_version_is_unknown(story: Story) -> None:
    fault(story)
    story.commit("Break", files={"src/cart.py": b"\0\1"}, day=2)
    back = story.commit("Restore", files={"src/cart.py": BAD}, day=3)
    story.commit(FIX, files={"src/cart.py": GOOD}, day=5)
    del back  # git shows no lines for it, so nobody can be blamed
    assert told(story).links == ()


def test_the_ripening_time_follows_the_history_up_to_then(story: Story) -> None:
    fault(story)
    story.commit(FIX, files={"src/cart.py": GOOD}, day=40)
    story.commit("Go on", files={"src/x.py": lines("x = 1")}, day=300)
    then = told(story, day=300, ripening_days=0)
    assert then.ripening_days == 30.0  # a tenth of 300 days; the one fault took 39
    story.commit("Much later", files={"src/x.py": lines("x = 2")}, day=3000)
    assert told(story, day=300, ripening_days=0) == then


def test_an_empty_history_has_no_labels() -> None:
    assert label([], NEVER).labels == ()
