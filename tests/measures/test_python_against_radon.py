"""radon reads Python as Python itself does; the engine has to agree with it, but for the differences that are stated."""

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
from radon.complexity import cc_visit_ast
from radon.visitors import Class, Function

from faultcast.measures import measure, measure_functions

MODULES: list[ModuleType] = [ast, asyncio.base_events, difflib, inspect, json.decoder, textwrap, typing]


def source_of(module: ModuleType) -> bytes:
    assert module.__file__ is not None
    return Path(module.__file__).read_bytes()


def radon_complexities(source: bytes) -> dict[int, int]:
    """First line of each function -> its complexity; radon does not visit classes inside functions."""
    found: dict[int, int] = {}
    waiting = list(cc_visit_ast(ast.parse(source)))
    while waiting:
        block = waiting.pop()
        if isinstance(block, Function):
            found[block.lineno] = block.complexity
            waiting += block.closures
        elif isinstance(block, Class):
            waiting += [*block.methods, *block.inner_classes]
    return found


def test_engine_and_radon_agree_on_95_percent_of_the_functions_above_1() -> None:
    pairs: list[tuple[int, int]] = []
    for module in MODULES:
        by_radon = radon_complexities(source_of(module))
        found = measure_functions("a.py", source_of(module))
        pairs += [(by_radon[f.start_line], f.cyclomatic) for f in found if f.start_line in by_radon]
    above_1 = [(radon, engine) for radon, engine in pairs if radon > 1]
    assert len(above_1) > 300
    assert sum(radon == engine for radon, engine in above_1) >= 0.95 * len(above_1)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_function_that_python_knows_is_found(module: ModuleType) -> None:
    whole = measure("a.py", source_of(module))
    assert whole is not None
    nodes = ast.walk(ast.parse(source_of(module)))
    assert whole.functions == sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in nodes)


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
    assert found == {"A.B.m": 1, "A.B.m.closure": 2, "f": 3, "f.C.n": 2}  # f: 1, assert, and
