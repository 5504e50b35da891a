"""What functions call, who calls them in the file and in the repository."""

import json
import random

import pytest

from faultcast.measures import read
from faultcast.measures.call_graph import CallGraph, called_in_file
from faultcast.records import FunctionMeasures

CALLS = [
    ("a.py", "def f(x):\n    os.path.join(g(x), x.items()[0](1))\n    return h", ("g", "items", "join")),
    (
        "A.java",
        "class A { void f() { g(); this.h(1); new Cart(); a.b().c(); Set.<A>of(); } }",
        ("Cart", "b", "c", "g", "h", "of"),
    ),
    ("a.js", "function f() { g(); a?.b(); new Cart(); (() => h())(); c[0](); }", ("Cart", "b", "g", "h")),
    ("a.ts", "function f(x: A) { g<B>(); x.h(); }", ("g", "h")),
    ("a.go", "package m\nfunc f() { g(); s.h(); defer mu.Unlock(); go run() }", ("Unlock", "g", "h", "run")),
    ("a.c", "int f(void) { g(); ops->h(1); return (*p)(2); }", ("g", "h")),
    ("a.cpp", "int f() { shop::g(); a.h<int>(1); std::move(x); }", ("g", "h", "move")),
    ("a.cs", "class A { void F() { G(); this.H(1); new Cart(); xs.Of<A>(); } }", ("Cart", "G", "H", "Of")),
    ("a.rs", 'fn f() { g(); self.h(); a::b::<T>(1); println!("x"); }', ("b", "g", "h", "println")),
    ("a.rb", "def f\n  g(1)\n  a.b\n  C.d 1\n  h { |x| x }\nend", ("b", "d", "g", "h")),
    (
        "a.tf",
        'resource "a_b" "c" {\n  x = var.n\n  y = "${module.vpc.id}-${data.a_d.e.id}"\n  z = a_f.g[0].id\n  w = local.k\n}',
        ("a_f.g", "data.a_d.e", "locals", "module.vpc", "variable.n"),
    ),
]


@pytest.mark.parametrize(("path", "code", "calls"), CALLS, ids=[path for path, *_ in CALLS])
def test_a_function_tells_the_names_that_it_calls(path: str, code: str, calls: tuple[str, ...]) -> None:
    version = read(path, code.encode(), memo=None)
    assert version is not None
    assert version.functions[0].calls == calls


def test_calls_inside_a_nested_function_are_the_nested_ones() -> None:
    version = read("a.py", b"def f():\n    g()\n    def inner():\n        h()\n", memo=None)
    assert version is not None
    assert {function.name: function.calls for function in version.functions} == {"f": ("g",), "f.inner": ("h",)}


def test_a_page_long_chain_of_calls_is_soon_read() -> None:
    version = read("a.js", b"function f() { a" + b".b(1)" * 900 + b" }", memo=None)
    assert version is not None
    assert version.functions[0].calls == ("b",)


def test_in_a_file_a_function_is_called_by_so_many_others() -> None:
    code = b"class A:\n    def f(self):\n        self.g()\n        self.f()\n    def g(self): ...\ndef h():\n    g()\n"
    version = read("a.py", code, memo=None)
    assert version is not None
    assert called_in_file(version.functions) == {"A.f": 0, "A.g": 2, "h": 0}


def test_terraform_blocks_are_told_apart_by_folder() -> None:
    graph = CallGraph()
    graph.observe("a/main.tf", "hcl", [_function("variable.n"), _function("a_b.c", "variable.n")])
    graph.observe("b/main.tf", "hcl", [_function("variable.n")])
    assert graph.fan_in("a/main.tf", "hcl", "variable.n") == 1
    assert graph.fan_in("b/main.tf", "hcl", "variable.n") == 0


def test_any_way_to_the_same_files_gives_the_same_degrees() -> None:
    chance = random.Random(3)
    graph, tree = CallGraph(), dict[str, list[FunctionMeasures]]()
    names = [f"f{place}" for place in range(8)]
    for step in range(600):
        path = f"{chance.choice('abc')}/{chance.choice('xyz')}.py"
        what = chance.random()
        if what < 0.2:
            graph.remove(path)
            tree.pop(path, None)
        elif what < 0.3 and tree:
            old = chance.choice(sorted(tree))
            graph.rename(old, path)
            tree[path] = tree.pop(old)
        else:
            tree[path] = [_function(chance.choice(names), *chance.sample(names, 3)) for _ in range(3)]
            graph.observe(path, "python", tree[path])
        if step % 30 == 0:
            fresh = CallGraph()
            for other in chance.sample(sorted(tree), len(tree)):
                fresh.observe(other, "python", tree[other])
            stored = CallGraph.from_state(json.loads(json.dumps(graph.to_state())))
            for one in (graph, stored):
                assert [one.fan_in("a", "python", name) for name in names] == [
                    fresh.fan_in("a", "python", name) for name in names
                ]
                assert one.fan_out("a", "python", names) == fresh.fan_out("a", "python", names)
                assert one.to_state() == fresh.to_state()


def _function(name: str, *calls: str) -> FunctionMeasures:
    return FunctionMeasures(name, 1, 2, 1, 0, 0, 0, calls=calls)
