"""Is this a record of that kind? Types, bounds and fields, from the record's own dataclass.

What passes can be kept: every text is whole Unicode, every instant a real one, every number fits 64 bits.
"""

import re
from dataclasses import fields
from functools import cache
from types import NoneType
from typing import Any, get_args, get_type_hints

from faultcast.errors import BadEvent

MAX_TEXT = 65_536
"""Characters of one text; what trackers tell is cut far below."""

MAX_ITEMS = 1_000
"""Texts of one list (labels)."""

_FIRST_INSTANT, _LAST_INSTANT = -62_135_596_800, 253_402_300_799  # years 1 and 9999
_AUTHOR = re.compile(r"(?:author-(?:[0-9a-f]{1,64}|forgotten))?")


def record(kind: Any, told: Any) -> Any:
    """The record that was told, an instance of the dataclass `kind`.

    Raises:
        BadEvent: it is not one of this kind; the message names the field and the rule.
    """
    if not isinstance(told, dict):
        raise BadEvent("wrong type", f"record: found {type(told).__name__}, expected an object")
    hints = _hints(kind)
    only(told, set(hints), "record")
    return kind(**{name: _value(name, told[name], hint) for name, hint in hints.items()})


def only(told: dict[str, Any], names: set[str], where: str) -> None:
    """Hold that an object has these fields and no others.

    Raises:
        BadEvent: it lacks one, or has one too many; an unknown name is not repeated, as it may say anything.
    """
    if missing := sorted(names - told.keys()):
        raise BadEvent("missing field", f"{where}: {', '.join(missing)}")
    if unknown := len(told.keys() - names):
        raise BadEvent("unknown field", f"{where}: found {unknown} beyond {', '.join(sorted(names))}")


def text(name: str, value: Any, longest: int = MAX_TEXT) -> str:
    """A text that can be written anywhere.

    Raises:
        BadEvent: it is none, too long, or holds half a character.
    """
    if not isinstance(value, str):
        raise BadEvent("wrong type", f"{name}: found {type(value).__name__}, expected a text")
    if len(value) > longest:
        raise BadEvent("out of bounds", f"{name}: found {len(value):,} characters, at most {longest:,} may be")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise BadEvent("out of bounds", f"{name}: found half a character (a lone surrogate)")
    return value


def whole(name: str, value: Any, low: int, high: int) -> int:
    """A whole number between two bounds.

    Raises:
        BadEvent: it is none.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadEvent("wrong type", f"{name}: found {type(value).__name__}, expected a whole number")
    if not low <= value <= high:
        raise BadEvent("out of bounds", f"{name}: expected a value from {low} to {high}")
    return value


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _value(name: str, value: Any, hint: Any) -> Any:
    if value is None and NoneType in get_args(hint):
        return None
    if hint is int or int in get_args(hint):
        is_instant = name.endswith("_at")
        low, high = (_FIRST_INSTANT, _LAST_INSTANT) if is_instant else (-(2**63), 2**63 - 1)
        return whole(name, value, low, high)
    if hint is str:
        found = text(name, value)
        if name == "id" and not found:
            raise BadEvent("out of bounds", "id: found an empty one")
        if name == "author" and not _AUTHOR.fullmatch(found):
            raise BadEvent("not a pseudonym", "author: expected a keyed hash, or nothing")
        return found
    if not isinstance(value, list):
        raise BadEvent("wrong type", f"{name}: found {type(value).__name__}, expected a list of texts")
    if len(value) > MAX_ITEMS:
        raise BadEvent("out of bounds", f"{name}: found {len(value):,} texts, at most {MAX_ITEMS:,} may be")
    return tuple(text(name, item) for item in value)
