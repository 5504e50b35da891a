"""Names that the tests of this folder share."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "faultcast"
SCENARIOS = sorted(path.name for path in (CHART / "ci").glob("*-values.yaml"))
OVERLAYS = ("base", "overlays/dev", "overlays/prod")
SOURCES = [f"chart:{name}" for name in SCENARIOS] + [f"kustomize:{name}" for name in OVERLAYS]

Run = Callable[..., subprocess.CompletedProcess[str]]
Objects = list[dict[str, Any]]


def one(objects: Objects, kind: str, name: str) -> dict[str, Any]:
    """The only object of that kind and name."""
    found = [item for item in objects if (item["kind"], item["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, f"{kind}/{name}: {len(found)} among {[(o['kind'], o['metadata']['name']) for o in objects]}"
    return found[0]
