"""Who calls whom in a repository, by name alone, as of one commit.

Approximate by design: a call is told by the last name of what is called, so methods of one name are one. Names of one
family of languages are kept apart from those of others, and Terraform's addresses by folder, as Terraform does. Memory
grows with the distinct names that each file calls.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from faultcast.measures.imports.known import family_of, split
from faultcast.records import FunctionMeasures

_Scope = tuple[str, str]  # family, and for Terraform the folder


def simple_name(name: str) -> str:
    """A function's name as callers write it: without what stands around it, without the number of a namesake.

    >>> simple_name("Cart.add"), simple_name("shop::Cart::add#2")
    ('add', 'add')
    """
    name = name.partition("#")[0]
    return name[max(name.rfind("."), name.rfind(":")) + 1 :]


def called_in_file(functions: Iterable[FunctionMeasures], language: str = "") -> dict[str, int]:
    """For each function's name, how many other functions of the same file call it."""
    functions = tuple(functions)
    callers: dict[str, set[str]] = {}
    for function in functions:
        for name in function.calls:
            callers.setdefault(name, set()).add(function.name)
    return {
        function.name: len(callers.get(_called_as(function.name, language), set()) - {function.name})
        for function in functions
    }


class CallGraph:
    """The functions of each file and what they call.

    >>> graph = CallGraph()
    >>> def function(name, *calls): return FunctionMeasures(name, 1, 2, 1, 0, 0, 0, calls=calls)
    >>> graph.observe("cart.py", "python", [function("Cart.total", "tax"), function("pay", "tax", "print")])
    >>> graph.observe("tax.py", "python", [function("tax")])
    >>> graph.fan_in("tax.py", "python", "tax"), graph.fan_out("cart.py", "python", ("tax", "print"))
    (2, 1)
    """

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, dict[str, int], dict[str, int]]] = {}  # language, defined, called
        self._defined: dict[_Scope, dict[str, int]] = {}
        self._called: dict[_Scope, dict[str, int]] = {}

    def observe(self, path: str, language: str, functions: Iterable[FunctionMeasures]) -> None:
        """The file at `path` now has these functions; whatever it had before."""
        defined: dict[str, int] = {}
        called: dict[str, int] = {}
        for function in functions:
            name = _called_as(function.name, language)
            defined[name] = defined.get(name, 0) + 1
            for other in function.calls:
                called[other] = called.get(other, 0) + 1
        self._set(path, language, defined, called)

    def remove(self, path: str) -> None:
        """The file is gone. Unknown paths change nothing."""
        if path in self._files:
            language, defined, called = self._files.pop(path)
            scope = _scope(path, language)
            _add(self._defined.setdefault(scope, {}), defined, -1)
            _add(self._called.setdefault(scope, {}), called, -1)

    def rename(self, old_path: str, path: str) -> None:
        """The file is at `path` now."""
        if old_path in self._files and old_path != path:
            now = self._files[old_path]
            self.remove(old_path)
            self._set(path, *now)

    def fan_in(self, path: str, language: str, name: str) -> int:
        """How many functions of the repository call something of this function's name, itself included."""
        return self._called.get(_scope(path, language), {}).get(_called_as(name, language), 0)

    def fan_out(self, path: str, language: str, calls: Iterable[str]) -> int:
        """How many of these called names the repository defines; the others are libraries'."""
        defined = self._defined.get(_scope(path, language), {})
        return sum(name in defined for name in calls)

    def to_state(self) -> dict[str, list[Any]]:
        """The graph as JSON can write it: ``{path: [language, {defined: count}, {called: functions}]}``, sorted."""
        return {
            path: [language, dict(sorted(defined.items())), dict(sorted(called.items()))]
            for path, (language, defined, called) in sorted(self._files.items())
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Sequence[Any]]) -> Self:
        """The graph that `to_state` wrote."""
        graph = cls()
        for path, (language, defined, called) in state.items():
            graph._set(path, language, dict(defined), dict(called))
        return graph

    def _set(self, path: str, language: str, defined: dict[str, int], called: dict[str, int]) -> None:
        self.remove(path)
        self._files[path] = (language, defined, called)
        scope = _scope(path, language)
        _add(self._defined.setdefault(scope, {}), defined, 1)
        _add(self._called.setdefault(scope, {}), called, 1)


def _called_as(name: str, language: str) -> str:
    return name.partition("#")[0] if language == "hcl" else simple_name(name)


def _scope(path: str, language: str) -> _Scope:
    return (family_of(language), split(path)[0] if language == "hcl" else "")


def _add(totals: dict[str, int], counts: Mapping[str, int], sign: int) -> None:
    for name, count in counts.items():
        total = totals.get(name, 0) + sign * count
        if total:
            totals[name] = total
        else:
            del totals[name]
