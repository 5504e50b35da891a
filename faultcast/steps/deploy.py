"""Stage `deploy`: what serves is the model that was registered just now."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from faultcast import progress, settings
from faultcast.errors import NotPassed, UsageError
from faultcast.records import Outcome
from faultcast.settings import Settings
from faultcast.steps.judged import judged

if TYPE_CHECKING:
    from faultcast.adapters.inference_service import InferenceService


def deploy(chosen: str, verdict: str, registration: str, deployment: str) -> None:
    """Write where it serves: ``{"model_name", "version", "service", "model"}``.

    On one machine nothing is applied: `faultcast serve` reads the champion. Where the setting `inference_service`
    names one, it is let serve the model, and the stage ends when that answers.

    Raises:
        NotPassed: the verdict is not PASS; nothing is changed.
        StageFailed: the model does not answer in time; the one before serves again.
        NotFound, UsageError, Unavailable: the cluster has no such service, refuses, or does not answer.
    """
    now = settings.load()
    with progress.stage("deploy") as stage:
        if (outcome := judged(verdict).outcome) != Outcome.PASS:
            raise NotPassed(
                f"found the verdict {outcome}, expected PASS: a model that did not pass is never rolled out"
            )
        registered = json.loads(Path(registration).read_text(encoding="utf-8"))
        name, version = registered["model_name"], registered["version"]
        found = {"model_name": name, "version": version, "service": now.inference_service, "model": ""}
        if now.inference_service:
            found["model"] = _roll_out(now, name, version, Path(chosen))
            stage.found(f"{now.inference_service} answers with version {version}, {found['model']}")
        else:
            stage.found(f"version {version} answers wherever `faultcast serve` is started next")
        Path(deployment).write_text(json.dumps(found), encoding="utf-8")


def _roll_out(now: Settings, name: str, version: str, chosen: Path) -> str:
    """Let the InferenceService serve the model; returns where it reads it."""
    # Only a cluster is worth their import.
    from faultcast.adapters.inference_service import InferenceService  # noqa: PLC0415
    from faultcast.adapters.kubernetes_api import Cluster  # noqa: PLC0415

    return roll_out(InferenceService(Cluster(now.namespace), now.inference_service), now, name, version, chosen)


def roll_out(service: "InferenceService", now: Settings, name: str, version: str, chosen: Path) -> str:
    """Put a registered model where a service can read it, and let it serve that; returns where.

    Raises:
        StageFailed: the model does not answer in time; the one before serves again.
        UsageError: the service cannot reach the model.
    """
    place = service.place()
    value = _on_volume(now, name, version, chosen, place.claim) if place.claim else _address(now, name, version)
    service.serve(value, version, now.rollout_deadline_seconds)
    return value


def _on_volume(now: Settings, name: str, version: str, chosen: Path, claim: str) -> str:
    """Copy the model into the claim that the servers read, each version into a folder of its own."""
    if not now.shared_mount.is_dir():
        raise UsageError(
            f"{now.shared_mount}: found no folder, expected the volume {claim} of the model servers to be mounted: "
            "give the run the parameter shared_volume (docs/kubernetes.md)"
        )
    folder = f"models/{name}/{version}"
    target = now.shared_mount / folder
    partial = target.with_name(f".{version}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(chosen, partial)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    return folder


def _address(now: Settings, name: str, version: str) -> str:
    from faultcast.adapters.registry import Registry  # noqa: PLC0415  only this needs MLflow, a second to import

    address = Registry.of(now).address(name, version)
    if not address.startswith(("s3://", "gs://", "https://")):
        raise UsageError(
            f"{address}: found a place that model servers cannot download from; expected s3://, gs:// or https://. "
            "Let MLflow keep its artifacts in an object store, or serve from a volume (docs/kubernetes.md)."
        )
    return address
