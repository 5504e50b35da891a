"""A file in stretches of whole declarations, each parsed alone: what versions share is not even parsed again.

If a stretch cannot be parsed alone, the file is read in one. Where it is cut depends on its bytes, and what a stretch
comes to on its own text; hence the same bytes give the same numbers, whatever was read before.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from tree_sitter import Node, Parser

from faultcast.measures.cohesion import COHESION_LANGUAGES, Method, Shape, class_measures
from faultcast.measures.cuts import cut
from faultcast.measures.engine import outermost
from faultcast.measures.grammar import Grammar
from faultcast.measures.kept import Store
from faultcast.measures.pieces import MOST_BYTES, Key, Piece, count, piece_of
from faultcast.measures.smells.assemble import Counts, of_classes
from faultcast.measures.text import count_lines
from faultcast.measures.units import Met
from faultcast.records import ClassMeasures, FunctionMeasures


class Part(NamedTuple):
    """An outermost function, where it stands: its line (0 the first) and what is around it."""

    piece: Piece
    line: int
    path: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a stretch or a file; `smells` without those of classes. The last three are maxima."""

    lines: int = 0
    code_lines: int = 0
    comment_lines: int = 0
    functions: int = 0
    decisions: int = 0
    cognitive: int = 0
    imports: int = 0
    tokens: int = 0
    documented: int = 0
    nesting: int = 0
    function_lines: int = 0
    parameters: int = 0
    cyclomatic: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """All that a stretch comes to; lines are counted from its first.

    `beside` is the text outside all functions, a line's end for each, and `comments` are the comments in it. `shapes`,
    `methods` and `classes` are those of classes, `owners` the classes that any of them names, `class_smells` theirs.
    `is_whole`: it can be parsed without what stands around it; otherwise it holds nothing.
    """

    totals: Totals = Totals()
    parts: tuple[Part, ...] = ()
    symbols: frozenset[int | bytes] = frozenset()
    beside: bytes = b""
    comments: tuple[tuple[int, int], ...] = ()
    imports: tuple[str, ...] = ()  # outside functions
    imports_inside: tuple[str, ...] = ()
    smells: Counts = ()
    shapes: tuple[Shape, ...] = ()
    methods: tuple[Method, ...] = ()
    classes: tuple[ClassMeasures, ...] = ()
    owners: frozenset[str] = frozenset()
    class_smells: Counts = ()
    is_whole: bool = True


class Memo:
    """Stretches, and functions in them, by their text, at most twice `most_bytes` of either; functions are counted."""

    __slots__ = ("pieces", "stretches")

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.pieces: Store[Key, Piece] = Store(most_bytes)
        self.stretches: Store[tuple[str, bytes], Stretch] = Store(most_bytes)

    def __len__(self) -> int:
        return len(self.pieces)


def read_stretches(grammar: Grammar, source: bytes, memo: Memo | None) -> list[Stretch]:
    """Count all of a file, in stretches where it can be cut; broken code is counted as far as it can be read."""
    parser = Parser(grammar.language)
    texts = cut(grammar.row.name, source)
    if len(texts) > 1:
        found = []
        for text in texts:
            one = _kept(grammar, parser, text, memo)
            if not one.is_whole:
                break
            found.append(one)
        else:
            return found
    return [_counted(grammar, source, parser.parse(source).root_node, memo)]


def _kept(grammar: Grammar, parser: Parser, text: bytes, memo: Memo | None) -> Stretch:
    """A stretch, counted or found counted."""
    key = (grammar.row.name + grammar.row.entry, text)
    known = memo.stretches.get(key) if memo is not None else None
    if known is not None:
        return known
    root = parser.parse(text).root_node
    found = Stretch(is_whole=False) if root.has_error else _counted(grammar, text, root, memo)
    if memo is not None:
        memo.stretches.put(key, found, len(text))
    return found


