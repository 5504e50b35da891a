"""V2 (Open Inference Protocol): tensors -> requests, scored changes -> tensors, whoever carries them.

    change   BYTES [N]      each element the JSON of one instance (see `instances`)
    features FP64  [N, F]   F values in catalogue order; null in JSON and NaN in binary: missing

Either of the two. Out come `risk` FP64, `band`, `reasons` and `assumed` BYTES, all [N]. Shapes: N changes, C columns.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from faultcast.errors import BadChange
from faultcast.features.catalogue import CATALOGUE
from serving.wire.features import RawRows, as_request, read_list
from serving.wire.fields import kind
from serving.wire.instances import MAX_INSTANCES, assumed_json, parse_instance, parse_json, reason_json
from serving.wire.requests import Request, Scored

INPUTS: list[dict[str, Any]] = [
    {"name": "change", "datatype": "BYTES", "shape": [-1]},
    {"name": "features", "datatype": "FP64", "shape": [-1, len(CATALOGUE)]},
]
OUTPUTS: list[dict[str, Any]] = [
    {"name": "risk", "datatype": "FP64", "shape": [-1]},
    {"name": "band", "datatype": "BYTES", "shape": [-1]},
    {"name": "reasons", "datatype": "BYTES", "shape": [-1]},
    {"name": "assumed", "datatype": "BYTES", "shape": [-1]},
]
OUTPUT_NAMES = tuple(str(output["name"]) for output in OUTPUTS)
_ROW = "features[{}]"
_DATATYPES = {str(output["name"]): str(output["datatype"]) for output in OUTPUTS}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input: its elements as a list (nested by row or flat), or as the bytes of the binary extension."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: object


@dataclass(frozen=True, slots=True)
class Infer:
    """One `/infer`, and in which form its outputs are wanted."""

    tensors: tuple[Tensor, ...]
    id: str = ""
    outputs: tuple[str, ...] = ()
    """Names of the outputs that were asked for; empty: all."""
    binary: frozenset[str] = frozenset()
    """Names of those that shall come in binary."""

    def __post_init__(self) -> None:
        """Refuse an output that does not exist."""
        for name in self.outputs:
            if name not in OUTPUT_NAMES:
                raise BadChange(f"outputs: {name[:40]!r} does not exist; {', '.join(OUTPUT_NAMES)} do")

    @property
    def wanted(self) -> tuple[str, ...]:
        return self.outputs or OUTPUT_NAMES

    @property
    def wants_reasons(self) -> bool:
        return not self.outputs or "reasons" in self.outputs


def the_input(asked: Infer) -> Tensor:
    """The one input that a request has.

    Raises:
        BadChange: another tensor, type or shape than the metadata says.
    """
    if len(asked.tensors) != 1 or asked.tensors[0].name not in ("change", "features"):
        found = ", ".join(repr(tensor.name[:40]) for tensor in asked.tensors[:5]) or "none"
        raise BadChange(f"inputs: expected one tensor, 'change' or 'features', found {found}")
    tensor = asked.tensors[0]
    datatype, rest = ("BYTES", ()) if tensor.name == "change" else ("FP64", (len(CATALOGUE),))
    count = tensor.shape[0] if tensor.shape else 0
    if tensor.datatype != datatype or tensor.shape != (count, *rest) or not 0 < count <= MAX_INSTANCES:
        expected = ", ".join(["N", *map(str, rest)])
        raise BadChange(
            f"{tensor.name}: expected {datatype} of shape [{expected}], N from 1 to {MAX_INSTANCES}, "
            f"found {tensor.datatype[:20]} of shape {list(tensor.shape[:8])}"
        )
    return tensor


def features_of(tensor: Tensor) -> RawRows:
    """`features` -> rows, whose ranges are still to be checked. Raises BadChange."""
    count, width = tensor.shape
    if isinstance(tensor.data, bytes | memoryview):
        if len(tensor.data) != 8 * count * width:
            found = len(tensor.data)
            raise BadChange(f"features: found {found} bytes, expected {8 * count * width} by its shape")
        return RawRows(np.frombuffer(tensor.data, dtype="<f8").reshape(count, width), _ROW)
    data = _flat(tensor, "features")
    if len(data) != count * width:
        raise BadChange(f"features.data: found {len(data)} elements, expected {count * width} by its shape")
    return RawRows(read_list(data, _ROW), _ROW)


def requests_of(tensor: Tensor) -> list[Request]:
    """Either input -> requests. Raises BadChange."""
    if tensor.name == "features":
        rows = features_of(tensor)
        rows.check()
        return [as_request(values_C, "", has_text=False) for values_C in rows.values_NC]
    raw = tensor.data
    data = _texts(bytes(raw)) if isinstance(raw, bytes | memoryview) else _flat(tensor, "change")
    if len(data) != tensor.shape[0]:
        raise BadChange(f"change.data: found {len(data)} elements, expected {tensor.shape[0]} by its shape")
    return [_instance(element, f"change[{i}]") for i, element in enumerate(data)]


def _instance(element: object, where: str) -> Request:
    if not isinstance(element, str | bytes):
        raise BadChange(f"{where}: expected a text that holds JSON, found {kind(element)}")
    return parse_instance(parse_json(element, where), where)


def _flat(tensor: Tensor, where: str) -> Sequence[object]:
    data = tensor.data
    if not isinstance(data, list):
        raise BadChange(f"{where}.data: expected a list, found {kind(data)}")
    if len(tensor.shape) > 1 and list in map(type, data):
        return [element for row in data for element in (row if isinstance(row, list) else [row])]
    return data


def _texts(packed: bytes) -> list[bytes]:
    """BYTES of the binary extension: each element behind its length (4 bytes, little endian)."""
    found, at = [], 0
    while at < len(packed):
        try:
            (length,) = struct.unpack_from("<I", packed, at)
        except struct.error:
            raise BadChange("change: the tensors cannot be read: its last element has no length") from None
        at += 4 + length
        if at > len(packed):
            raise BadChange(f"change: the tensors cannot be read: an element of {length} bytes ends behind the body")
        found.append(packed[at - length : at])
    return found


def column(name: str, scored: Sequence[Scored]) -> list[Any]:
    """One output's elements: floats for `risk`, texts for the others."""
    match name:
        case "risk":
            return [one.prediction.risk for one in scored]
        case "band":
            return [one.prediction.band.value for one in scored]
        case "reasons":
            return [orjson.dumps([reason_json(r) for r in one.prediction.reasons]).decode() for one in scored]
        case _:
            return [orjson.dumps(assumed_json(one.assumed)).decode() for one in scored]


def datatype_of(name: str) -> str:
    """An output's type."""
    return _DATATYPES[name]


def packed_column(name: str, elements: Sequence[Any]) -> bytes:
    """An output's elements in the binary extension's form."""
    if name == "risk":
        return np.asarray(elements, dtype="<f8").tobytes()
    coded = [element.encode() for element in elements]
    return b"".join(part for text in coded for part in (struct.pack("<I", len(text)), text))
