"""Pure refactoring in between is seen through; what changes what a line does is not."""

import pytest
from story import DAY, START, Story, history, lines

from faultcast.labels import VARIANTS, label
from faultcast.labels.refactoring import RENAMED_LINES, declaration

FIX = "Fix crash in total (#3)"
BEFORE = [f"total{n} = price.of(item{n}) * {n}" for n in range(3)]


def blamed(story: Story, variant: str = "ours") -> list[str]:
    found = label(history(story.path), START + 10_000 * DAY, 30, VARIANTS[variant])
    return [link.inducing for link in found.links]


def test_a_name_that_is_replaced_throughout_is_not_blamed(story: Story) -> None:
    first = story.commit("Add", files={"src/a.py": lines(*BEFORE)})
    renamed = [text.replace("price", "cost") for text in BEFORE]
    sweep = story.commit("Rename price", files={"src/a.py": lines(*renamed)}, day=1)
    story.commit(FIX, files={"src/a.py": lines(*renamed[:2], "total2 = 0")}, day=5)
    assert blamed(story) == [first]
    assert blamed(story, "ma") == [sweep]


@pytest.mark.parametrize(
    "after",
    [
        [text.replace("price", "cost") for text in BEFORE[: RENAMED_LINES - 1]] + BEFORE[2:],  # two lines: a repair
        [*(text.replace("price", "cost") for text in BEFORE), "shown = price.of(item)"],  # the old name is left
        [text.replace("price", "cost").replace("*", "+") for text in BEFORE],  # more than names
        [BEFORE[0].replace("price", "cost"), *(text.replace("price", "tax") for text in BEFORE[1:])],  # two new names
    ],
)
def test_what_is_no_replacement_throughout_is_blamed(story: Story, after: list[str]) -> None:
    story.commit("Add", files={"src/a.py": lines(*BEFORE)})
    change = story.commit("Change", files={"src/a.py": lines(*after)}, day=1)
    story.commit(FIX, files={"src/a.py": lines(*("" if "total0" in text else text for text in after))}, day=5)
    assert blamed(story) == [change]


def test_values_and_keywords_are_no_names(story: Story) -> None:
    flags = [f"flag{n}.set(True)" for n in range(4)]
    story.commit("Add", files={"src/a.py": lines(*flags)})
    off = [text.replace("True", "False") for text in flags]
    change = story.commit("Turn off", files={"src/a.py": lines(*off)}, day=1)
    story.commit(FIX, files={"src/a.py": lines(*off[1:])}, day=5)
    assert blamed(story) == [change]


def test_a_fix_that_replaces_a_name_still_leads_to_who_wrote_it(story: Story) -> None:
    first = story.commit("Add", files={"src/a.py": lines(*BEFORE)})
    story.commit(FIX, files={"src/a.py": lines(*(text.replace("price", "cost") for text in BEFORE))}, day=5)
    assert blamed(story) == [first]


def test_annotations_and_qualifiers_are_neither_blamed_nor_evidence(story: Story) -> None:
    old, typed = "def total(price, count=1):", "def total(price: int, count: int = 1) -> int:"
    first = story.commit("Add", files={"src/a.py": lines(old, "    return price + count")})
    story.commit("Annotate", files={"src/a.py": lines(typed, "    return price + count")}, day=1)
    bad = story.commit("Add more", files={"src/b.py": lines("y = 1")}, day=2)
    story.commit(FIX, files={"src/a.py": lines(old, "    return price + count"), "src/b.py": lines("y = 2")}, day=5)
    assert blamed(story) == [bad]
    story.commit(FIX, files={"src/a.py": lines("def total(price):", "    return price + count")}, day=6)
    assert blamed(story) == [bad, first]


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [("int total(int n)", "static inline int total(int n)", True), ("x = 1", "x: Final[int] = 1", True),
     ("self.cart = {}", "self.cart: dict[str, int] = {}", True), ("async def f(a):", "async def f(a: A | None):", True),
     ("def f(a, b=None):", "def f(a: int, b: dict[str, list[int]] = None) -> None:", True),
     ("public void run() {", "private void run() {", True), ("function f(a) {", "function f(a: number) {", True),
     ("x = 1", "x: int = 2", False), ("def f(a=1):", "def f(a: int = 2):", False), ("a[1:2] = b", "a[1:3] = b", False),
     ('    "a": 1,', '    "a": 2,', False), ("x == 1", "x: y == 1", False), ("case a: b = 1", "case c: b = 1", False)],
)  # fmt: skip
def test_what_declares_the_same(before: str, after: str, *, same: bool) -> None:
    assert (declaration(before) == declaration(after)) == same
