"""What the chart and the overlays render to, made once by the real programs."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import tools
import yaml
from rendering import CHART, ROOT, SOURCES, Objects, Run, one


@pytest.fixture(scope="session")
def helm() -> Run:
    program = tools.find("helm")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)

    return run


@pytest.fixture(scope="session")
def render(helm: Run) -> Callable[..., Objects]:
    """`helm template` of the chart into mlops-prod, with more arguments; fails with helm's own message."""
    known: dict[tuple[str, ...], str] = {}

    def run(*arguments: str) -> Objects:
        if arguments not in known:
            done = helm("template", "faultcast", str(CHART), "--namespace", "mlops-prod", *arguments)
            assert done.returncode == 0, done.stderr
            known[arguments] = done.stdout
        return [item for item in yaml.safe_load_all(known[arguments]) if item]

    return run


@pytest.fixture(scope="session")
def kustomize() -> Callable[[str], Objects]:
    """`kubectl kustomize` of a folder in manifests/."""
    program = tools.find("kubectl")
    known: dict[str, str] = {}

    def run(name: str) -> Objects:
        if name not in known:
            command = [program, "kustomize", str(ROOT / "manifests" / name)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            assert done.returncode == 0, done.stderr
            known[name] = done.stdout
        return [item for item in yaml.safe_load_all(known[name]) if item]

    return run


@pytest.fixture(scope="session", params=SOURCES)
def objects(
    request: pytest.FixtureRequest, render: Callable[..., Objects], kustomize: Callable[..., Objects]
) -> Objects:
    """The objects of each scenario of the chart and of each overlay, one after the other."""
    way, name = request.param.split(":")
    return kustomize(name) if way == "kustomize" else render("-f", str(CHART / "ci" / name))


@pytest.fixture
def champion(render: Callable[..., Objects]) -> dict[str, Any]:
    return one(render(), "InferenceService", "faultcast")
