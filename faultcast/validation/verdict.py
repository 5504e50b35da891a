"""May a candidate be registered as the champion? Each rule says what it found and what it expected.

A rule answers PASS, FAIL, INCONCLUSIVE (a number is missing or too few rows) or ERROR (the numbers
contradict themselves). Combined: ERROR > FAIL > INCONCLUSIVE > PASS. Nothing missing ever passes.

With too few rows the quality rules are not asked at all: a FAIL drawn from noise would be as
untrue as a PASS. Against a champion three rules have to hold together: the two bounds of the contract, which are
about sizes, and that the gain is no luck. The bounds alone would promote an equally good challenger up to every
second time (benchmarks/gates.py); with all three it is at most one time in twenty.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

from faultcast.errors import UsageError
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

    def __post_init__(self) -> None:
        """A bound that is no number would let everything through.

        Raises:
            UsageError: a bound is not finite, or fewer than one change would do.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value) or (field.name.startswith("min_") and "pct" not in field.name and value < 1):
                raise UsageError(
                    f"The bound {field.name} is {value}; expected a finite number, and at least 1 of a count"
                )


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
            results += [
                f1_over_champion(candidate, champion, bounds),
                brier_over_champion(candidate, champion, bounds),
                significant_over_champion(candidate, champion),
            ]
    return Verdict(outcome=combine(results), reasons=tuple(results))


def combine(results: list[RuleResult]) -> Outcome:
    """The worst outcome stands; no result at all is INCONCLUSIVE."""
    found = {result.outcome for result in results}
    return next((outcome for outcome in _SEVERITY if outcome in found), Outcome.INCONCLUSIVE)


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """What verdict.json holds: {"outcome", "reasons": [{rule, outcome, found, expected, text}]}."""
    names = ("rule", "outcome", "found", "expected", "text")
    reasons = [{name: getattr(reason, name) for name in names} for reason in verdict.reasons]
    return {"outcome": verdict.outcome.value, "reasons": [{**r, "outcome": r["outcome"].value} for r in reasons]}


# --- rules --------------------------------------------------------------------------------


def enough_samples(candidate: Numbers, bounds: Bounds) -> RuleResult:
    """At least `min_samples` judged changes; fewer is INCONCLUSIVE."""
    rule, found, needed = "enough_samples", _number(candidate, "n"), bounds.min_samples
    if found is None:
        return _missing(rule, None, needed, "the number of judged changes")
    if not _is_count(found):
        return _impossible(rule, found, needed, f"{found} judged changes cannot be.")
    text = f"{found:g} judged changes; at least {needed} are needed."
    if found < needed:
        text = f"Insufficient samples: {found:g} judged changes, at least {needed} are needed for a decision."
    return RuleResult(rule, Outcome.PASS if found >= needed else Outcome.INCONCLUSIVE, found, needed, text)


def both_classes(candidate: Numbers, bounds: Bounds) -> RuleResult:
    """At least `min_per_class` inducing and as many clean changes; fewer is INCONCLUSIVE."""
    rule, needed = "both_classes", bounds.min_per_class
    n, inducing = _number(candidate, "n"), _number(candidate, "positives")
    if n is None or inducing is None:
        return _missing(rule, None, needed, "the number of inducing changes")
    clean = n - inducing
    if not (_is_count(inducing) and _is_count(clean)):
        text = f"{inducing:g} inducing of {n:g} changes cannot be: the evaluation contradicts itself."
        return _impossible(rule, inducing, needed, text)
    enough = min(inducing, clean) >= needed
    text = f"{inducing:g} inducing and {clean:g} clean changes; at least {needed} of each are needed."
    outcome = Outcome.PASS if enough else Outcome.INCONCLUSIVE
    return RuleResult(rule, outcome, min(inducing, clean), needed, text if enough else f"Insufficient samples: {text}")


def beats_lines_added(candidate: Numbers, baseline: Numbers) -> RuleResult:
    """A higher AUC than ranking by lines added alone; a tie is not better."""
    rule, found, bar = "beats_lines_added", _number(candidate, "auc"), _number(baseline, "auc")

    def judge(found: float, bar: float) -> tuple[bool, str]:
        over = _entry(_entry(candidate, "auc_over"), "lines_added")
        low, high = _number(over, "low"), _number(over, "high")
        sure = "" if low is None or high is None else f", 95 % interval {low:+.3f} to {high:+.3f}"
        text = f"AUC {found:.3f} against {bar:.3f} for lines added alone (difference {found - bar:+.3f}{sure})."
        return found > bar, text

    return _judge(rule, found, bar, "an AUC", judge)


def beats_base_rate(candidate: Numbers) -> RuleResult:
    """A Brier score no worse than always forecasting the base rate."""

    def judge(found: float, bar: float) -> tuple[bool, str]:
        return (
            found <= bar,
            f"Brier score {found:.4f} against {bar:.4f} for always forecasting the base rate (lower is better).",
        )

    found, bar = _number(candidate, "brier"), _number(candidate, "brier_base_rate")
    return _judge("beats_base_rate", found, bar, "a Brier score", judge)


