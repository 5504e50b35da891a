"""How much the methods of a class have to do with one another: LCOM4 and TCC, over the fields that they use.

- LCOM4 (Hitz & Montazeri 1995): into how many groups a class falls when methods belong together that share a field or
  call one another. 1 is one class, 2 are two in one.
- TCC, tight class cohesion (Bieman & Kang 1995): the share of pairs of methods that share a field; 0 to 1.

Constructors and destructors are left out: they touch everything. What a method uses is read without types: ``self.x``
and ``this.x`` where the language writes that, Ruby's ``@x``, and the names of the class's declared fields in Java, C#
and C++, a local variable of the same name included. Inherited fields, and methods defined outside their class, are not
seen. Python's, JavaScript's and TypeScript's classes, Rust's ``impl``, Java's, C#'s, C++'s and Ruby's classes have
these numbers; Go, C and Terraform have none.
"""

import re
from collections.abc import Collection, Iterable
from statistics import fmean
from typing import Final, NamedTuple

from faultcast.records import ClassMeasures

_SELF: Final = {
    "python": re.compile(rb"\b(?:self|cls)\.([A-Za-z_]\w*)"),
    "javascript": re.compile(rb"\bthis\.(#?[A-Za-z_$][\w$]*)"),
    "typescript": re.compile(rb"\bthis\.(#?[A-Za-z_$][\w$]*)"),
    "rust": re.compile(rb"\bself\.([A-Za-z_]\w*)"),
}
_DECLARED: Final = frozenset({"java", "csharp", "cpp"})
_CONSTRUCTORS: Final = frozenset({b"__init__", b"__new__", b"__post_init__", b"__del__", b"constructor", b"initialize"})

COHESION_LANGUAGES: Final = frozenset({*_SELF, *_DECLARED, "ruby"})


class Shape(NamedTuple):
    """A class as it is declared: its name in its place, its lines, its declared fields where the language has them."""

    path: str
    start_line: int
    end_line: int
    fields: frozenset[bytes] = frozenset()


class Method(NamedTuple):
    """A method: whose it is, its name, all names that stand in it (those after ``self.`` where that is written)."""

    owner: str
    name: bytes
    names: Collection[int | bytes]
    cyclomatic: int


def own_names(language: str, source: bytes, start: int, end: int) -> frozenset[bytes] | None:
    """What is used of the object itself in a function, where the language writes so; None elsewhere."""
    pattern = _SELF.get(language)
    return frozenset(pattern.findall(source, start, end)) if pattern else None


def class_measures(language: str, shapes: Iterable[Shape], methods: Iterable[Method]) -> tuple[ClassMeasures, ...]:
    """The numbers of each class that has methods, in the order of their first lines."""
    by_owner: dict[str, list[Method]] = {}
    for method in methods:
        by_owner.setdefault(method.owner, []).append(method)
    merged: dict[str, Shape] = {}
    for shape in shapes:  # Rust: several impl of one type, Ruby and C#: classes opened again
        first = merged.setdefault(shape.path, shape)
        merged[shape.path] = first._replace(end_line=shape.end_line, fields=first.fields | shape.fields)
    return tuple(
        _measured(language, shape, by_owner[shape.path])
        for shape in sorted(merged.values(), key=lambda shape: (shape.start_line, shape.path))
        if shape.path in by_owner
    )


def cohesion(classes: Iterable[ClassMeasures]) -> float | None:
    """The mean TCC of a file's classes, 0 to 1; None where no class has two methods and a field."""
    known = [one.tcc for one in classes if one.tcc is not None]
    return fmean(known) if known else None


def _measured(language: str, shape: Shape, methods: list[Method]) -> ClassMeasures:
    own = shape.path.rpartition(".")[2].encode()
    ordinary = [method for method in methods if not _is_constructor(language, method.name, own)]
    names = {method.name for method in methods}
    used = [_used(language, shape, method, names) for method in ordinary]
    fields = frozenset[bytes]().union(shape.fields, *used)
    masks = _masks(used)
    calls = [(place, method.names) for place, method in enumerate(ordinary)]
    return ClassMeasures(
        name=shape.path,
        start_line=shape.start_line,
        end_line=shape.end_line,
        methods=len(methods),
        fields=len(fields),
        cyclomatic=sum(method.cyclomatic for method in methods),
        lcom4=_groups(masks, calls, [method.name for method in ordinary]) if fields and ordinary else None,
        tcc=_tight(used, masks) if fields and len(ordinary) > 1 else None,
    )


def _is_constructor(language: str, name: bytes, own: bytes) -> bool:
    return name in _CONSTRUCTORS or name.startswith(b"~") or name == own or (language == "rust" and name == b"new")


def _used(language: str, shape: Shape, method: Method, names: set[bytes]) -> frozenset[bytes]:
    if language in _DECLARED:
        return shape.fields.intersection(name for name in method.names if isinstance(name, bytes))
    found = frozenset(name for name in method.names if isinstance(name, bytes))
    if language == "ruby":
        return frozenset(name for name in found if name.startswith(b"@"))
    return found - names


def _masks(used: list[frozenset[bytes]]) -> dict[bytes, int]:
    """For each field, the methods that use it, a bit each."""
    masks: dict[bytes, int] = {}
    for place, fields in enumerate(used):
        for name in fields:
            masks[name] = masks.get(name, 0) | 1 << place
    return masks


def _tight(used: list[frozenset[bytes]], masks: dict[bytes, int]) -> float:
    pairs = 0
    for place, fields in enumerate(used):
        others = 0
        for name in fields:
            others |= masks[name]
        pairs += (others & ~(1 << place)).bit_count()
    return pairs / (len(used) * (len(used) - 1))


def _groups(masks: dict[bytes, int], calls: list[tuple[int, Collection[int | bytes]]], names: list[bytes]) -> int:
    """Connected groups of methods, by union of those that share a field or of which one names the other."""
    parent = list(range(len(names)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for mask in masks.values():
        first = (mask & -mask).bit_length() - 1
        while mask := mask & (mask - 1):
            parent[root((mask & -mask).bit_length() - 1)] = root(first)
    places = {name: place for place, name in enumerate(names)}
    for place, called in calls:
        for name in places.keys() & called:
            parent[root(place)] = root(places[name])
    return len({root(place) for place in range(len(names))})
