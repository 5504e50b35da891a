"""Smells of branches: ifs and switches."""

import re
from itertools import pairwise

from tree_sitter import Node

from faultcast.measures.languages import words
from faultcast.measures.smells.found import Found, text_of
from faultcast.measures.smells.row import COMPLEX_CONDITION_OPERATORS

BLOCKS = words("block statement_block compound_statement statement_list then body_statement else")
_JUMPS = words(
    "return_statement raise_statement continue_statement break_statement throw_statement return_expression"
    " break_expression continue_expression return break next"
)
_BRANCHES = words("if_statement if_expression else_clause elif_clause else elsif if unless")
_FURTHER = words("if_statement if_expression elif_clause elsif")
_LEAST_BYTES = 2  # "{}" is no duplicate
_LOGIC = re.compile(rb"&&|\|\||\?\?|\band\b|\bor\b")
_LEAVES_BY_CALL = re.compile(rb"(?i)exit|abort|usage|fall|unreachable|panic|die|fatal|fail|throw|return")
_GOES_ON_KNOWINGLY = re.compile(rb"(?i)fall|through|no ?break|next case|\b(?:break|return|goto|continue)\b")
_CASES = words("case_statement switch_case switch_default switch_block_statement_group switch_section switch_rule")


def look_at_if(node: Node, found: Found) -> None:
    """A condition, then bodies: what is asked, whether it only leaves, whether it does the same either way."""
    kids, source = node.children, found.source
    bodies = _bodies(kids)
    if not bodies:
        return
    if found.decisions > COMPLEX_CONDITION_OPERATORS:
        condition = source[kids[1].start_byte : bodies[0].start_byte]
        if len(_LOGIC.findall(condition)) > COMPLEX_CONDITION_OPERATORS:
            found.count("complex_condition")
    if len(bodies) == 1:
        if _only_leaves(bodies[0], source):
            found.count("guard_clause")
        return
    is_either_or = len(bodies) == 2 and not _goes_on(kids)
    texts = [_inside(body, source) for body in bodies]
    if any(
        one == other and len(one) > _LEAST_BYTES and (is_either_or or b"\n" in one) for one, other in pairwise(texts)
    ):
        found.count("duplicated_branch")


def _goes_on(kids: list[Node]) -> bool:
    """Whether the else is a further if."""
    last = next((kid for kid in reversed(kids) if kid.is_named), kids[-1])
    if last.type == "else_clause" and last.child_count:
        last = last.children[-1]
    return last.type in _FURTHER


def look_at_modifier(node: Node, found: Found) -> None:
    """Ruby: ``return if x``."""
    kids, source = node.children, found.source
    if kids and _leaves(kids[0], source):
        found.count("guard_clause")


def _only_leaves(body: Node, source: bytes) -> bool:
    if _leaves(body, source):
        return True
    if body.type not in BLOCKS:
        return False
    inside = body.named_children
    if len(inside) == 1 and inside[0].type == "statement_list":  # Go's
        inside = inside[0].named_children
    return len(inside) == 1 and _leaves(inside[0], source)


def _leaves(statement: Node, source: bytes) -> bool:
    kind = statement.type
    if kind == "expression_statement" and statement.named_child_count:
        kind = statement.named_children[0].type
    return kind in _JUMPS or (kind == "call" and text_of(statement, source).startswith(b"raise"))


def _inside(body: Node, source: bytes) -> bytes:
    """A body's text; Ruby's else holds its statements itself."""
    if body.type == "else" and body.named_child_count:
        return source[body.named_children[0].start_byte : body.end_byte].strip()
    return text_of(body, source).strip()


def _bodies(kids: list[Node]) -> list[Node]:
    """The bodies of an if and what follows it, as far as it is no further if: a chain is looked at link by link."""
    bodies: list[Node] = []
    for place in range(2, len(kids)):
        kid = kids[place]
        kind = kid.type
        if kind in {"else_clause", "elif_clause", "else", "elsif"}:
            if not kid.is_named:
                continue
            if kind == "else":  # Ruby's holds its statements itself
                bodies.append(kid)
                continue
            last = kid.children[-1] if kid.child_count else kid
            if last.type in _BRANCHES:
                inner = last.child_by_field_name("consequence")
                last = inner if inner is not None else last
            bodies.append(last)
        elif kind in BLOCKS or kind in _JUMPS or kind.endswith("_statement") or kind in _BRANCHES:
            if kind in {"if_statement", "if_expression"} and bodies:
                inner = kid.child_by_field_name("consequence")
                kid = inner if inner is not None else kid
            bodies.append(kid)
    return bodies


def _if_modifier(node: Node, found: Found) -> None:
    """Ruby: ``return if x``."""
    kids = node.children
    if kids and kids[0].type in _JUMPS:
        found.count("guard_clause")


def look_at_switch(node: Node, found: Found) -> None:
    """A body of cases, each with its label first; Java's arrows need no default and do not fall."""
    kids, source = node.children, found.source
    cases = [kid for kid in kids[-1].children if kid.type in _CASES and kid.child_count]
    if not cases or any(kid.type == "switch_rule" for kid in cases):
        return
    if not any(_is_default(kid) for kid in cases):
        found.count("switch_without_default")
    if cases[0].type == "switch_section":
        return  # C# does not let a case fall
    for case, following in pairwise(cases):
        last = _last_statement(case)
        if last is None or _ends_case(last, source):
            continue
        if not _GOES_ON_KNOWINGLY.search(source, last.end_byte, following.start_byte):
            found.count("fallthrough")


def _is_default(case: Node) -> bool:
    first: Node = case.children[0]
    if first.type == "switch_label" and first.child_count:
        return any(
            kid.type == "switch_label" and kid.child_count and kid.children[0].type == "default"
            for kid in case.children
        )
    return first.type == "default"


def _last_statement(case: Node) -> Node | None:
    """The last statement of a case; None where it only shares the next one's."""
    colon = next((place for place, kid in enumerate(case.children) if kid.type == ":"), None)
    if colon is None:
        return None
    inside = [
        kid for kid in case.children[colon + 1 :] if kid.is_named and not kid.is_extra and kid.type != "switch_label"
    ]
    while inside and inside[-1].type in BLOCKS:
        inside = [kid for kid in inside[-1].named_children if not kid.is_extra]
    return inside[-1] if inside else None


def _ends_case(last: Node, source: bytes) -> bool:
    """Only what surely goes on to the next case is told: a statement that is no jump, an if without an else."""
    if last.type == "if_statement":
        return any(kid.type in {"else", "else_clause"} for kid in last.children)
    return last.type != "expression_statement" or bool(_LEAVES_BY_CALL.search(text_of(last, source)))
