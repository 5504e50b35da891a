"""What a function has to do with others: the names that it calls and imports, what it uses of its object, what smells.

The walk gathers nodes (`GATHERED` says which); here each is looked at once. All depends on the unit's own text alone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node

from faultcast.measures.calls import CALLEES, Callee, last_name
from faultcast.measures.cohesion import Shape, own_names
from faultcast.measures.gathered import FIELD_NODES, class_nodes, import_nodes
from faultcast.measures.grammar import Grammar
from faultcast.measures.imports.names import names_in
from faultcast.measures.shapes import class_shapes
from faultcast.measures.smells.by_name import SMELLING_CALLS, SMELLING_TYPES, SMELLING_WORDS
from faultcast.measures.smells.by_numbers import of_function
from faultcast.measures.smells.by_shape import SHAPES
from faultcast.measures.smells.catalogue import in_order
from faultcast.measures.smells.found import Found, Reader
from faultcast.measures.terraform import references, smells_of
from faultcast.measures.units import Unit

_IMPORTING_CALLS = {
    "javascript": frozenset({b"require", b"import"}),
    "typescript": frozenset({b"require", b"import"}),
    "ruby": frozenset({b"require", b"require_relative", b"load", b"autoload"}),
}
_NEAR_OR_MEANT = re.compile(r"^(?:super|self)::|prelude")
_CALLEES_KEPT = 8_192
_LONGEST_FROM = 500  # bytes of an export that are searched for what it comes from


@dataclass(frozen=True, slots=True)
class Related:
    """Of one unit; plain values only, as it outlives the tree that it was read from.

    `calls` are distinct and sorted; `uses` are what it uses of its object, None where the language does not write it;
    `classes` are those that the unit declares.
    """

    calls: tuple[str, ...] = ()
    uses: frozenset[bytes] | None = None
    imports: tuple[str, ...] = ()
    smells: tuple[tuple[str, int], ...] = ()
    classes: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class _Table:
    """A language's readers by the kind of node, and its words by the kind of token."""

    calls: dict[int, Callee]
    shapes: dict[int, Reader]
    imports: frozenset[int]
    declarations: frozenset[int]  # of classes and fields
    classes: frozenset[int]
    words: tuple[tuple[int, str], ...]


_TABLES: dict[str, _Table] = {}


def _table_of(grammar: Grammar) -> _Table:
    name = grammar.row.name + grammar.row.entry
    if name not in _TABLES:
        _TABLES[name] = _made(grammar)
    return _TABLES[name]


def _made(grammar: Grammar) -> _Table:
    language, row = grammar.language, grammar.row
    kinds: dict[str, list[int]] = {}
    words: dict[str, list[int]] = {}
    for kind in range(language.node_kind_count):
        of = kinds if language.node_kind_is_named(kind) else words
        of.setdefault(language.node_kind_for_id(kind) or "", []).append(kind)
    smelling = SMELLING_WORDS.get(row.name, {})
    return _Table(
        calls={kind: read for node, read in CALLEES[row.name].items() for kind in kinds[node]},
        shapes={kind: read for node, read in SHAPES[row.name].items() for kind in kinds[node]},
        imports=frozenset(kind for node in import_nodes(row) for kind in kinds[node]),
        declarations=frozenset(
            kind for node in class_nodes(row) | FIELD_NODES.get(row.name, frozenset()) for kind in kinds[node]
        ),
        classes=frozenset(kind for node in class_nodes(row) for kind in kinds[node]),
        words=tuple((kind, smell) for word, smell in smelling.items() for kind in words[word]),
    )


def related(grammar: Grammar, source: bytes, unit: Unit) -> Related:
    """Look closer at what the walk gathered in a unit."""
    language, table = grammar.row.name, _table_of(grammar)
    look = _Look(language, table, source, unit)
    for node in unit.gathered:
        if kids := node.children:
            look.at(node, kids)
    look.count_words()
    if language == "hcl":
        look.read_block()
    look.found.finish()
    look.count_imports()
    look.count_numbers()
    return Related(
        calls=tuple(sorted(name.decode(errors="replace") for name in look.callees if name)),
        uses=own_names(language, source, unit.start, unit.end),
        imports=tuple(look.imports),
        smells=in_order(look.found.smells),
        classes=class_shapes(look.declared, source, table.classes) if look.declared else (),
    )


