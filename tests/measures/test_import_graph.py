"""The graph of imports: its answers depend on the tree alone, however it came about."""

import json
import random

from faultcast.measures import language_of
from faultcast.measures.imports import ImportGraph

NAMES = ("a", "b", "util")
FOLDERS = ("", "src/", "src/a/", "lib/", "a/", "a/b/", "c-d/src/", "A.B/")
FILES = ("__init__.py", "index.ts", "mod.rs", "lib.rs", "x.d.ts", "index.js")
SUFFIXES = (".py", ".js", ".ts", ".go", ".java", ".c", ".h", ".cs", ".rs", ".rb", ".tf")
IMPORTS = {
    "python": ("a", "a.b", ".a", "..util", ".", "a.util.f", "a.*", "...a.b", "b"),
    "javascript": ("./a", "../util", ".", "..", "@/a", "./a/index", "./x", "~/index", "./x.d"),
    "typescript": ("./a", "../util.js", "./a.ts", "@/a/b", "./index", "./index.js"),
    "go": ("example.com/m/a", "example.com/m/a/b", "example.com/n/src", "github.com/o/r/lib", "net/http"),
    "java": ("a.b.util", "a.*", "a.b.util.f", "b"),
    "c": ("a.h", "util.h", "../a/b.h", "<a/a.h>"),
    "cpp": ("a.h", "b/util.h"),
    "csharp": ("A.B", "B", "a.b", "a.util"),
    "rust": ("crate::a::b", "self::util", "super::a", "super::super::b", "c_d::a", "self::b", "crate::X", "a::b"),
    "ruby": ("./a", "../util", "a/b", "util"),
    "hcl": ("./a", "..", "../a/b", "."),
}


def test_fan_in_counts_files_once_and_fan_out_counts_targets_once() -> None:
    graph = ImportGraph()
    graph.observe("shop/cart.py", "python", ())
    graph.observe("shop/line.py", "python", ())
    graph.observe("app.py", "python", ("shop.cart.add", "shop.cart.total", "shop.line", "os"))
    assert (graph.fan_in("shop/cart.py"), graph.fan_out("app.py"), graph.fan_in("app.py")) == (1, 2, 0)
    assert graph.imported("app.py") == ("shop/cart.py", "shop/line.py")


def test_every_file_of_a_package_is_imported_with_it() -> None:
    graph = ImportGraph()
    graph.observe("pkg/cart/cart.go", "go", ())
    graph.observe("pkg/cart/line.go", "go", ())
    graph.observe("main.go", "go", ("fmt", "example.com/shop/pkg/cart"))
    assert graph.fan_in("pkg/cart/cart.go") == graph.fan_in("pkg/cart/line.go") == 1
    assert graph.fan_out("main.go") == 1


def test_a_file_that_comes_later_is_found_by_those_that_already_import_it() -> None:
    graph = ImportGraph()
    graph.observe("app.js", "javascript", ("./cart",))
    assert graph.fan_out("app.js") == 0
    graph.observe("cart.js", "javascript", ())
    assert graph.fan_in("cart.js") == 1
    graph.rename("cart.js", "lib/cart.js")
    assert (graph.fan_out("app.js"), graph.fan_in("lib/cart.js")) == (0, 0)
    graph.observe("app.js", "javascript", ("./lib/cart",))
    assert graph.fan_in("lib/cart.js") == 1
    graph.remove("app.js")
    assert graph.fan_in("lib/cart.js") == 0


def test_any_way_to_the_same_tree_gives_the_same_graph() -> None:
    """2,000 random changes; every now and then the graph must equal one built from its files alone, and its state."""
    chance = random.Random(20)
    graph, tree = ImportGraph(), dict[str, tuple[str, tuple[str, ...]]]()
    for step in range(2_000):
        path = _path(chance)
        what = chance.random()
        if what < 0.25:
            graph.remove(path)
            tree.pop(path, None)
        elif what < 0.35 and tree and (old := chance.choice(list(tree))) != path and _same_kind(old, path):
            graph.rename(old, path)
            tree[path] = tree.pop(old)
        else:
            language = language_of(path) or ""
            tree[path] = language, tuple(chance.sample(IMPORTS[language], 2))
            graph.observe(path, *tree[path])
        if chance.random() < 0.3:
            graph.fan_in(path)  # edges are drawn at any moment
        if step % 20 == 0:
            fresh = _built(tree, chance)
            stored = ImportGraph.from_state(json.loads(json.dumps(graph.to_state())))
            assert _edges(graph, tree) == _edges(fresh, tree) == _edges(stored, tree)
    assert sum(graph.fan_out(path) for path in tree) > 100


def _path(chance: random.Random) -> str:
    if chance.random() < 0.3:
        return chance.choice(FOLDERS) + chance.choice(FILES)
    return chance.choice(FOLDERS) + chance.choice(NAMES) + chance.choice(SUFFIXES)


def _same_kind(old: str, path: str) -> bool:
    return language_of(old) == language_of(path)


def _built(tree: dict[str, tuple[str, tuple[str, ...]]], chance: random.Random) -> ImportGraph:
    graph = ImportGraph()
    for path in chance.sample(sorted(tree), len(tree)):
        graph.observe(path, *tree[path])
    return graph


def _edges(graph: ImportGraph, tree: dict[str, tuple[str, tuple[str, ...]]]) -> dict[str, object]:
    return {path: (graph.imported(path), graph.importers(path)) for path in sorted(tree)}
