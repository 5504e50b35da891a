"""One version of one file in numbers: complexity, size, comments, imports; eleven languages, one engine.

`read` reads a file once; `measure` gives its numbers alone, `measure_functions` those of each function in it,
`file_kind` says what a path is, `language_of` whether it can be measured. Definitions: docs/measures.md.
All are pure: same bytes, same numbers.
"""

from faultcast.measures.engine import Tally, Unit, tally
from faultcast.measures.grammar import grammar_of
from faultcast.measures.kinds import Kind, file_kind, language_of, row_of
from faultcast.measures.languages import Language
from faultcast.measures.python import radon_complexities
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
    found = _count(row, source)
    return FileVersion(_measures(row, source, found), tuple(_function(unit) for unit in found.units))


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


def _measures(row: Language, source: bytes, found: Tally) -> Measures:
    lines, code_lines, comment_lines = count_lines(source, found.spans)
    units = found.units
    outside = found.outside
    return Measures(
        language=row.name,
        lines=lines,
        code_lines=code_lines,
        comment_lines=comment_lines,
        functions=len(units),
        cyclomatic=sum(1 + unit.decisions for unit in units) + outside.decisions,
        cyclomatic_max=max((1 + unit.decisions for unit in units), default=outside.decisions),
        cognitive=sum(unit.cognitive for unit in units) + outside.cognitive,
        nesting_max=max(unit.nesting for unit in (outside, *units)),
        function_lines_max=max((unit.end_line - unit.start_line + 1 for unit in units), default=0),
        parameters_max=max((unit.parameters for unit in units), default=0),
        imports=found.imports,
        halstead_volume=found.halstead_volume(),
    )


def _function(unit: Unit) -> FunctionMeasures:
    return FunctionMeasures(
        name=unit.name,
        start_line=unit.start_line,
        end_line=unit.end_line,
        cyclomatic=1 + unit.decisions,
        cognitive=unit.cognitive,
        nesting=unit.nesting,
        parameters=unit.parameters,
    )


def _count(row: Language, source: bytes) -> Tally:
    found = tally(grammar_of(row), source)
    if row.name == "python" and not found.has_errors:
        by_line = radon_complexities(source)
        for unit in found.units:
            unit.decisions = by_line.get(unit.start_line, 1 + unit.decisions) - 1
    return found
