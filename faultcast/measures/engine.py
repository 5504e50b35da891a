"""One walk over a syntax tree that counts everything, for every language of the table.

The walk keeps no recursion and touches a node once. Children are pushed left to right and popped right to left: once a
scope that begins at byte b is entered, the first node that starts before b is outside it. That makes one comparison out
of all the bookkeeping of "how deep is this". Tokens are done with where their parent is looked at; they are most of a
tree.
"""

import math
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from tree_sitter import Node, Parser

from faultcast.measures import grammar as g
from faultcast.measures.declarations import block_name, name_of, parameters_of
from faultcast.measures.grammar import Grammar


@dataclass(slots=True)
class Unit:
    """One function (in Terraform: one top-level block) while it is counted; lines are 1-based and inclusive."""

    start: int  # byte
    name: str
    start_line: int
    end_line: int
    parameters: int = 0
    decisions: int = 0
    cognitive: int = 0
    nesting: int = 0


class Scope(NamedTuple):
    """Everything from byte `start` on, until the walk comes out of it."""

    start: int
    nesting: int  # what a nested statement costs extra: control flow, lambdas and functions around it
    depth: int  # control flow around it, within its unit
    unit: Unit


@dataclass(slots=True)
class Tally:
    """What one walk found. `outside` holds what stands in no function. `spans` are comments, as byte ranges."""

    outside: Unit
    units: list[Unit] = field(default_factory=list)
    imports: int = 0
    operators: list[int] = field(default_factory=list)
    operands: list[bytes] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    has_errors: bool = False

    def halstead_volume(self) -> float:
        """N log2 n: tokens times the bits that naming one of the distinct tokens takes (Halstead 1977)."""
        distinct = len(set(self.operators)) + len(set(self.operands))
        return (len(self.operators) + len(self.operands)) * math.log2(distinct) if distinct else 0.0


def tally(grammar: Grammar, source: bytes) -> Tally:
    """Parse `source` and count. Broken code is counted as far as the parser made sense of it; nothing is raised."""
    root = Parser(grammar.language).parse(source).root_node
    walk = _Walk(grammar, source)
    walk.run(root)
    found = walk.tally
    found.has_errors = root.has_error
    found.units.sort(key=attrgetter("start"))
    return found


