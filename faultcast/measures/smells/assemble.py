"""All that smells in a file, put together: by function, and for the file as a whole."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from faultcast.measures.cohesion import Method
from faultcast.measures.smells.by_numbers import of_class, of_file, of_methods
from faultcast.measures.smells.by_text import in_text
from faultcast.measures.smells.catalogue import in_order
from faultcast.measures.smells.row import CLASSES
from faultcast.records import ClassMeasures, FunctionMeasures

Counts = tuple[tuple[str, int], ...]


def with_text(
    language: str, source: bytes, comments: list[tuple[int, int]], functions: tuple[FunctionMeasures, ...]
) -> tuple[tuple[FunctionMeasures, ...], Counter[str]]:
    """Functions with what their text shows added to their smells; and what shows outside all of them.

    A finding belongs to the innermost function on its line. `functions` are in the order of their first lines.
    """
    outside: Counter[str] = Counter()
    inside: dict[int, Counter[str]] = {}
    around: list[int] = []  # functions that the line stands in, the innermost last
    line, seen, begun = 1, 0, 0
    for smell, at in sorted(in_text(language, source, comments), key=lambda one: one[1]):
        line += source.count(b"\n", seen, at)
        seen = at
        while begun < len(functions) and functions[begun].start_line <= line:
            around.append(begun)
            begun += 1
        while around and functions[around[-1]].end_line < line:
            around.pop()
        (inside.setdefault(around[-1], Counter()) if around else outside)[smell] += 1
    if not inside:
        return functions, outside
    found = list(functions)
    for place, counts in inside.items():
        counts.update(dict(found[place].smells))
        found[place] = replace(found[place], smells=in_order(counts))
    return tuple(found), outside


def of_classes(language: str, classes: Iterable[ClassMeasures], methods: Iterable[Method]) -> Counts:
    """What the numbers of classes and the names of their methods amount to."""
    counts: Counter[str] = Counter()
    for one in classes:
        counts.update(of_class(one))
    if language in CLASSES:
        by_owner: dict[str, list[str]] = {}
        for method in methods:
            by_owner.setdefault(method.owner, []).append(method.name.decode(errors="replace"))
        counts.update(of_methods(by_owner))
    return tuple(counts.items())


def of_whole(language: str, lines: int, imports: int, parts: Iterable[Counts]) -> Counts:
    """The file's smells: those of its parts (functions, classes, what stands outside them), and of itself."""
    counts: Counter[str] = Counter(of_file(language, lines, imports))
    for part in parts:
        for smell, count in part:
            counts[smell] += count
    return in_order(counts)
