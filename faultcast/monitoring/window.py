"""`Window`: a span's predictions as columns.

N = predictions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_SOURCE_FILES = "source_files"


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Predictions of ``start <= at < end`` (unix seconds), newest first."""

    start: float
    end: float
    total: int
    """All that were logged in the span; the columns may hold fewer, the newest of them."""
    at_N: Floats  # noqa: N815
    risk_N: Floats  # noqa: N815
    latency_seconds_N: Floats  # noqa: N815
    band_N: Sequence[str]  # noqa: N815
    model_N: Sequence[tuple[str, str, str]]  # noqa: N815  name, version, alias
    change_N: Sequence[str]  # noqa: N815  the commit, or the digest of what was sent: what is one change
    is_shadow_N: NDArray[np.bool_]  # noqa: N815
    is_assumed_N: NDArray[np.bool_]  # noqa: N815  some fields were not sent
    features: Mapping[str, Floats]
    """Name -> float_N, NaN where missing."""

    def __len__(self) -> int:
        return len(self.at_N)

    def answered(self) -> NDArray[np.intp]:
        """Rows of what was answered, shadows left out."""
        return np.flatnonzero(~self.is_shadow_N)

    def distinct(self, since: float, at_least: int) -> NDArray[np.intp]:
        """Rows of the newest answer about each change: all since an instant, more if those are fewer than `at_least`.

        A change that is asked for a hundred times (a build that is run again) says no more than once; one that touches
        no source code says nothing, since no model is taught with such changes.
        """
        answered = self.answered()
        source_files_N = self.features.get(_SOURCE_FILES, np.full(len(self), np.nan))
        seen: set[str] = set()
        rows: list[int] = []
        for row in answered[source_files_N[answered] != 0]:
            if self.at_N[row] < since and len(rows) >= at_least:
                break
            if self.change_N[row] not in seen:
                seen.add(self.change_N[row])
                rows.append(int(row))
        return np.array(rows, dtype=np.intp)
