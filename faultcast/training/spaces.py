"""What `tune` may try for each kind: fields of that kind's `Options`, as data.

`first` is what the first trial takes: the default, where the default is a value at all (some defaults mean
"chosen from the data"). So a search never ends with something worse, on its folds, than what it started from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Range:
    """A number from `low` to `high`, both included; drawn on a log scale where factors matter, not differences."""

    name: str
    low: float
    high: float
    first: float
    log: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `values`."""

    name: str
    values: tuple[str | int | float | bool, ...]
    first: str | int | float | bool


Parameter = Range | Choice
"""A `Range` whose `low` is an int takes whole numbers only."""

SPACES: Mapping[str, tuple[Parameter, ...]] = MappingProxyType({
    "simple": (Range("leaf", 1, 60, first=5, log=True),),
    "incremental": (Range("penalty", 1e-3, 1e3, first=1.0, log=True),),
    "hybrid": (
        Range("learning_rate", 3e-4, 5e-3, first=1.5e-3, log=True),
        Range("weight_decay", 1e-3, 0.3, first=0.05, log=True),
        Choice("batch_size", (16, 32, 64), first=16),
        Range("max_class_weight", 2.0, 20.0, first=10.0, log=True),
    ),
})  # fmt: skip
