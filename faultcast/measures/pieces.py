"""What one piece of a file comes to: an outermost function with all inside it, or all that stands in no function.

A piece depends on its own text alone, not on where it stands, so the same text need not be counted twice: versions of a
file share most of their functions. a memo keeps pieces by their text; what is kept changes no number.
"""

import math
from dataclasses import dataclass, field
from operator import attrgetter

from faultcast.measures.engine import within
from faultcast.measures.grammar import Grammar
from faultcast.measures.kept import Store
from faultcast.measures.relations import Related, related
from faultcast.measures.smells.assemble import with_text
from faultcast.measures.units import Met, Unit, joined
from faultcast.records import FunctionMeasures

Key = tuple[str, str, int, int, bytes]
"""Grammar, the function's name, its node's kind, how many nodes are in it, its text."""

MOST_BYTES = 16_000_000
"""Text that a memo holds in each of its two halves; with what was counted, about four times as much memory."""


@dataclass(slots=True)
class Piece:
    """What was counted. Lines are counted from the piece's first, names and owners told as if nothing stood around it.

    `tokens` and `symbols` (the distinct ones) are Halstead's; `spans` are comments, as byte ranges from its first byte.
    """

    spans: tuple[tuple[int, int], ...] = ()
    functions: tuple[FunctionMeasures, ...] = ()
    owners: list[str] = field(default_factory=list)  # of each function its class
    relations: list[Related] = field(default_factory=list)  # of each unit
    decisions: int = 0
    cognitive: int = 0
    nesting: int = 0
    imports: int = 0
    documented: int = 0
    tokens: int = 0
    symbols: frozenset[int | bytes] = frozenset()
    placed: tuple[int, str, tuple[FunctionMeasures, ...]] | None = None  # where it stood last


def piece_of(grammar: Grammar, source: bytes, units: list[Unit]) -> Piece:
    """Put together what was counted in `units`, the outermost first; the one that stands in no function has no name."""
    outer = units[0]
    first, line = (outer.start, outer.start_line - 1) if outer.name else (0, 0)
    piece = Piece(spans=tuple((start - first, end - first) for unit in units for start, end in unit.spans))
    functions: list[FunctionMeasures] = []
    symbols: set[int | bytes] = set()
    for unit in units:
        closer = related(grammar, source, unit)
        piece.relations.append(closer)
        piece.decisions += unit.decisions
        piece.cognitive += unit.cognitive
        piece.nesting = max(piece.nesting, unit.nesting)
        piece.imports += unit.imports
        piece.documented += unit.is_documented
        own: set[int | bytes] = {*unit.operators, *unit.operands}
        symbols |= own
        tokens = len(unit.operators) + len(unit.operands)
        piece.tokens += tokens
        if unit.name:
            piece.owners.append(unit.owner)
            functions.append(_function(unit, closer, line, halstead_volume(tokens, len(own))))
    piece.symbols, piece.functions = frozenset(symbols), tuple(functions)
    if functions:
        text = source[first : outer.end]
        piece.functions, _ = with_text(grammar.row.name, text, sorted(piece.spans), piece.functions)
    return piece


def _function(unit: Unit, closer: Related, line: int, volume: float) -> FunctionMeasures:
    lines = unit.end_line - unit.start_line + 1
    return FunctionMeasures(
        name=unit.name,
        start_line=unit.start_line - line,
        end_line=unit.end_line - line,
        cyclomatic=1 + unit.decisions,
        cognitive=unit.cognitive,
        nesting=unit.nesting,
        parameters=unit.parameters,
        halstead_volume=volume,
        calls=closer.calls,
        maintainability=maintainability(volume, 1 + unit.decisions, lines),
        nested_blocks=unit.blocks,
        smells=closer.smells,
    )


_REST = attrgetter(*(name for name in FunctionMeasures.__slots__ if name not in {"name", "start_line", "end_line"}))


def place(piece: Piece, line: int, path: str) -> tuple[FunctionMeasures, ...]:
    """The functions of a piece that begins on the file's `line` (0 the first) and stands in `path`."""
    if piece.placed is None or piece.placed[:2] != (line, path):
        functions = (
            FunctionMeasures(joined(path, f.name), f.start_line + line, f.end_line + line, *_REST(f))
            for f in piece.functions
        )
        piece.placed = (line, path, tuple(functions))
    return piece.placed[2]


def count(grammar: Grammar, source: bytes, met: Met, memo: Store[Key, Piece] | None) -> Piece:
    """Count an outermost function, or find it counted. Broken code is counted every time: errors heal by context."""
    node, name = met.node, met.name
    if memo is None or node.has_error:
        return piece_of(grammar, source, within(grammar, source, node, name))
    row, start, end = grammar.row, node.start_byte, node.end_byte
    key = (row.name + row.entry, name, node.kind_id, node.descendant_count, source[start:end])
    piece = memo.get(key)
    if piece is None:
        piece = piece_of(grammar, source, within(grammar, source, node, name))
        memo.put(key, piece, end - start)
    return piece


def halstead_volume(tokens: int, distinct: int) -> float:
    """N log2 n: tokens times the bits that naming one of the distinct tokens takes (Halstead 1977)."""
    return tokens * math.log2(distinct) if distinct else 0.0


def maintainability(volume: float, cyclomatic: int, lines: int) -> float:
    """The maintainability index of Coleman, Ash, Lowther and Oman (1994), 0 (bad) to 100, scaled as Visual Studio does.

    ``max(0, (171 - 5.2 ln V - 0.23 G - 16.2 ln L) * 100 / 171)`` with Halstead volume V, cyclomatic complexity G and
    lines L.

    >>> round(maintainability(1000.0, 10, 50)), maintainability(0.0, 0, 0)
    (41, 100.0)
    """
    index = 171 - 5.2 * math.log(max(1.0, volume)) - 0.23 * cyclomatic - 16.2 * math.log(max(1, lines))
    return min(100.0, max(0.0, index * 100 / 171))
