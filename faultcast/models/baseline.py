"""Lines added alone: a ranking where no model can be learnt, and what every model has to beat.

``risk = x / (x + x_typical)`` with ``x = log(1 + lines_added)``: 0 for no line, one half for a change
of typical size, rising with every line. **It is a ranking between 0 and 1, no probability.**
Unsupervised; LApredict (Zeng et al. 2021) showed that lines added alone beat two deep models.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from faultcast.features.catalogue import NAMES
from faultcast.models.bands import Bands
from faultcast.models.normaliser import values_of
from faultcast.records import Band

if TYPE_CHECKING:
    import pandas as pd

_PLACE = NAMES.index("lines_added")
_LARGE = 20
"""So many times the typical size reads as high."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Asked like a `Model`; `basis` says that it is none.

    >>> Baseline(typical_lines=20).band(0.5), Baseline(typical_lines=20).band(0.7)
    (<Band.MEDIUM: 'medium'>, <Band.HIGH: 'high'>)
    """

    typical_lines: float = 20.0

    name = "lines_added"
    basis = "lines_added"
    reads_text = False

    @property
    def typical_C(self) -> NDArray[np.float64]:
        """The typical size; NaN for every other feature."""
        return np.where(np.arange(len(NAMES)) == _PLACE, self.typical_lines, np.nan)

    @property
    def bands(self) -> Bands:
        """Medium from the typical size on, high from 20 times that."""
        return Bands(medium=0.5, high=float(self._rank(np.array([_LARGE * self.typical_lines]))[0]))

    def band(self, risk: float) -> Band:
        """How a rank reads."""
        return self.bands.of(risk)

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """No text is read: float32 array_N0."""
        return np.empty((len(texts), 0), dtype=np.float32)

    def risk(self, table: "pd.DataFrame") -> NDArray[np.float64]:
        """Ranks (float64 array_N, 0..1)."""
        return self.risk_of(values_of(table), self.read([""] * len(table)))

    def risk_of(self, values_NC: NDArray[np.float64], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Ranks of raw catalogue values; a missing size counts as typical."""
        del text_ND
        lines_N = values_NC[:, _PLACE]
        return self._rank(np.where(np.isnan(lines_N), self.typical_lines, lines_N))

    def _rank(self, lines_N: NDArray[np.float64]) -> NDArray[np.float64]:
        x_N = np.log1p(np.maximum(lines_N, 0.0))
        return np.asarray(x_N / (x_N + np.log1p(self.typical_lines)), dtype=np.float64)


def fit_baseline(table: "pd.DataFrame") -> Baseline:
    """The baseline whose typical size is the median of these changes (at least 1 line)."""
    lines_N = values_of(table)[:, _PLACE]
    known_N = lines_N[~np.isnan(lines_N)]
    return Baseline(typical_lines=max(1.0, float(np.median(known_N)))) if len(known_N) else Baseline()