@lru_cache(_CALLEES_KEPT)
def _meaning(language: str, callee: bytes) -> tuple[bytes, str | None]:
    """A callee's name, and what smells in calling it; most are called again and again."""
    name, smelling = last_name(callee), SMELLING_CALLS[language]
    return name, smelling.get(callee) or smelling.get(b"." + name)


def wildcards(imports: Iterable[str]) -> int:
    """How many of the imports take whatever there is, from afar and not meant so."""
    return sum(name.endswith((".*", "::*")) and not _NEAR_OR_MEANT.search(name) for name in imports)


class _Look:
    """The state of one look at a unit."""

    __slots__ = (
        "callees",
        "declared",
        "found",
        "importing",
        "imports",
        "language",
        "source",
        "table",
        "unit",
    )

    def __init__(self, language: str, table: _Table, source: bytes, unit: Unit) -> None:
        self.language, self.table, self.source, self.unit = language, table, source, unit
        self.importing = _IMPORTING_CALLS.get(language, frozenset[bytes]())
        self.found = Found(source, unit.decisions)
        self.callees: set[bytes] = set()
        self.imports: dict[str, None] = {}
        self.declared: list[Node] = []

    def at(self, node: Node, kids: list[Node]) -> None:
        """One gathered node."""
        kind, table = node.kind_id, self.table
        read = table.calls.get(kind)
        if read is not None:
            callee = read(kids, self.source)
            name, smell = _meaning(self.language, callee)
            self.callees.add(name)
            if smell is not None:
                self.found.count(smell)
            if callee in self.importing:
                self.read_import(node)
        elif kind in table.imports:
            self.read_import(node)
        elif kind in table.declarations:
            self.declared.append(node)
        shape = table.shapes.get(kind)
        if shape is not None:
            shape(node, self.found)

    def read_import(self, node: Node) -> None:
        """The names of an import; an export without ``from``, and Rust's module with a body, import nothing."""
        text = self.source[node.start_byte : node.end_byte]
        if (node.type == "export_statement" and b"from" not in text[-_LONGEST_FROM:]) or (
            node.type == "mod_item" and not text.endswith(b";")
        ):
            return
        self.imports.update(
            dict.fromkeys(names_in(self.language, text[-_LONGEST_FROM:] if text[:6] == b"export" else text))
        )

    def read_block(self) -> None:
        """A Terraform block's own text tells whom it refers to."""
        text, name = self.source[self.unit.start : self.unit.end], self.unit.name
        if not name:
            return
        self.callees.update(address.encode() for address in references(text) if address != name)
        for smell in smells_of(name, text):
            self.found.count(smell)
        if name.startswith("module."):
            self.imports.update(dict.fromkeys(names_in("hcl", text)))

    def count_words(self) -> None:
        """Keywords and types that smell."""
        operators, smells = self.unit.operators, self.found.smells
        for kind, smell in self.table.words:
            if count := operators.count(kind):
                smells[smell] = smells.get(smell, 0) + count
        for name, smell in SMELLING_TYPES.get(self.language, {}).items():
            if name in self.unit.operands:
                self.found.count(smell)

    def count_imports(self) -> None:
        """Imports of whatever there is."""
        for _ in range(wildcards(self.imports)):
            self.found.count("wildcard_import")

    def count_numbers(self) -> None:
        """What the unit's numbers amount to."""
        unit = self.unit
        if unit.name:
            lines = unit.end_line - unit.start_line + 1
            for smell in of_function(self.language, lines, unit.parameters, unit.nesting, 1 + unit.decisions):
                self.found.count(smell)
