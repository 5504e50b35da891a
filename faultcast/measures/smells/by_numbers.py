"""Smells that follow from numbers: too long, too deep, too much; and patterns that show in names of methods."""

from collections.abc import Iterable, Mapping

from faultcast.measures.smells import row as c
from faultcast.records import ClassMeasures

_SUBSCRIBES = ("addlistener", "addobserver", "subscribe", "add_listener", "add_observer", "attach", "on")
_NOTIFIES = ("notify", "publish", "emit", "fire", "trigger")
_INSTANCES = frozenset({"getinstance", "get_instance", "instance", "shared_instance"})


def of_function(language: str, lines: int, parameters: int, nesting: int, cyclomatic: int) -> list[str]:
    """The names of what one function's numbers amount to."""
    found: list[str] = []
    if lines > c.LONG_FUNCTION_LINES:
        found.append("long_function")
    if language == "hcl":
        return found
    if parameters > c.MANY_PARAMETERS:
        found.append("long_parameter_list")
    if nesting > c.DEEP_NESTING_LEVELS:
        found.append("deep_nesting")
    if cyclomatic > c.COMPLEX_FUNCTION_CYCLOMATIC:
        found.append("complex_function")
        is_dense = cyclomatic >= c.BRAIN_METHOD_CYCLOMATIC_A_LINE * lines
        if lines > c.BRAIN_METHOD_LINES and is_dense and nesting >= c.BRAIN_METHOD_NESTING:
            found.append("brain_method")
    return found


def of_class(measures: ClassMeasures) -> list[str]:
    """The names of what one class's numbers amount to."""
    found: list[str] = []
    if measures.methods > c.LARGE_CLASS_METHODS:
        found.append("large_class")
    is_loose = measures.tcc is not None and measures.tcc < c.GOD_CLASS_COHESION
    if measures.cyclomatic >= c.GOD_CLASS_CYCLOMATIC and is_loose:
        found.append("god_class")
    return found


def of_file(language: str, lines: int, imports: int) -> list[str]:
    """The names of what a file's numbers amount to."""
    found: list[str] = []
    if lines > c.LONG_FILE_LINES:
        found.append("long_file")
    if imports > c.MANY_IMPORTS and language != "hcl":
        found.append("many_imports")
    return found


def of_methods(methods: Mapping[str, Iterable[str]]) -> list[str]:
    """Patterns by the names of classes and of their methods; `methods` maps a class's name to them."""
    found: list[str] = []
    for owner, written in methods.items():
        names = [name.lower() for name in written]
        if any(name in _INSTANCES for name in names):
            found.append("singleton")
        if owner.endswith("Builder") and any(name in {"build", "create"} for name in names):
            found.append("builder")
        if sum(name.startswith("visit") and len(name) > len("visit") for name in names) > 1:
            found.append("visitor")
        if any(name in _SUBSCRIBES for name in names) and any(name.startswith(_NOTIFIES) for name in names):
            found.append("observer")
    return found
