"""The ways to trace a fix back, by name: one table of rules, which the same code follows.

The classical ones are those of the literature (Rosa et al., 2021, compare them), here on the same fixes:
``b`` after Sliwerski, Zimmermann and Zeller (2005), ``ag`` after Kim et al. (2006), ``ma`` after
da Costa et al. (2017), ``recent`` after Davies et al. (2014, R-SZZ). ``ours`` is what a run uses.
"""

from dataclasses import dataclass
from typing import Literal

from faultcast.errors import UsageError

Look = Literal["exact", "white space", "look"]
"""When a rewritten line is still the old one: never; where only white space differs; where its look does."""

Lines = Literal["all", "code", "telling"]
"""Lines that count: all; all but blank ones and comments; those that can carry a fault at all."""

Accept = Literal["all", "most recent", "fair share"]
"""Candidates that count: all; the youngest; the one that wrote most, and others with a fair share."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Rules of tracing. `text` says in one line what they come to."""

    name: str
    text: str
    look: Look = "exact"
    lines: Lines = "all"
    accept: Accept = "all"
    leaves_out_merges: bool = False
    leaves_out_bulk: bool = False
    leaves_out_foreign: bool = False  # generated and vendored files
    follows_moves: bool = False  # lines that a commit takes from one place to another
    follows_refactoring: bool = False  # lines declared otherwise, names replaced throughout
    heeds_ignored: bool = False  # .git-blame-ignore-revs
    heeds_named: bool = False  # the commit that the fix's message names
    heeds_kept: bool = False  # where a fix removes nothing else, lines that it moved or re-formed
    heeds_reports: bool = False  # what landed after the fault was reported has not induced it
    traces_additions: bool = False  # fixes that only add lines


_OURS = Variant(
    "ours",
    "telling lines only, their look and moves ignored; who wrote most of them; named commits and additions traced",
    look="look",
    lines="telling",
    accept="fair share",
    leaves_out_bulk=True,
    leaves_out_foreign=True,
    follows_moves=True,
    follows_refactoring=True,
    heeds_ignored=True,
    heeds_named=True,
    heeds_kept=True,
    heeds_reports=True,
    traces_additions=True,
)

VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("b", "every commit that wrote a line which the fix removed"),
        Variant("ag", "the same without blank lines, comments and changes of white space", "white space", "code"),
        Variant("ma", "the same without merges", "white space", "code", leaves_out_merges=True),
        Variant("recent", "of these, only the youngest", "white space", "code", "most recent", leaves_out_merges=True),
        _OURS,
    )
}

DEFAULT = _OURS


def variant_of(name: str) -> Variant:
    """Return the variant of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in VARIANTS:
        raise UsageError(f"found the variant {name!r}, expected one of {', '.join(VARIANTS)}")
    return VARIANTS[name]
