"""docs/labels.md names every rule and variant that there is, with its numbers."""

from pathlib import Path

import pytest

from faultcast.labels import VARIANTS, evidence
from faultcast.labels.fixes import _RULES, ACCEPTED
from faultcast.labels.inducing import (
    ACCEPTED_SHARE,
    ADDED_CONFIDENCE,
    ADDED_PLACES,
    BULK_FILES,
    KEPT_CONFIDENCE,
    REPORTED,
    TELLING_LINES,
)
from faultcast.labels.refactoring import RENAMED_LINES

PAGE = (Path(__file__).parents[2] / "docs" / "labels.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.name)
def test_every_rule_of_fixes_is_told(rule: object) -> None:
    (row,) = (row for row in ROWS if row[0].removesuffix(" *") == rule.name)  # type: ignore[attr-defined]
    assert f"{rule.confidence:g}" in row[1].split(" or ")  # type: ignore[attr-defined]
    assert row[0].endswith(" *") == rule.is_final  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("rule", "confidence"),
    [("closes a bug", evidence.CLOSES_A_BUG), ("pull request of a bug", evidence.PULL_REQUEST_OF_A_BUG),
     ("closes no bug", evidence.NO_BUG), ("fix that names a bug", evidence.FIX_THAT_NAMES_A_BUG),
     ("names a bug", evidence.NAMES_A_BUG)],
)  # fmt: skip
def test_every_rule_of_trackers_is_told(rule: str, confidence: float) -> None:
    (row,) = (row for row in ROWS if row[0] == rule)
    assert row[1].removeprefix("at most ") == f"{confidence:g}"


def test_every_variant_is_told() -> None:
    told = [row[0].strip("`") for row in ROWS if row[0].startswith("`")]
    assert told == list(VARIANTS)


def test_the_numbers_are_those_of_the_code() -> None:
    assert (ACCEPTED, TELLING_LINES, BULK_FILES, ADDED_CONFIDENCE, ADDED_PLACES) == (0.5, 400, 100, 0.6, 4)
    assert (KEPT_CONFIDENCE, ACCEPTED_SHARE, RENAMED_LINES) == (0.7, 0.5, 3)
    for said in ("of 0.5 on", "more than 400 telling", "more than 100 source", "times 0.6", "one to four places",
                 "times 0.7", "wrote half of the lines", "in at least three lines", f'"{REPORTED}"'):  # fmt: skip
        assert said in PAGE.replace("\n  ", " ")
