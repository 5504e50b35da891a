"""The launcher `trainjob` against a Kubernetes API over real HTTP, whose nodes run the real program.

What is not there: a scheduler, Trainer's controller, containers.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_kubernetes import FakeKubernetes, Fault, Object, refusal, serving

from faultcast import models
from faultcast.adapters.trainer import TrainJobs
from faultcast.adapters.trainer_manifest import Nodes, Owner, name_of, train_job
from faultcast.errors import StageFailed, Unavailable, UsageError
from faultcast.training import launch
from faultcast.training.order import Order

ORDER = Order("hybrid", Path("/mnt/faultcast/x/dataset.parquet"), Path("/mnt/faultcast/x/model"), 7, {"epochs": 2})
NODES = Nodes(image="registry.example.com/training@sha256:abc", claim="shared", mount=Path("/mnt/faultcast"))


def node(fake: FakeKubernetes, job: Object) -> None:
    """What Trainer and a node do: run the job's command, with the variables that its torch plugin sets."""
    trainer = job["spec"]["trainer"]
    pod = fake.start_pod(job)
    told = {
        "PET_NNODES": trainer["numNodes"], "PET_NPROC_PER_NODE": trainer["numProcPerNode"], "PET_NODE_RANK": 0,
        "PET_MASTER_ADDR": "127.0.0.1", "PET_MASTER_PORT": 29_417,
    }  # fmt: skip
    environment = os.environ | {name: str(value) for name, value in told.items()} | {"GLOO_SOCKET_IFNAME": "lo"}
    command = [sys.executable, *trainer["command"][1:], *trainer["args"]]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    for line in process.stdout or ():
        fake.logs[pod] += line
    code = process.wait()
    fake.end(job, "Failed" if code else "Complete", "JobsFailed" if code else "AllJobsCompleted", f"exit code {code}")


def launched(cluster: Any, mount: Path, **nodes: Any) -> TrainJobs:
    return TrainJobs(cluster, replace(NODES, mount=mount, **nodes), poll_seconds=0.05)


def finish(fake: FakeKubernetes, job: Object) -> None:
    """A job that writes a model and ends, without learning."""
    fake.start_pod(job)
    arguments = job["spec"]["trainer"]["args"]
    output = Path(arguments[arguments.index("--output") + 1])
    output.mkdir(parents=True, exist_ok=True)
    (output / "manifest.json").write_text("{}")
    fake.end(job, "Complete")


