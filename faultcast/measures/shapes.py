"""Classes as they are declared: where they stand, which fields they have."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tree_sitter import Node

from faultcast.measures.cohesion import Shape
from faultcast.measures.declarations import name_of
from faultcast.measures.languages import words

_DECLARATORS = words(
    "variable_declaration variable_declarator pointer_declarator array_declarator reference_declarator init_declarator"
)
_NAMES = frozenset({"identifier", "field_identifier"})
_MOST_LEVELS = 8


@dataclass(slots=True)
class _Open:
    node: Node
    path: str
    fields: set[bytes] = field(default_factory=set)


def class_shapes(declared: Iterable[Node], source: bytes, class_kinds: frozenset[int]) -> tuple[Shape, ...]:
    """Classes and fields that stand in no function, put into one another; types without a body are left out."""
    opened: list[_Open] = []
    around: list[_Open] = []
    for node in sorted(declared, key=lambda node: (node.start_byte, -node.end_byte)):
        while around and around[-1].node.end_byte <= node.start_byte:
            around.pop()
        if node.kind_id in class_kinds:
            name = name_of(node, source)
            around.append(_Open(node, f"{around[-1].path}.{name}" if around else name))
            opened.append(around[-1])
        elif around:
            around[-1].fields.update(_declared_names(node, source))
    return tuple(
        Shape(one.path, one.node.start_point.row + 1, one.node.end_point.row + 1, frozenset(one.fields))
        for one in opened
        if one.node.child_by_field_name("body") is not None
    )


def _declared_names(node: Node, source: bytes) -> set[bytes]:
    """``x`` and ``y`` of ``int x, *y = 0;``; a declared function is no field."""
    if node.type == "property_declaration":
        name = node.child_by_field_name("name")
        return {source[name.start_byte : name.end_byte]} if name is not None else set()
    found: set[bytes] = set()
    waiting = [(node, 0)]
    while waiting:
        at, level = waiting.pop()
        for kid in at.children:
            if kid.type in _DECLARATORS and level < _MOST_LEVELS:
                waiting.append((kid, level + 1))
            elif kid.type in _NAMES and (level > 0 or kid.type == "field_identifier"):
                found.add(source[kid.start_byte : kid.end_byte])
                if at.type != "field_declaration":
                    break  # what follows is its value
    return found
