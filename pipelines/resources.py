"""What each task asks of a cluster: THE TABLE, and the one function that applies it.

On one machine KFP's local runner ignores all of it. The figures are starting points for repositories of some tens of
thousands of commits, not measurements on a cluster. CPU is a request without a limit, so that idle cores are used.
"""

from dataclasses import dataclass

from kfp import dsl, kubernetes

from faultcast.settings import A100_PRODUCTS


@dataclass(frozen=True, slots=True)
class Resources:
    """CPU in cores, memory as Kubernetes quantities, `gpus` on one A100 node, `shared_memory` at /dev/shm."""

    cpu: str
    memory: str
    memory_limit: str
    gpus: int = 0
    shared_memory: str = ""  # NCCL and PyTorch's data loaders need more than a container's 64 MiB


RESOURCES = {
    "tip": Resources(cpu="1", memory="1Gi", memory_limit="2Gi"),
    "mine": Resources(cpu="1", memory="1Gi", memory_limit="4Gi"),
    "label": Resources(cpu="1", memory="2Gi", memory_limit="8Gi"),
    "describe": Resources(cpu="1", memory="2Gi", memory_limit="8Gi"),
    "materialize": Resources(cpu="1", memory="2Gi", memory_limit="4Gi"),
    "assemble": Resources(cpu="1", memory="2Gi", memory_limit="4Gi"),
    "train simple": Resources(cpu="2", memory="2Gi", memory_limit="8Gi"),
    "train hybrid": Resources(cpu="8", memory="32Gi", memory_limit="64Gi", gpus=1, shared_memory="8Gi"),
    # It only follows the TrainJob; the nodes' resources are settings (`trainer_…`).
    "train hybrid on nodes": Resources(cpu="1", memory="2Gi", memory_limit="4Gi"),
    "validate": Resources(cpu="2", memory="4Gi", memory_limit="8Gi"),
    "register": Resources(cpu="1", memory="1Gi", memory_limit="4Gi"),
    "archive": Resources(cpu="1", memory="1Gi", memory_limit="4Gi"),
    "deploy": Resources(cpu="1", memory="1Gi", memory_limit="2Gi"),
    "deploy to volume": Resources(cpu="1", memory="1Gi", memory_limit="2Gi"),
    "score": Resources(cpu="2", memory="4Gi", memory_limit="8Gi"),
    "report": Resources(cpu="1", memory="1Gi", memory_limit="4Gi"),
}
"""By the name that a task shows in Kubeflow's UI and in the terminal."""

SETTINGS_CONFIG_MAP = "faultcast-settings"
SETTINGS_FROM_CONFIG_MAP = (
    "FAULTCAST_HOME",
    "FAULTCAST_MLFLOW_TRACKING_URI",
    "FAULTCAST_MIN_SAMPLES_FOR_DECISION",
    "FAULTCAST_MIN_F1_IMPROVEMENT_PCT",
    "FAULTCAST_MAX_BRIER_DEGRADATION",
    "FAULTCAST_NUM_WORKERS",
    "FAULTCAST_TRAINER_NODES",
    "FAULTCAST_TRAINER_GPUS",
    "FAULTCAST_TRAINER_GPU_PRODUCTS",
    "FAULTCAST_TRAINER_CPU",
    "FAULTCAST_TRAINER_MEMORY",
    "FAULTCAST_TRAINER_SHARED_MEMORY",
    "FAULTCAST_TRAINER_DEADLINE_SECONDS",
    "FAULTCAST_INFERENCE_SERVICE",
    "FAULTCAST_ROLLOUT_DEADLINE_SECONDS",
    "FAULTCAST_WINDOW_DAYS",
    "FAULTCAST_TRUSTED_KEYS",
    "FAULTCAST_TUNING_STORAGE",
    "FEAST_FS_YAML_FILE_PATH",
    "FEAST_DATA",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
)
"""Tasks run in pods of their own: what they share besides artifacts (MLflow, Feast's stores) they reach through
the endpoints in this config map. It, and each of its keys, may be absent."""

SECRETS = "faultcast-secrets"
SETTINGS_FROM_SECRET = (
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "FEAST_REGISTRY_URL",  # both addresses may hold passwords
    "FEAST_REDIS",
    "PGPASSWORD",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)

SIGNING = {"train simple", "train hybrid", "train hybrid on nodes", "register", "archive"}
"""Tasks that give a model to MLflow. No other task sees the key that signs it."""
SIGNING_KEY = "faultcast-signing-key"
"""The secret that is mounted there as files; it may be absent."""
SIGNING_MOUNT = "/mnt/faultcast-signing-key"
SIGNING_SETTING = "FAULTCAST_SIGNING_KEY_FILE"
"""A file below the mount; from the config map, too."""


POD = {"FAULTCAST_POD_NAME": "metadata.name", "FAULTCAST_POD_UID": "metadata.uid"}
"""Who owns what a task starts on the cluster: variable -> field of its pod."""

SHARED_MOUNT = "/mnt/faultcast"
"""The default of the setting `shared_mount`, which a task with a volume keeps."""


def mount(task: dsl.PipelineTask, claim: object) -> dsl.PipelineTask:
    """Mount a claim (a pipeline parameter) where TrainJobs' nodes mount it."""
    kubernetes.mount_pvc(task, pvc_name=claim, mount_path=SHARED_MOUNT)
    return task


def place(task: dsl.PipelineTask, name: str, image: object) -> dsl.PipelineTask:
    """Give a task its name, its image (a pipeline parameter), its row of the table, and its settings."""
    row = RESOURCES[name]
    task.set_display_name(name)
    task.set_container_image(image)
    task.set_cpu_request(row.cpu)
    task.set_memory_request(row.memory).set_memory_limit(row.memory_limit)
    if row.gpus:
        _place_on_a100(task, row)
    keys: tuple[str, ...] = SETTINGS_FROM_CONFIG_MAP
    if name in SIGNING:
        keys += (SIGNING_SETTING,)
        kubernetes.use_secret_as_volume(task, SIGNING_KEY, SIGNING_MOUNT, optional=True)
    kubernetes.use_config_map_as_env(task, SETTINGS_CONFIG_MAP, {key: key for key in keys}, optional=True)
    for variable, path in POD.items():
        kubernetes.use_field_path_as_env(task, variable, path)
    kubernetes.use_secret_as_env(task, SECRETS, {key: key for key in SETTINGS_FROM_SECRET}, optional=True)
    return task


def _place_on_a100(task: dsl.PipelineTask, row: Resources) -> None:
    task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(row.gpus)
    kubernetes.add_node_affinity(
        task, [{"key": "nvidia.com/gpu.product", "operator": "In", "values": list(A100_PRODUCTS)}]
    )
    kubernetes.add_toleration(task, key="nvidia.com/gpu", operator="Exists", effect="NoSchedule")
    kubernetes.empty_dir_mount(
        task,
        volume_name="shared-memory",
        mount_path="/dev/shm",  # noqa: S108 - where Linux keeps shared memory
        medium="Memory",
        size_limit=row.shared_memory,
    )
