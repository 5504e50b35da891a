"""Whether every value of a manifest is of the type that its field has.

JSON says nothing of types, and Python's dataclasses take what they are given: a text where a number belongs would
be found out in the middle of scoring.
"""

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from faultcast.errors import UnsafeArtifact
from faultcast.models.manifest import Manifest

_MOST_COLUMNS = 10_000


def check_types(manifest: Manifest) -> None:
    """Refuse a manifest whose values are of other types, or beyond what can be computed with.

    Raises:
        UnsafeArtifact: names the first few fields that are wrong.
    """
    wrong = list(_wrong(manifest, Manifest, "manifest"))
    if not wrong:
        columns = manifest.normaliser.columns
        if len(columns) > _MOST_COLUMNS or not all(column.scale > 0 for column in columns):
            wrong = [f"normaliser.columns has a scale that is not above 0, or more than {_MOST_COLUMNS} columns"]
        elif not 0 <= manifest.bands.medium <= manifest.bands.high:
            wrong = [f"bands are {manifest.bands.medium} and {manifest.bands.high}, expected 0 <= medium <= high"]
    if wrong:
        raise UnsafeArtifact(f"manifest.json is not a model's manifest: {'; '.join(wrong[:3])}; train the model again")


def _wrong(value: Any, expected: Any, place: str) -> Iterator[str]:
    """What is wrong with a value, in words; nothing where it is of the expected type."""
    if expected is Any:
        return
    origin, arguments = get_origin(expected), get_args(expected)
    if is_dataclass(expected) and isinstance(value, expected):  # type: ignore[arg-type]
        hints = get_type_hints(expected)
        for one in fields(expected):
            yield from _wrong(getattr(value, one.name), hints[one.name], f"{place}.{one.name}")
    elif origin is tuple:
        yield from _wrong_items(value, arguments, expected, place)
    elif origin is dict:
        yield from _wrong_values(value, arguments[1], expected, place)
    elif origin is types.UnionType:
        if all(any(_wrong(value, one, place)) for one in arguments):
            yield _words(value, expected, place)
    elif not (type(value) is expected or (expected is float and type(value) is int)):
        yield _words(value, expected, place)


def _wrong_items(value: Any, arguments: tuple[Any, ...], expected: Any, place: str) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield _words(value, expected, place)
        return
    repeated = arguments[1:] == (...,)
    if not repeated and len(value) != len(arguments):
        yield _words(value, expected, place)
        return
    for i, item in enumerate(value):
        yield from _wrong(item, arguments[0] if repeated else arguments[i], f"{place}[{i}]")


def _wrong_values(value: Any, inner: Any, expected: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        for name, item in value.items():
            yield from _wrong(item, inner, f"{place}[{name[:40]!r}]")
    else:
        yield _words(value, expected, place)


def _words(value: object, expected: Any, place: str) -> str:
    name = expected.__name__ if isinstance(expected, type) and not get_args(expected) else str(expected)
    return f"{place} is {repr(value)[:60]}, expected {name}"
