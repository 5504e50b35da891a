"""The TrainJob of one order, for Kubeflow Trainer 2.2 or later (``trainer.kubeflow.org/v1alpha1``).

Its nodes run torchrun, and that the same `python -m faultcast.training` as everywhere. What the runtime
`torch-distributed` leaves open is patched: where pods may run, their volumes, and what Pod Security asks.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faultcast.training.order import ONE_PROCESS, PROGRAM, Order

GROUP, VERSION, PLURAL = "trainer.kubeflow.org", "v1alpha1", "trainjobs"
CONTAINER = "node"
"""Name that Trainer gives to the replicated job and to its container."""
_MANAGER = "faultcast.dev/launcher"
_GPU = "nvidia.com/gpu"
_USER = 65532
_TMP = "/tmp"  # noqa: S108 - the only place that can be written, a volume of the pod's own


@dataclass(frozen=True, slots=True)
class Owner:
    """The pod that launches: when it is deleted, Kubernetes deletes the TrainJob, too."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Nodes:
    """What a TrainJob asks of the cluster.

    `claim` is a PersistentVolumeClaim that all nodes and the launcher can write at once (ReadWriteMany), mounted at
    `mount` in each of them. `gpus` are those of one node, one process each; with 0 there are `processes` on the
    processor. `gpu_products` are values of the node label `nvidia.com/gpu.product`; empty: any GPU.
    """

    image: str
    claim: str
    mount: Path
    runtime: str = "torch-distributed"
    count: int = 1
    gpus: int = 1
    processes: int = 1
    gpu_products: tuple[str, ...] = ()
    cpu: str = "8"
    memory: str = "32Gi"
    shared_memory: str = "8Gi"
    deadline_seconds: int = 6 * 3600
    service_account: str = ""
    owner: Owner | None = None


def name_of(order: Order, data_fingerprint: str, image: str) -> str:
    """The same for the same training, so that it never runs twice at once.

    At most 40 characters: Trainer makes names of pods and hosts from it, which end at 63.
    """
    return f"faultcast-{order.model}-{order.fingerprint(data_fingerprint, image)[:16]}"


def train_job(order: Order, nodes: Nodes, name: str) -> dict[str, Any]:
    """The object to create; `order`'s paths are on the shared volume."""
    alone = order.model in ONE_PROCESS
    gpus = 0 if alone else nodes.gpus
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "TrainJob",
        "metadata": {"name": name, "labels": _labels(order), **_owned(nodes.owner)},
        "spec": {
            "runtimeRef": {"name": nodes.runtime, "apiGroup": GROUP, "kind": "ClusterTrainingRuntime"},
            "activeDeadlineSeconds": nodes.deadline_seconds,
            "trainer": {
                "image": nodes.image,
                # torchrun reads who and where it is from variables that Trainer sets (PET_NNODES …).
                "command": ["python", "-m", "torch.distributed.run", "--max-restarts", "0"],
                "args": ["-m", PROGRAM, *order.arguments()],
                "numNodes": 1 if alone else nodes.count,
                # Always said: left out, a node without a GPU starts one process a core.
                "numProcPerNode": 1 if alone else gpus or nodes.processes,
                "resourcesPerNode": _resources(nodes, gpus),
                "env": [{"name": "HOME", "value": _TMP}, {"name": "FAULTCAST_HOME", "value": f"{_TMP}/faultcast"}],
            },
            "runtimePatches": [{"manager": _MANAGER, "trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": [
                {"name": CONTAINER, "template": {"spec": {"template": {
                    "metadata": {"labels": {**_labels(order), "sidecar.istio.io/inject": "false"}},
                    "spec": _pod(nodes, gpus),
                }}}},
            ]}}}}],
        },
    }  # fmt: skip


def _labels(order: Order) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "faultcast",
        "app.kubernetes.io/component": "training",
        "app.kubernetes.io/managed-by": "faultcast",
        "faultcast.dev/model": order.model,
    }


def _owned(owner: Owner | None) -> dict[str, Any]:
    if owner is None:
        return {}
    return {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": owner.name, "uid": owner.uid}]}


def _resources(nodes: Nodes, gpus: int) -> dict[str, Any]:
    gpu = {_GPU: str(gpus)} if gpus else {}
    return {
        "requests": {"cpu": nodes.cpu, "memory": nodes.memory, **gpu},
        "limits": {"memory": nodes.memory, **gpu},
    }


def _pod(nodes: Nodes, gpus: int) -> dict[str, Any]:
    """What is patched into the runtime's pods; nothing in it is secret."""
    return {
        **({"affinity": _affinity(nodes.gpu_products)} if gpus and nodes.gpu_products else {}),
        **({"tolerations": [{"key": _GPU, "operator": "Exists", "effect": "NoSchedule"}]} if gpus else {}),
        **({"serviceAccountName": nodes.service_account} if nodes.service_account else {}),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": CONTAINER,
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    {"name": "shared", "mountPath": str(nodes.mount)},
                    {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108 - where Linux keeps it
                    {"name": "tmp", "mountPath": _TMP},
                ],
            }
        ],
        "volumes": [
            {"name": "shared", "persistentVolumeClaim": {"claimName": nodes.claim}},
            # NCCL and data loaders need more than a container's 64 MiB.
            {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": nodes.shared_memory}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }


def _affinity(products: tuple[str, ...]) -> dict[str, Any]:
    wanted = {"key": "nvidia.com/gpu.product", "operator": "In", "values": list(products)}
    terms = [{"matchExpressions": [wanted]}]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
