"""Past changes that look most like one change: nearest neighbours in scaled features.

Scales are those of the changes it is compared with (`normaliser.py`: counts through a logarithm, each column centred
and divided by its deviation). A column counts no more than three deviations, so that one odd number never decides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultcast.models.normaliser import fit_normaliser

MOST_DEVIATIONS = 3.0
FEWEST = 20
"""Changes below which no scale means anything."""


@dataclass(frozen=True, slots=True)
class Similar:
    """One neighbour: its row among those compared with, and how far it is.

    `distance` is the root mean square of the differences over the columns, in standard deviations.
    """

    row: int
    distance: float


def nearest(value_C: NDArray[np.float64], values_NC: NDArray[np.float64], count: int = 5) -> list[Similar]:
    """Find the rows that are nearest to a change, the nearest first; of equally near ones the first row.

    Args:
        value_C: the change's features in catalogue order, NaN where missing.
        values_NC: those of the N changes to compare with, likewise.
        count: how many to find.

    Returns:
        At most `count`; none where N is below `FEWEST` or all are alike.
    """
    if len(values_NC) < FEWEST:
        return []
    scales = fit_normaliser(values_NC)
    if not scales.columns:
        return []
    features_NF = scales.apply(values_NC).clip(-MOST_DEVIATIONS, MOST_DEVIATIONS)
    feature_F = scales.apply(value_C[np.newaxis])[0].clip(-MOST_DEVIATIONS, MOST_DEVIATIONS)
    distance_N = np.sqrt(np.mean(np.square(features_NF - feature_F), axis=1, dtype=np.float64))
    order_N = np.argsort(distance_N, kind="stable")[:count]
    return [Similar(int(row), float(distance_N[row])) for row in order_N]
