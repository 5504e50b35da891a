"""A file's numbers, put together from its stretches."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, chain

from faultcast.measures.cohesion import class_measures
from faultcast.measures.languages import Language
from faultcast.measures.pieces import halstead_volume, maintainability, place
from faultcast.measures.relations import wildcards
from faultcast.measures.smells.assemble import Counts, of_classes, of_whole, with_text
from faultcast.measures.stretches import Stretch
from faultcast.records import ClassMeasures, FileVersion, FunctionMeasures, Measures


def version_of(row: Language, stretches: Sequence[Stretch]) -> FileVersion:
    """Put a file together from its stretches, in their order."""
    firsts = [0, *accumulate(one.totals.lines for one in stretches[:-1])]
    placed = (
        place(p.piece, p.line + first, p.path) for one, first in zip(stretches, firsts, strict=True) for p in one.parts
    )
    functions = _with_names_of_their_own(tuple(chain.from_iterable(placed)))
    outside = tuple(dict.fromkeys(chain.from_iterable(one.imports for one in stretches)))
    imports = tuple(dict.fromkeys(chain(outside, *(one.imports_inside for one in stretches))))
    measures = _measures(row, stretches)
    classes, of_them = _classes(row.name, stretches, firsts)
    _, beside = with_text(row.name, *_beside(stretches), ())
    again = wildcards(outside) - sum(wildcards(one.imports) for one in stretches)  # one that is written twice is one
    smelling = (*(one.smells for one in stretches), tuple(beside.items()), of_them, (("wildcard_import", again),))
    return FileVersion(
        measures, functions, imports, of_whole(row.name, measures.lines, len(imports), smelling), classes
    )


def _beside(stretches: Sequence[Stretch]) -> tuple[bytes, list[tuple[int, int]]]:
    """The text outside all functions, and where the comments are in it."""
    comments: list[tuple[int, int]] = []
    length = 0
    for one in stretches:
        comments += [(start + length, end + length) for start, end in one.comments]
        length += len(one.beside)
    return b"".join([*(one.beside for one in stretches), b"\n"]), comments


def _classes(
    language: str, stretches: Sequence[Stretch], firsts: list[int]
) -> tuple[tuple[ClassMeasures, ...], Counts]:
    """The classes and what smells in them; anew if a class stands in several stretches, as Rust's do."""
    together = list(zip(stretches, firsts, strict=True))
    owners = frozenset[str]().union(*(one.owners for one in stretches))
    if len(owners) == sum(len(one.owners) for one in stretches):
        found = tuple(_moved(of, first) for one, first in together for of in one.classes)
        return found, tuple(chain.from_iterable(one.class_smells for one in stretches))
    shapes = [
        shape._replace(start_line=shape.start_line + first, end_line=shape.end_line + first)
        for one, first in together
        for shape in one.shapes
    ]
    methods = [method for one in stretches for method in one.methods]
    found = class_measures(language, shapes, methods)
    return found, of_classes(language, found, methods)


def _moved(one: ClassMeasures, first: int) -> ClassMeasures:
    return replace(one, start_line=one.start_line + first, end_line=one.end_line + first) if first else one


def _measures(row: Language, stretches: Sequence[Stretch]) -> Measures:
    every = [one.totals for one in stretches]
    functions = sum(one.functions for one in every)
    decisions = sum(one.decisions for one in every)
    code_lines = sum(one.code_lines for one in every)
    symbols = frozenset[int | bytes]().union(*(one.symbols for one in stretches))
    volume = halstead_volume(sum(one.tokens for one in every), len(symbols))
    documented = sum(one.documented for one in every)
    return Measures(
        language=row.name,
        lines=sum(one.lines for one in every),
        code_lines=code_lines,
        comment_lines=sum(one.comment_lines for one in every),
        functions=functions,
        cyclomatic=decisions + functions,
        cyclomatic_max=max(one.cyclomatic for one in every) if functions else decisions,
        cognitive=sum(one.cognitive for one in every),
        nesting_max=max(one.nesting for one in every),
        function_lines_max=max(one.function_lines for one in every),
        parameters_max=max(one.parameters for one in every),
        imports=sum(one.imports for one in every),
        halstead_volume=volume,
        maintainability=maintainability(volume, decisions + functions, code_lines),
        docstring_share=documented / functions if functions else None,
    )


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
