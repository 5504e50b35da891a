"""Who answers: shares of the requests, sticky by key.

A key falls on one point of 0 .. 2^32 - 1, and every model that answers owns one interval of them, in the order given.
So a key meets the same model for as long as the split stands, and moving a border between two models moves the keys
between the old place and the new one, and no others.

>>> split = parse("champion,challenger", "90/10")
>>> split.shares
(0.9, 0.1)
>>> split.of("checkout") == split.of("checkout")
True
"""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import accumulate

from faultcast.errors import UsageError

ALIASES = ("champion", "challenger", "shadow")
POINTS = 2**32
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Split:
    """Aliases with their shares (0..1, together 1). A share of 0: it scores in shadow and answers nobody."""

    aliases: tuple[str, ...]
    shares: tuple[float, ...]
    _borders: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        borders = tuple(round(POINTS * total) for total in accumulate(self.shares))
        object.__setattr__(self, "_borders", borders)

    def of(self, key: str) -> str:
        """The alias that answers requests with this key."""
        return self.aliases[bisect_right(self._borders, point(key))]

    def share(self, alias: str) -> float:
        """Share of the requests that an alias answers; 0 for one that is not in the split."""
        return dict(zip(self.aliases, self.shares, strict=True)).get(alias, 0.0)

    @property
    def shadows(self) -> tuple[str, ...]:
        """Aliases that score everything and answer nothing."""
        return tuple(alias for alias, share in zip(self.aliases, self.shares, strict=True) if share == 0)


def point(key: str) -> int:
    """Where a key falls, 0 .. 2^32 - 1: the start of its BLAKE2b, salted: no other hash of ours agrees."""
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=4, person=b"faultcast split").digest()
    return int.from_bytes(digest, "big")


CHAMPION = Split(("champion",), (1.0,))
"""One model answers all."""


def parse(models: str, split: str = "") -> Split:
    """``--models champion,challenger --split 90/10``.

    Args:
        models: aliases separated by commas.
        split: percentages separated by slashes, as many as models that answer; empty: the first answers all. `shadow`
            answers nobody and needs no percentage.

    Raises:
        UsageError: an unknown or repeated alias, as many shares as not models, or shares that do not make 100.
    """
    aliases = tuple(name.strip() for name in models.split(","))
    for name in aliases:
        if name not in ALIASES:
            raise UsageError(f"--models {models}: found {name[:40]!r}, expected some of {', '.join(ALIASES)}")
    if len(set(aliases)) != len(aliases):
        raise UsageError(f"--models {models}: found an alias twice, expected each once")
    answering = [name for name in aliases if name != "shadow"]
    if not answering:
        raise UsageError(f"--models {models}: nobody would answer, expected champion or challenger beside the shadow")
    percents = _percents(split) if split else [Decimal(_PERCENT), *[Decimal(0)] * (len(answering) - 1)]
    if len(percents) == len(aliases) != len(answering):
        answering = list(aliases)  # the shadow's share was given too
    _check(percents, answering, split)
    given = dict(zip(answering, percents, strict=True))
    return Split(aliases, tuple(float(given.get(name, Decimal(0)) / _PERCENT) for name in aliases))


def _percents(split: str) -> list[Decimal]:
    try:
        found = [Decimal(part.strip()) for part in split.split("/")]
    except InvalidOperation:
        raise UsageError(f"--split {split[:40]}: expected percentages such as 90/10") from None
    if not all(part.is_finite() and part >= 0 for part in found):
        raise UsageError(f"--split {split[:40]}: expected percentages from 0 to 100, such as 90/10")
    return found


def _check(percents: list[Decimal], answering: list[str], split: str) -> None:
    if len(percents) != len(answering):
        raise UsageError(
            f"--split {split}: found {len(percents)} shares for {len(answering)} models ({', '.join(answering)}), "
            "expected one each, such as 90/10"
        )
    if sum(percents) != _PERCENT:
        raise UsageError(f"--split {split}: the shares make {sum(percents)}, expected 100")
    given = dict(zip(answering, percents, strict=True))
    if given.get("shadow"):
        raise UsageError(f"--split {split}: a shadow answers nobody, found a share of {given['shadow']}, expected 0")
