"""Stage `train_on_nodes`: the same as `train`, by a TrainJob of Kubeflow Trainer on nodes of the cluster."""

from dataclasses import replace
from pathlib import Path

from faultcast import settings
from faultcast.adapters.kubernetes_api import Cluster
from faultcast.adapters.trainer import TrainJobs
from faultcast.adapters.trainer_manifest import Nodes, Owner
from faultcast.errors import UsageError
from faultcast.settings import Settings
from faultcast.steps.train import staged


def train_on_nodes(model: str, dataset: str, artifact: str, seed: int, image: str, shared_volume: str) -> None:
    """Train on nodes that run `image`; data and model travel over `shared_volume`, which is mounted here, too."""
    now = replace(settings.load(), trainer_image=image, shared_volume=shared_volume)
    staged(model, Path(dataset) / "dataset.parquet", Path(artifact), seed, now, nodes_of(now))


def nodes_of(now: Settings, cluster: Cluster | None = None) -> TrainJobs:
    """The launcher, as the settings describe the nodes.

    Raises:
        UsageError: no image, volume or cluster is known.
    """
    missing = [name for name in ("trainer_image", "shared_volume") if not getattr(now, name)]
    if missing:
        wanted = " and ".join(f"FAULTCAST_{name.upper()}" for name in missing)
        raise UsageError(f"The launcher trainjob needs {wanted}: see docs/kubernetes.md, Training on several nodes.")
    products = () if now.trainer_gpu_products == "any" else tuple(now.trainer_gpu_products.split(","))
    nodes = Nodes(
        image=now.trainer_image,
        claim=now.shared_volume,
        mount=now.shared_mount,
        count=now.trainer_nodes,
        gpus=now.trainer_gpus,
        processes=now.num_workers,
        gpu_products=products,
        cpu=now.trainer_cpu,
        memory=now.trainer_memory,
        shared_memory=now.trainer_shared_memory,
        deadline_seconds=now.trainer_deadline_seconds,
        owner=Owner(now.pod_name, now.pod_uid) if now.pod_name and now.pod_uid else None,
    )
    return TrainJobs(cluster or Cluster(now.namespace), nodes)
