"""Raw scores (logits) -> probabilities.

``risk = 1 / (1 + exp(-(slope * logit + intercept)))``, Platt 1999. Two numbers and not a staircase
(isotonic regression): the order of changes and their differences stay, which ranking and reasons
need, and two numbers can be learnt from a few dozen faults.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Calibration:
    """`slope` is positive, so that calibrating never changes the order of changes.

    >>> Calibration(slope=1.0, intercept=0.0).apply(np.array([-800.0, 0.0, 800.0])).round(3).tolist()
    [0.0, 0.5, 1.0]
    """

    slope: float
    intercept: float

    def apply(self, logits_N: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits (float64 array_N) -> risks (float64 array_N, 0..1)."""
        scaled_N = np.clip(self.slope * logits_N + self.intercept, -36.0, 36.0)
        return np.asarray(1.0 / (1.0 + np.exp(-scaled_N)), dtype=np.float64)


def logit(share_N: NDArray[np.float64], edge: float = 1e-3) -> NDArray[np.float64]:
    """Shares (0..1) -> logits, kept `edge` away from certainty."""
    inside_N = np.clip(share_N, edge, 1.0 - edge)
    return np.asarray(np.log(inside_N / (1.0 - inside_N)), dtype=np.float64)
