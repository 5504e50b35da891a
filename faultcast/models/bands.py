"""Risk -> low, medium or high, by absolute thresholds that stay the same between runs of a model.

With `base` = share of inducing changes in validation:

* **medium** from `base`: riskier than a change picked at random.
* **high** from the smallest risk at or above which validation found at least
  ``min(2 * base, (1 + base) / 2)`` of the changes inducing, judged on no fewer than 10 changes and
  2 % of them. Twice the base rate is what a reviewer notices; the second term keeps it reachable
  where faults are common. If no threshold achieves that, that share itself is the threshold: the
  risks are calibrated, so it still means what it says, and few changes will reach it. A sharp model
  would reach the share just above the base rate, so high never begins below the middle of the two.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultcast.records import Band

_FEWEST = 10
_FEWEST_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Bands:
    """The lowest risk that counts as medium, and as high.

    >>> Bands(medium=0.2, high=0.5).of(0.2), Bands(medium=0.2, high=0.5).of(0.19)
    (<Band.MEDIUM: 'medium'>, <Band.LOW: 'low'>)
    """

    medium: float
    high: float

    def of(self, risk: float) -> Band:
        """The band of one risk."""
        if risk >= self.high:
            return Band.HIGH
        return Band.MEDIUM if risk >= self.medium else Band.LOW


def choose_bands(risk_N: NDArray[np.float64], label_N: NDArray[np.float64]) -> Bands:
    """Thresholds from validation risks and labels (1 inducing, 0 clean)."""
    base = float(np.clip(label_N.mean(), 0.001, 0.95))
    wanted = min(2 * base, (1 + base) / 2)
    order_N = np.argsort(-risk_N, kind="stable")
    falling_N = risk_N[order_N]
    precision_N = np.cumsum(label_N[order_N]) / np.arange(1, len(risk_N) + 1)
    last_of_tie_N = np.append(falling_N[1:] < falling_N[:-1], True)
    enough_N = np.arange(1, len(risk_N) + 1) >= max(_FEWEST, _FEWEST_SHARE * len(risk_N))
    good_N = falling_N[last_of_tie_N & enough_N & (precision_N >= wanted)]
    high = float(good_N.min()) if len(good_N) else wanted
    return Bands(medium=base, high=max(high, (base + wanted) / 2))
