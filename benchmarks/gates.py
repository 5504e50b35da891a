"""How often the gate promotes a challenger that is no better than the champion, and how often one that is.

    python benchmarks/gates.py [--runs 2000] [--write]

Seeded pairs of models of known worth (tests/validation/equal_models.py), thresholds chosen on validation rows, judged
by the real rules. *bounds alone* are the contract's rules without `significant_over_champion`. The rate's one-sided
95 % upper bound (Clopper and Pearson) stands beside it. Every cell is judged by itself: it ends with 1 where any
promotes more than 5 % of equally good challengers.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import sklearn
from page import line, machine, write

from faultcast.records import Outcome

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "validation"))
from equal_models import Cell, Promoted, first_model, promoted

SIZES, RATES, CORRELATIONS = (200, 500, 1000, 2000), (0.05, 0.1, 0.3, 0.5), (0.0, 0.5, 0.9)
GAINS = (0.02, 0.05, 0.08)
SEED = 7


def run(cell: Cell, runs: int) -> Promoted:
    """One cell, in a process of its own; scikit-learn need not look again at what was drawn well formed."""
    sklearn.set_config(assume_finite=True, skip_parameter_validation=True)
    return promoted(cell, runs, SEED)


def equal_table(cells: Sequence[Cell], found: Sequence[Promoted]) -> list[str]:
    """One row a size and share of inducing changes, one column a correlation."""
    by_cell = dict(zip(cells, found, strict=True))
    heads = [f"correlation {correlation:g}: bounds alone, all rules (upper)" for correlation in CORRELATIONS]
    head = ["judged", "inducing", *heads, "0.5, 8 distinct risks"]
    rows = [line(head), line(["---"] * len(head))]
    for n, rate in product(SIZES, RATES):
        here = [Cell(n, rate, correlation) for correlation in CORRELATIONS] + [Cell(n, rate, 0.5, levels=8)]
        rows.append(line([str(n), f"{rate:g}", *(shown(by_cell[cell]) for cell in here)]))
    return rows


def shown(found: Promoted) -> str:
    """Both rates, and the bound of the second."""
    return f"{found.by_contract / found.runs:.3f}, **{found.by_all / found.runs:.3f}** ({found.upper:.3f})"


def power_table(cells: Sequence[Cell], found: Sequence[Promoted]) -> list[str]:
    """One row a size and share of inducing changes, one column a gain of AUC and a correlation."""
    by_cell = dict(zip(cells, found, strict=True))
    pairs = list(product((0.5, 0.9), GAINS))
    head = ["judged", "inducing", *(f"+{gain:g}, correlation {correlation:g}" for correlation, gain in pairs)]
    rows = [line(head), line(["---"] * len(head))]
    for n, rate in product(SIZES, (0.1, 0.3)):
        here = [by_cell[Cell(n, rate, correlation, gain=gain)] for correlation, gain in pairs]
        rows.append(line([str(n), f"{rate:g}", *(f"{one.by_all / one.runs:.2f}" for one in here)]))
    return rows


def first_table(runs: int) -> list[str]:
    """What passes where there is no champion yet."""
    random = np.random.default_rng(SEED)
    rows = [line(["judged", "inducing", "noise", "the order of lines added", "equally good by other means"])]
    rows.append(line(["---"] * 5))
    for n, rate in product(SIZES, (0.1, 0.3)):
        shares = []
        for kind in ("noise", "lines", "equal"):
            passed = sum(first_model(n, rate, kind, random).outcome is Outcome.PASS for _ in range(runs))
            shares.append(f"{passed / runs:.3f}")
        rows.append(line([str(n), f"{rate:g}", *shares]))
    return rows


def main() -> None:
    """Simulate all cells on two processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000, help="pairs of equally good models a cell")
    parser.add_argument("--write", action="store_true", help="write the tables into results.md")
    asked = parser.parse_args()
    equal = [Cell(n, rate, correlation) for n, rate, correlation in product(SIZES, RATES, CORRELATIONS)]
    equal += [Cell(n, rate, 0.5, levels=8) for n, rate in product(SIZES, RATES)]
    better = [Cell(n, r, c, gain=gain) for n, r, c, gain in product(SIZES, (0.1, 0.3), (0.5, 0.9), GAINS)]
    few = max(1, asked.runs // 5)
    with ProcessPoolExecutor(2) as pool:
        of_equal = list(pool.map(run, equal, [asked.runs] * len(equal)))
        of_better = list(pool.map(run, better, [few] * len(better)))
    worst = max(of_equal, key=lambda found: found.by_all / found.runs)
    highest = max(found.upper for found in of_equal)
    loosest = max(found.by_contract / found.runs for found in of_equal)
    summary = (
        f"**Equally good** (AUC .72 both): promoted at worst {worst.by_all / worst.runs:.3f} of the time, highest "
        f"upper bound {highest:.3f}; by the bounds alone up to {loosest:.3f}."
    )
    text = "\n".join([
        f"{machine()}. {asked.runs} pairs a cell of equally good models, {few} of a better challenger; seed {SEED}.",
        "",
        summary, "", *equal_table(equal, of_equal), "",
        "**Better by so much AUC**: how often it is promoted.",
        "", *power_table(better, of_better), "",
        "**No champion yet**: share of first models that pass, beside lines added alone with an AUC of .72.",
        "", *first_table(few),
    ])  # fmt: skip
    print(text)
    if asked.write:
        write("gates", text)
    sys.exit(0 if worst.by_all <= 0.05 * worst.runs else 1)


if __name__ == "__main__":
    main()
