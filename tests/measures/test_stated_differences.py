"""The examples in docs/measures.md of where other programs differ: ours are held here, radon's too."""

import ast

import pytest
from radon.complexity import cc_visit_ast

from faultcast.measures import measure_functions

CYCLOMATIC = {
    ("a.py", "def f(a, b):\n    assert a and b\n"): 3,
    ("a.py", "def f(a=1 if x else 2):\n    return a\n"): 2,
    ("a.py", "def f(a):\n    match a:\n        case 1 if b and c:\n            d()\n"): 4,
    ("a.py", "def f(a):\n    assert a\n"): 2,
    ("a.py", "def f(a):\n    try:\n        a()\n    finally:\n        b()\n"): 1,
    ("a.py", "def f(a):\n    match a:\n        case 1: b()\n        case 2: c()\n        case _: d()\n"): 3,
    ("a.py", "def f(a):\n    with a:\n        b()\n"): 1,
    ("a.c", "int f(int a) {\n#ifdef X\n a = 1;\n#endif\n return a;\n}\n"): 1,
    ("a.js", "function f(a) {\n return /https?:/.test(a);\n}\n"): 1,
    ("a.js", "function f(a) {\n return a ?? 1;\n}\n"): 2,
    ("a.js", "function f(a) {\n return a.map((x) => x && 1);\n}\n"): 2,
    ("a.rs", "fn f(a: i32) {\n loop { break; }\n}\n"): 2,
    ("a.rs", "fn f(a: i32) -> i32 {\n match a { 1 => 2, 3 => 4, _ => 5 }\n}\n"): 3,
    ("a.rs", "fn f(a: i32) -> R {\n g(a)?;\n Ok(1)\n}\n"): 1,
    ("a.cc", "int f(T&& a) {\n return a;\n}\n"): 1,
}

COGNITIVE = {
    ("a.py", "def f(a):\n    return [x for x in a if x]\n"): 0,
    ("a.py", "def f(a):\n    return f(a)\n"): 0,
    ("a.py", "def f(a=1 if x else 2):\n    return a\n"): 1,
    ("a.py", "def f(a):\n    try:\n        a()\n    finally:\n        b()\n"): 0,
    ("a.c", "int f(int a) {\n return a ? 1 : 2;\n}\n"): 1,
}

PARAMETERS = {
    ("a.c", "int f(void) {\n return 1;\n}\n"): 0,
    ("a.c", "int f(int (*g)(int), char *b) {\n return 1;\n}\n"): 2,
}

BY_RADON = {
    "def f(a, b):\n    assert a and b\n": 2,
    "def f(a=1 if x else 2):\n    return a\n": 1,
    "def f(a):\n    match a:\n        case 1 if b and c:\n            d()\n": 3,
}


@pytest.mark.parametrize(("example", "expected"), CYCLOMATIC.items())
def test_our_cyclomatic_complexity_is_as_stated(example: tuple[str, str], expected: int) -> None:
    assert [f.cyclomatic for f in measure_functions(example[0], example[1].encode())] == [expected]


@pytest.mark.parametrize(("example", "expected"), COGNITIVE.items())
def test_our_cognitive_complexity_is_as_stated(example: tuple[str, str], expected: int) -> None:
    assert [f.cognitive for f in measure_functions(example[0], example[1].encode())] == [expected]


@pytest.mark.parametrize(("example", "expected"), PARAMETERS.items())
def test_our_parameters_are_as_stated(example: tuple[str, str], expected: int) -> None:
    assert [f.parameters for f in measure_functions(example[0], example[1].encode())] == [expected]


@pytest.mark.parametrize(("example", "expected"), BY_RADON.items())
def test_radon_says_what_is_stated_of_it(example: str, expected: int) -> None:
    assert [block.complexity for block in cc_visit_ast(ast.parse(example))] == [expected]
