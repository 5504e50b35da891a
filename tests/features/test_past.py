"""What is remembered of files, functions, faults, owners, reviewers, imports and files that change together."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from story import Story, history, lines

from faultcast.features import CATALOGUE, Past, describe
from faultcast.features.co_change import CoChanges
from faultcast.features.measured import touched_history
from faultcast.history import open_repository
from faultcast.records import Commit, FileChange

F = "def f(x):\n    return {}\n"
G = "\n\ndef g(x):\n    return f(x)\n"


def rows(story: Story, reviewers: dict[str, tuple[str, ...]] | None = None) -> dict[str, dict[str, Any]]:
    """Subject -> values, measured; the past goes through the disk after every change."""
    past, found = Past(), {}
    place = story.path.parent / "past"
    with open_repository(story.path) as repository:
        for told, touched in touched_history(repository, history(story.path)):
            commit = replace(told, reviewers=(reviewers or {}).get(told.subject, ()))
            if not commit.is_merge:
                found[commit.subject] = describe(commit, past, touched).values
            past.observe(commit, touched)
            past.save(place)
            past = Past.load(place)
    return found


def test_a_fault_is_unknown_until_its_fix_lands(story: Story) -> None:
    story.commit("Start", files={"a.py": F.format(1)})
    story.branch("topic")
    story.commit("Fix crash", files={"a.py": F.format(2)}, on="topic", day=10)
    story.commit("Beside", files={"a.py": F.format(3) + G}, day=5)
    story.merge("topic", day=20, files={"a.py": F.format(4) + G})
    story.commit("Half a year later", files={"a.py": F.format(5) + G}, day=190)
    found = rows(story)
    for subject, faults in {"Start": 0, "Fix crash": 0, "Beside": 0, "Half a year later": 1}.items():
        assert (found[subject]["prior_faults"], found[subject]["function_prior_faults"]) == (faults, faults), subject
    assert found["Beside"]["days_since_fault"] is None
    assert found["Half a year later"]["days_since_fault"] == 180
    assert found["Half a year later"]["prior_faults_faded"] == pytest.approx(0.5)
    assert found["Half a year later"]["function_prior_faults_faded"] == pytest.approx(0.5)


def test_a_fix_counts_once_however_many_touched_files_it_repaired_and_tests_have_no_faults(story: Story) -> None:
    story.commit("Start", files={"a.py": "1\n", "b.py": "1\n", "tests/test_a.py": "1\n"})
    story.commit("Fix crash", files={"a.py": "2\n", "b.py": "2\n", "tests/test_a.py": "2\n"}, day=1)
    story.commit("Both", files={"a.py": "3\n", "b.py": "3\n"}, day=2)
    story.commit("Test", files={"tests/test_a.py": "3\n"}, day=3)
    found = rows(story)
    assert (found["Both"]["prior_faults"], found["Test"]["prior_faults"]) == (1, 0)


def test_functions_have_a_past_of_their_own(story: Story) -> None:
    story.commit("Start", by="ana", files={"a.py": F.format(1) + G})
    story.commit("Change f", by="ben", files={"a.py": F.format(2) + G}, day=1)
    story.commit("Change f again", by="cleo", files={"a.py": F.format(3) + G}, day=5)
    story.commit("Rename f", by="ana", files={"a.py": F.format(3).replace("def f", "def h") + G}, day=6)
    story.commit("Move", renames={"a.py": "b.py"}, day=7)
    story.commit("Change h", by="ana", files={"b.py": F.format(4).replace("def f", "def h") + G}, day=9)
    story.commit("Change g", by="ana", files={"b.py": F.format(4).replace("def f", "def h") + G + "    # g\n"}, day=10)
    found = rows(story)
    names = ("function_changes", "function_developers", "function_age_days")
    assert [found["Start"][name] for name in names] == [0, 0, None]
    assert [found["Change f again"][name] for name in names] == [2, 2, 4]
    assert [found["Change h"][name] for name in names] == [4, 3, 3]
    assert found["Change h"]["touched_cyclomatic"] == 1


def test_owners_and_minor_contributors(story: Story) -> None:
    story.commit("0", by="ana", files={"a.py": "0\n"})
    for number in range(1, 30):
        story.commit(str(number), by="ana", files={"a.py": f"{number}\n"}, day=number)
    story.commit("Guest", by="ben", files={"a.py": "x\n"}, day=40)
    story.commit("After", by="cleo", files={"a.py": "y\n"}, day=41)
    found = rows(story)
    assert (found["0"]["owner_share"], found["0"]["minor_developers"]) == (None, None)
    assert (found["Guest"]["owner_share"], found["Guest"]["minor_developers"]) == (1.0, 0)
    assert found["After"]["owner_share"] == pytest.approx(30 / 31)
    assert found["After"]["minor_developers"] == 1


def test_reviewers_are_missing_until_a_message_first_names_one(story: Story) -> None:
    for number in range(4):
        story.commit(str(number), files={"a.py": f"{number}\n"}, day=number)
    author = history(story.path)[0].author
    found = rows(story, {"1": (author, "other"), "2": (author,)})
    names = ("reviewers", "reviewer_changes", "reviewer_reviews")
    assert [found["0"][name] for name in names] == [None, None, None]
    assert [found["1"][name] for name in names] == [2, 1, 0]
    assert [found["2"][name] for name in names] == [1, 2, 1]
    assert [found["3"][name] for name in names] == [0, None, None]


def test_files_that_usually_change_together_are_missed(story: Story) -> None:
    for number in range(4):
        story.commit(f"{number}", files={"a.py": f"{number}\n", "b.py": f"{number}\n", "c.py": "1\n"}, day=number)
    story.commit("Alone", files={"a.py": "x\n"}, day=5)
    story.commit("Rename", renames={"b.py": "lib/b.py"}, day=6)
    story.commit("Both", files={"a.py": "y\n", "lib/b.py": "y\n"}, day=7)
    story.commit("Gone", files={"lib/b.py": None}, day=8)
    story.commit("After", files={"a.py": "z\n"}, day=9)
    found = rows(story)
    assert found["Alone"]["missing_partners"] == 1
    assert found["Alone"]["co_changes"] is None
    assert (found["Both"]["missing_partners"], found["Both"]["co_changes"]) == (0, 4)
    assert found["After"]["missing_partners"] == 0


def test_partners_stay_bounded_and_sweeps_do_not_count() -> None:
    fold = CoChanges()

    def change(*paths: str) -> Commit:
        files = tuple(FileChange(path, path, "M", "1", "2") for path in paths)
        return Commit("c", 0, (), "a", 0, 0, "", files)

    fold.observe(change(*(f"{n}.py" for n in range(31))))
    assert not any(fold.partners)
    for _ in range(3):
        fold.observe(change("hub.py", "friend.py"))
    for number in range(500):
        fold.observe(change("hub.py", f"{number}.py"))
    hub = fold.partners[fold.ids["hub.py"]]
    assert len(hub) <= 64
    assert hub[fold.ids["friend.py"]] == 3


def test_who_imports_and_who_calls(story: Story) -> None:
    story.commit("Cart", files={"shop/__init__.py": "", "shop/cart.py": F.format("x")})
    story.commit("App", files={"shop/app.py": f"from shop.cart import f\n{G}"}, day=1)
    story.commit("Change", files={"shop/cart.py": F.format("x + 1")}, day=2)
    story.commit("Leave", files={"shop/app.py": "X = 1\n"}, day=3)
    story.commit("Again", files={"shop/cart.py": F.format("x + 2")}, day=4)
    found = rows(story)
    assert (found["Cart"]["fan_in"], found["Cart"]["fan_out"]) == (0, 0)
    assert (found["Change"]["fan_in"], found["Leave"]["fan_out"], found["Again"]["fan_in"]) == (1, 1, 0)
    assert (found["Change"]["callers"], found["App"]["callees"], found["Again"]["callers"]) == (1, 1, 0)


def test_what_cannot_be_known_is_missing_not_zero(story: Story) -> None:
    story.commit("Notes", files={"notes.md": lines("x"), "script.sh": "echo\n"})
    values = rows(story)["Notes"]
    missing = {name for name, value in values.items() if value is None}
    measured = {feature.name for feature in CATALOGUE if feature.dtype == "float64"}
    assert missing >= {
        name for name in measured if name.startswith(("touched_", "function_", "functions_", "maintain"))
    }
    assert missing >= {"fan_in", "callers", "smells", "owner_share", "reviewers", "co_changes", "days_since_fault"}
    assert values["prior_faults"] == 0


def test_every_value_lies_within_the_bounds_of_the_table(story: Story, tmp_path: Path) -> None:
    for number in range(12):
        body = F.format(number) + (G if number % 2 else "")
        story.commit(
            f"Fix {number}", by=f"dev{number % 3}", files={"a.py": body, f"{number}.js": "let a\n"}, day=number
        )
    for values in rows(story).values():
        for feature in CATALOGUE:
            value = values[feature.name]
            if value is not None:
                assert feature.minimum is None or value >= feature.minimum, feature.name
                assert feature.maximum is None or value <= feature.maximum, feature.name
