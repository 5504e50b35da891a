"""Raw scores (logits) -> probabilities, by a map that never changes the order of changes.

``risk = 1 / (1 + exp(-z))`` with z, the mended logit, by one of three methods (`METHODS`):

* **temperature**: ``z = slope * logit``. One number (Guo et al. 2017): too sure or not sure enough.
* **platt**: ``z = slope * logit + intercept``. Two numbers (Platt 1999): the base rate too.
* **isotonic**: z runs in straight lines through `knots`, and on with `slope` before the first and after the
  last. The knots are the centres of the steps that isotonic regression finds (centred isotonic regression,
  Oron and Flournoy 2017): any rising shape, and where plain isotonic regression draws flat steps, on which
  ranking and reasons would die, this still rises.

Which one serves is chosen by `training.calibrate` on validation data.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import UnsafeArtifact

METHODS = ("platt", "temperature", "isotonic")
MAX_KNOTS = 1_000
_BOUND = 1e6
"""No number of a calibration is larger; slopes are no smaller than its inverse."""
_CERTAIN = 36.0
"""Mended logits end here: beyond, float64 knows no probability but 0 and 1."""


@dataclass(frozen=True)  # without slots: `_knots_2K` is kept beside the fields
class Calibration:
    """`slope` is positive and `knots` (logit, mended logit) rise in both, so the order of changes stays.

    >>> Calibration(slope=1.0, intercept=0.0).apply(np.array([-800.0, 0.0, 800.0])).round(3).tolist()
    [0.0, 0.5, 1.0]
    >>> bent = Calibration(0.05, 0.0, "isotonic", ((-2.0, -1.0), (0.0, 0.0), (1.0, 3.0)))
    >>> bent.apply(np.array([-1.0, 1.0])).round(3).tolist()
    [0.378, 0.953]
    >>> bent.describe()
    'isotonic, 3 knots'
    """

    slope: float
    intercept: float
    method: str = "platt"
    knots: tuple[tuple[float, float], ...] = ()

    def apply(self, logits_N: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits (float64 array_N) -> risks (float64 array_N, 0..1)."""
        scaled_N = np.clip(self._mended(logits_N), -_CERTAIN, _CERTAIN)
        return np.asarray(1.0 / (1.0 + np.exp(-scaled_N)), dtype=np.float64)

    def _mended(self, logits_N: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.knots:
            return np.asarray(self.slope * logits_N + self.intercept)
        x_K, z_K = self._knots_2K
        inside_N = np.clip(logits_N, x_K[0], x_K[-1])
        return np.asarray(np.interp(inside_N, x_K, z_K) + self.slope * (logits_N - inside_N))

    @cached_property
    def _knots_2K(self) -> NDArray[np.float64]:
        return np.ascontiguousarray(np.array(self.knots).T)

    def describe(self) -> str:
        """The method and its numbers, for a reader."""
        if self.method == "isotonic":
            return f"isotonic, {len(self.knots)} knots"
        if self.method == "temperature":
            return f"temperature {1 / self.slope:.2f}"
        return f"Platt, slope {self.slope:.2f} and intercept {self.intercept:.2f}"


def read_calibration(raw: Any) -> Calibration:
    """A calibration from a manifest's JSON, every number checked.

    Raises:
        UnsafeArtifact: it is none, or its map does not rise.
    """
    if not isinstance(raw, dict) or set(raw) != {"slope", "intercept", "method", "knots"}:
        found = ", ".join(sorted(map(str, raw))) if isinstance(raw, dict) else type(raw).__name__
        raise _refused(f"it has {found or 'nothing'}, expected slope, intercept, method and knots")
    slope, intercept, method, knots = raw["slope"], raw["intercept"], raw["method"], raw["knots"]
    if method not in METHODS:
        raise _refused(f"its method is {str(method)[:40]!r}, expected one of {', '.join(METHODS)}")
    if not (_is_number(slope) and slope >= 1 / _BOUND and _is_number(intercept)):
        raise _refused("its slope is no positive number, or its intercept none")
    if method != "platt" and intercept != 0:
        raise _refused(f"{method} has the intercept {intercept}, expected 0")
    return Calibration(float(slope), float(intercept), method, _knots(knots, method))


def _knots(raw: Any, method: str) -> tuple[tuple[float, float], ...]:
    expected = (2, MAX_KNOTS) if method == "isotonic" else (0, 0)
    if not isinstance(raw, list) or not expected[0] <= len(raw) <= expected[1]:
        found = len(raw) if isinstance(raw, list) else type(raw).__name__
        raise _refused(f"{method} has {found} knots, expected {expected[0]} to {expected[1]}")
    if not all(isinstance(knot, list) and len(knot) == 2 and all(map(_is_number, knot)) for knot in raw):
        raise _refused("a knot is no pair of numbers")
    knots = tuple((float(x), float(z)) for x, z in raw)
    if any(b[0] <= a[0] or b[1] <= a[1] for a, b in pairwise(knots)):
        raise _refused("its knots do not rise, so it would change the order of changes")
    return knots


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _BOUND


def _refused(why: str) -> UnsafeArtifact:
    return UnsafeArtifact(f"manifest.json has a calibration that training does not write: {why}; train the model again")


def logit(share_N: NDArray[np.float64], edge: float = 1e-3) -> NDArray[np.float64]:
    """Shares (0..1) -> logits, kept `edge` away from certainty."""
    inside_N = np.clip(share_N, edge, 1.0 - edge)
    return np.asarray(np.log(inside_N / (1.0 - inside_N)), dtype=np.float64)
