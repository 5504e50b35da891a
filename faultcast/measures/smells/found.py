"""What looking at one unit's nodes comes to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tree_sitter import Node


@dataclass(slots=True)
class Found:
    """What one unit's nodes come to; `decisions` is the unit's own number, to save looking."""

    source: bytes
    decisions: int
    smells: dict[str, int] = field(default_factory=dict)
    ternaries: list[tuple[int, int]] = field(default_factory=list)
    labels: dict[bytes, int] = field(default_factory=dict)
    jumps: list[tuple[bytes, int]] = field(default_factory=list)

    def count(self, name: str) -> None:
        """One more."""
        self.smells[name] = self.smells.get(name, 0) + 1

    def finish(self) -> None:
        """What only shows when all nodes were seen."""
        for label, at in self.jumps:
            if self.labels.get(label, at) < at:
                self.count("backward_goto")
        covered = 0
        for start, end in sorted(self.ternaries):
            if start < covered:
                self.count("nested_ternary")
            covered = max(covered, end)


Reader = Callable[[Node, Found], None]
"""Looks at one gathered node; its children were made by the walk."""


def text_of(node: Node, source: bytes) -> bytes:
    """The node as it is written."""
    return source[node.start_byte : node.end_byte]
