"""Seeded simulation of the gate: an equally good challenger is promoted at most 5 times in 100, a better one often.

benchmarks/gates.py runs the same models over more sizes, more often.
"""

import numpy as np
import pytest
from equal_models import Cell, against_champion, first_model, promoted

from faultcast.records import Outcome

CELLS = [(200, 0.05, 0.5), (200, 0.5, 0.9), (500, 0.2, 0.0)]


@pytest.mark.parametrize(("n", "rate", "correlation"), CELLS)
def test_an_equally_good_challenger_is_seldom_promoted(n: int, rate: float, correlation: float) -> None:
    """250 pairs a cell; were the rate above 5 %, more than 12 would be expected."""
    found = promoted(Cell(n, rate, correlation), runs=250, seed=1)
    assert found.by_all / found.runs <= 0.05
    assert found.by_contract > 2 * found.by_all  # what the test is there for


def test_few_distinct_risks_change_nothing_about_it() -> None:
    assert promoted(Cell(500, 0.1, 0.5, levels=8), runs=150, seed=2).by_all <= 7


def test_a_clearly_better_challenger_is_mostly_promoted() -> None:
    found = promoted(Cell(1000, 0.2, 0.5, gain=0.08), runs=80, seed=3)
    assert found.by_all / found.runs >= 0.8


def test_the_champion_itself_is_no_better_than_itself() -> None:
    verdict = against_champion(Cell(300, 0.2, 1.0), np.random.default_rng(4))
    assert verdict.outcome is Outcome.FAIL
    assert next(one for one in verdict.reasons if one.rule == "significant_over_champion").found == 0.0


@pytest.mark.parametrize(("kind", "at_most"), [("lines", 0), ("noise", 2)])
def test_a_first_model_that_knows_nothing_beyond_lines_added_is_refused(kind: str, at_most: int) -> None:
    random = np.random.default_rng(5)
    passed = [first_model(400, 0.2, kind, random).outcome is Outcome.PASS for _ in range(100)]
    assert sum(passed) <= at_most
