"""Pairs of models whose worth is known, judged by the real rules: how often is the challenger promoted?

A change's score is `separation` where it is inducing, plus what both models see of it (its share `correlation`), plus
what only one sees; the risk is the true probability given the score, so both models are calibrated. AUC = Phi(separation
/ sqrt 2). Thresholds are chosen on validation rows of the same kind and number, as training chooses them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import beta, norm

from faultcast.records import Outcome, Verdict
from faultcast.validation import decide, metrics
from faultcast.validation.metrics import Labels, Risk
from faultcast.validation.significance import delong, delong_covariance

CONTRACT = {"enough_samples", "both_classes", "beats_lines_added", "beats_base_rate", "f1_over_champion", "brier_over_champion"}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """`n` judged changes, share of inducing ones, correlation of the scores, AUC of the champion and the challenger's gain."""

    n: int
    rate: float
    correlation: float
    auc: float = 0.72
    gain: float = 0.0
    levels: int = 0
    """Distinct risks, as isotonic calibration leaves few; 0 = every risk its own."""

    @property
    def separations(self) -> tuple[float, float]:
        """Challenger's, champion's."""
        return tuple(float(np.sqrt(2) * norm.ppf(auc)) for auc in (self.auc + self.gain, self.auc))  # type: ignore[return-value]


@dataclass(frozen=True)
class Promoted:
    """Of `runs` challengers: how many the contract's rules alone would have promoted, and all rules did."""

    runs: int
    by_contract: int
    by_all: int

    @property
    def upper(self) -> float:
        """One-sided 95 % upper bound of the rate (Clopper & Pearson 1934)."""
        return float(beta.ppf(0.95, self.by_all + 1, self.runs - self.by_all)) if self.by_all < self.runs else 1.0


def promoted(cell: Cell, runs: int, seed: int) -> Promoted:
    random = np.random.default_rng([seed, cell.n, round(1000 * cell.rate), round(1000 * cell.correlation)])
    verdicts = [against_champion(cell, random) for _ in range(runs)]
    return Promoted(
        runs,
        sum(
            all(one.outcome is Outcome.PASS for one in verdict.reasons if one.rule in CONTRACT) for verdict in verdicts
        ),
        sum(verdict.outcome is Outcome.PASS for verdict in verdicts),
    )


def against_champion(cell: Cell, random: np.random.Generator) -> Verdict:
    """One history: thresholds from validation rows, the verdict from later ones."""
    _, known_risks = (known := draw(cell, random))
    labels, (mine, theirs) = draw(cell, random)
    aucs, _ = delong_covariance(labels, [mine, theirs])
    candidate, champion = (
        entry(labels, risk, float(auc), metrics.best_threshold(known[0], known_risk))
        for risk, auc, known_risk in zip((mine, theirs), aucs, known_risks, strict=True)
    )
    return decide(candidate | {"over_champion": {"auc": delong(labels, mine, theirs)}}, LINES, champion)


LINES = {"auc": 0.5}
"""So low that only the champion is in the way."""


def draw(cell: Cell, random: np.random.Generator) -> tuple[Labels, tuple[Risk, Risk]]:
    labels = (np.arange(cell.n) < round(cell.n * cell.rate)).astype(np.int64)
    shared = np.sqrt(cell.correlation) * random.normal(0, 1, cell.n)
    risks = []
    for separation in cell.separations:
        score = separation * labels + shared + np.sqrt(1 - cell.correlation) * random.normal(0, 1, cell.n)
        risks.append(in_levels(posterior(score, separation, cell.rate), cell.levels))
    return labels, (risks[0], risks[1])


def posterior(score: Risk, separation: float, rate: float) -> Risk:
    return 1 / (1 + np.exp(-(separation * score - separation**2 / 2 + np.log(rate / (1 - rate)))))


def in_levels(risk: Risk, levels: int) -> Risk:
    """Each risk replaced by the mean of its group of equal size."""
    if not levels:
        return risk
    group = np.argsort(np.argsort(risk)) * levels // len(risk)
    return (np.bincount(group, risk) / np.bincount(group))[group]


def entry(labels: Labels, risk: Risk, auc: float | None, threshold: float | None) -> dict[str, Any]:
    """What `evaluate` says of a model, as far as the rules ask."""
    return {
        "n": len(labels),
        "positives": int(labels.sum()),
        "auc": auc,
        "brier": metrics.brier(labels, risk),
        "brier_base_rate": 1.0,
        "f1": None if threshold is None else metrics.f1(labels, risk, threshold),
    }


# --- without a champion -------------------------------------------------------------------


def first_model(n: int, rate: float, kind: str, random: np.random.Generator) -> Verdict:
    """A first model that is `noise`, `lines` (ranks exactly as lines added do) or `equal` (as good, by other means).

    Lines added have an AUC of .72; every model's risks are calibrated.
    """
    separation = float(np.sqrt(2) * norm.ppf(0.72))
    labels = (np.arange(n) < round(n * rate)).astype(np.int64)
    lines = separation * labels + random.normal(0, 1, n)
    known = 0.0 if kind == "noise" else separation
    score = lines if kind == "lines" else known * labels + random.normal(0, 1, n)
    risk = posterior(score, known, rate) if known else np.clip(rate + 0.01 * random.normal(0, 1, n), 0, 1)
    candidate = entry(labels, risk, metrics.auc(labels, risk), None)
    constant = metrics.brier(labels, np.full(n, rate))
    return decide(candidate | {"brier_base_rate": constant}, {"auc": metrics.auc(labels, lines)}, None)
