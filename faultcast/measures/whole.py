"""A file's numbers, put together from its pieces."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from faultcast.measures.cohesion import COHESION_LANGUAGES, Method, class_measures
from faultcast.measures.languages import Language
from faultcast.measures.pieces import Part, Piece, halstead_volume, maintainability, place
from faultcast.measures.smells.assemble import of_whole, with_text
from faultcast.measures.text import count_lines
from faultcast.records import FileVersion, FunctionMeasures, Measures


def version_of(row: Language, source: bytes, outside: Piece, parts: Sequence[Part]) -> FileVersion:
    """Put a file together from what stands in no function and its outermost functions, in the order of their starts."""
    functions = _with_names_of_their_own(
        tuple(chain.from_iterable(place(part.piece, part.line, part.path) for part in parts))
    )
    relations = [closer for piece in (outside, *(part.piece for part in parts)) for closer in piece.relations]
    imports = tuple(dict.fromkeys(chain.from_iterable(closer.imports for closer in relations)))
    spans = sorted(_spans(outside, parts))
    measures = _measures(row, source, outside, parts, functions, spans)
    methods = list(_methods(parts)) if row.name in COHESION_LANGUAGES else []
    classes = class_measures(row.name, outside.relations[0].classes, methods)
    _, beside = with_text(row.name, *_beside(source, outside, parts), ())
    smelling = (outside.relations[0].smells, tuple(beside.items()), *(function.smells for function in functions))
    smells = of_whole(row.name, measures.lines, len(imports), classes, methods, smelling)
    return FileVersion(measures, functions, imports, smells, classes)


def _beside(source: bytes, outside: Piece, parts: Sequence[Part]) -> tuple[bytes, list[tuple[int, int]]]:
    """The text outside all functions, a line's end for each, and where the comments are in it."""
    kept: list[bytes] = []
    comments: list[tuple[int, int]] = []
    waiting = sorted(outside.spans)
    at = length = taken = 0
    for start, end in (*((part.start, part.end) for part in parts), (len(source), len(source))):
        kept += (source[at:start], b"\n")
        while taken < len(waiting) and waiting[taken][0] < start:
            comments.append((waiting[taken][0] - at + length, waiting[taken][1] - at + length))
            taken += 1
        length += start - at + 1
        at = end
    return b"".join(kept), comments


def _methods(parts: Sequence[Part]) -> Iterator[Method]:
    for part in parts:
        if part.owner:
            piece = part.piece
            uses = piece.relations[0].uses
            cyclomatic = sum(function.cyclomatic for function in piece.functions)
            yield Method(part.owner, part.name.encode(), piece.symbols if uses is None else uses, cyclomatic)


def _measures(
    row: Language,
    source: bytes,
    outside: Piece,
    parts: Sequence[Part],
    functions: tuple[FunctionMeasures, ...],
    comments: list[tuple[int, int]],
) -> Measures:
    pieces = [outside, *(part.piece for part in parts)]
    lines, code_lines, comment_lines = count_lines(source, comments)
    cyclomatic = sum(piece.decisions for piece in pieces) + len(functions)
    symbols = frozenset[int | bytes]().union(*(piece.symbols for piece in pieces))
    volume = halstead_volume(sum(piece.tokens for piece in pieces), len(symbols))
    documented = sum(part.piece.documented for part in parts) + sum(part.is_documented for part in parts)
    return Measures(
        language=row.name,
        lines=lines,
        code_lines=code_lines,
        comment_lines=comment_lines,
        functions=len(functions),
        cyclomatic=cyclomatic,
        cyclomatic_max=max((function.cyclomatic for function in functions), default=outside.decisions),
        cognitive=sum(piece.cognitive for piece in pieces),
        nesting_max=max(piece.nesting for piece in pieces),
        function_lines_max=max((f.end_line - f.start_line + 1 for f in functions), default=0),
        parameters_max=max((f.parameters for f in functions), default=0),
        imports=sum(piece.imports for piece in pieces),
        halstead_volume=volume,
        maintainability=maintainability(volume, cyclomatic, code_lines),
        docstring_share=documented / len(functions) if functions else None,
    )


def _spans(outside: Piece, parts: Sequence[Part]) -> Iterator[tuple[int, int]]:
    yield from outside.spans
    for part in parts:
        if part.piece.spans:
            first = part.start
            yield from ((start + first, end + first) for start, end in part.piece.spans)


def _with_names_of_their_own(functions: tuple[FunctionMeasures, ...]) -> tuple[FunctionMeasures, ...]:
    """Tell functions of one name apart by their order: ``f``, ``f#2``."""
    if len({function.name for function in functions}) == len(functions):
        return functions
    seen: Counter[str] = Counter()
    found: list[FunctionMeasures] = []
    for function in functions:
        seen[function.name] += 1
        times = seen[function.name]
        found.append(function if times == 1 else replace(function, name=f"{function.name}#{times}"))
    return tuple(found)
