"""V2 (Open Inference Protocol): tensors -> requests, scored changes -> tensors.

    change   BYTES [N]      each element the JSON of one instance (see `wire`)
    features FP64  [N, F]   F values in catalogue order; null in JSON and NaN in binary: missing

Either of the two. Out come `risk` FP64, `band`, `reasons` and `assumed` BYTES, all [N].
"""

import math
import struct
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from kserve.errors import InferenceError, InvalidInput
from kserve.protocol.infer_type import InferInput, InferOutput, InferRequest, InferResponse

from faultcast.errors import BadChange
from faultcast.features.catalogue import CATALOGUE
from serving.wire.fields import flag, items, kind, optional_text, text
from serving.wire.instances import MAX_INSTANCES, assumed_json, parse_features, parse_instance, parse_json, reason_json
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


def read_body(body: bytes, json_length: str | None, model_name: str) -> InferRequest:
    """Body of `/infer` -> KServe's request; `json_length` is the header of the binary extension.

    Raises:
        BadChange: it is no V2 request.
    """
    if json_length is not None and (not json_length.isdecimal() or int(json_length) > len(body)):
        raise BadChange(f"inference-header-content-length: expected at most {len(body)}, found {json_length[:20]!r}")
    length = len(body) if json_length is None else int(json_length)
    _check(parse_json(body[:length], "body"))
    try:
        return InferRequest.from_bytes(body, length, model_name)
    except (InvalidInput, InferenceError, ValueError, struct.error) as error:
        raise BadChange(f"body: the tensors cannot be read: {error}") from None


def _check(data: object) -> None:
    """The shape of a V2 request, which KServe takes for granted."""
    if not isinstance(data, Mapping):
        raise BadChange(f'body: expected an object like {{"inputs": [...]}}, found {kind(data)}')
    for i, tensor in enumerate(items(data, "inputs", "body")):
        where = f"inputs[{i}]"
        if not isinstance(tensor, Mapping):
            raise BadChange(f"{where}: expected an object, found {kind(tensor)}")
        text(tensor, "name", where)
        text(tensor, "datatype", where)
        if not all(type(size) is int and size >= 0 for size in items(tensor, "shape", where)):
            raise BadChange(f"{where}.shape: expected whole numbers, found {str(tensor['shape'])[:40]}")
        parameters = tensor.get("parameters") or {}
        if not isinstance(parameters, Mapping) or type(parameters.get("binary_data_size", 0)) is not int:
            raise BadChange(f"{where}.parameters: expected an object with a whole binary_data_size")
    for i, output in enumerate(items(data, "outputs", "body") if data.get("outputs") is not None else []):
        if not isinstance(output, Mapping) or not isinstance(output.get("parameters") or {}, Mapping):
            raise BadChange(f"outputs[{i}]: expected an object with a name, found {kind(output)}")
        text(output, "name", f"outputs[{i}]")
        flag(output.get("parameters") or {}, "binary_data", f"outputs[{i}].parameters", default=False)
    if not isinstance(data.get("parameters") or {}, Mapping):
        raise BadChange(f"parameters: expected an object, found {kind(data['parameters'])}")
    flag(data.get("parameters") or {}, "binary_data_output", "parameters", default=False)
    optional_text(data, "id", "body")


def parse_v2(request: InferRequest) -> list[Request]:
    """Tensors -> requests.

    Raises:
        BadChange: another tensor, type or shape than the metadata says.
    """
    if len(request.inputs) != 1 or request.inputs[0].name not in ("change", "features"):
        found = ", ".join(repr(tensor.name[:40]) for tensor in request.inputs) or "none"
        raise BadChange(f"inputs: expected one tensor, 'change' or 'features', found {found}")
    tensor = request.inputs[0]
    return _changes(tensor) if tensor.name == "change" else _features(tensor)


def _changes(tensor: InferInput) -> list[Request]:
    data = _data(tensor, "BYTES", tensor.shape[:1])
    requests: list[Request] = []
    for i, element in enumerate(data):
        if not isinstance(element, str):
            raise BadChange(f"change[{i}]: expected a text that holds JSON, found {kind(element)}")
        requests.append(parse_instance(parse_json(element, f"change[{i}]"), f"change[{i}]"))
    return requests


def _features(tensor: InferInput) -> list[Request]:
    width = len(CATALOGUE)
    data = _data(tensor, "FP64", [tensor.shape[0] if tensor.shape else 0, width])
    values = [None if isinstance(value, float) and math.isnan(value) else value for value in data]
    return [
        parse_features(values[i * width : (i + 1) * width], "", f"features[{i}]", has_text=False)
        for i in range(len(values) // width)
    ]


def _data(tensor: InferInput, datatype: str, shape: Sequence[int]) -> list[Any]:
    """The flat data of a tensor that is what it should be."""
    count = shape[0] if shape else 0
    if tensor.datatype != datatype or list(tensor.shape) != list(shape) or not 0 < count <= MAX_INSTANCES:
        expected = ", ".join(["N", *map(str, shape[1:])])
        raise BadChange(
            f"{tensor.name}: expected {datatype} of shape [{expected}], N from 1 to {MAX_INSTANCES}, "
            f"found {tensor.datatype[:20]} of shape {list(tensor.shape)[:8]}"
        )
    if not isinstance(tensor.data, list):
        raise BadChange(f"{tensor.name}.data: expected a list, found {kind(tensor.data)}")
    data = [element for row in tensor.data for element in (row if isinstance(row, list) and len(shape) > 1 else [row])]
    if len(data) != math.prod(shape):
        raise BadChange(f"{tensor.name}.data: found {len(data)} elements, expected {math.prod(shape)} by its shape")
    return data


def response(request: InferRequest, scored: Sequence[Scored], name: str, version: str) -> InferResponse:
    """Scored changes -> the answer of `/infer`, with the outputs that were asked for.

    Raises:
        BadChange: an output was asked for that does not exist.
    """
    unknown = {output.name for output in request.request_outputs or []} - {output["name"] for output in OUTPUTS}
    if unknown:
        raise BadChange(f"outputs: {min(unknown)[:40]!r} does not exist; risk, band, reasons and assumed do")
    columns: dict[str, list[Any]] = {
        "risk": [one.prediction.risk for one in scored],
        "band": [one.prediction.band.value for one in scored],
        "reasons": [orjson.dumps([reason_json(r) for r in one.prediction.reasons]).decode() for one in scored],
        "assumed": [orjson.dumps(assumed_json(one.assumed)).decode() for one in scored],
    }
    outputs = [
        InferOutput(name=output["name"], shape=[len(scored)], datatype=output["datatype"], data=columns[output["name"]])
        for output in OUTPUTS
    ]
    return InferResponse(
        response_id=request.id or str(uuid.uuid4()),
        model_name=name,
        model_version=version,
        infer_outputs=outputs,
        requested_outputs=request.request_outputs,
        use_binary_outputs=request.use_binary_outputs,
    )
