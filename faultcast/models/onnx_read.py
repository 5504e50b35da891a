"""An ONNX file -> a graph, read field by field within bounds: nothing is run, and what is not known is refused.

ONNX is a protobuf. Its library would take functions, sub-graphs, tensors in files elsewhere and operators of any
domain, and hand them to a runtime written in C++. Here only the fields that `onnx_write` writes are known (their
numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); any other, one that comes twice, and one that is
longer than what is left, ends in a refusal before any library has seen the file.
"""

import math
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import UnsafeArtifact
from faultcast.models.onnx_graph import IR_VERSION, OPERATORS, TYPES, VERSIONS, Attribute, Graph, Node, Port

MAX_BYTES = 512 << 20
_MOST_PARTS = 8_192
"""Nodes, tensors, inputs and outputs of a graph, together; names and attributes of a node."""
_LONGEST_NAME = 200
_MOST_AXES = 8
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_INTS, _TYPE = 8, 20
"""An attribute's list of numbers, and its type, which closes it."""
_A_FLOAT, _AN_INT, _A_TENSOR, _A_LIST = 1, 2, 4, 7


class _Field(NamedTuple):
    number: int
    value: Any  # int, or memoryview


class _Refused(ValueError):
    """What is wrong, still without the file's name."""


def read(name: str, content: bytes) -> Graph:
    """The graph that a file holds.

    Raises:
        UnsafeArtifact: it is no ONNX file of the few operators that ours have, or too large.
    """
    if len(content) > MAX_BYTES:
        raise UnsafeArtifact(f"{name} has {len(content)} bytes, at most {MAX_BYTES} are read as ONNX")
    try:
        return _model(memoryview(content))
    except (ValueError, TypeError, struct.error) as error:  # a field of another kind than it has
        raise UnsafeArtifact(f"{name} is no ONNX file that training writes: {error}; train the model again") from error


def _model(content: memoryview) -> Graph:
    found = _message(content, "the model", once=(1, 2, 7), many=(8,))
    if found.get(1) != IR_VERSION or 7 not in found:
        raise _Refused(f"IR version {found.get(1)}, expected {IR_VERSION}, and one graph")
    versions: dict[str, int] = {}
    for one in found[8]:
        told = _message(one, "an operator set", once=(1, 2))
        domain = _text(told.get(1, memoryview(b"")))
        if domain in versions:
            raise _Refused(f"the operator set {domain!r} is named twice")
        versions[domain] = told.get(2, 0)
    if versions != VERSIONS:
        raise _Refused(f"operator sets {str(versions)[:100]}, expected {VERSIONS}")
    return _graph(found[7])


def _graph(content: memoryview) -> Graph:
    found = _message(content, "the graph", once=(2,), many=(1, 5, 11, 12))
    tensors: dict[str, NDArray[Any]] = {}
    for one in found[5]:
        name, value = _tensor(one)
        if not name or name in tensors:
            raise _Refused(f"a tensor is called {name!r}, which is no name or taken")
        tensors[name] = value
    inputs, outputs = _ports(found[11]), _ports(found[12])
    nodes = tuple(_node(one) for one in found[1])
    _check_wiring(nodes, set(tensors), inputs, outputs)
    return Graph(nodes, tensors, inputs, outputs)


def _check_wiring(
    nodes: tuple[Node, ...], tensors: set[str], inputs: dict[str, Port], outputs: dict[str, Port]
) -> None:
    """Every name is made once, and before it is used."""
    known = tensors | set(inputs)
    if len(known) < len(tensors) + len(inputs):
        raise _Refused("an input has a tensor's name")
    for node in nodes:
        if missing := [name for name in node.inputs if name not in known]:
            raise _Refused(f"{node.op} takes {missing[0][:60]!r}, which nothing before it makes")
        for name in node.outputs:
            if not name or name in known:
                raise _Refused(f"{node.op} makes {name[:60]!r}, which is no name or taken")
            known.add(name)
    if missing := [name for name in outputs if name not in known]:
        raise _Refused(f"the output {missing[0][:60]!r} is made by nothing")


def _node(content: memoryview) -> Node:
    found = _message(content, "a node", once=(3, 4, 7), many=(1, 2, 5))
    op, domain = _text(found.get(4, memoryview(b""))), _text(found.get(7, memoryview(b"")))
    if (domain, op) not in OPERATORS:
        raise _Refused(f"the operator {domain + ':' if domain else ''}{op} is none of those that our graphs hold")
    attributes: dict[str, Attribute] = {}
    for one in found[5]:
        name, value = _attribute(one)
        if not name or name in attributes:
            raise _Refused(f"{op} has the attribute {name!r}, which is no name or there twice")
        attributes[name] = value
    inputs, outputs = (tuple(_text(one) for one in found[number]) for number in (1, 2))
    return Node(op, inputs, outputs, attributes, domain)


def _attribute(content: memoryview) -> tuple[str, Attribute]:
    name, rest = "", content
    if len(content) > 2 and content[0] == (1 << 3 | _BYTES):
        field, rest = _next(content)
        name = _text(field.value)
    if len(rest) and rest[0] == _INTS << 3:
        return name, _ints(rest)
    found = _message(rest, f"the attribute {name}", once=(2, 3, 5, _TYPE))
    kind = found.pop(_TYPE, 0)
    if kind == _AN_INT and set(found) <= {3}:
        return name, _signed(found.get(3, 0))
    if kind == _A_FLOAT and set(found) == {2}:
        value = struct.unpack("<f", found[2])[0]
        if math.isfinite(value):
            return name, float(value)
    if kind == _A_TENSOR and set(found) == {5}:
        return name, _tensor(found[5])[1]
    if kind == _A_LIST and not found:
        return name, ()
    raise _Refused(f"the attribute {name} is no number, list of numbers or tensor")


