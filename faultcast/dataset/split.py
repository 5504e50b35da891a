"""Which change is trained, validated and tested on, and as of when its label is taken.

    time --->
    |------- train -------|~gap~|--- validation ---|~gap~|------ test ------|-- recent --|
                                ^ train_until            ^ validation_until ^ ripe       ^ as_of

* A change is **ripe** when it is at least `ripening_days` older than `as_of`. Younger ones are
  *recent*: they are scored, never learnt from or tested on. That holds for those already known to
  be inducing too, because keeping only the bad ones of a young tail would bias everything.
* **test** is the last fifth of the ripe changes, at least `min_test`.
* **validation** is a fifth of the ripe changes (at least half of `min_test`) that ends
  `ripening_days` before the test begins; **train** is everything that ends `ripening_days` before
  validation begins. The changes in between are the **gap** and belong to no split, so a split is
  never thinned out by its own gap.
* A label counts as it was known when the next split began (train: `train_until`; validation:
  `validation_until`; test and recent: `as_of`). So a fix that lands later teaches nothing, just as
  it could not have at that time; and every row had the full ripening time to show its fault.

Protocol after field practice and Kamei et al. 2013; the gap after Tan et al. 2015, "Online defect
prediction for imbalanced data".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import InsufficientSamples, PermanentError

SECONDS_A_DAY = 86_400
SPLITS = ("train", "validation", "test", "recent")
GAP = "gap"
TEST_SHARE = 5
"""Test and validation are one in so many of the ripe changes."""
MIN_TRAIN = 60
"""Rows without which no model is trained; the classes are checked when labels are known."""


@dataclass(frozen=True, slots=True, eq=False)
class SplitPlan:
    """One entry a change, in the order given. Instants are unix seconds.

    `split` holds a name of `SPLITS` or `GAP`; `label_as_of` the instant whose knowledge the row's
    label is taken from (meaningless where the split is the gap).
    """

    committed_at: NDArray[np.int64]
    split: NDArray[np.str_]
    label_as_of: NDArray[np.int64]
    as_of: int
    ripening_days: float
    train_until: int
    validation_until: int


def plan_split(
    committed_at: NDArray[np.int64], as_of: int, ripening_days: float, min_test: int = 200, what: str = "changes"
) -> SplitPlan:
    """Split changes by time, with gaps for labels to ripen.

    Args:
        committed_at: int64 array_N, unix seconds, ascending.
        as_of: unix seconds; nothing known later is used.
        ripening_days: days after which a change without a known fault counts as clean.
        min_test: fewest changes to test on; three times as many ripe ones are needed.
        what: how a message calls the changes.

    Raises:
        InsufficientSamples: fewer ripe changes than 3 * `min_test`, or too few left for training.
        PermanentError: `committed_at` is not in time order.

    >>> days = np.arange(1000) * 86_400
    >>> plan = plan_split(days, as_of=int(days[-1]), ripening_days=30, min_test=100)
    >>> [int((plan.split == name).sum()) for name in (*SPLITS, GAP)]
    [524, 194, 194, 30, 58]
    """
    instants = np.asarray(committed_at, dtype=np.int64)
    if np.any(np.diff(instants) < 0):
        raise PermanentError("Changes are not in time order; sort them by the instant of the commit first")
    ripening = round(ripening_days * SECONDS_A_DAY)

    ripe = _ripe_at(instants, as_of, ripening)
    if ripe < 3 * min_test:
        raise InsufficientSamples(f"{what} older than {ripening_days:g} days", ripe, 3 * min_test)
    marks = _boundaries(instants, ripe, ripening, ripening_days, min_test)
    train_end, validation_start, validation_end, test_start = marks
    train_until, validation_until = int(instants[validation_start]), int(instants[test_start])
    split = np.full(instants.shape, GAP, dtype="<U10")
    label_as_of = np.full(instants.shape, as_of, dtype=np.int64)
    for name, start, end, known in (
        ("train", 0, train_end, train_until),
        ("validation", validation_start, validation_end, validation_until),
        ("test", test_start, ripe, as_of),
        ("recent", ripe, len(instants), as_of),
    ):
        split[start:end] = name
        label_as_of[start:end] = known
    return SplitPlan(instants, split, label_as_of, as_of, ripening_days, train_until, validation_until)


def _boundaries(
    instants: NDArray[np.int64], ripe: int, ripening: int, ripening_days: float, min_test: int
) -> tuple[int, int, int, int]:
    """Row numbers: end of train, start and end of validation, start of test. `ripening` is in seconds."""
    test_start = ripe - max(min_test, ripe // TEST_SHARE)
    validation_end = min(test_start, _ripe_at(instants, int(instants[test_start]), ripening))
    validation_start = validation_end - max(min_test // 2, ripe // TEST_SHARE)
    train_end = min(validation_start, _ripe_at(instants, int(instants[max(0, validation_start)]), ripening))
    if train_end < MIN_TRAIN:
        what = f"changes to train on before two gaps of {ripening_days:g} days"
        raise InsufficientSamples(what, max(0, train_end), MIN_TRAIN)
    return train_end, validation_start, validation_end, test_start


def _ripe_at(instants: NDArray[np.int64], instant: int, ripening: int) -> int:
    """How many changes had ripened at an instant."""
    return int(np.searchsorted(instants, instant - ripening, side="right"))


def plan_split_of(
    eligible: NDArray[np.bool_], committed_at: NDArray[np.int64], as_of: int, ripening_days: float, min_test: int = 200
) -> SplitPlan:
    """Like `plan_split`, over the eligible changes alone: only they are learnt from and judged.

    The others are clean by definition of the label (it is traced through source code alone), and judging
    them would flatter every figure. Those too young to be judged are still `recent`, to be scored.

    Args:
        eligible: bool array_N.
        committed_at, as_of, ripening_days, min_test: see `plan_split`, which also tells what is raised.
    """
    instants = np.asarray(committed_at, dtype=np.int64)
    inner = plan_split(instants[eligible], as_of, ripening_days, min_test, "changes to source code")
    young = instants > as_of - round(ripening_days * SECONDS_A_DAY)
    split = np.where(young, "recent", GAP).astype("<U10")
    split[eligible] = inner.split
    label_as_of = np.full(instants.shape, as_of, dtype=np.int64)
    label_as_of[eligible] = inner.label_as_of
    return SplitPlan(instants, split, label_as_of, as_of, ripening_days, inner.train_until, inner.validation_until)


def unsplit(committed_at: NDArray[np.int64], as_of: int, ripening_days: float) -> SplitPlan:
    """The plan for too small a history: every change is `recent`, to be ranked but not learnt from."""
    instants = np.asarray(committed_at, dtype=np.int64)
    split = np.full(instants.shape, "recent", dtype="<U10")
    return SplitPlan(instants, split, np.full(instants.shape, as_of), as_of, ripening_days, as_of, as_of)
