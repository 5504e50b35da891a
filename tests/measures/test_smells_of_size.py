"""Rows of the catalogue that are a matter of size: just too much, and just not, in each of their languages."""

from collections.abc import Callable

import pytest
from smell_languages import SUFFIXES

from faultcast.measures import read
from faultcast.measures.smells import BY_NAME, CATALOGUE

CALLS = {"python": "g()", "ruby": "g(1)", "go": "g()", "hcl": 'a{n} = "b"'}
FUNCTIONS = {
    "python": "def f({parameters}):\n{body}\n",
    "ruby": "def f({parameters})\n{body}\nend\n",
    "java": "class A {{ void f({parameters}) {{\n{body}\n}} }}\n",
    "csharp": "class A {{ void f({parameters}) {{\n{body}\n}} }}\n",
    "javascript": "function f({parameters}) {{\n{body}\n}}\n",
    "typescript": "function f({parameters}) {{\n{body}\n}}\n",
    "go": "package m\nfunc f({parameters}) {{\n{body}\n}}\n",
    "c": "void f({parameters}) {{\n{body}\n}}\n",
    "cpp": "void f({parameters}) {{\n{body}\n}}\n",
    "rust": "fn f({parameters}) {{\n{body}\n}}\n",
    "hcl": 'resource "a_b" "c" {{\n{body}\n}}\n',
}
TYPED = {"java": "int {}", "csharp": "int {}", "c": "int {}", "cpp": "int {}", "go": "{} int", "rust": "{}: i32"}
IMPORTS = {
    "python": "import a{}",
    "java": "import a.b{};",
    "javascript": 'import "a{}";',
    "typescript": 'import "a{}";',
    "go": 'import "a{}"',
    "c": "#include <a{}.h>",
    "cpp": "#include <a{}.h>",
    "csharp": "using A{};",
    "rust": "use a::b{};",
    "ruby": "require 'a{}'",
}
CLASSES = {
    "python": ("class A:\n", "    def f{}(self): return self.a{}{}\n", ""),
    "ruby": ("class A\n", "  def f{}; @a{}{}; end\n", "end\n"),
    "java": ("class A {{ {fields}\n", "  int f{}() {{ return a{}{}; }}\n", "}\n"),
    "csharp": ("class A {{ {fields}\n", "  int f{}() {{ return a{}{}; }}\n", "}\n"),
    "cpp": ("class A {{ {fields}\n", "  int f{}() {{ return a{}{}; }}\n", "};\n"),
    "javascript": ("class A {{\n", "  f{}() {{ return this.a{}{}; }}\n", "}\n"),
    "typescript": ("class A {{\n", "  f{}() {{ return this.a{}{}; }}\n", "}\n"),
}


def _statement(language: str, number: int) -> str:
    return CALLS.get(language, "g();").format(n=number)


def _function(language: str, body: list[str], parameters: int = 0) -> str:
    written = ", ".join(TYPED.get(language, "{}").format(f"p{place}") for place in range(parameters))
    indent = "    " if language == "python" else "  "
    return FUNCTIONS[language].format(parameters=written, body="\n".join(indent + line for line in body))


def _long(language: str, lines: int) -> str:
    around = 1 if language == "python" else 2
    return _function(language, [_statement(language, place) for place in range(lines - around)])


def _ifs(language: str, depth: int, times: int = 1) -> list[str]:
    """`times` ifs beside one another, each with `depth` - 1 more inside."""
    if language == "python":
        one = ["    " * level + "if a:" for level in range(depth)] + ["    " * depth + "g()"]
    elif language == "ruby":
        one = ["if a"] * depth + ["g(1)"] + ["end"] * depth
    else:
        head = "if a {" if language in {"go", "rust"} else "if (a) {"
        one = [head] * depth + ["g();"] + ["}"] * depth
    return one * times


def _class(language: str, methods: int, decisions: int = 0, *, together: bool = True) -> str:
    head, method, tail = CLASSES[language]
    fields = " ".join(f"int a{place};" for place in range(methods))
    and_ = " and b" if language == "python" else " && b"
    body = "".join(method.format(place, 0 if together else place, and_ * decisions) for place in range(methods))
    return head.format(fields=fields) + body + tail


def _dense(language: str, lines: int, depth: int) -> str:
    """A function whose every other line asks something, `depth` levels deep at its deepest."""
    body = _ifs(language, depth)
    while len(body) < lines - 5:
        body += _ifs(language, 1)
    return _function(language, body)


TOO_MUCH: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "long_function": (lambda of: _long(of, 61), lambda of: _long(of, 60)),
    "long_parameter_list": (
        lambda of: _function(of, [_statement(of, 1)], 6),
        lambda of: _function(of, [_statement(of, 1)], 5),
    ),
    "deep_nesting": (lambda of: _function(of, _ifs(of, 5)), lambda of: _function(of, _ifs(of, 4))),
    "complex_function": (lambda of: _function(of, _ifs(of, 1, 10)), lambda of: _function(of, _ifs(of, 1, 9))),
    "brain_method": (lambda of: _dense(of, 90, 3), lambda of: _dense(of, 90, 2)),
    "large_class": (lambda of: _class(of, 21), lambda of: _class(of, 20)),
    "god_class": (lambda of: _class(of, 8, 5, together=False), lambda of: _class(of, 8, 5)),
    "long_file": (lambda of: _long(of, 5) + "\n" * 1_000, lambda of: _long(of, 5) + "\n" * 900),
    "many_imports": (lambda of: _imports(of, 31), lambda of: _imports(of, 30)),
}


def _imports(language: str, count: int) -> str:
    lines = (IMPORTS[language].format(place) + "\n" for place in range(count))
    return ("package m\n" if language == "go" else "") + "".join(lines)


@pytest.mark.parametrize(
    ("smell", "language"), [(row.name, of) for row in CATALOGUE if row.name in TOO_MUCH for of in row.languages]
)
def test_too_much_begins_where_the_catalogue_says(smell: str, language: str) -> None:
    for build, holds in zip(TOO_MUCH[smell], (True, False), strict=True):
        version = read(f"a{SUFFIXES[language]}", build(language).encode(), memo=None)
        assert version is not None
        assert (smell in dict(version.smells)) == holds, (holds, version.smells, build(language))


def test_every_row_with_a_threshold_is_held_here_or_by_an_example() -> None:
    with_threshold = {row.name for row in CATALOGUE if row.threshold}
    assert with_threshold == set(TOO_MUCH) | {"complex_condition"}
    assert set(BY_NAME) >= set(TOO_MUCH)


def test_a_smell_belongs_to_the_innermost_function_that_it_stands_in() -> None:
    code = "def f():\n    def g():\n        x == None\n    y == None\nz == None\n"
    version = read("a.py", code.encode(), memo=None)
    assert version is not None
    assert {one.name: one.smells for one in version.functions} == {
        "f": (("loose_comparison", 1),),
        "f.g": (("loose_comparison", 1),),
    }
    assert version.smells == (("loose_comparison", 3),)


def test_smells_are_told_in_the_order_of_the_catalogue() -> None:
    version = read("a.py", b"def f(a=[]):\n    # TODO\n    if not a: return\n    assert a\n    eval(a)\n", memo=None)
    assert version is not None
    names = [name for name, _ in version.smells]
    assert names == [row.name for row in CATALOGUE if row.name in names]
    assert len(names) == 5
