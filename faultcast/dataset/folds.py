"""Cross-validation in time order: learn from a beginning, skip what has not ripened, judge what comes next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultcast.dataset.split import SECONDS_A_DAY
from faultcast.errors import PermanentError


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Row numbers, ascending: what is learnt from, and what is judged (always later, with a gap between)."""

    train: NDArray[np.int64]
    judged: NDArray[np.int64]


def time_folds(committed_at_N: NDArray[np.int64], ripening_days: float, folds: int = 4) -> list[Fold]:
    """Expanding windows over changes in time order.

    The rows are cut into ``folds + 1`` blocks of nearly equal size. Fold k judges block k + 1 and learns from
    the rows before it that had ripened when that block began, so that no label of the window could
    have been unknown then for being too young. A fold with no row to learn from is left out.

    Args:
        committed_at_N: int64, unix seconds, ascending.
        ripening_days: the gap before each judged block.
        folds: how many; at least 1.

    Raises:
        PermanentError: `committed_at_N` is not in time order.

    >>> days = np.arange(10) * SECONDS_A_DAY
    >>> [(len(fold.train), fold.judged.tolist()) for fold in time_folds(days, ripening_days=1, folds=4)]
    [(2, [2, 3]), (4, [4, 5]), (6, [6, 7]), (8, [8, 9])]
    """
    instants = np.asarray(committed_at_N, dtype=np.int64)
    if np.any(np.diff(instants) < 0):
        raise PermanentError("Changes are not in time order; sort them by the instant of the commit first")
    gap = round(ripening_days * SECONDS_A_DAY)
    found = []
    for judged in np.array_split(np.arange(len(instants)), folds + 1)[1:]:
        if not len(judged):
            continue
        ripe = int(np.searchsorted(instants, instants[judged[0]] - gap, side="right"))
        if ripe:
            found.append(Fold(np.arange(min(ripe, int(judged[0]))), judged))
    return found
