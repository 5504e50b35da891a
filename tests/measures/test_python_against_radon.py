"""radon decides for Python; the engine that stands in where radon cannot read has to agree with it."""

import ast
import asyncio.base_events
import difflib
import inspect
import json.decoder
import textwrap
import typing
from pathlib import Path
from types import ModuleType

import pytest

from faultcast.measures import measure, measure_functions
from faultcast.measures.engine import tally
from faultcast.measures.grammar import grammar_of
from faultcast.measures.kinds import row_of
from faultcast.measures.python import radon_complexities

MODULES: list[ModuleType] = [ast, asyncio.base_events, difflib, inspect, json.decoder, textwrap, typing]


def source_of(module: ModuleType) -> bytes:
    assert module.__file__ is not None
    return Path(module.__file__).read_bytes()


def test_engine_and_radon_agree_on_95_percent_of_the_functions_above_1() -> None:
    row = row_of("a.py")
    assert row is not None
    pairs: list[tuple[int, int]] = []
    for module in MODULES:
        by_radon = radon_complexities(source_of(module))
        units = tally(grammar_of(row), source_of(module)).units
        pairs += [(by_radon[unit.start_line], 1 + unit.decisions) for unit in units if unit.start_line in by_radon]
    above_1 = [(radon, engine) for radon, engine in pairs if radon > 1]
    assert len(above_1) > 300
    assert sum(radon == engine for radon, engine in above_1) >= 0.95 * len(above_1)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_what_is_published_for_python_is_radons_number(module: ModuleType) -> None:
    source = source_of(module)
    by_radon = radon_complexities(source)
    published = {f.start_line: f.cyclomatic for f in measure_functions("a.py", source)}
    assert by_radon.items() <= published.items()
    whole = measure("a.py", source)
    assert whole is not None
    assert whole.cyclomatic_max == max(published.values())
    assert whole.functions == sum(
        isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(ast.parse(source))
    )


def test_closures_methods_and_inner_classes_are_all_found() -> None:
    source = b"""
class A:
    class B:
        def m(self):
            def closure():
                return 1 if x else 2
            return closure
def f():
    class C:
        def n(self):
            return a or b
    assert a and b
"""
    found = {f.name: f.cyclomatic for f in measure_functions("a.py", source)}
    assert found == {"m": 1, "closure": 2, "f": 2, "n": 2}  # radon: an assert is 1, whatever stands in it
