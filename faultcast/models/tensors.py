"""What is checked of a safetensors file before the library parses it. No torch here."""

import json
from typing import Any

from faultcast.errors import UnsafeArtifact

_MAX_HEADER = 1 << 20


def read_header(name: str, content: bytes) -> dict[str, Any]:
    """The header of a safetensors file: tensor -> its dtype, shape and place, and `__metadata__`.

    Raises:
        UnsafeArtifact: it is oversized, or no JSON object.
    """
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or size > min(_MAX_HEADER, len(content) - 8):
        raise UnsafeArtifact(
            f"{name} announces a header of {size} bytes in a file of {len(content)}; at most {_MAX_HEADER}"
        )
    try:
        header = json.loads(content[8 : 8 + size])
    except (ValueError, RecursionError) as error:
        raise UnsafeArtifact(f"{name} has a header that is no JSON; fetch or train the model again") from error
    if not isinstance(header, dict):
        raise UnsafeArtifact(f"{name} has a header that is no JSON object; fetch or train the model again")
    return header
