"""Components stay thin, and the step behind each one takes what the component hands it."""

import ast
import inspect
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import components
from components.base import local_image
from faultcast.settings import Settings

FOLDER = Path(components.__file__ or "").parent
VERBS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in {"__init__", "base"})


@pytest.mark.parametrize("verb", VERBS)
def test_a_component_is_its_steps_import_and_call(verb: str) -> None:
    source = (FOLDER / f"{verb}.py").read_text()
    assert source.count("\n") < 40
    assert "from __future__" not in source, "kfp reads the annotations themselves"
    (function,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    docstring, *body = function.body
    assert function.name == verb
    assert isinstance(docstring, ast.Expr)
    imports = [line.module for line in body if isinstance(line, ast.ImportFrom)]
    calls = [line.value for line in body if isinstance(line, ast.Expr) and isinstance(line.value, ast.Call)]
    # `validate` also tells its outcome, which conditions of the pipeline read.
    told = ["faultcast.steps.judged"] if verb == "validate" else []
    assert imports == [*told, f"faultcast.steps.{verb}"]
    assert len(calls) == len(imports)
    assert len(body) == 2 * len(imports), "nothing is decided in a component"


@pytest.mark.parametrize("verb", VERBS)
def test_a_step_takes_what_its_component_hands_it_in_that_order(verb: str) -> None:
    if find_spec(f"faultcast.steps.{verb}") is None:
        pytest.skip(f"faultcast.steps.{verb} is not there yet")
    (call,) = [
        node
        for node in ast.walk(ast.parse((FOLDER / f"{verb}.py").read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "step"
    ]
    handed = [argument.value.id if isinstance(argument, ast.Attribute) else argument.id for argument in call.args]  # type: ignore[attr-defined]
    step = getattr(import_module(f"faultcast.steps.{verb}"), verb)
    assert list(inspect.signature(step).parameters) == handed


def test_the_local_image_changes_with_the_source_and_with_settings_that_stages_read(tmp_path: Path) -> None:
    (tmp_path / "faultcast").mkdir()
    source = tmp_path / "faultcast" / "thing.py"
    source.write_text("a = 1\n")
    before = local_image(Settings(), tmp_path)

    assert before.startswith("faultcast-python:")
    assert local_image(Settings(home=Path("elsewhere"), port=9), tmp_path) == before
    assert local_image(Settings(window_days=30), tmp_path) != before
    assert local_image(Settings(trainer_nodes=4, launcher="process", kafka_user="ana", pod_uid="1"), tmp_path) == before
    (tmp_path / "faultcast" / "notes.txt").write_text("not a program\n")
    assert local_image(Settings(), tmp_path) == before
    source.write_text("a = 2\n")
    assert local_image(Settings(), tmp_path) != before
