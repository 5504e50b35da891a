"""Smells that show in the shape of the syntax: what a catch holds, where a goto leads, what a default value is."""

import re

from tree_sitter import Node

from faultcast.measures.languages import words
from faultcast.measures.smells.by_branch import BLOCKS, look_at_if, look_at_modifier, look_at_switch
from faultcast.measures.smells.found import Found, Reader, text_of

_RETHROWS = words("raise_statement throw_statement")
_RETURN = re.compile(rb"\breturn\b")
_NAME = re.compile(rb"[\w.]+")
_BROAD = frozenset({b"Exception", b"BaseException", b"Throwable", b"System.Exception", b"..."})
_MUTABLE = words("list dictionary set list_comprehension dictionary_comprehension set_comprehension")
_MUTABLE_CALLS = frozenset({b"list()", b"dict()", b"set()", b"defaultdict(list)", b"OrderedDict()"})


def _catch(node: Node, found: Found) -> None:
    kids, source = node.children, found.source
    body = kids[-1]
    if body.type not in BLOCKS or body.type == "else":
        return
    inside = body.named_children
    has_comment = any("comment" in kid.type for kid in (*kids, *inside))
    if not has_comment and all(kid.type == "pass_statement" or text_of(kid, source) == b"..." for kid in inside):
        found.count("empty_catch")
    if any(kid.type in _RETHROWS for kid in inside):
        return
    caught = source[node.start_byte : body.start_byte]
    if _caught_names(caught) & _BROAD or _is_bare(kids):
        found.count("broad_catch")


def _caught_names(head: bytes) -> set[bytes]:
    return set(_NAME.findall(head))


def _is_bare(kids: list[Node]) -> bool:
    """``except:`` and C#'s ``catch {``; JavaScript, which knows no other, is not asked."""
    return kids[1].type == ":" or (kids[1].type == "block" and kids[0].type == "catch")


def _script_catch(node: Node, found: Found) -> None:
    kids = node.children
    if not kids[-1].named_children:
        found.count("empty_catch")


def _rescue(node: Node, found: Found) -> None:
    kids, source = node.children, found.source
    body = kids[-1] if kids[-1].type == "then" else None
    inside = body.named_children if body is not None else []
    if not inside and not any(kid.type == "comment" for kid in kids):
        found.count("empty_catch")
    head = source[node.start_byte : body.start_byte if body is not None else node.end_byte]
    if b"Exception" in _caught_names(head) and not any(text_of(kid, source).startswith(b"raise") for kid in inside):
        found.count("broad_catch")


def _finally(node: Node, found: Found) -> None:
    source = found.source
    if _RETURN.search(text_of(node, source)):
        found.count("return_in_finally")


def _default_parameter(node: Node, found: Found) -> None:
    kids, source = node.children, found.source
    if kids[-1].type in _MUTABLE or text_of(kids[-1], source) in _MUTABLE_CALLS:
        found.count("mutable_default")


def _raise(node: Node, found: Found) -> None:
    kids, source = node.children, found.source
    if len(kids) > 2 and kids[-2].type == "from" and text_of(kids[-1], source) != b"None":
        found.count("chained_error")


def _ternary(node: Node, found: Found) -> None:
    found.ternaries.append((node.start_byte, node.end_byte))


def _goto(node: Node, found: Found) -> None:
    kids, source = node.children, found.source
    if len(kids) > 1:
        found.jumps.append((text_of(kids[1], source), node.start_byte))


def _label(node: Node, found: Found) -> None:
    kids, source = node.children, found.source
    found.labels[text_of(kids[0], source)] = node.start_byte


def _static_field(node: Node, found: Found) -> None:
    kids, source = node.children, found.source
    head = b" ".join(text_of(kid, source) for kid in kids if kid.type in {"modifiers", "modifier"}).split()
    if b"static" in head and not {b"final", b"readonly", b"const"} & set(head):
        found.count("global_state")


def _static_mut(node: Node, found: Found) -> None:
    kids = node.children
    if any(kid.type == "mutable_specifier" for kid in kids):
        found.count("global_state")


def _subshell(node: Node, found: Found) -> None:
    kids = node.children
    if any(kid.type == "interpolation" for kid in kids):
        found.count("shell_command")


def _using_namespace(node: Node, found: Found) -> None:
    kids = node.children
    if len(kids) > 1 and kids[1].type == "namespace":
        found.count("wildcard_import")


def _always(name: str) -> Reader:
    def read(node: Node, found: Found) -> None:
        del node
        found.count(name)

    return read


def _using(node: Node, found: Found) -> None:
    kids = node.children
    if any(kid.type == "using" for kid in kids):
        found.count("scoped_resource")


_JUMPING = {"goto_statement": _goto, "labeled_statement": _label}
_SCRIPT: dict[str, Reader] = {
    "if_statement": look_at_if,
    "catch_clause": _script_catch,
    "finally_clause": _finally,
    "switch_statement": look_at_switch,
    "ternary_expression": _ternary,
}
_C: dict[str, Reader] = {
    "if_statement": look_at_if,
    "switch_statement": look_at_switch,
    "conditional_expression": _ternary,
    **_JUMPING,
}
SHAPES: dict[str, dict[str, Reader]] = {
    "python": {
        "if_statement": look_at_if,
        "except_clause": _catch,
        "finally_clause": _finally,
        "default_parameter": _default_parameter,
        "typed_default_parameter": _default_parameter,
        "raise_statement": _raise,
        "conditional_expression": _ternary,
    },
    "java": {
        "if_statement": look_at_if,
        "catch_clause": _catch,
        "finally_clause": _finally,
        "switch_expression": look_at_switch,
        "ternary_expression": _ternary,
        "field_declaration": _static_field,
        "resource_specification": _always("scoped_resource"),
    },
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "go": {"if_statement": look_at_if, **_JUMPING},
    "c": _C,
    "cpp": {
        **_C,
        "catch_clause": _catch,
        "new_expression": _always("manual_memory"),
        "delete_expression": _always("manual_memory"),
        "using_declaration": _using_namespace,
    },
    "csharp": {
        "if_statement": look_at_if,
        "catch_clause": _catch,
        "switch_statement": look_at_switch,
        "conditional_expression": _ternary,
        "field_declaration": _static_field,
        "using_statement": _always("scoped_resource"),
        "local_declaration_statement": _using,
        **_JUMPING,
    },
    "rust": {"if_expression": look_at_if, "static_item": _static_mut},
    "ruby": {
        "if": look_at_if,
        "unless": look_at_if,
        "if_modifier": look_at_modifier,
        "unless_modifier": look_at_modifier,
        "rescue": _rescue,
        "conditional": _ternary,
        "subshell": _subshell,
    },
    "hcl": {"conditional": _ternary},
}
"""By language: type of a node -> what looks at it."""
