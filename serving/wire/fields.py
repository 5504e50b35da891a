"""Reading one field of a stranger's JSON: the value, or a message with the place, found and expected."""

from collections.abc import Mapping
from typing import Any

from faultcast.errors import BadChange

MAX_NUMBER = 2**31 - 1
_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}


def kind(value: object) -> str:
    """How a JSON value is called in a message."""
    return "null" if value is None else _NAMES.get(type(value), type(value).__name__)


def text(data: Mapping[str, Any], name: str, where: str, default: str | None = None) -> str:
    """A text; with a `default` the field may be absent or null."""
    value = data.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadChange(f"{where}.{name}: expected a text, found {kind(value) if name in data else 'nothing'}")
    return value


def optional_text(data: Mapping[str, Any], name: str, where: str) -> str | None:
    """A text, or None where the field is absent or null."""
    return None if data.get(name) is None else text(data, name, where)


def number(data: Mapping[str, Any], name: str, where: str) -> int:
    """A whole number from 0 to 2^31 - 1; JSON knows one kind of numbers, so 3.0 is 3."""
    value = data.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_NUMBER:
        found = value if isinstance(value, int | float) else kind(value) if name in data else "nothing"
        raise BadChange(f"{where}.{name}: expected a whole number from 0 on, found {found}")
    return value


def flag(data: Mapping[str, Any], name: str, where: str, *, default: bool) -> bool:
    """True or false; `default` where the field is absent or null."""
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise BadChange(f"{where}.{name}: expected true or false, found {kind(value)}")
    return value


def items(data: Mapping[str, Any], name: str, where: str, limit: int | None = None) -> list[Any]:
    """A list of at most `limit` items."""
    value = data.get(name)
    if not isinstance(value, list):
        raise BadChange(f"{where}.{name}: expected a list, found {kind(value) if name in data else 'nothing'}")
    if limit is not None and len(value) > limit:
        raise BadChange(f"{where}.{name}: found {len(value):,} items, at most {limit:,} are taken")
    return value


def refuse_unknown(data: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    """Refuse a field that nothing reads: it is a misspelling or a wrong expectation.

    Raises:
        BadChange: names the unknown fields and the known ones.
    """
    unknown = sorted(set(data) - set(known))
    if unknown:
        names = ", ".join(repr(str(name)[:40]) for name in unknown[:5])
        raise BadChange(f"{where}: unknown field {names}; known are {', '.join(known)}")
