"""One version of one file in numbers: complexity, size, comments, imports; eleven languages, one engine.

`read` reads a file once; `measure` gives its numbers alone, `measure_functions` those of each function in it,
`file_kind` says what a path is, `language_of` whether it can be measured. Definitions: docs/measures.md.
All are pure: same bytes, same numbers.
"""

from tree_sitter import Node, Parser

from faultcast.measures.grammar import Grammar, grammar_of
from faultcast.measures.kinds import Kind, file_kind, language_of, row_of
from faultcast.measures.stretches import Memo, read_stretches
from faultcast.measures.text import is_measurable
from faultcast.measures.whole import version_of
from faultcast.records import FileVersion, FunctionMeasures, Measures

__all__ = ["Kind", "Memo", "file_kind", "language_of", "measure", "measure_functions", "read"]


_MEMO = Memo()


def read(path: str, source: bytes, memo: Memo | None = _MEMO) -> FileVersion | None:
    """Read one version of a file. Broken code gives what could be read.

    `memo` keeps functions by their text, so that what versions share is counted once; it changes no number.
    None: the language is not in the table, or the content is binary, over 1 MB, minified or generated.
    """
    row = row_of(path)
    if row is None or not is_measurable(source):
        return None
    return version_of(row, read_stretches(grammar_of(row), source, memo))


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
