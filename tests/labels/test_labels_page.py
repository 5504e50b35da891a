"""docs/labels.md names every rule and variant that there is, with its numbers."""

from pathlib import Path

import pytest

from faultcast.labels import VARIANTS
from faultcast.labels.fixes import _RULES, ACCEPTED
from faultcast.labels.inducing import ADDED_CONFIDENCE, ADDED_PLACES, BULK_FILES, TELLING_LINES

PAGE = (Path(__file__).parents[2] / "docs" / "labels.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.name)
def test_every_rule_of_fixes_is_told(rule: object) -> None:
    (row,) = (row for row in ROWS if row[0] == rule.name)  # type: ignore[attr-defined]
    assert f"{rule.confidence:g}" in row[1].split(" or ")  # type: ignore[attr-defined]


def test_every_variant_is_told() -> None:
    told = [row[0].strip("`") for row in ROWS if row[0].startswith("`")]
    assert told == list(VARIANTS)


def test_the_numbers_are_those_of_the_code() -> None:
    assert (ACCEPTED, TELLING_LINES, BULK_FILES, ADDED_CONFIDENCE, ADDED_PLACES) == (0.5, 400, 100, 0.6, 4)
    for said in ("of 0.5 on", "more than 400 telling", "more than 100 source", "times 0.6", "one to four places"):
        assert said in PAGE
