"""One version of one file in numbers: complexity, size, comments, imports; eleven languages, one engine.

`read` reads a file once; `measure` gives its numbers alone, `measure_functions` those of each function in it,
`file_kind` says what a path is, `language_of` whether it can be measured. Definitions: docs/measures.md.
All are pure: same bytes, same numbers.
"""

import math
from collections import Counter

from tree_sitter import Node, Parser

from faultcast.measures.engine import Unit, tally
from faultcast.measures.grammar import Grammar, grammar_of
from faultcast.measures.kinds import Kind, file_kind, language_of, row_of
from faultcast.measures.languages import Language
from faultcast.measures.relations import Related, related
from faultcast.measures.text import count_lines, is_measurable
from faultcast.records import FileVersion, FunctionMeasures, Measures

__all__ = ["Kind", "file_kind", "language_of", "measure", "measure_functions", "read"]


def read(path: str, source: bytes) -> FileVersion | None:
    """Read one version of a file. Broken code gives what could be read.

    None: the language is not in the table, or the content is binary, over 1 MB, minified or generated.
    """
    row = row_of(path)
    if row is None or not is_measurable(source):
        return None
    grammar = grammar_of(row)
    outside, units = tally(grammar, source, parse(grammar, source))
    closer = [related(grammar, source, unit) for unit in (outside, *units)]
    smells: Counter[str] = Counter()
    for one in closer:
        smells.update(dict(one.smells))
    return FileVersion(
        _measures(row, source, outside, units),
        tuple(_function(unit, one) for unit, one in zip(units, closer[1:], strict=True)),
        imports=tuple(dict.fromkeys(name for one in closer for name in one.imports)),
        smells=tuple(sorted(smells.items())),
    )


def parse(grammar: Grammar, source: bytes) -> Node:
    """The root of the syntax tree of `source`."""
    return Parser(grammar.language).parse(source).root_node


def measure(path: str, source: bytes) -> Measures | None:
    """The numbers of a file alone; None as for `read`."""
    found = read(path, source)
    return found.measures if found else None


def measure_functions(path: str, source: bytes) -> tuple[FunctionMeasures, ...]:
    """Measure each function of a file, in the order of their first lines; empty where `read` gives None.

    What a function holds inside a nested function is the nested one's alone.
    """
    found = read(path, source)
    return found.functions if found else ()


def _measures(row: Language, source: bytes, outside: Unit, units: list[Unit]) -> Measures:
    everything = (outside, *units)
    lines, code_lines, comment_lines = count_lines(source, [span for unit in everything for span in unit.spans])
    return Measures(
        language=row.name,
        lines=lines,
        code_lines=code_lines,
        comment_lines=comment_lines,
        functions=len(units),
        cyclomatic=sum(1 + unit.decisions for unit in units) + outside.decisions,
        cyclomatic_max=max((1 + unit.decisions for unit in units), default=outside.decisions),
        cognitive=sum(unit.cognitive for unit in everything),
        nesting_max=max(unit.nesting for unit in everything),
        function_lines_max=max((unit.end_line - unit.start_line + 1 for unit in units), default=0),
        parameters_max=max((unit.parameters for unit in units), default=0),
        imports=sum(unit.imports for unit in everything),
        halstead_volume=_halstead_volume(everything),
    )


def _function(unit: Unit, closer: Related) -> FunctionMeasures:
    return FunctionMeasures(
        name=unit.name,
        start_line=unit.start_line,
        end_line=unit.end_line,
        cyclomatic=1 + unit.decisions,
        cognitive=unit.cognitive,
        nesting=unit.nesting,
        parameters=unit.parameters,
        halstead_volume=_halstead_volume((unit,)),
        calls=closer.calls,
    )


def _halstead_volume(units: tuple[Unit, ...]) -> float:
    """N log2 n: tokens times the bits that naming one of the distinct tokens takes (Halstead 1977)."""
    tokens = sum(len(unit.operators) + len(unit.operands) for unit in units)
    distinct = len(set().union(*(unit.operators for unit in units)))
    distinct += len(set().union(*(unit.operands for unit in units)))
    return tokens * math.log2(distinct) if distinct else 0.0
