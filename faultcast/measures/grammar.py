"""A table row made fast: node type names become numbers, and each number a set of flags.

tree-sitter gives a node's type as a small integer. `Grammar.flags[kind]` is all the engine looks at for most nodes.
"""

import importlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

from tree_sitter import Language as TreeSitterLanguage

from faultcast.measures.gathered import gathered_by
from faultcast.measures.languages import Language, words

INNER = 0  # look at its children, or, if it has none, count it as an operand
OPERATOR = 1
IGNORED = 2
OPERAND = 3
LEAF_MAX = 3  # up to here: a leaf that is done with at once; above: flags, to be combined

FUNCTION = 1 << 2
ARROW = 1 << 3
LAMBDA = 1 << 4
BLOCK = 1 << 5
BRANCH = 1 << 6
ELSE_IF = 1 << 7
NESTS = 1 << 8
DECISION = 1 << 9
CASE = 1 << 10
LOGIC = 1 << 11
JUMP = 1 << 12
COMMENT = 1 << 13
DOCSTRING = 1 << 14
IMPORT = 1 << 15
IMPORT_CALL = 1 << 16
STRING = 1 << 17
ELSE_DECIDES = 1 << 18
CLASS = 1 << 19
BINDS = 1 << 20
ARGUMENT = 1 << 21
GATHER = 1 << 22

OPENS = FUNCTION | ARROW | BLOCK | LAMBDA | CLASS
SHAPES = OPENS | NESTS | BRANCH | ELSE_IF
TEXT = COMMENT | DOCSTRING | STRING
COUNTED = DECISION | ELSE_DECIDES | CASE | JUMP | IMPORT | IMPORT_CALL | ARGUMENT | BINDS

_OPERANDS = words(
    "identifier type_identifier field_identifier property_identifier shorthand_property_identifier namespace_identifier"
    " package_identifier constant instance_variable global_variable class_variable simple_symbol hash_key_symbol"
    " number integer float int_literal float_literal integer_literal real_literal number_literal numeric_lit"
    " decimal_integer_literal hex_integer_literal decimal_floating_point_literal bool_lit boolean_literal null_literal"
    " true false nil null none undefined this self super primitive_type string_content string_fragment"
    " template_literal statement_identifier private_property_identifier"
)
_PUNCTUATION_OF_STRINGS = frozenset({'"', "'", "`", '"""', "\n", ""})
_KIND_COUNT = 1 << 16  # kinds are 16-bit; the highest is the error node's


@dataclass(frozen=True, slots=True)
class Grammar:
    """A language ready to parse: `flags[kind]` for every 16-bit kind id, and the kinds that only a parent asks for."""

    row: Language
    language: TreeSitterLanguage
    flags: tuple[int, ...]
    logic_operators: frozenset[int]
    elses: frozenset[int]
    wrappers: frozenset[int]
    labels: frozenset[int]
    interpolations: frozenset[int]


@cache
def grammar_of(row: Language) -> Grammar:
    """Load the row's wheel and look its names up.

    Raises:
        LookupError: a name in the row is no node type of the installed grammar (the wheel is too old or too new).
    """
    language = TreeSitterLanguage(getattr(importlib.import_module(row.module), row.entry)())
    meanings = _meanings(row)
    flags = [INNER] * _KIND_COUNT
    named: dict[str, set[int]] = {}
    anonymous: dict[str, set[int]] = {}
    for kind in range(language.node_kind_count):
        name = language.node_kind_for_id(kind) or ""
        if language.node_kind_is_named(kind):
            named.setdefault(name, set()).add(kind)
            flags[kind] = meanings.get(name) or (OPERAND if name in _OPERANDS else INNER)
        else:
            anonymous.setdefault(name, set()).add(kind)
            is_half = name in row.closers or name in _PUNCTUATION_OF_STRINGS
            flags[kind] = IGNORED if is_half else OPERATOR
    _refuse_unknown(row, meanings.keys() | row.elses | row.wrappers | row.labels | row.interpolations, named)
    return Grammar(
        row,
        language,
        tuple(flags),
        logic_operators=_ids(row.logic_operators, anonymous),
        elses=_ids(row.elses, named),
        wrappers=_ids(row.wrappers, named),
        labels=_ids(row.labels, named),
        interpolations=_ids(row.interpolations, named),
    )


def _ids(names: frozenset[str], known: dict[str, set[int]]) -> frozenset[int]:
    return frozenset(kind for name in names for kind in known.get(name, ()))


def _refuse_unknown(row: Language, names: AbstractSet[str], known: dict[str, set[int]]) -> None:
    unknown = sorted(names - known.keys())
    if unknown:
        raise LookupError(
            f"{row.module} has no node types {unknown}: expected the grammar that faultcast/measures/languages.py was "
            "written for; install the version that pyproject.toml names or correct the table"
        )


def _meanings(row: Language) -> dict[str, int]:
    columns = (
        (row.functions, FUNCTION),
        (row.arrows, ARROW),
        (row.lambdas, LAMBDA),
        (row.top_blocks, BLOCK),
        (row.branches, BRANCH | NESTS | DECISION),
        (row.else_ifs, ELSE_IF | DECISION),
        (row.else_decides, ELSE_DECIDES),
        (row.ternaries | row.loops | row.catches, NESTS | DECISION),
        (row.switches, NESTS),
        (row.cases, CASE),
        (row.decisions, DECISION),
        (row.logic, LOGIC),
        (row.jumps, JUMP),
        (row.comments, COMMENT),
        (row.docstrings, DOCSTRING),
        (row.imports, IMPORT),
        (row.import_calls, IMPORT_CALL),
        (row.strings, STRING),
        (row.classes, CLASS),
        (row.binders, BINDS),
        (row.arguments, ARGUMENT),
        (gathered_by(row), GATHER),
    )
    meanings: dict[str, int] = {}
    for names, flag in columns:
        for name in names:
            meanings[name] = meanings.get(name, 0) | flag
    meanings.update(dict.fromkeys(row.named_operators, OPERATOR))
    for name in row.strings if not row.interpolations else row.plain_strings:
        if meanings[name] == STRING:
            meanings[name] = OPERAND
    return meanings
