"""What Kubeflow is given: current, deterministic, and with the resources of the table."""

from pathlib import Path

import pytest
import yaml

from components.base import IMAGE, TRAINING_IMAGE
from faultcast.settings import A100_PRODUCTS
from pipelines import compile as compiling
from pipelines.resources import RESOURCES
from pipelines.training import training

STAGES = [
    "mine", "label", "describe", "materialize", "assemble", "train simple", "train hybrid", "validate", "register",
    "score", "report",
]  # fmt: skip


@pytest.fixture(scope="module")
def plain() -> tuple[dict, dict]:  # type: ignore[type-arg]
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


def test_every_stage_is_a_task_and_every_row_of_the_table_is_used(plain: tuple[dict, dict]) -> None:  # type: ignore[type-arg]
    tasks = plain[0]["root"]["dag"]["tasks"].values()
    assert sorted(task["taskInfo"]["name"] for task in tasks) == sorted(STAGES)
    assert sorted(RESOURCES) == sorted(STAGES)


def test_images_are_parameters(plain: tuple[dict, dict]) -> None:  # type: ignore[type-arg]
    parameters = plain[0]["root"]["inputDefinitions"]["parameters"]
    assert parameters["pipeline_image"]["defaultValue"] == IMAGE
    assert parameters["training_image"]["defaultValue"] == TRAINING_IMAGE
    images = {executor["container"]["image"] for executor in plain[0]["deploymentSpec"]["executors"].values()}
    assert images == {
        "{{$.inputs.parameters['pipelinechannel--pipeline_image']}}",
        "{{$.inputs.parameters['pipelinechannel--training_image']}}",
    }


def test_nothing_is_installed_when_a_task_starts(plain: tuple[dict, dict]) -> None:  # type: ignore[type-arg]
    for executor in plain[0]["deploymentSpec"]["executors"].values():
        assert "pip install" not in " ".join(executor["container"]["command"])


def test_only_the_hybrid_model_is_trained_on_an_a100(plain: tuple[dict, dict]) -> None:  # type: ignore[type-arg]
    pipeline, platform = plain
    executors = pipeline["deploymentSpec"]["executors"]
    label_of_task = {
        task["taskInfo"]["name"]: pipeline["components"][task["componentRef"]["name"]]["executorLabel"]
        for task in pipeline["root"]["dag"]["tasks"].values()
    }
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


def test_every_task_has_the_shared_endpoints_and_a_memory_limit(plain: tuple[dict, dict]) -> None:  # type: ignore[type-arg]
    pipeline, platform = plain
    pods = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert sorted(pods) == sorted(pipeline["deploymentSpec"]["executors"])
    for label, executor in pipeline["deploymentSpec"]["executors"].items():
        assert executor["container"]["resources"]["resourceMemoryLimit"]
        (config,) = pods[label]["configMapAsEnv"]
        assert (config["configMapName"], config["optional"]) == ("faultcast-settings", True)


def test_objects_for_kubectl_hold_the_same_pipeline(plain: tuple[dict, dict]) -> None:  # type: ignore[type-arg]
    pipeline, version = yaml.safe_load_all((compiling.COMPILED / "training.kubernetes.yaml").read_text())
    assert (pipeline["kind"], pipeline["metadata"]) == ("Pipeline", {"name": "faultcast-training"})
    assert (version["kind"], version["spec"]["pipelineName"]) == ("PipelineVersion", "faultcast-training")
    assert version["spec"]["pipelineSpec"] == plain[0]
    assert version["spec"]["platformSpec"] == plain[1]


def test_the_definition_compiles_under_its_documented_name() -> None:
    assert training.name == "faultcast-training"
