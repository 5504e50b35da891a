"""What is checked of a safetensors file before the library parses it. No torch here.

The format: eight bytes with the header's length, the header as JSON (tensor -> dtype, shape, place), then the bytes
of all tensors without gaps (https://huggingface.co/docs/safetensors).
"""

import math
from typing import Any

from faultcast.errors import UnsafeArtifact
from faultcast.models import strict_json

_MAX_HEADER = 1 << 20
_MOST_TENSORS = 10_000
_MOST_AXES = 8
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32,
    "U64": 64, "I64": 64, "F64": 64,
}  # fmt: skip


def read_header(name: str, content: bytes) -> dict[str, Any]:
    """The header of a safetensors file: tensor -> its dtype, shape and place, and `__metadata__`.

    Raises:
        UnsafeArtifact: it is oversized, no JSON object, or describes other bytes than those that follow.
    """
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or size > min(_MAX_HEADER, len(content) - 8):
        raise UnsafeArtifact(
            f"{name} announces a header of {size} bytes in a file of {len(content)}; at most {_MAX_HEADER}"
        )
    header = strict_json.read(f"The header of {name}", content[8 : 8 + size])
    if not isinstance(header, dict) or len(header) > _MOST_TENSORS:
        raise UnsafeArtifact(
            f"{name} has a header that is no JSON object of at most {_MOST_TENSORS} tensors; fetch or train the model "
            "again"
        )
    about = header.get("__metadata__", {})
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        raise UnsafeArtifact(f"{name} has metadata that is no text; fetch or train the model again")
    _check_places(name, {key: entry for key, entry in header.items() if key != "__metadata__"}, len(content) - 8 - size)
    return header


def _check_places(name: str, entries: dict[str, Any], available: int) -> None:
    """Every tensor is as long as its shape says, and they lie one after another from the first byte to the last."""
    end = 0
    for tensor, entry in sorted(entries.items(), key=lambda item: _place(name, item[0], item[1])):
        first, last = _place(name, tensor, entry)
        bits = math.prod(entry["shape"]) * _BITS[entry["dtype"]]
        if first != end or (last - first) * 8 != bits:
            raise UnsafeArtifact(
                f"{name}: {tensor[:60]!r} lies at {first}..{last}, expected {bits // 8} bytes from {end} on; "
                "fetch or train the model again"
            )
        end = last
    if end != available:
        raise UnsafeArtifact(f"{name} has {available} bytes of tensors, its header describes {end}")


def _place(name: str, tensor: str, entry: object) -> tuple[int, int]:
    """Where a tensor lies; all that is said of it is of the right type."""
    if isinstance(entry, dict) and set(entry) == {"dtype", "shape", "data_offsets"}:
        shape, offsets = entry["shape"], entry["data_offsets"]
        if (
            entry["dtype"] in _BITS
            and isinstance(shape, list)
            and len(shape) <= _MOST_AXES
            and isinstance(offsets, list)
            and len(offsets) == 2
            and all(type(number) is int and 0 <= number < 1 << 48 for number in [*shape, *offsets])
            and offsets[0] <= offsets[1]
        ):
            return offsets[0], offsets[1]
    raise UnsafeArtifact(f"{name}: {tensor[:60]!r} is {str(entry)[:120]}, expected a dtype, a shape and two offsets")
