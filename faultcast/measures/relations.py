"""What a function has to do with others: the names that it calls and imports, and what smells in it."""

from dataclasses import dataclass

from faultcast.measures.engine import Unit
from faultcast.measures.grammar import Grammar


@dataclass(frozen=True, slots=True)
class Related:
    """Of one unit; plain values only, as it outlives the tree that it was read from."""

    calls: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    smells: tuple[tuple[str, int], ...] = ()


def related(grammar: Grammar, source: bytes, unit: Unit) -> Related:
    """Look closer at what the walk gathered in a unit; depends on the unit's own text alone."""
    del grammar, source, unit
    return Related()
