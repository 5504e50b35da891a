"""Hyper-parameters of a kind as they travel: a JSON object of the fields of that kind's `Options`.

Each kind has a frozen dataclass `Options` in its module, with a default for every field.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from faultcast.errors import UsageError

T = TypeVar("T")


def read_options(of: type[T], given: Mapping[str, Any]) -> T:
    """Options of a kind from a JSON object; absent fields keep their defaults.

    Raises:
        UsageError: a field is unknown, or its value of another type.
    """
    types = get_type_hints(of)
    known = {field.name: types[field.name] for field in fields(of)}  # type: ignore[arg-type]
    if unknown := sorted(set(given) - set(known)):
        raise UsageError(f"Unknown options {', '.join(unknown)}; expected some of {', '.join(known)}")
    return of(**{name: _value(name, known[name], value) for name, value in given.items()})


def _value(name: str, kind: Any, value: Any) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if kind in {int, float, bool, str} and type(value) is not kind:
        raise UsageError(f"Option {name}={value!r}: expected a value of type {kind.__name__}")
    return value


def options_of(given: str) -> dict[str, Any]:
    """Hyper-parameters as they were typed: a JSON object, or the name of a file that holds one.

    Raises:
        UsageError: it is neither.
    """
    try:
        found = json.loads(given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{given[:200]}: expected a JSON object of hyper-parameters ({error})") from error
    if not isinstance(found, dict):
        raise UsageError(f"{given[:200]}: found {type(found).__name__}, expected a JSON object of hyper-parameters")
    return found
