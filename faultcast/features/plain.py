"""What a change touched <-> bytes, so that it need not be read again.

Compressed JSON of the records' values in order. `digest` names the code and the grammars that the values came from:
kept values of another digest are no longer true.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib.metadata import distributions
from operator import attrgetter
from pathlib import Path
from typing import Any

from faultcast import measures
from faultcast.features import touched
from faultcast.features.touched import Part, TouchedFile
from faultcast.records import ClassMeasures, FunctionMeasures, Measures


def _getter(record: type[Any]) -> "attrgetter[tuple[Any, ...]]":
    return attrgetter(*(field.name for field in fields(record)))


_MEASURES, _FUNCTION, _CLASS = _getter(Measures), _getter(FunctionMeasures), _getter(ClassMeasures)


def to_bytes(found: Mapping[str, TouchedFile]) -> bytes:
    """The touched files of one change."""
    return zlib.compress(json.dumps([_file(one) for one in found.values()], separators=(",", ":")).encode(), 1)


def from_bytes(content: bytes) -> dict[str, TouchedFile]:
    """The way back: equal in every value.

    Raises:
        ValueError, TypeError, zlib.error: the content is damaged.
    """
    files = (_restored(values) for values in json.loads(zlib.decompress(content)))
    return {file.path: file for file in files}


@cache
def digest() -> str:
    """SHA-256 (hex) of everything that a value depends on but the file itself."""
    places = [Path(touched.__file__), Path(__file__), *sorted(Path(measures.__file__).parent.rglob("*.py"))]
    text = hashlib.sha256()
    for place in places:
        text.update(place.read_bytes())
    wheels = {(str(one.name), one.version) for one in distributions() if str(one.name).startswith("tree")}
    text.update(repr(sorted(wheels)).encode())
    return text.hexdigest()


def _file(file: TouchedFile) -> list[Any]:
    return [
        file.path,
        file.before and _MEASURES(file.before),
        file.after and _MEASURES(file.after),
        [
            (part.name, _optional(part.before), _optional(part.after), part.lines_added, part.lines_deleted)
            for part in file.parts
        ],
        file.imports,
        file.smells_before,
        file.smells_after,
        [_CLASS(one) for one in file.classes_before],
        [_CLASS(one) for one in file.classes_after],
    ]


def _optional(function: FunctionMeasures | None) -> tuple[Any, ...] | None:
    return None if function is None else _FUNCTION(function)


def _restored(values: list[Any]) -> TouchedFile:
    path, before, after, parts, imports, smells_before, smells_after, classes_before, classes_after = values
    return TouchedFile(
        path=path,
        before=before and Measures(*before),
        after=after and Measures(*after),
        parts=tuple(
            Part(path, name, _function(old), _function(new), added, deleted) for name, old, new, added, deleted in parts
        ),
        imports=tuple(imports),
        smells_before=_tuples(smells_before),
        smells_after=_tuples(smells_after),
        classes_before=tuple(ClassMeasures(*one) for one in classes_before),
        classes_after=tuple(ClassMeasures(*one) for one in classes_after),
    )


def _function(values: list[Any] | None) -> FunctionMeasures | None:
    return None if values is None else FunctionMeasures(*map(_tuples, values))


def _tuples(value: Any) -> Any:
    """Lists as tuples, as the records have them."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
