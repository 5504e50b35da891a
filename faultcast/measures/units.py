"""The parts that a file is counted in: functions, Terraform's blocks, and what stands in none."""

from dataclasses import dataclass, field
from typing import NamedTuple

from tree_sitter import Node

from faultcast.measures.declarations import parameters_of

_LONGEST_PATH = 400  # characters


@dataclass(slots=True)
class Unit:
    """One function (in Terraform: one top-level block) while it is counted, without the functions inside it.

    `name` carries the classes and functions around it (``Cart.add``); `owner` is the innermost class, "" for none.
    Lines are 1-based and inclusive. `gathered` are the nodes that the row's column of that name asks for, left to
    right, inner ones first; `spans` are comments, as byte ranges.
    """

    start: int  # byte
    name: str
    start_line: int
    end_line: int
    end: int = 0  # byte
    level: int = 0  # what a nested statement costs extra from the start: the unit stands in other functions
    owner: str = ""
    body: int = -1  # byte; where a docstring would begin
    is_documented: bool = False
    parameters: int = 0
    blocks: int | None = None
    decisions: int = 0
    cognitive: int = 0
    nesting: int = 0
    imports: int = 0
    operators: list[int] = field(default_factory=list)
    operands: list[bytes] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    gathered: list[Node] = field(default_factory=list)


class Met(NamedTuple):
    """A function that was met and is still to be counted; lines and names as in `Unit`."""

    node: Node
    name: str  # its own
    path: str  # what stands around it
    owner: str
    level: int
    is_documented: bool = False


def begin(met: Met) -> Unit:
    """A function as its declaration tells of it."""
    node = met.node
    body = node.child_by_field_name("body")
    return Unit(
        start=node.start_byte,
        name=joined(met.path, met.name),
        start_line=node.start_point.row + 1,
        end_line=node.end_point.row + 1,
        end=node.end_byte,
        level=met.level,
        owner=met.owner,
        body=body.start_byte if body is not None else -1,
        is_documented=met.is_documented,
        parameters=parameters_of(node),
        blocks=0 if node.type == "block" else None,
    )


def joined(path: str, name: str) -> str:
    """A name in its place; absurdly deep ones are cut."""
    return f"{path}.{name}"[:_LONGEST_PATH] if path else name
