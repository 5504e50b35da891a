"""A network or a forest as an ONNX graph: plain nodes and tensors, before they are a file and after they were one.

The few operators that a graph of ours may hold stand in `OPERATORS`; nothing else is written, and nothing else is
read (`onnx_read`). ONNX: https://onnx.ai/onnx/operators/
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import UnsafeArtifact

ML = "ai.onnx.ml"
"""The domain of trees."""
VERSIONS = {"": 21, ML: 5}
"""Operator sets, by domain: the only ones that are written and read."""
IR_VERSION = 10
OPERATORS = frozenset({
    ("", "Add"), ("", "And"), ("", "Cast"), ("", "Clip"), ("", "Concat"), ("", "CumSum"), ("", "Div"), ("", "Equal"),
    ("", "Gather"), ("", "Gelu"), ("", "Greater"), ("", "LayerNormalization"), ("", "Log"), ("", "MatMul"),
    ("", "Mul"), ("", "ReduceMax"), ("", "ReduceSum"), ("", "Relu"), ("", "Reshape"), ("", "Shape"), ("", "Sigmoid"),
    ("", "Slice"), ("", "Softmax"), ("", "Squeeze"), ("", "Sub"), ("", "Tanh"), ("", "Transpose"), ("", "Unsqueeze"),
    ("", "Where"), (ML, "TreeEnsemble"),
})  # fmt: skip
"""No loop, no branch, no function, nothing that draws, reads a file or makes a tensor of a size that data names."""
TYPES: Mapping[int, np.dtype[Any]] = {
    1: np.dtype(np.float32), 2: np.dtype(np.uint8), 7: np.dtype(np.int64), 11: np.dtype(np.float64),
}  # fmt: skip
"""ONNX's number of a type -> NumPy's."""
CODES = {dtype: code for code, dtype in TYPES.items()}

Attribute = int | float | NDArray[Any] | tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operator. A tuple of whole numbers is ONNX's `ints`, an array its `tensor`."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    domain: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Port:
    """What goes in or comes out: its type, and its axes as numbers or, where they vary, as names."""

    dtype: np.dtype[Any]
    shape: tuple[int | str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Nodes in an order in which they can be computed, the tensors that they hold, and what goes in and comes out."""

    nodes: tuple[Node, ...]
    tensors: Mapping[str, NDArray[Any]]
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]


def check_same(name: str, found: Graph, expected: Graph) -> None:
    """Refuse a graph that differs from the one expected in anything but the numbers in its tensors.

    Raises:
        UnsafeArtifact: names the first difference.
    """
    ours, theirs = list(_lines(expected)), list(_lines(found))
    for i, line in enumerate(ours):
        if i >= len(theirs) or theirs[i] != line:
            other = theirs[i] if i < len(theirs) else "nothing"
            raise _refused(name, line, other)
    if len(theirs) > len(ours):
        raise _refused(name, "nothing", theirs[len(ours)])


def _refused(name: str, expected: str, found: str) -> UnsafeArtifact:
    return UnsafeArtifact(
        f"{name} is no graph that training writes for this model: expected {expected[:160]}, found {found[:160]}; "
        "train the model again"
    )


def _lines(graph: Graph) -> list[str]:
    """All of a graph but its tensors' numbers, a line each."""
    ports = [
        f"{kind} {name} {port.dtype} {port.shape}"
        for kind, of_kind in (("input", graph.inputs), ("output", graph.outputs))
        for name, port in of_kind.items()
    ]
    tensors = [f"tensor {name} {value.dtype} {value.shape}" for name, value in graph.tensors.items()]
    return ports + tensors + [_words(node) for node in graph.nodes]


def _words(node: Node) -> str:
    told = {name: _told(value) for name, value in sorted(node.attributes.items())}
    return f"{node.domain}:{node.op} {node.inputs} -> {node.outputs} {told}"


def _told(value: Attribute) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    return str(value if not isinstance(value, tuple) or len(value) <= 8 else hash(value))
