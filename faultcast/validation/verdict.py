"""May a candidate be registered as the champion? Each rule says what it found and what it expected.

A rule answers PASS, FAIL, INCONCLUSIVE (a number is missing or too few rows) or ERROR (the numbers
contradict themselves). Combined: ERROR > FAIL > INCONCLUSIVE > PASS. Nothing missing ever passes.

With too few rows the quality rules are not asked at all: a FAIL drawn from noise would be as
untrue as a PASS.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from faultcast.records import Outcome, RuleResult, Verdict

Numbers = Mapping[str, Any]
_SEVERITY = (Outcome.ERROR, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
_DIGITS = 9  # bounds are compared after rounding: 0.408 / 0.4 is an improvement of 2.0 %


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the rules draw their lines; the defaults are the contract's gates."""

    min_samples: int = 200
    """MIN_SAMPLES_FOR_DECISION: judged changes below which nothing is decided."""
    min_per_class: int = 10
    """Inducing (and clean) changes below which an AUC is mostly chance."""
    min_f1_improvement_pct: float = 2.0
    """MIN_F1_IMPROVEMENT_PCT: percent of the champion's F1 that a challenger must gain."""
    max_brier_degradation: float = 0.01
    """MAX_BRIER_DEGRADATION: how much worse than the champion's the Brier score may be."""


def decide(candidate: Numbers, baseline: Numbers, champion: Numbers | None, bounds: Bounds | None = None) -> Verdict:
    """Judge a candidate on later history it never saw.

    `candidate`, `baseline` (lines added alone) and `champion` are entries of `evaluate(...)` on the
    same rows; `champion` is `None` where none is registered yet.
    """
    bounds = bounds or Bounds()
    results = [enough_samples(candidate, bounds), both_classes(candidate, bounds)]
    if combine(results) is Outcome.PASS:
        results += [beats_lines_added(candidate, baseline), beats_base_rate(candidate)]
        if champion is not None:
            results += [f1_over_champion(candidate, champion, bounds), brier_over_champion(candidate, champion, bounds)]
    return Verdict(outcome=combine(results), reasons=tuple(results))


def combine(results: list[RuleResult]) -> Outcome:
    """The worst outcome stands; no result at all is INCONCLUSIVE."""
    found = {result.outcome for result in results}
    return next((outcome for outcome in _SEVERITY if outcome in found), Outcome.INCONCLUSIVE)


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """What verdict.json holds: {"outcome", "reasons": [{rule, outcome, found, expected, text}]}."""
    fields = ("rule", "outcome", "found", "expected", "text")
    reasons = [{field: getattr(reason, field) for field in fields} for reason in verdict.reasons]
    return {"outcome": verdict.outcome.value, "reasons": [{**r, "outcome": r["outcome"].value} for r in reasons]}


# --- rules --------------------------------------------------------------------------------


def enough_samples(candidate: Numbers, bounds: Bounds) -> RuleResult:
    """At least `min_samples` judged changes; fewer is INCONCLUSIVE."""
    found, needed = candidate.get("n"), bounds.min_samples
    if found is None:
        return _missing("enough_samples", None, needed, "the number of judged changes")
    if found < needed:
        text = f"Insufficient samples: {found} judged changes, at least {needed} are needed for a decision."
        return RuleResult("enough_samples", Outcome.INCONCLUSIVE, found, needed, text)
    return RuleResult(
        "enough_samples", Outcome.PASS, found, needed, f"{found} judged changes; at least {needed} are needed."
    )


def both_classes(candidate: Numbers, bounds: Bounds) -> RuleResult:
    """At least `min_per_class` inducing and as many clean changes; fewer is INCONCLUSIVE."""
    n, inducing, needed = candidate.get("n"), candidate.get("positives"), bounds.min_per_class
    if n is None or inducing is None:
        return _missing("both_classes", None, needed, "the number of inducing changes")
    clean = n - inducing
    if inducing < 0 or clean < 0:
        text = f"{inducing} inducing of {n} changes cannot be: the evaluation contradicts itself."
        return RuleResult("both_classes", Outcome.ERROR, inducing, needed, text)
    enough = min(inducing, clean) >= needed
    text = f"{inducing} inducing and {clean} clean changes; at least {needed} of each are needed."
    outcome = Outcome.PASS if enough else Outcome.INCONCLUSIVE
    return RuleResult(
        "both_classes", outcome, min(inducing, clean), needed, text if enough else f"Insufficient samples: {text}"
    )


