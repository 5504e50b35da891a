"""A file in stretches of whole declarations, each parsed alone, so that what versions share is not even parsed again.

Where a file is cut depends on its bytes alone: at lines that begin with what can only begin a declaration, or behind
those that end one. A cut that was wrong, in a string say, leaves a stretch that cannot be parsed; then the file is
parsed in one. Hence the same bytes give the same numbers, whatever was read before.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, pairwise

from tree_sitter import Node, Parser

from faultcast.measures.engine import outermost
from faultcast.measures.grammar import Grammar
from faultcast.measures.pieces import Memo, Part, Piece, Stretch, count, part_of, piece_of
from faultcast.measures.relations import Related, wildcards
from faultcast.measures.smells.catalogue import in_order

_BEHIND_A_BRACE = re.compile(rb"^\}[ \t]*\r?\n(?=[\s\w/#@\[])", re.MULTILINE)
_BEHIND_A_STATEMENT = re.compile(rb"^\}(?:\)?;)?[ \t]*\r?\n(?=\s*(?:[A-Za-z_@]|//|/\*))", re.MULTILINE)
_PYTHON = re.compile(rb"^(?:@|(?:async )?def |class )", re.MULTILINE)
_CUTS = {
    "go": _BEHIND_A_BRACE,
    "c": _BEHIND_A_BRACE,
    "rust": _BEHIND_A_BRACE,
    "hcl": _BEHIND_A_BRACE,
    "javascript": _BEHIND_A_STATEMENT,
    "typescript": _BEHIND_A_STATEMENT,
}
"""Elsewhere a class holds all of a file as a rule; C++'s namespaces do."""


def read_stretches(grammar: Grammar, source: bytes, memo: Memo | None) -> Stretch:
    """Count all of a file, by stretches where it can be cut; broken code is counted as far as it can be read."""
    parser = Parser(grammar.language)
    texts = _texts(grammar.row.name, source)
    found: list[Stretch] = []
    for text in texts if len(texts) > 1 else ():
        one = _kept(grammar, parser, text, memo)
        if one is None:
            break
        found.append(one)
    else:
        if found:
            return _together(texts, found)
    return _counted(grammar, source, parser.parse(source).root_node, memo)


def _kept(grammar: Grammar, parser: Parser, text: bytes, memo: Memo | None) -> Stretch | None:
    """A stretch, counted or found counted; None where it cannot be parsed on its own."""
    key = (grammar.row.name + grammar.row.entry, text)
    if memo is not None:
        known = memo.stretches.get(key)
        if known is not None:
            return known if known.is_whole else None
    root = parser.parse(text).root_node
    found = Stretch(Piece(), is_whole=False) if root.has_error else _counted(grammar, text, root, memo)
    if memo is not None:
        memo.stretches.put(key, found, len(text))
    return found if found.is_whole else None


def _counted(grammar: Grammar, source: bytes, root: Node, memo: Memo | None) -> Stretch:
    outside, met = outermost(grammar, source, root)
    parts = tuple(part_of(count(grammar, source, one, memo), one) for one in reversed(met))
    return Stretch(piece_of(grammar, source, [outside]), parts, source.count(b"\n"))


def _texts(language: str, source: bytes) -> list[bytes]:
    """The stretches' texts, in order; together they are the source."""
    cuts = _python_cuts(source) if language == "python" else _brace_cuts(language, source)
    return [source[start:end] for start, end in pairwise([0, *cuts, len(source)]) if start < end]


def _python_cuts(source: bytes) -> Iterator[int]:
    """Before functions and classes that stand in nothing, and before what decorates them."""
    is_decorated = False
    for match in _PYTHON.finditer(source):
        if not is_decorated:
            yield match.start()
        is_decorated = match.group() == b"@"


def _brace_cuts(language: str, source: bytes) -> Iterator[int]:
    """Behind braces that end a line of their own; in C not between an ``#if`` and its ``#endif``."""
    pattern = _CUTS.get(language)
    last = 0
    for match in pattern.finditer(source) if pattern else ():
        end = match.end()
        if language == "c" and source.count(b"#if", last, end) != source.count(b"#endif", last, end):
            continue
        yield end
        last = end


def _together(texts: list[bytes], found: list[Stretch]) -> Stretch:
    """Stretches as one, each told where it stands."""
    parts: list[Part] = []
    spans: list[tuple[int, int]] = []
    classes = []
    first = line = 0
    for text, one in zip(texts, found, strict=True):
        spans += [(start + first, end + first) for start, end in one.outside.spans]
        classes += [
            shape._replace(start_line=shape.start_line + line, end_line=shape.end_line + line)
            for shape in one.outside.relations[0].classes
        ]
        parts += [
            Part(piece, name, path, owner, is_documented, start + first, end + first, at + line)
            for piece, name, path, owner, is_documented, start, end, at in one.parts
        ]
        first, line = first + len(text), line + one.lines
    outsides = [one.outside for one in found]
    imports = tuple(dict.fromkeys(chain.from_iterable(piece.relations[0].imports for piece in outsides)))
    outside = Piece(
        spans=tuple(spans),
        relations=[Related(imports=imports, smells=_smells(outsides, imports), classes=tuple(classes))],
        decisions=sum(piece.decisions for piece in outsides),
        cognitive=sum(piece.cognitive for piece in outsides),
        nesting=max(piece.nesting for piece in outsides),
        imports=sum(piece.imports for piece in outsides),
        tokens=sum(piece.tokens for piece in outsides),
        symbols=frozenset[int | bytes]().union(*(piece.symbols for piece in outsides)),
    )
    return Stretch(outside, tuple(parts), line)


def _smells(outsides: list[Piece], imports: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """Those of all; an import of whatever there is counts once however often it is written."""
    smells: Counter[str] = Counter()
    for piece in outsides:
        closer = piece.relations[0]
        for smell, times in closer.smells:
            smells[smell] += times
        if closer.imports:
            smells["wildcard_import"] -= wildcards(closer.imports)
    smells["wildcard_import"] += wildcards(imports)
    return in_order(smells)
