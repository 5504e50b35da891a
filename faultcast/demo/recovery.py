"""How well labels and risks recovered what was planted."""

from collections.abc import Iterable, Mapping, Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultcast.demo.truth import Truth


@dataclass(frozen=True, slots=True)
class Match:
    """Found against planted; shares are None where their denominator is zero."""

    found: int
    planted: int
    right: int

    @property
    def precision(self) -> float | None:
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.right / self.planted if self.planted else None

    @property
    def f1(self) -> float | None:
        both = self.found + self.planted
        return 2 * self.right / both if both else None

    def text(self, name: str) -> str:
        return (
            f"{name:<18} {self.found} found, {self.planted} planted, {self.right} right: "
            f"precision {_number(self.precision)}, recall {_number(self.recall)}, F1 {_number(self.f1)}"
        )


@dataclass(frozen=True, slots=True)
class Recovery:
    """`auc`: risk against planted faults, found or not; `rank_correlation`: Spearman's, risk against true risk."""

    fixes: Match
    inducing: Match
    links: Match
    auc: float | None
    best_auc: float | None  # of the true risk itself over the same changes: nobody can do better but by luck
    rank_correlation: float | None
    scored: int
    untraceable: int

    def text(self) -> str:
        """A few lines for people."""
        lines = [
            "This repository was written by faultcast itself, with its faults; it is no claim about real code.",
            self.fixes.text("fixes"),
            self.inducing.text("inducing changes"),
            self.links.text("fix-change pairs"),
            f"{'':<18} {self.untraceable} of the planted pairs cannot be traced by deleted lines: their fix only adds",
        ]
        if self.scored:
            lines.append(
                f"{'risk':<18} AUC {_number(self.auc)} over {self.scored} changes "
                f"(the true risk itself: {_number(self.best_auc)}); "
                f"rank correlation with the true risk {_number(self.rank_correlation)}"
            )
        return "\n".join(lines)


def recovery(
    truth: Truth, fixes: AbstractSet[str], links: Iterable[tuple[str, str]], risks: Mapping[str, float]
) -> Recovery:
    """Compare what was found with what was planted.

    ``links`` are (fix, inducing) pairs; ``risks`` maps commits to risks and may be restricted to
    some of them (those that a model never saw). Only faults that the history fixes can be found
    by labels; the AUC counts the undiscovered ones too.
    """
    pairs = set(links)
    fixed = {inducing for _, inducing in truth.links}
    scored = [commit for commit in risks if commit in truth.propensity]
    risk = np.array([risks[commit] for commit in scored])
    true_risk = np.array([truth.propensity[commit] for commit in scored])
    planted = np.array([commit in truth.inducing for commit in scored], dtype=bool)
    return Recovery(
        fixes=_match(set(fixes), set(truth.fixes)),
        inducing=_match({inducing for _, inducing in pairs}, fixed),
        links=_match(pairs, set(truth.links)),
        auc=auc(planted, risk),
        best_auc=auc(planted, true_risk),
        rank_correlation=_spearman(risk, true_risk),
        scored=len(scored),
        untraceable=len({(f.fix, f.inducing) for f in truth.faults if f.fix and f.trace == "added"}),
    )


def _match(found: AbstractSet[object], planted: AbstractSet[object]) -> Match:
    return Match(len(found), len(planted), len(found & planted))


def auc(positive_N: NDArray[np.bool_], value_N: NDArray[np.float64]) -> float | None:
    """Chance that a positive has the greater value, ties half (Mann-Whitney); None without both kinds."""
    positives, total = int(positive_N.sum()), len(positive_N)
    if positives in (0, total):
        return None
    above = float(_ranks(value_N)[positive_N].sum()) - positives * (positives + 1) / 2
    return above / (positives * (total - positives))


def _spearman(first_N: NDArray[np.float64], second_N: NDArray[np.float64]) -> float | None:
    if len(first_N) < 2 or np.ptp(first_N) == 0 or np.ptp(second_N) == 0:
        return None
    return float(np.corrcoef(_ranks(first_N), _ranks(second_N))[0, 1])


def _ranks(value_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, ties averaged."""
    _, inverse, counts = np.unique(value_N, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"