def beats_lines_added(candidate: Numbers, baseline: Numbers) -> RuleResult:
    """A higher AUC than ranking by lines added alone; a tie is not better."""
    rule, found, bar = "beats_lines_added", candidate.get("auc"), baseline.get("auc")

    def judge(found: float, bar: float) -> tuple[bool, str]:
        over = (candidate.get("auc_over") or {}).get("lines_added")
        sure = (
            f" (difference {over['difference']:+.3f}, 95 % interval {over['low']:+.3f} to {over['high']:+.3f})"
            if over
            else ""
        )
        return found > bar, f"AUC {found:.3f} against {bar:.3f} for lines added alone{sure}."

    return _judge(rule, found, bar, "an AUC", judge)


def beats_base_rate(candidate: Numbers) -> RuleResult:
    """A Brier score no worse than always forecasting the base rate."""

    def judge(found: float, bar: float) -> tuple[bool, str]:
        return (
            found <= bar,
            f"Brier score {found:.4f} against {bar:.4f} for always forecasting the base rate (lower is better).",
        )

    return _judge("beats_base_rate", candidate.get("brier"), candidate.get("brier_base_rate"), "a Brier score", judge)


def f1_over_champion(candidate: Numbers, champion: Numbers, bounds: Bounds) -> RuleResult:
    """F1 at least `min_f1_improvement_pct` percent (relative) above the champion's on the same rows."""
    rule, needed = "f1_over_champion", bounds.min_f1_improvement_pct
    if error := _other_rows(rule, candidate, champion):
        return error

    def judge(found: float, bar: float) -> tuple[bool, str]:
        gain = _gain_pct(found, bar)
        text = f"F1 {found:.3f} against the champion's {bar:.3f}: {gain:+.1f} %, at least {needed:+.1f} % is needed"
        return gain >= needed, f"{text}." if gain >= needed else f"{text}; the champion stays."

    return _judge(rule, candidate.get("f1"), champion.get("f1"), "an F1", judge)


def brier_over_champion(candidate: Numbers, champion: Numbers, bounds: Bounds) -> RuleResult:
    """A Brier score at most `max_brier_degradation` above the champion's on the same rows."""
    rule, allowed = "brier_over_champion", bounds.max_brier_degradation
    if error := _other_rows(rule, candidate, champion):
        return error

    def judge(found: float, bar: float) -> tuple[bool, str]:
        worse = found - bar
        text = (
            f"Brier score {found:.4f} against the champion's {bar:.4f}: {worse:+.4f}, at most {allowed:+.4f} is allowed"
        )
        fits = round(worse - allowed, _DIGITS) <= 0
        return fits, f"{text}." if fits else f"{text}; the champion stays."

    return _judge(rule, candidate.get("brier"), champion.get("brier"), "a Brier score", judge)


# --- shared by the rules ------------------------------------------------------------------


def _judge(
    rule: str, found: float | None, bar: float | None, what: str, judge: Callable[[float, float], tuple[bool, str]]
) -> RuleResult:
    """Ask `judge` only where both numbers exist and are possible."""
    if found is None or bar is None:
        return _missing(rule, found, bar, what)
    if not (0 <= found <= 1 and 0 <= bar <= 1):  # also catches NaN
        text = f"{what} of {found} against {bar} cannot be: both have to lie in 0..1."
        return RuleResult(rule, Outcome.ERROR, found, bar, text)
    fits, text = judge(found, bar)
    return RuleResult(rule, Outcome.PASS if fits else Outcome.FAIL, found, bar, text)


def _gain_pct(found: float, bar: float) -> float:
    """Percent by which `found` exceeds `bar`; any gain over nothing is infinite."""
    if bar == 0:
        return math.inf if found > 0 else 0.0
    return round(100 * (found - bar) / bar, _DIGITS)


def _missing(rule: str, found: float | None, expected: float | None, what: str) -> RuleResult:
    return RuleResult(rule, Outcome.INCONCLUSIVE, found, expected, f"{what} is missing, so this cannot be judged.")


def _other_rows(rule: str, candidate: Numbers, champion: Numbers) -> RuleResult | None:
    mine, theirs = candidate.get("n"), champion.get("n")
    if (mine, candidate.get("positives")) == (theirs, champion.get("positives")):
        return None
    text = f"The champion was judged on {theirs} changes, the candidate on {mine}: expected the same rows."
    return RuleResult(rule, Outcome.ERROR, mine, theirs, text)
