"""A graph -> an ONNX file. Needs the package `onnx`, which only training has: who scores never writes."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from faultcast.models.onnx_graph import CODES, IR_VERSION, VERSIONS, Attribute, Graph, Node, Port

if TYPE_CHECKING:
    from onnx import AttributeProto, NodeProto, TensorProto, ValueInfoProto


def write(graph: Graph, name: str) -> bytes:
    """The file of a graph; the same bytes for the same graph."""
    import onnx  # noqa: PLC0415

    model = onnx.ModelProto(ir_version=IR_VERSION, producer_name="faultcast")
    for domain, version in VERSIONS.items():
        model.opset_import.add(domain=domain, version=version)
    model.graph.name = name
    model.graph.initializer.extend(_tensor(key, value) for key, value in graph.tensors.items())
    model.graph.input.extend(_port(key, port) for key, port in graph.inputs.items())
    model.graph.output.extend(_port(key, port) for key, port in graph.outputs.items())
    model.graph.node.extend(_node(node) for node in graph.nodes)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _tensor(name: str, value: NDArray[Any]) -> "TensorProto":
    from onnx import TensorProto  # noqa: PLC0415

    little = np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"), copy=False)
    return TensorProto(name=name, data_type=CODES[value.dtype], dims=value.shape, raw_data=little.tobytes())


def _port(name: str, port: Port) -> "ValueInfoProto":
    from onnx import helper  # noqa: PLC0415

    return helper.make_tensor_value_info(name, CODES[port.dtype], port.shape)


def _node(node: Node) -> "NodeProto":
    from onnx import NodeProto  # noqa: PLC0415

    attributes = [_attribute(name, value) for name, value in sorted(node.attributes.items())]
    return NodeProto(op_type=node.op, input=node.inputs, output=node.outputs, domain=node.domain, attribute=attributes)


def _attribute(name: str, value: Attribute) -> "AttributeProto":
    from onnx import AttributeProto  # noqa: PLC0415

    if isinstance(value, np.ndarray):
        return AttributeProto(name=name, type=AttributeProto.TENSOR, t=_tensor("", value))
    if isinstance(value, tuple):
        return AttributeProto(name=name, type=AttributeProto.INTS, ints=value)
    if isinstance(value, float):
        return AttributeProto(name=name, type=AttributeProto.FLOAT, f=value)
    return AttributeProto(name=name, type=AttributeProto.INT, i=value)