class _Walk:
    """The state of one walk."""

    __slots__ = ("continued", "grammar", "scopes", "source", "tally")

    def __init__(self, grammar: Grammar, source: bytes) -> None:
        self.grammar = grammar
        self.source = source
        self.tally = Tally(Unit(0, "", 1, 1))
        self.scopes = [Scope(-1, 0, 0, self.tally.outside)]
        self.continued: set[int] = set()  # ids of nodes that only continue what their parent has paid for

    def run(self, root: Node) -> None:
        table, source = self.grammar.flags, self.source
        operator, operand = self.tally.operators.append, self.tally.operands.append
        stack = [root]
        push, pop = stack.append, stack.pop
        while stack:
            node = pop()
            flags = table[node.kind_id]
            kids = self.special(node, flags) if flags > g.LEAF_MAX else node.children
            if not kids:
                if flags == g.INNER and (start := node.start_byte) < (end := node.end_byte):
                    operand(source[start:end])
                continue
            for kid in kids:
                kind = kid.kind_id
                flags = table[kind]
                if flags == g.OPERATOR:
                    operator(kind)
                elif flags == g.OPERAND:
                    operand(source[kid.start_byte : kid.end_byte])
                elif flags != g.IGNORED:
                    push(kid)

    def special(self, node: Node, flags: int) -> list[Node]:
        """Count a node that means something; return the children to go on with."""
        if flags & g.TEXT:
            return self.text(node, flags)
        start = node.start_byte
        scopes = self.scopes
        while scopes[-1].start > start:
            scopes.pop()
        kids = node.children
        scope = scopes[-1]
        if flags & (g.UNIT | g.LAMBDA):
            self.open(node, flags, scope)
        if flags & g.NESTS and node.id not in self.continued:
            self.nest(node, scope)
        if flags & (g.BRANCH | g.ELSE_IF):
            scope.unit.cognitive += self.alternatives(node, kids) + bool(flags & g.ELSE_IF)
        if flags & g.LOGIC:
            self.logic(node, kids, scope.unit)
        if flags & g.COUNTED:
            self.count(kids, flags, scope)
        return kids

    def count(self, kids: list[Node], flags: int, scope: Scope) -> None:
        """What adds to a number without changing how deep anything is."""
        if flags & g.DECISION:
            scope.unit.decisions += 1
        if flags & g.ELSE_DECIDES:
            scope.unit.decisions += sum(kid.kind_id in self.grammar.elses for kid in kids)
        if flags & g.CASE:
            scope.unit.decisions += not _is_default(kids)
        if flags & g.JUMP:
            scope.unit.cognitive += any(kid.kind_id in self.grammar.labels for kid in kids)
        if flags & (g.IMPORT | g.IMPORT_CALL):
            self.tally.imports += bool(flags & g.IMPORT) or self.starts_with(kids, self.grammar.row.import_names)

    def text(self, node: Node, flags: int) -> list[Node]:
        """Comments, docstrings and strings: of their inside only interpolated code is looked at."""
        start, end = node.start_byte, node.end_byte
        if flags & g.COMMENT:
            self.tally.spans.append((start, end))
            return []
        if flags & g.DOCSTRING:
            kids = node.children
            if len(kids) != 1 or self.grammar.flags[kids[0].kind_id] != g.STRING:
                return kids
            self.tally.spans.append((start, end))
            return []
        text = self.source[start:end]
        self.tally.operands.append(text)
        if any(mark in text for mark in self.grammar.row.interpolation_marks):
            return [kid for kid in node.children if kid.kind_id in self.grammar.interpolations]
        return []

    def open(self, node: Node, flags: int, scope: Scope) -> None:
        """Begin a unit, or a lambda, which belongs to the unit around it."""
        start = node.start_byte
        outer = scope.unit
        if flags & g.BLOCK and outer is not self.tally.outside:
            if self.starts_with(node.children, self.grammar.row.loop_labels):
                outer.decisions += 1
                self.nest(node, scope)
            return
        body = node.child_by_field_name("body") if flags & (g.FUNCTION | g.ARROW) else None
        if flags & g.LAMBDA or (flags & g.ARROW and (body is None or body.type != "statement_block")):
            self.scopes.append(Scope(start, scope.nesting + 1, scope.depth, outer))
            return
        if flags & g.FUNCTION and body is None and self.grammar.row.needs_body:
            return
        name = block_name(node, self.source) if flags & g.BLOCK else name_of(node, self.source)
        parameters = 0 if flags & g.BLOCK else parameters_of(node)
        unit = Unit(start, name, node.start_point.row + 1, node.end_point.row + 1, parameters)
        self.tally.units.append(unit)
        self.scopes.append(Scope(start, 0 if outer is self.tally.outside else scope.nesting + 1, 0, unit))

    def nest(self, node: Node, scope: Scope) -> None:
        """A statement that costs more the deeper it stands; its body (if unnamed, all of it) is a level deeper."""
        unit, depth = scope.unit, scope.depth + 1
        unit.cognitive += 1 + scope.nesting
        unit.nesting = max(unit.nesting, depth)
        body = node.child_by_field_name("consequence") or node.child_by_field_name("body") or node
        self.scopes.append(Scope(body.start_byte, scope.nesting + 1, depth, unit))

    def alternatives(self, node: Node, kids: list[Node]) -> int:
        """How many elses a branch has; an if right behind an else continues the branch and costs nothing more."""
        table, row = self.grammar.flags, self.grammar.row
        if row.else_field:
            other = node.child_by_field_name("alternative")
            if other is not None and table[other.kind_id] & g.BRANCH:
                self.continued.add(other.id)
            return other is not None
        found = [kid for kid in kids if kid.kind_id in self.grammar.elses]
        if not row.else_ifs:
            follow = (kid for other in found for kid in other.children)
            self.continued.update(kid.id for kid in follow if table[kid.kind_id] & g.BRANCH)
        return len(found)

    def logic(self, node: Node, kids: list[Node], unit: Unit) -> None:
        """`a && b && c` is two decisions but one run; `a && b || c` is two of both."""
        operators = [kid.kind_id for kid in kids if kid.kind_id in self.grammar.logic_operators]
        if not operators:
            return
        unit.decisions += len(operators)
        if node.id not in self.continued:
            unit.cognitive += 1
        table, wrappers = self.grammar.flags, self.grammar.wrappers
        for kid in kids:
            inner: Node | None = kid
            while inner is not None and inner.kind_id in wrappers:
                inner = inner.named_child(0)
            if inner is None or not table[inner.kind_id] & g.LOGIC:
                continue
            if any(part.kind_id == operators[0] for part in inner.children):
                self.continued.add(inner.id)

    def starts_with(self, kids: list[Node], names: frozenset[bytes]) -> bool:
        """Whether the first child is one of the names; a long first child (a chain of calls) is not even read."""
        return bool(kids) and kids[0].child_count == 0 and self.source[kids[0].start_byte : kids[0].end_byte] in names


def _is_default(kids: list[Node]) -> bool:
    """``default:``, Python's ``case _:`` and ``case name:``, ``_ =>`` in Rust and C#: taken when nothing else is."""
    if not kids:
        return True
    first = kids[0]
    if first.type in {"default", "discard"}:
        return True
    if first.type == "case" and len(kids) > 1 and kids[1].type == "case_pattern":
        text = kids[1].text or b""
        return text.isascii() and text.decode().isidentifier() and text not in {b"True", b"False", b"None"}
    return first.type == "match_pattern" and first.text == b"_"