def _ints(content: memoryview) -> tuple[int, ...]:
    """`ints` of an attribute, and the type behind them: a row of varints, tag and number in turn.

    A forest's lists are long; so all are decoded at once, byte by byte of their length.
    """
    byte_B = np.frombuffer(content, dtype=np.uint8)
    end_V = np.flatnonzero(byte_B < 0x80)
    if not len(end_V) or end_V[-1] != len(byte_B) - 1 or len(end_V) % 2:
        raise _Refused("an attribute's list is cut short")
    start_V = np.concatenate([[0], end_V[:-1] + 1])
    length_V = end_V - start_V + 1
    if length_V.max() > 10:
        raise _Refused("a number of an attribute's list is longer than 64 bits")
    value_V = np.zeros(len(end_V), dtype=np.uint64)
    for place in range(int(length_V.max())):
        of_V = length_V > place
        value_V[of_V] |= (byte_B[start_V[of_V] + place] & np.uint64(0x7F)) << np.uint64(7 * place)
    tag_T, number_T = value_V[::2], value_V[1::2]
    if (tag_T[:-1] != _INTS << 3).any() or tag_T[-1] != _TYPE << 3 or number_T[-1] != _A_LIST:
        raise _Refused("an attribute's list is no list of whole numbers, closed by its type")
    return tuple(number_T[:-1].view(np.int64).tolist())


def _tensor(content: memoryview) -> tuple[str, NDArray[Any]]:
    found = _message(content, "a tensor", once=(2, 8, 9), many=(1,))
    name = _text(found.get(8, memoryview(b"")))
    dtype, shape = TYPES.get(found.get(2, 0)), tuple(found[1])
    if dtype is None or len(shape) > _MOST_AXES or not all(isinstance(size, int) for size in shape):
        raise _Refused(f"the tensor {name!r} is of type {found.get(2)} and {len(shape)} axes")
    data = found.get(9, memoryview(b""))
    if math.prod(shape) * dtype.itemsize != len(data):
        raise _Refused(f"the tensor {name!r} claims the shape {str(shape)[:60]} of {dtype}, found {len(data)} bytes")
    return name, np.frombuffer(data, dtype=dtype.newbyteorder("<")).astype(dtype, copy=False).reshape(shape)


def _ports(contents: list[memoryview]) -> dict[str, Port]:
    ports: dict[str, Port] = {}
    for content in contents:
        found = _message(content, "an input", once=(1, 2))
        kind = _message(found.get(2, memoryview(b"")), "a type", once=(1,))
        tensor = _message(kind.get(1, memoryview(b"")), "a type", once=(1, 2))
        axes = _message(tensor.get(2, memoryview(b"")), "a shape", many=(1,))[1]
        name, dtype = _text(found.get(1, memoryview(b""))), TYPES.get(tensor.get(1, 0))
        if not name or name in ports or dtype is None or len(axes) > _MOST_AXES:
            raise _Refused(f"{name!r} goes in or out twice, or is no tensor")
        ports[name] = Port(dtype, tuple(_axis(axis) for axis in axes))
    return ports


def _axis(content: memoryview) -> int | str:
    found = _message(content, "an axis", once=(1, 2))
    if len(found) != 1:
        raise _Refused("an axis is neither a number nor a name")
    return int(found[1]) if 1 in found else _text(found[2])


# --- protobuf -------------------------------------------------------------------------------


def _message(content: memoryview, what: str, once: tuple[int, ...] = (), many: tuple[int, ...] = ()) -> dict[int, Any]:
    """Its fields by number: one value, or a list for those in `many`."""
    found: dict[int, Any] = {number: [] for number in many}
    for i, field in enumerate(_fields(content)):
        if i >= _MOST_PARTS:
            raise _Refused(f"{what} has more than {_MOST_PARTS} parts")
        if field.number in many:
            found[field.number].append(field.value)
        elif field.number in once and field.number not in found:
            found[field.number] = field.value
        else:
            raise _Refused(f"{what} has the field {field.number}, which ours do not have, or twice")
    return found


def _fields(content: memoryview) -> Iterator[_Field]:
    while len(content):
        field, content = _next(content)
        yield field


def _next(content: memoryview) -> tuple[_Field, memoryview]:
    tag, at = _varint(content, 0)
    number, wire = tag >> 3, tag & 7
    if wire == _VARINT:
        value, at = _varint(content, at)
        return _Field(number, value), content[at:]
    length = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}.get(wire)
    if wire == _BYTES:
        length, at = _varint(content, at)
    if length is None or length > len(content) - at:
        raise _Refused(f"field {number} is of kind {wire} and {length} bytes, where {len(content) - at} are left")
    return _Field(number, content[at : at + length]), content[at + length :]


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    number = 0
    for i, byte in enumerate(content[at : at + 10]):
        number |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            if number >= 1 << 64:
                break
            return number, at + i + 1
    raise _Refused("a number is cut short, or longer than 64 bits")


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _text(value: Any) -> str:
    if not isinstance(value, memoryview) or len(value) > _LONGEST_NAME:
        raise _Refused(f"a name is longer than {_LONGEST_NAME} bytes, or no text")
    return bytes(value).decode("utf-8")
