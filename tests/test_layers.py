"""The house rules of docs/architecture.md, as far as a machine can check them."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("faultcast", "components", "pipelines", "serving", "feature_repo")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
TREES = {str(path.relative_to(ROOT)): ast.parse(path.read_bytes()) for path in FILES}

MAY_TOUCH_THE_ENVIRONMENT = {
    "faultcast/settings.py": "the one reader of our settings",
    "faultcast/training/__main__.py": "torchrun tells a process its rank through the environment",
    "faultcast/adapters/registry/client.py": "sets what MLflow reads while it is imported",
    "pipelines/local.py": "makes the environment of the child that it starts",
    "pipelines/engine.py": "sets the search path and the folder of temporary files of the tasks that it starts",
}

TABLES: dict[str, str] = {}
"""Functions that are longer than others because they are tables, and why; none is today."""

CATCH_EVERYTHING = {"faultcast/models/tokens.py": "tokenizers raises a plain Exception for malformed content"}


def test_imports_keep_to_the_layers() -> None:
    """The contracts stand in `.importlinter`; a module that is in no layer fails, too."""
    command = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(
        [command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_folder_of_code_is_checked() -> None:
    """A package that is added beside the others is judged by the same rules."""
    packages = {path.parent.name for path in ROOT.glob("*/*.py")} - {"tests", "benchmarks", "docs", "manifests"}
    assert packages == set(FOLDERS)


def test_only_settings_reads_the_environment() -> None:
    touching = {name for name, tree in TREES.items() if any(_touches_the_environment(tree))}
    assert touching == set(MAY_TOUCH_THE_ENVIRONMENT)


def _touches_the_environment(tree: ast.Module) -> Iterator[bool]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr in {"environ", "environb", "getenv", "putenv"}
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            yield any(name.name in {"environ", "environb", "getenv", "putenv"} for name in node.names)


@pytest.mark.parametrize("module", ["pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"])
def test_nothing_is_unpickled(module: str) -> None:
    """Reading a pickle runs whatever its writer wished."""
    assert [name for name, tree in TREES.items() if module in _imported(tree)] == []


def _imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_no_broad_except() -> None:
    broad = [
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    ]
    assert broad == list(CATCH_EVERYTHING)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    """Catching everything is only right for who tells of it and lets it go on: the last statement raises again."""
    if handler.type is not None:
        caught = {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)}
        if not caught & {"Exception", "BaseException"}:
            return False
    last = handler.body[-1]
    return not (isinstance(last, ast.Raise) and last.exc is None)


def test_files_are_short() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {name: count for name, count in lines.items() if count > 300} == {}


def test_functions_are_short() -> None:
    """A docstring costs nothing: it is there to be read first."""
    lines = {f"{name} {node.name}": _length(node) for name, tree in TREES.items() for node in _functions(tree)}
    assert {name for name, count in lines.items() if count > 40} == set(TABLES)


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    documented = 0
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        documented = (first.end_lineno or 0) - first.lineno + 1
    return (function.end_lineno or 0) - function.lineno + 1 - documented


def test_the_pages_made_from_the_code_are_current() -> None:
    ended = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_every_setting_is_documented() -> None:
    """Each field of the settings has a docstring of its own, so that the page has something to say."""
    body = next(node for node in TREES["faultcast/settings.py"].body if isinstance(node, ast.ClassDef)).body
    undocumented = [
        ast.unparse(field)
        for field, after in zip(body, [*body[1:], ast.Pass()], strict=True)
        if isinstance(field, ast.AnnAssign)
        and not (isinstance(after, ast.Expr) and ast.unparse(after.value).strip("'"))
    ]
    assert undocumented == []