def _counted(grammar: Grammar, source: bytes, root: Node, memo: Memo | None) -> Stretch:
    around, met = outermost(grammar, source, root)
    met.reverse()
    pieces = [count(grammar, source, one, memo.pieces if memo is not None else None) for one in met]
    outside = piece_of(grammar, source, [around])
    language, closer = grammar.row.name, outside.relations[0]
    beside, comments = _beside(source, outside, met)
    methods = tuple(_methods(pieces, met)) if language in COHESION_LANGUAGES else ()
    classes = class_measures(language, closer.classes, methods)
    functions = [function for piece in pieces for function in piece.functions]
    related = chain.from_iterable(piece.relations for piece in pieces)
    return Stretch(
        totals=_totals(source, outside, pieces, met, functions),
        parts=tuple(Part(piece, one.node.start_point.row, one.path) for piece, one in zip(pieces, met, strict=True)),
        symbols=outside.symbols.union(*(piece.symbols for piece in pieces)),
        beside=beside,
        comments=tuple(comments),
        imports=closer.imports,
        imports_inside=tuple(dict.fromkeys(chain.from_iterable(one.imports for one in related))),
        smells=added([closer.smells, *(function.smells for function in functions)]),
        shapes=closer.classes,
        methods=methods,
        classes=classes,
        owners=frozenset([*(method.owner for method in methods), *(shape.path for shape in closer.classes)]),
        class_smells=of_classes(language, classes, methods),
    )


def added(parts: Iterable[Counts]) -> Counts:
    """The sums by name."""
    counts: Counter[str] = Counter()
    for part in parts:
        for smell, times in part:
            counts[smell] += times
    return tuple(counts.items())


def _totals(
    source: bytes, outside: Piece, pieces: list[Piece], met: list[Met], functions: list[FunctionMeasures]
) -> Totals:
    every = [outside, *pieces]
    lines, code_lines, comment_lines = count_lines(source, list(_spans(outside, pieces, met)))
    return Totals(
        lines=lines,
        code_lines=code_lines,
        comment_lines=comment_lines,
        functions=len(functions),
        decisions=sum(piece.decisions for piece in every),
        cognitive=sum(piece.cognitive for piece in every),
        imports=sum(piece.imports for piece in every),
        tokens=sum(piece.tokens for piece in every),
        documented=sum(piece.documented for piece in pieces) + sum(one.is_documented for one in met),
        nesting=max(piece.nesting for piece in every),
        function_lines=max((f.end_line - f.start_line + 1 for f in functions), default=0),
        parameters=max((f.parameters for f in functions), default=0),
        cyclomatic=max((f.cyclomatic for f in functions), default=0),
    )


def _spans(outside: Piece, pieces: list[Piece], met: list[Met]) -> Iterator[tuple[int, int]]:
    yield from outside.spans
    for piece, one in zip(pieces, met, strict=True):
        if piece.spans:
            first = one.node.start_byte
            yield from ((start + first, end + first) for start, end in piece.spans)


def _beside(source: bytes, outside: Piece, met: list[Met]) -> tuple[bytes, list[tuple[int, int]]]:
    """The text outside all functions, a line's end for each, and where the comments are in it."""
    kept: list[bytes] = []
    comments: list[tuple[int, int]] = []
    waiting = sorted(outside.spans)
    at = length = taken = 0
    for start, end in (*((one.node.start_byte, one.node.end_byte) for one in met), (len(source), len(source))):
        kept += (source[at:start], b"\n")
        while taken < len(waiting) and waiting[taken][0] < start:
            comments.append((waiting[taken][0] - at + length, waiting[taken][1] - at + length))
            taken += 1
        length += start - at + 1
        at = end
    return b"".join(kept[:-1]), comments


def _methods(pieces: list[Piece], met: list[Met]) -> Iterator[Method]:
    for piece, one in zip(pieces, met, strict=True):
        if one.owner:
            uses = piece.relations[0].uses
            cyclomatic = sum(function.cyclomatic for function in piece.functions)
            yield Method(one.owner, one.name.encode(), piece.symbols if uses is None else uses, cyclomatic)
