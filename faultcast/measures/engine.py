"""One walk over a syntax tree that counts everything, for every language of the table.

The walk keeps no recursion and touches a node once. It goes unit by unit: first what stands in no function, then each
function that was found on the way, so that what a function counts depends on its own text alone. Within a unit,
children are pushed left to right and popped right to left: once a scope that begins at byte b is entered, the first
node that starts before b is outside it. That makes one comparison out of all the bookkeeping of "how deep is this".
Tokens are done with where their parent is looked at; they are most of a tree.
"""

from operator import attrgetter
from typing import NamedTuple

from tree_sitter import Node

from faultcast.measures import grammar as g
from faultcast.measures.declarations import has_comment_above, name_of, owner_of, text_of
from faultcast.measures.grammar import Grammar
from faultcast.measures.units import Met, Unit, begin, joined


class Scope(NamedTuple):
    """Everything from byte `start` on, until the walk comes out of it."""

    start: int
    nesting: int  # what a nested statement costs extra: control flow, lambdas and functions around it
    depth: int  # control flow around it, within its unit
    path: str  # names of the functions and classes around it, joined by dots
    owner: str  # the innermost class of them


def outermost(grammar: Grammar, source: bytes, root: Node) -> tuple[Unit, list[Met]]:
    """Count what stands in no function of `root`, the parsed `source`, and find the functions, the last one first.

    Broken code is counted as far as the parser made sense of it; nothing is raised.
    """
    walk = _Walk(grammar, source)
    outside = Unit(root.start_byte, "", 1, 1, root.end_byte)
    walk.run(outside, root, "")
    return outside, walk.waiting


def within(grammar: Grammar, source: bytes, node: Node, name: str) -> list[Unit]:
    """Count the function at `node` and those inside it, in the order of their starts, as if nothing stood around it."""
    walk = _Walk(grammar, source)
    walk.waiting.append(Met(node, name, "", "", 0))
    units: list[Unit] = []
    while walk.waiting:
        met = walk.waiting.pop()
        unit = begin(met)
        walk.run(unit, met.node, unit.name)
        units.append(unit)
    units.sort(key=attrgetter("start"))
    return units