def test_the_same_program_trains_the_same_model_on_a_node(dataset: Any, tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    fake, told = FakeKubernetes(work=node), []
    with serving(fake) as cluster:
        launcher = launched(cluster, tmp_path / "mount")
        options = {"trees": 20, "leaf": 5}
        launch.train(
            "simple", dataset[0], tmp_path / "nodes", 7, options=options, launcher=launcher, report=told.append
        )
    launch.train("simple", dataset[0], tmp_path / "here", 7, options=options, launcher="process")

    assert models.load(tmp_path / "nodes").manifest.files == models.load(tmp_path / "here").manifest.files
    assert [event["event"] for event in told if event["event"] != "trial"] == ["created", "compared", "fit", "done"]
    assert not list((tmp_path / "mount").rglob("*.parquet")), "the data do not stay on the shared volume"


def test_a_training_that_fails_tells_its_last_lines_and_can_be_tried_again(dataset: Any, tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    fake = FakeKubernetes(work=node)
    with serving(fake) as cluster:
        launcher = launched(cluster, tmp_path / "mount")
        with pytest.raises(StageFailed, match=r"(?s)failed: JobsFailed, exit code 1.*Unknown options tree\b"):
            launch.train("simple", dataset[0], tmp_path / "out", 7, options={"tree": 20}, launcher=launcher)
        assert fake.job()["status"]["conditions"][-1]["type"] == "Failed", "it stays, to be looked at"
        fake.work = finish
        launch.train("simple", dataset[0], tmp_path / "out", 7, options={"tree": 20}, launcher=launcher)
    assert (tmp_path / "out" / "manifest.json").is_file()


def test_who_asks_for_the_same_follows_the_job_that_runs(dataset: Any, tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    may_end = threading.Event()

    def work(fake: FakeKubernetes, job: Object) -> None:
        assert may_end.wait(20)
        finish(fake, job)

    fake, told = FakeKubernetes(work=work), [[], []]  # type: ignore[var-annotated]
    with serving(fake) as cluster:
        launcher = launched(cluster, tmp_path / "mount")

        def ask(n: int) -> None:
            output = tmp_path / f"out{n}"
            launch.train("hybrid", dataset[0], output, 7, launcher=launcher, report=told[n].append)

        askers = [threading.Thread(target=ask, args=(n,)) for n in (0, 1)]
        askers[0].start()
        while not fake.objects:
            time.sleep(0.01)
        askers[1].start()
        while not told[1]:
            time.sleep(0.01)
        may_end.set()
        for asker in askers:
            asker.join(20)
    assert [[event["event"] for event in events] for events in told] == [["created"], ["adopted"]]
    assert len(fake.objects) == 1
    assert all((tmp_path / f"out{n}" / "manifest.json").is_file() for n in (0, 1))


def test_a_deadline_deletes_the_job_and_says_what_it_waited_for(dataset: Any, tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()

    def work(fake: FakeKubernetes, job: Object) -> None:
        fake.start_pod(job, phase="Pending", waiting={"reason": "ImagePullBackOff", "message": "no such image"})

    fake = FakeKubernetes(work=work)
    with serving(fake) as cluster:
        launcher = launched(cluster, tmp_path / "mount", deadline_seconds=1)
        with pytest.raises(StageFailed, match=r"longer than 1 s and was deleted. .* ImagePullBackOff no such image"):
            launch.train("hybrid", dataset[0], tmp_path / "out", 7, launcher=launcher)
    assert fake.objects == {}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_launcher_deletes_its_job(dataset: Any, tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "mount").mkdir()
    fake = FakeKubernetes(work=lambda fake, job: os.kill(os.getpid(), how) if fake.start_pod(job) else None)
    with serving(fake) as cluster, pytest.raises(KeyboardInterrupt):
        launch.train("hybrid", dataset[0], tmp_path / "out", 7, launcher=launched(cluster, tmp_path / "mount"))
    assert fake.objects == {}
    assert fake.count("DELETE") == 1


def test_a_job_that_somebody_deletes_is_a_failure(dataset: Any, tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    fake = FakeKubernetes(work=lambda fake, _: fake.objects.clear())
    with serving(fake) as cluster, pytest.raises(StageFailed, match="was deleted while it ran"):
        launch.train("hybrid", dataset[0], tmp_path / "out", 7, launcher=launched(cluster, tmp_path / "mount"))


@pytest.mark.parametrize(
    "faults",
    [
        [Fault("POST", "trainjobs", 500), Fault("GET", "trainjobs/", 503, 2), Fault("GET", "/log", 500)],
        [Fault("POST", "trainjobs", 500, after=True)],  # it was created all the same: adopted, not made twice
        [Fault("GET", "pods", 429, 2)],
    ],
)
def test_an_api_that_stumbles_is_asked_again(dataset: Any, tmp_path: Path, faults: list[Fault]) -> None:
    (tmp_path / "mount").mkdir()
    fake = FakeKubernetes(work=finish, faults=faults)
    with serving(fake) as cluster:
        launch.train("hybrid", dataset[0], tmp_path / "out", 7, launcher=launched(cluster, tmp_path / "mount"))
    assert [fault.times for fault in faults] == [0] * len(faults)
    assert len(fake.objects) == 1
    assert (tmp_path / "out" / "manifest.json").is_file()


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        (500, Unavailable, "the cluster answered 500"),
        (403, UsageError, "the chart's pipeline account has it"),
        (404, UsageError, "Is Kubeflow Trainer 2.2 or later installed"),
        (422, UsageError, "answered 422"),
    ],
)
def test_an_api_that_refuses_is_told(dataset: Any, tmp_path: Path, code: int, error: type, said: str) -> None:
    (tmp_path / "mount").mkdir()
    fake = FakeKubernetes(faults=[Fault("POST", "trainjobs", code, 99)])
    with serving(fake) as cluster, pytest.raises(error, match=said):
        launch.train("hybrid", dataset[0], tmp_path / "out", 7, launcher=launched(cluster, tmp_path / "mount"))


def test_without_the_shared_volume_nothing_is_asked(dataset: Any, tmp_path: Path) -> None:
    fake = FakeKubernetes()
    with serving(fake) as cluster, pytest.raises(UsageError, match=r"found no folder\. Expected the volume shared"):
        launch.train("hybrid", dataset[0], tmp_path / "out", 7, launcher=launched(cluster, tmp_path / "absent"))
    assert fake.asked == []


def test_the_object_fits_trainers_models_and_rules() -> None:
    job = train_job(ORDER, replace(NODES, owner=Owner("launcher", "u-1"), count=4, gpus=8), "faultcast-hybrid-0")
    assert refusal(job) == ""
    assert refusal(job | {"spec": job["spec"] | {"podTemplateOverrides": []}}), "this check can fail"
    assert job["metadata"]["ownerReferences"] == [{"apiVersion": "v1", "kind": "Pod", "name": "launcher", "uid": "u-1"}]
    trainer = job["spec"]["trainer"]
    assert (trainer["numNodes"], trainer["numProcPerNode"]) == (4, 8)
    assert trainer["resourcesPerNode"]["limits"]["nvidia.com/gpu"] == "8"
    assert json.loads(trainer["args"][trainer["args"].index("--options") + 1]) == {"epochs": 2}


def pod_of(job: Object) -> Any:
    (patch,) = job["spec"]["runtimePatches"]
    return patch["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]


def test_gpus_are_asked_for_by_name_or_any_or_none() -> None:
    a100 = pod_of(train_job(ORDER, replace(NODES, gpu_products=("NVIDIA-A100-SXM4-80GB",)), "j"))
    terms = a100["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["NVIDIA-A100-SXM4-80GB"]
    assert a100["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]

    anything = pod_of(train_job(ORDER, NODES, "j"))
    assert "affinity" not in anything
    assert anything["tolerations"]

    processor = train_job(ORDER, replace(NODES, gpus=0, processes=4), "j")
    assert processor["spec"]["trainer"]["numProcPerNode"] == 4
    assert "nvidia" not in json.dumps(processor)
    assert "nvidia" not in json.dumps(train_job(replace(ORDER, model="simple"), NODES, "j"))


def test_a_nodes_pod_has_shared_memory_and_keeps_to_pod_security() -> None:
    pod = pod_of(train_job(ORDER, NODES, "j"))
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert volumes[mounts["/dev/shm"]]["emptyDir"] == {"medium": "Memory", "sizeLimit": "8Gi"}
    assert volumes[mounts["/mnt/faultcast"]]["persistentVolumeClaim"] == {"claimName": "shared"}
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_name_is_the_training() -> None:
    name = name_of(ORDER, "data", "image")
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)
    assert len(name_of(replace(ORDER, model="incremental"), "data", "image")) <= 40
    assert name == name_of(replace(ORDER, output=Path("/elsewhere")), "data", "image")
    others = [replace(ORDER, seed=8), replace(ORDER, options={"epochs": 3}), replace(ORDER, model="simple")]
    changed = [name_of(other, "data", "image") for other in others]
    changed += [name_of(ORDER, "other data", "image"), name_of(ORDER, "data", "other image")]
    assert len({name, *changed}) == 6
