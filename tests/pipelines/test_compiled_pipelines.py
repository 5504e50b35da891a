"""What Kubeflow is given: current, deterministic, and with the resources of the table."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.base import IMAGE, TRAINING_IMAGE
from faultcast.settings import A100_PRODUCTS
from pipelines import compile as compiling
from pipelines.resources import RESOURCES
from pipelines.training import training

STAGES = [
    "mine", "label", "describe", "materialize", "assemble", "train simple", "train hybrid", "train hybrid on nodes",
    "validate", "register", "deploy", "deploy to volume", "archive", "score", "report",
]  # fmt: skip
ROOT = Path(compiling.__file__).parents[1]
MOUNTED = {"train hybrid on nodes", "deploy to volume"}
Compiled = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def plain() -> Compiled:
    pipeline, platform = yaml.safe_load_all((compiling.COMPILED / "training.yaml").read_text())
    return pipeline, platform


def test_committed_files_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert compiling.main(["--check"]) == 0, capsys.readouterr().out


def test_check_shows_what_is_stale_and_which_command_helps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compiling.main(["--output", str(tmp_path)]) == 0
    for path in tmp_path.glob("*.yaml"):
        path.write_text(path.read_text().replace("cpuRequest: 8.0", "cpuRequest: 9.0").replace("kfp-2.", "kfp-2.9"))
    capsys.readouterr()

    assert compiling.main(["--check", "--output", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "-              cpuRequest: 9.0\n" in told.out
    assert "+              cpuRequest: 8.0\n" in told.out
    assert "sdkVersion" not in told.out, "another release of kfp that compiles to the same is not stale"
    assert "python -m pipelines.compile" in told.err


def tasks(pipeline: dict[str, Any], dag: dict[str, Any] | None = None) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(name, task, executor) of every task, those of conditions included."""
    for task in (dag or pipeline["root"]["dag"])["tasks"].values():
        component = pipeline["components"][task["componentRef"]["name"]]
        if "dag" in component:
            yield from tasks(pipeline, component["dag"])
        else:
            yield task["taskInfo"]["name"], task, component["executorLabel"]


def test_every_stage_is_a_task_and_every_row_of_the_table_is_used(plain: Compiled) -> None:
    assert sorted(name for name, _, _ in tasks(plain[0])) == sorted(STAGES)
    assert sorted(RESOURCES) == sorted([*STAGES, "tip"])
    again, _ = yaml.safe_load_all((compiling.COMPILED / "retraining.yaml").read_text())
    assert sorted(name for name, _, _ in tasks(again)) == sorted([*STAGES, "tip"])