class _Walk:
    """The state of one walk."""

    __slots__ = ("bound", "comments", "continued", "entered", "grammar", "scopes", "source", "unit", "waiting")

    def __init__(self, grammar: Grammar, source: bytes) -> None:
        self.grammar = grammar
        self.source = source
        self.waiting: list[Met] = []  # functions met, to be counted
        self.continued: set[int] = set()  # ids of nodes that only continue what their parent has paid for
        self.bound: dict[int, str] = {}  # ids of nameless functions -> what they are assigned to

    def run(self, unit: Unit, root: Node, path: str) -> None:  # noqa: C901  the one hot loop
        """Count one unit; functions inside it are put on `waiting`."""
        self.unit, self.entered = unit, root.id
        self.scopes = [Scope(-1, unit.level, 0, path, unit.owner)]
        self.comments: dict[int, int] = {}  # line, from 0, that a comment ends on -> first byte of the comment
        first = len(self.waiting)
        table, source, mark = self.grammar.flags, self.source, self.grammar.row.interpolation_mark
        inner, is_operator, is_operand, is_ignored, is_string = g.INNER, g.OPERATOR, g.OPERAND, g.IGNORED, g.STRING
        operator, operand, gather = unit.operators.append, unit.operands.append, unit.gathered.append
        special, is_gathered, stack = self.special, g.GATHER, [root]
        push, pop = stack.append, stack.pop
        while stack:
            node = pop()
            flags = table[node.kind_id]
            if flags == inner:
                kids = node.children
                if not kids and (start := node.start_byte) < (end := node.end_byte):
                    operand(source[start:end])
            elif flags == is_gathered:
                gather(node)
                kids = node.children
            else:
                kids = special(node, flags)
            for kid in kids:
                kind = kid.kind_id
                flags = table[kind]
                if flags == is_operator:
                    operator(kind)
                elif flags == inner:
                    push(kid)
                elif flags == is_operand:
                    operand(source[kid.start_byte : kid.end_byte])
                elif flags == is_string:
                    text = source[kid.start_byte : kid.end_byte]
                    operand(text)
                    if mark in text:
                        push(kid)
                elif flags != is_ignored:
                    push(kid)
        unit.gathered.reverse()
        self.document(first)

    def document(self, first: int) -> None:
        """See which of the functions met, from the `first` on, have a comment right above."""
        if self.grammar.row.docstrings or not self.comments:
            return
        for at, met in enumerate(self.waiting[first:], start=first):
            if has_comment_above(met.node, self.source, self.comments):
                self.waiting[at] = met._replace(is_documented=True)

    def special(self, node: Node, flags: int) -> list[Node]:
        """Count a node that means something; return the children to go on with."""
        if flags & g.GATHER:
            self.unit.gathered.append(node)
        if flags & g.TEXT:
            return self.text(node, flags)
        kids = node.children
        if flags & g.SHAPES and not self.shape(node, flags, kids):
            return []
        if flags & g.LOGIC and not (len(kids) == 3 and kids[1].kind_id not in self.grammar.logic_operators):
            self.logic(node, kids)
        if flags & g.COUNTED:
            self.count(kids, flags)
        return kids

    def shape(self, node: Node, flags: int, kids: list[Node]) -> bool:
        """What changes how deep or in what anything stands; False where a unit of its own begins."""
        start = node.start_byte
        scopes = self.scopes
        while scopes[-1].start > start:
            scopes.pop()
        scope = scopes[-1]
        if flags & g.OPENS and node.id != self.entered and self.opens(node, flags, scope):
            return False
        if flags & g.NESTS and node.id not in self.continued:
            self.nest(node, scope)
        if flags & (g.BRANCH | g.ELSE_IF):
            self.unit.cognitive += self.alternatives(node, kids) + bool(flags & g.ELSE_IF)
        return True

    def count(self, kids: list[Node], flags: int) -> None:
        """What adds to a number without changing how deep anything is."""
        unit = self.unit
        if flags & g.DECISION:
            unit.decisions += 1
        if flags & g.ELSE_DECIDES:
            unit.decisions += sum(kid.kind_id in self.grammar.elses for kid in kids)
        if flags & g.CASE:
            unit.decisions += not _is_default(kids)
        if flags & g.JUMP:
            unit.cognitive += any(kid.kind_id in self.grammar.labels for kid in kids)
        if flags & (g.IMPORT | g.IMPORT_CALL):
            unit.imports += bool(flags & g.IMPORT) or self.starts_with(kids, self.grammar.row.import_names)
        if flags & g.ARGUMENT:
            unit.parameters += 1
        if flags & g.BINDS:
            self.bind(kids)

    def text(self, node: Node, flags: int) -> list[Node]:
        """Comments, docstrings and strings: of their inside only interpolated code is looked at."""
        start, end = node.start_byte, node.end_byte
        if flags & g.COMMENT:
            self.unit.spans.append((start, end))
            last = node.end_point
            self.comments[last.row - (last.column == 0)] = start
            return []
        if flags & g.DOCSTRING:
            kids = node.children
            if len(kids) != 1 or not self.grammar.flags[kids[0].kind_id] & g.STRING:
                return kids
            self.unit.spans.append((start, end))
            self.unit.is_documented |= start == self.unit.body
            return []
        if flags != g.STRING:
            self.unit.operands.append(self.source[start:end])
        return [kid for kid in node.children if kid.kind_id in self.grammar.interpolations]

    def bind(self, kids: list[Node]) -> None:
        """Remember what a nameless function is assigned to: ``const f = () => {}``, ``exports.f = function () {}``."""
        if self.grammar.flags[kids[-1].kind_id] & (g.FUNCTION | g.ARROW) and len(kids) > 1:
            self.bound[kids[-1].id] = text_of(kids[0], self.source)

    def opens(self, node: Node, flags: int, scope: Scope) -> bool:
        """Whether a unit of its own begins here; a lambda belongs to the unit around it, a level deeper."""
        if flags & g.CLASS:
            owner = joined(scope.path, name_of(node, self.source))
            self.scopes.append(scope._replace(start=node.start_byte, path=owner, owner=owner))
            return False
        if flags & g.BLOCK and scope.path:
            self.unit.blocks = (self.unit.blocks or 0) + 1
            if self.starts_with(node.children, self.grammar.row.loop_labels):
                self.unit.decisions += 1
                self.nest(node, scope)
            return False
        body = node.child_by_field_name("body") if flags & (g.FUNCTION | g.ARROW) else None
        if flags & g.LAMBDA or (flags & g.ARROW and (body is None or body.type != "statement_block")):
            self.scopes.append(scope._replace(start=node.start_byte, nesting=scope.nesting + 1))
            return False
        if flags & g.FUNCTION and body is None and self.grammar.row.needs_body:
            return False
        name = self.bound.get(node.id) or name_of(node, self.source)
        receiver = owner_of(node, self.source)
        level = scope.nesting + 1 if self.unit.name else 0
        self.waiting.append(Met(node, name, scope.path or receiver, scope.owner or receiver, level))
        return True

    def nest(self, node: Node, scope: Scope) -> None:
        """A statement that costs more the deeper it stands; its body (if unnamed, all of it) is a level deeper."""
        depth = scope.depth + 1
        self.unit.cognitive += 1 + scope.nesting
        self.unit.nesting = max(self.unit.nesting, depth)
        body = node.child_by_field_name("consequence") or node.child_by_field_name("body") or node
        self.scopes.append(scope._replace(start=body.start_byte, nesting=scope.nesting + 1, depth=depth))

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

    def logic(self, node: Node, kids: list[Node]) -> None:
        """`a && b && c` is two decisions but one run; `a && b || c` is two of both."""
        operators = [kid.kind_id for kid in kids if kid.kind_id in self.grammar.logic_operators]
        if not operators:
            return
        self.unit.decisions += len(operators)
        if node.id not in self.continued:
            self.unit.cognitive += 1
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
