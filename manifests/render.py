"""Render the chart into the kustomize bases: what `helm install` and `kubectl apply -k` create are the same objects.

    python manifests/render.py            writes manifests/base and manifests/components
    python manifests/render.py --check    writes nothing; exit code 1 and the files' names when one is out of date

Needs `helm` (3 or 4) on PATH, or `--helm FILE`.
"""

import argparse
import difflib
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent
CHART = ROOT.parent / "helm" / "faultcast"
NAMESPACE = "mlops-prod"
HEADER = "# Rendered from helm/faultcast by `python manifests/render.py`. Change the chart, not this file.\n"
CANARY = {"canary.weight": "1", "canary.storageUri": "pvc://faultcast-models/challenger"}
"""The first step of a rollout; the overlay patches weight and model."""

Manifest = dict[str, Any]


class RenderError(Exception):
    """helm is missing or refused the chart."""


def template(helm: str, settings: Mapping[str, str]) -> list[Manifest]:
    """The chart's objects, with the chart's own defaults except for `settings`. Raises RenderError."""
    chosen = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    command = [helm, "template", "faultcast", str(CHART), "--namespace", NAMESPACE, *chosen]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        raise RenderError(f"helm: found nothing at {helm!r}; install helm or pass --helm FILE") from None
    if done.returncode:
        raise RenderError(f"helm template ended with {done.returncode}: {done.stderr.strip()}")
    return [unmanaged(document) for document in yaml.safe_load_all(done.stdout) if document]


def unmanaged(manifest: Manifest) -> Manifest:
    """The object without the label that says Helm owns it: these files are applied by kubectl."""
    manifest["metadata"].get("labels", {}).pop("app.kubernetes.io/managed-by", None)
    return manifest


def files(helm: str) -> dict[Path, str]:
    """Path below manifests/ -> content, for every generated file. Raises RenderError."""
    base = template(helm, {"namespace.create": "true"})
    canary = template(helm, {"namespace.create": "true", **CANARY})
    many = template(helm, {"champion.autoscaling.minReplicas": "2"})
    written: dict[Path, str] = {}
    kinds = sorted({manifest["kind"] for manifest in base})
    for kind in kinds:
        written[Path("base") / f"{kind.lower()}.yaml"] = dump(m for m in base if m["kind"] == kind)
    resources = [f"{kind.lower()}.yaml" for kind in kinds]
    written[Path("base/kustomization.yaml")] = dump(
        [{"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources}]
    )
    added = [m for m in canary if m["metadata"]["name"].endswith("-canary")]
    route = next(m for m in canary if m["kind"] == "HTTPRoute")
    written[Path("components/canary/inferenceservice.yaml")] = dump(added)
    written[Path("components/canary/httproute.yaml")] = dump([patch(route)])
    budget = [m for m in many if m["kind"] == "PodDisruptionBudget"]
    written[Path("components/budget/poddisruptionbudget.yaml")] = dump(budget)
    return written


def patch(route: Manifest) -> Manifest:
    """A route as a merge patch: its identity and its rules."""
    named = {key: route["metadata"][key] for key in ("name", "namespace")}
    return {
        "apiVersion": route["apiVersion"],
        "kind": route["kind"],
        "metadata": named,
        "spec": {"rules": route["spec"]["rules"]},
    }


def dump(manifests: Iterable[Manifest]) -> str:
    """YAML documents in the order of kind and name, always the same bytes for the same objects."""
    ordered = sorted(manifests, key=lambda m: (m["kind"], m.get("metadata", {}).get("name", "")))
    return HEADER + yaml.safe_dump_all(ordered, sort_keys=False, width=120, explicit_start=len(ordered) > 1)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("--helm", default=shutil.which("helm") or "helm", help="the helm program")
    options = parser.parse_args(arguments)
    try:
        wanted = files(options.helm)
    except RenderError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    generated = {p.relative_to(ROOT) for p in ROOT.rglob("*.yaml") if p.read_text().startswith(HEADER)}
    stale = sorted(generated - set(wanted))
    changed = [path for path, text in wanted.items() if read(ROOT / path) != text]
    if options.check:
        for path in changed:
            lines = difflib.unified_diff(
                read(ROOT / path).splitlines(), wanted[path].splitlines(), str(path), "rendered"
            )
            sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.writelines(f"{path}: rendered no longer\n" for path in stale)
        return 1 if changed or stale else 0
    for path in stale:
        (ROOT / path).unlink()
    for path in changed:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(wanted[path], encoding="utf-8")
    sys.stderr.write(f"{len(wanted)} files, {len(changed)} written, {len(stale)} removed\n")
    return 0


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