def f1_over_champion(candidate: Numbers, champion: Numbers, bounds: Bounds) -> RuleResult:
    """F1 at least `min_f1_improvement_pct` percent (relative) above the champion's on the same rows."""
    rule, needed = "f1_over_champion", bounds.min_f1_improvement_pct
    if error := _other_rows(rule, candidate, champion):
        return error

    def judge(found: float, bar: float) -> tuple[bool, str]:
        gain = _gain_pct(found, bar)
        text = f"F1 {found:.3f} against the champion's {bar:.3f}: {gain:+.1f} %, at least {needed:+.1f} % is needed"
        return gain >= needed, f"{text}." if gain >= needed else f"{text}; the champion stays."

    return _judge(rule, _number(candidate, "f1"), _number(champion, "f1"), "an F1", judge)


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

    return _judge(rule, _number(candidate, "brier"), _number(champion, "brier"), "a Brier score", judge)


def significant_over_champion(candidate: Numbers, champion: Numbers) -> RuleResult:
    """A higher AUC than the champion's by more than luck: DeLong's 95 % interval of the difference lies above 0.

    Not shown to be better is a FAIL, for the champion stands until beaten; untested is INCONCLUSIVE.
    """
    rule = "significant_over_champion"
    if error := _other_rows(rule, candidate, champion):
        return error
    tested = _entry(_entry(candidate, "over_champion"), "auc")
    difference, low, high = (_number(tested, name) for name in ("difference", "low", "high"))
    if difference is None or low is None or high is None:
        return _missing(rule, low, 0.0, "the test of the AUC against the champion's")
    interval = f"AUC {difference:+.3f} over the champion's, 95 % interval {low:+.3f} to {high:+.3f}"
    if not low <= difference <= high or not math.isfinite(high - low):  # also catches NaN
        return _impossible(rule, low, 0.0, f"{interval}: this cannot be.")
    better = low > 0
    text = f"{interval}; it has to lie above 0"
    return RuleResult(
        rule,
        Outcome.PASS if better else Outcome.FAIL,
        low,
        0.0,
        f"{text}." if better else f"{text}; the champion stays.",
    )


# --- shared by the rules ------------------------------------------------------------------


def _judge(
    rule: str, found: float | None, bar: float | None, what: str, judge: Callable[[float, float], tuple[bool, str]]
) -> RuleResult:
    """Ask `judge` only where both numbers exist and are possible."""
    if found is None or bar is None:
        return _missing(rule, found, bar, what)
    if not (0 <= found <= 1 and 0 <= bar <= 1):  # also catches NaN
        return _impossible(rule, found, bar, f"{what} of {found} against {bar} cannot be: both have to lie in 0..1.")
    fits, text = judge(found, bar)
    return RuleResult(rule, Outcome.PASS if fits else Outcome.FAIL, found, bar, text)


def _gain_pct(found: float, bar: float) -> float:
    """Percent by which `found` exceeds `bar`; any gain over nothing is infinite."""
    if bar == 0:
        return math.inf if found > 0 else 0.0
    return round(100 * (found - bar) / bar, _DIGITS)


def _missing(rule: str, found: float | None, expected: float | None, what: str) -> RuleResult:
    text = f"{what} is missing, so this cannot be judged."
    return RuleResult(rule, Outcome.INCONCLUSIVE, _shown(found), _shown(expected), text)


def _impossible(rule: str, found: float, expected: float, text: str) -> RuleResult:
    return RuleResult(rule, Outcome.ERROR, _shown(found), _shown(expected), text)


def _shown(number: float | None) -> float | None:
    """A number that JSON cannot hold is shown in the text alone."""
    return number if number is not None and math.isfinite(number) else None


def _number(entry: Numbers, name: str) -> float | None:
    """`None` where absent or empty; NaN, which no rule passes, where it is no number at all."""
    value = entry.get(name)
    if value is None or (isinstance(value, str | list | tuple | dict) and not value):
        return None
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan


def _entry(entry: Numbers, name: str) -> Numbers:
    """A part of an entry; empty where it is absent."""
    value = entry.get(name)
    return value if isinstance(value, Mapping) else {}


def _is_count(number: float) -> bool:
    return math.isfinite(number) and number >= 0 and number == round(number)


def _other_rows(rule: str, candidate: Numbers, champion: Numbers) -> RuleResult | None:
    mine, theirs = _number(candidate, "n"), _number(champion, "n")
    if (mine, _number(candidate, "positives")) == (theirs, _number(champion, "positives")):
        return None
    text = f"The champion was judged on {theirs} changes, the candidate on {mine}: expected the same rows."
    return _impossible(rule, mine or 0.0, math.nan if theirs is None else theirs, text)
