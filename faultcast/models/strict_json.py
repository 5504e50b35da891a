"""JSON as a stranger may write it: read within bounds, or refused.

Python's reader takes NaN, names that occur twice (the last one wins, another program may take the first) and numbers
without end. None of them is ever written by us.
"""

import json
import math
from typing import Any

from faultcast.errors import UnsafeArtifact

MOST_BYTES = 32 << 20
_LONGEST_INTEGER = 20
"""Characters; 2**63 has 19 digits."""


def read(name: str, content: bytes, most_bytes: int = MOST_BYTES) -> Any:
    """The value that `content` holds; `name` is the file's, for the message.

    Raises:
        UnsafeArtifact: it is too large, no JSON, nested deeper than Python can follow, says NaN or infinity, has a
            number of more than 20 digits, or an object that names something twice.
    """
    if len(content) > most_bytes:
        raise UnsafeArtifact(f"{name} has {len(content)} bytes, at most {most_bytes} are read as JSON")
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_number,
            parse_int=_integer,
        )
    except RecursionError as error:
        raise UnsafeArtifact(f"{name} is nested too deeply; it was not written by training") from error
    except ValueError as error:
        raise UnsafeArtifact(f"{name} is no JSON of ours ({error}); fetch or train the model again") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it says {twice[:40]!r} twice")
    return found


def _constant(text: str) -> float:
    raise ValueError(f"it holds {text}, no finite number")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"it holds {text[:40]}, no finite number")
    return value


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise ValueError(f"it holds a number of {len(text)} digits")
    return int(text)