def conditions(dag: dict[str, Any], pipeline: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """(condition, the tasks right below it) of every branch."""
    for task in dag["tasks"].values():
        component = pipeline["components"][task["componentRef"]["name"]]
        if "dag" not in component:
            continue
        below = component["dag"]["tasks"].values()
        if "triggerPolicy" in task:
            yield task["triggerPolicy"]["condition"], [one["taskInfo"]["name"] for one in below]
        yield from conditions(component["dag"], pipeline)


def test_what_passed_is_registered_and_deployed_and_what_did_not_is_archived(plain: Compiled) -> None:
    branches = dict(conditions(plain[0]["root"]["dag"], plain[0]))
    outcome = "inputs.parameter_values['pipelinechannel--validate-outcome'] == 'PASS'"
    passed = next(names for condition, names in branches.items() if condition == outcome)
    refused = next(names for condition, names in branches.items() if condition == f"!({outcome})")
    assert (passed[-1], refused) == ("register", ["archive"])
    assert any(names == ["deploy"] for names in branches.values())
    assert any(names == ["deploy to volume"] for names in branches.values())


def test_what_serves_is_never_taken_from_the_cache(plain: Compiled) -> None:
    again, _ = yaml.safe_load_all((compiling.COMPILED / "retraining.yaml").read_text())
    anew = {name for name, task, _ in tasks(again) if not task["cachingOptions"].get("enableCache")}
    assert anew == {"tip", "deploy", "deploy to volume"}


def test_a_volume_is_mounted_where_it_is_shared(plain: Compiled) -> None:
    pods = plain[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    executors = {name: executor for name, _, executor in tasks(plain[0])}
    for name, executor in executors.items():
        mounts = pods[executor].get("pvcMount", [])
        assert [one["mountPath"] for one in mounts] == (["/mnt/faultcast"] if name in MOUNTED else [])
        assert all("componentInputParameter" in one["pvcNameParameter"] for one in mounts)
        owners = {one["name"]: one["fieldPath"] for one in pods[executor]["fieldPathAsEnv"]}
        assert owners == {"FAULTCAST_POD_NAME": "metadata.name", "FAULTCAST_POD_UID": "metadata.uid"}


def test_images_are_parameters(plain: Compiled) -> None:
    parameters = plain[0]["root"]["inputDefinitions"]["parameters"]
    assert parameters["pipeline_image"]["defaultValue"] == IMAGE
    assert parameters["training_image"]["defaultValue"] == TRAINING_IMAGE
    images = {executor["container"]["image"] for executor in plain[0]["deploymentSpec"]["executors"].values()}
    assert images == {
        "{{$.inputs.parameters['pipelinechannel--pipeline_image']}}",
        "{{$.inputs.parameters['pipelinechannel--training_image']}}",
    }


def test_nothing_is_installed_when_a_task_starts(plain: Compiled) -> None:
    for executor in plain[0]["deploymentSpec"]["executors"].values():
        assert "pip install" not in " ".join(executor["container"]["command"])


def test_only_the_hybrid_model_is_trained_on_an_a100(plain: Compiled) -> None:
    pipeline, platform = plain
    executors = pipeline["deploymentSpec"]["executors"]
    label_of_task = {name: executor for name, _, executor in tasks(pipeline)}
    hybrid = label_of_task["train hybrid"]
    with_gpu = {label for label, executor in executors.items() if "accelerator" in executor["container"]["resources"]}
    assert with_gpu == {hybrid}
    accelerator = executors[hybrid]["container"]["resources"]["accelerator"]
    assert (accelerator["resourceType"], accelerator["resourceCount"]) == ("nvidia.com/gpu", "1")

    pods = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert pods[hybrid]["nodeAffinity"] == [
        {"matchExpressions": [{"key": "nvidia.com/gpu.product", "operator": "In", "values": list(A100_PRODUCTS)}]}
    ]
    assert pods[hybrid]["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert pods[hybrid]["emptyDirMounts"] == [
        {"volumeName": "shared-memory", "mountPath": "/dev/shm", "medium": "Memory", "sizeLimit": "8Gi"}
    ]
    assert [label for label, pod in pods.items() if "nodeAffinity" in pod] == [hybrid]


def test_every_task_has_the_shared_endpoints_and_a_memory_limit(plain: Compiled) -> None:
    pipeline, platform = plain
    pods = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert sorted(pods) == sorted(pipeline["deploymentSpec"]["executors"])
    for label, executor in pipeline["deploymentSpec"]["executors"].items():
        assert executor["container"]["resources"]["resourceMemoryLimit"]
        (config,) = pods[label]["configMapAsEnv"]
        assert (config["configMapName"], config["optional"]) == ("faultcast-settings", True)


def test_the_shared_feature_store_reaches_every_task_its_passwords_by_the_secret(plain: Compiled) -> None:
    text = (ROOT / "feature_repo" / "feature_store.cluster.yaml").read_text()
    needed = set(re.findall(r"\$\{(\w+)\}", text.split("project:")[1]))
    for pod in plain[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
        config, secret = (
            {one["envVar"] for one in pod[kind][0]["keyToEnv"]} for kind in ("configMapAsEnv", "secretAsEnv")
        )
        assert needed & config == {"FEAST_DATA"}
        assert needed & secret == needed - {"FEAST_DATA"}


def test_only_what_gives_models_to_mlflow_sees_the_signing_key(plain: Compiled) -> None:
    pods = plain[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    found = set()
    for name, _, executor in tasks(plain[0]):
        mounts = [
            (one["secretName"], one["mountPath"], one["optional"]) for one in pods[executor].get("secretAsVolume", [])
        ]
        told = "FAULTCAST_SIGNING_KEY_FILE" in {
            one["envVar"] for one in pods[executor]["configMapAsEnv"][0]["keyToEnv"]
        }
        assert mounts == [("faultcast-signing-key", "/mnt/faultcast-signing-key", True)] * told
        found |= {name} if told else set()
    assert found == {"train simple", "train hybrid", "train hybrid on nodes", "register", "archive"}


def test_objects_for_kubectl_hold_the_same_pipeline(plain: Compiled) -> None:
    pipeline, version = yaml.safe_load_all((compiling.COMPILED / "training.kubernetes.yaml").read_text())
    assert (pipeline["kind"], pipeline["metadata"]) == ("Pipeline", {"name": "faultcast-training"})
    assert (version["kind"], version["spec"]["pipelineName"]) == ("PipelineVersion", "faultcast-training")
    assert version["spec"]["pipelineSpec"] == plain[0]
    assert version["spec"]["platformSpec"] == plain[1]


def test_the_definition_compiles_under_its_documented_name() -> None:
    assert training.name == "faultcast-training"
