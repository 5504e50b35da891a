"""The TrainJob that the launcher creates, against the schema of its custom resource definition, every object closed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from manifest_schemas import SCHEMAS, close, error_text
from pod_security import violations
from rendering import Objects, one

from faultcast.adapters.trainer_manifest import Nodes, Owner, train_job
from faultcast.training.order import Order

ORDER = Order("hybrid", Path("/mnt/faultcast/x/dataset.parquet"), Path("/mnt/faultcast/x/model"), 7, {"epochs": 2})
NODES = Nodes(
    image="registry.example.com/training@sha256:abc", claim="shared", mount=Path("/mnt/faultcast"),
    gpu_products=("NVIDIA-A100-SXM4-80GB",), service_account="trainer", owner=Owner("launcher", "u-1"),
)  # fmt: skip


def problems(job: dict[str, Any]) -> list[str]:
    schema = close(json.loads((SCHEMAS / "trainjob-v1alpha1.json").read_text("utf-8")))
    return [error_text(error) for error in jsonschema.Draft7Validator(schema).iter_errors(job)]


@pytest.mark.parametrize("nodes", [NODES, replace(NODES, gpus=0, processes=2), replace(NODES, count=4, owner=None)])
@pytest.mark.parametrize("model", ["hybrid", "simple", "incremental"])
def test_the_object_fits_its_definition(nodes: Nodes, model: str) -> None:
    assert problems(train_job(replace(ORDER, model=model), nodes, "faultcast-x")) == []


def test_what_does_not_fit_is_found() -> None:
    job = train_job(ORDER, NODES, "faultcast-x")
    job["spec"]["podTemplateOverrides"] = []
    job["spec"]["trainer"]["numProcPerNode"] = "auto"
    assert sorted(problem.partition(":")[0] for problem in problems(job)) == ["spec", "spec.trainer.numProcPerNode"]


def test_its_pods_keep_to_pod_security() -> None:
    (patch,) = train_job(ORDER, NODES, "faultcast-x")["spec"]["runtimePatches"]
    (job,) = patch["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]
    assert violations(job["template"]["spec"]["template"]["spec"]) == []


def test_the_pipelines_account_may_do_what_launcher_and_deploy_ask(render: Callable[..., Objects]) -> None:
    allowed = {
        (resource, verb)
        for rule in one(render(), "Role", "faultcast-pipeline")["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    asked = {("trainjobs", verb) for verb in ("create", "get", "delete")}
    asked |= {("pods", "list"), ("pods/log", "get"), ("inferenceservices", "get"), ("inferenceservices", "patch")}
    assert asked <= allowed
