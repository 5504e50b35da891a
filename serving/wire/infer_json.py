"""V2 over REST: the JSON of `/infer`, with the binary extension, <-> `tensors`."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from faultcast.errors import BadChange
from serving.wire.fields import flag, items, kind, optional_text, text
from serving.wire.instances import parse_json
from serving.wire.requests import Scored
from serving.wire.tensors import OUTPUT_NAMES, Infer, Tensor, column, datatype_of, packed_column

LENGTH_HEADER = b"inference-header-content-length"


def read(body: bytes, json_length: str | None = None) -> Infer:
    """Body of `/infer` -> what is asked; `json_length` is the header of the binary extension.

    Raises:
        BadChange: it is no V2 request.
    """
    length = len(body)
    if json_length is not None:
        if not (json_length.isascii() and json_length.isdecimal()) or int(json_length) > length:
            raise BadChange(f"inference-header-content-length: expected at most {length}, found {json_length[:20]!r}")
        length = int(json_length)
    data = parse_json(body if length == len(body) else body[:length], "body")
    if not isinstance(data, Mapping):
        raise BadChange(f'body: expected an object like {{"inputs": [...]}}, found {kind(data)}')
    tensors, rest = [], memoryview(body)[length:]
    for i, tensor in enumerate(items(data, "inputs", "body", limit=16)):
        found, taken = _tensor(tensor, f"inputs[{i}]", rest)
        tensors.append(found)
        rest = rest[taken:]
    if rest:
        raise BadChange(f"body: found {len(rest)} bytes behind the last tensor")
    parameters = _parameters(data, "")
    all_binary = flag(parameters, "binary_data_output", "parameters", default=False)
    outputs = _outputs(data, all_binary)
    binary = frozenset(OUTPUT_NAMES) if all_binary and not outputs else {name for name, packed in outputs if packed}
    names = tuple(dict.fromkeys(name for name, _ in outputs))
    return Infer(tuple(tensors), optional_text(data, "id", "body") or "", names, frozenset(binary))


def _tensor(tensor: object, where: str, rest: memoryview) -> tuple[Tensor, int]:
    """One input, and how many bytes of the body's binary rest are its data."""
    if not isinstance(tensor, Mapping):
        raise BadChange(f"{where}: expected an object, found {kind(tensor)}")
    name, datatype = text(tensor, "name", where), text(tensor, "datatype", where)
    shape = items(tensor, "shape", where)
    if not all(type(size) is int and size >= 0 for size in shape):
        raise BadChange(f"{where}.shape: expected whole numbers from 0 on")
    parameters = _parameters(tensor, where)
    size = parameters.get("binary_data_size")
    if size is None:
        return Tensor(name, datatype, tuple(shape), tensor.get("data")), 0
    if type(size) is not int or not 0 <= size <= len(rest):
        raise BadChange(
            f"{where}.parameters: expected a whole binary_data_size of at most the {len(rest)} bytes behind the JSON"
        )
    return Tensor(name, datatype, tuple(shape), rest[:size]), size


def _outputs(data: Mapping[str, Any], all_binary: bool) -> list[tuple[str, bool]]:
    """The outputs that were asked for, and whether each shall come in binary."""
    found = []
    for i, output in enumerate(items(data, "outputs", "body", limit=64) if data.get("outputs") is not None else []):
        if not isinstance(output, Mapping):
            raise BadChange(f"outputs[{i}]: expected an object with a name, found {kind(output)}")
        packed = flag(_parameters(output, f"outputs[{i}]"), "binary_data", f"outputs[{i}]", default=all_binary)
        found.append((text(output, "name", f"outputs[{i}]"), packed))
    return found


def _parameters(data: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    found = data.get("parameters")
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise BadChange(f"{where}.parameters: expected an object, found {kind(found)}".removeprefix("."))
    return found


def write(asked: Infer, scored: Sequence[Scored], model: str, version: str, answer_id: str) -> tuple[bytes, int | None]:
    """Scored changes -> body of the answer, and the length of its JSON where tensors follow it in binary."""
    outputs: list[dict[str, Any]] = []
    tail: list[bytes] = []
    for name in asked.wanted:
        output: dict[str, Any] = {"name": name, "shape": [len(scored)], "datatype": datatype_of(name)}
        elements = column(name, scored)
        if name in asked.binary:
            tail.append(packed_column(name, elements))
            output["parameters"] = {"binary_data_size": len(tail[-1])}
        else:
            output["data"] = elements
        outputs.append(output)
    head = orjson.dumps(
        {"model_name": model, "model_version": version, "id": answer_id, "parameters": None, "outputs": outputs}
    )
    return (head + b"".join(tail), len(head)) if asked.binary else (head, None)
