"""What `tune` may try for each kind: fields of that kind's `Options`, as data.

`first` is what the first trial takes: the field's default. So a search never ends with something worse, on its
windows, than what it started from.
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
    "simple": (
        Choice("members", ("", "forest", "extra", "boosted", "linear", "extra+boosted", "boosted+linear"), first=""),
        Choice("leaf", (0, 2, 5, 10, 20, 40), first=0),
        Choice("recency", (-1.0, 0.0, 1.5, 3.0), first=-1.0),
    ),
    "incremental": (Choice("penalty", (0.0, 1.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0), first=0.0),),
    "hybrid": (
        Range("learning_rate", 3e-4, 5e-3, first=1.5e-3, log=True),
        Range("weight_decay", 1e-3, 0.3, first=0.05, log=True),
        Range("dropout", 0.0, 0.4, first=0.1),
        Range("token_dropout", 0.0, 0.4, first=0.1),
        Range("layers", 1, 3, first=2),
        Range("max_class_weight", 2.0, 20.0, first=10.0, log=True),
        Choice("batch_size", (0, 16, 32, 64), first=0),
    ),
})  # fmt: skip
