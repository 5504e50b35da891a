"""THE TABLE of smells, anti-patterns and patterns: what each is, where it begins, in which languages, who says so.

docs/smells.md is this table. Each row has an example and a counter-example in each of its languages, which are tests.
How a row is recognised stands in the modules beside this one: by numbers, by what is called, by the shape of the
syntax, by the text.
"""

from typing import Final

from faultcast.measures.smells.row import Kind
from faultcast.measures.smells.rows_of_code import OF_CODE
from faultcast.measures.smells.rows_of_risk import OF_RISK

CATALOGUE: Final = OF_CODE + OF_RISK
BY_NAME: Final = {smell.name: smell for smell in CATALOGUE}
_ORDER: Final = {smell.name: place for place, smell in enumerate(CATALOGUE)}


def in_order(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """Counts by name in the catalogue's order; zeros are left out."""
    return tuple(sorted(((name, count) for name, count in counts.items() if count), key=lambda one: _ORDER[one[0]]))


def count_of(smells: tuple[tuple[str, int], ...], *kinds: Kind) -> int:
    """How many findings of the kinds: ``count_of(version.smells, "smell", "anti-pattern")``.

    >>> count_of((("long_function", 2), ("guard_clause", 3)), "pattern")
    3
    """
    return sum(count for name, count in smells if BY_NAME[name].kind in kinds)
