"""Which slices are flagged: where a kind of change is treated differently, beyond chance and enough to matter.

Within a dimension each judged slice is compared with the other judged slices together. Both have to hold: the p value
is below .05 after adjustment over all comparisons of all dimensions (Benjamini & Hochberg 1995), and

* `recall` is four fifths of the others' or less (rule of thumb of the US Uniform Guidelines 1978): faults missed here;
* or `false_positive_rate` is five fourths of the others' or more: clean changes suspected here;
* or `calibration_gap` (mean risk minus share of inducing changes) lies .05 or more from the others' either way: the
  same risk means something else here. A gap that all slices share is the calibration's matter, not fairness.

p values: Fisher's exact test for the two shares, Welch's test for the gap. Selection rate, precision and AUC are shown
and never flagged: they follow the share of inducing changes, which may truly differ between slices. For that reason a
sound model also flags large changes more often than small ones; a flag says whose faults are missed, and is no proof
of injustice.

N = changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import fisher_exact, ttest_ind

from faultcast.validation.drift import adjust
from faultcast.validation.metrics import Labels, Risk
from faultcast.validation.significance import ALPHA

LEAST_RECALL_RATIO = 0.8
MOST_FALSE_POSITIVE_RATIO = 1.25
MOST_CALIBRATION_GAP = 0.05
LIMITS = {
    "p": ALPHA,
    "recall_ratio": LEAST_RECALL_RATIO,
    "false_positive_ratio": MOST_FALSE_POSITIVE_RATIO,
    "calibration_gap": MOST_CALIBRATION_GAP,
}
"""As an examination shows them beside its flags."""
_DIGITS = 9  # bounds are compared after rounding: 0.4 / 0.5 is four fifths

Flagged = NDArray[np.int64]
Chosen = NDArray[np.bool_]


def flags(
    labels_N: Labels,
    risk_N: Risk,
    flagged_N: Flagged,
    dimensions: Mapping[str, NDArray[np.str_]],
    judged: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """Flags of all dimensions, smallest p first: {dimension, slice, figure, found, expected, p_adjusted, text}.

    `flagged_N` is 1 where the risk reaches the threshold; `judged` names each dimension's slices with enough rows.
    """
    compared: list[tuple[float, bool, dict[str, Any]]] = []
    for dimension, slice_N in dimensions.items():
        among_N = np.isin(slice_N, judged[dimension])
        for name in judged[dimension]:
            here_N = slice_N == name
            rest_N = among_N & ~here_N
            if not rest_N.any():
                continue
            found = [*_shares(labels_N, flagged_N, here_N, rest_N), _gap(labels_N, risk_N, here_N, rest_N)]
            compared += [(p, much, {"dimension": dimension, "slice": name} | flag) for p, much, flag in found]
    adjusted = adjust([p for p, _, _ in compared])
    raised = [
        flag | {"p_adjusted": p} for p, (_, much, flag) in zip(adjusted, compared, strict=True) if much and p < ALPHA
    ]
    return sorted(raised, key=lambda flag: flag["p_adjusted"])


def _shares(
    labels_N: Labels, flagged_N: Flagged, here_N: Chosen, rest_N: Chosen
) -> Iterator[tuple[float, bool, dict[str, Any]]]:
    """Recall and false positive rate of a slice against the rest: (p, enough to matter, flag)."""
    for figure, label in (("recall", 1), ("false_positive_rate", 0)):
        mine, others = flagged_N[here_N & (labels_N == label)], flagged_N[rest_N & (labels_N == label)]
        found, rest = float(mine.mean()), float(others.mean())
        bar = rest * (LEAST_RECALL_RATIO if label else MOST_FALSE_POSITIVE_RATIO)
        over = round(found - bar, _DIGITS)
        much = (over <= 0 < rest) if label else (over >= 0 and found > 0)
        p = float(
            fisher_exact([[mine.sum(), len(mine) - mine.sum()], [others.sum(), len(others) - others.sum()]]).pvalue
        )
        what = "Recall" if label else "False positive rate"
        sense = "above" if label else "below"
        text = f"{what} {found:.3f} here and {rest:.3f} in the other slices; expected {sense} {bar:.3f}."
        yield p, much, {"figure": figure, "found": found, "expected": bar, "text": text}


def _gap(labels_N: Labels, risk_N: Risk, here_N: Chosen, rest_N: Chosen) -> tuple[float, bool, dict[str, Any]]:
    """Calibration gap of a slice against that of the rest: (p, enough to matter, flag)."""
    over_N = risk_N - labels_N
    found, rest = float(over_N[here_N].mean()), float(over_N[rest_N].mean())
    p = float(ttest_ind(over_N[here_N], over_N[rest_N], equal_var=False).pvalue)
    much = round(abs(found - rest) - MOST_CALIBRATION_GAP, _DIGITS) >= 0
    text = f"Mean risk minus share of inducing changes is {found:+.3f} here and {rest:+.3f} in the other slices."
    return p, much, {"figure": "calibration_gap", "found": found, "expected": rest, "text": text}
