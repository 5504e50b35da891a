"""The images that components run in, and how a local run names one. Imports no kfp."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from faultcast.settings import Settings, secrets

IMAGE = "faultcast/pipeline:0.1.0"
"""Image of every component unless a pipeline's parameter names another; target `pipeline` of the Dockerfile."""

TRAINING_IMAGE = "faultcast/training:0.1.0"
"""Image of the component `train`; target `training` of the Dockerfile."""

_ROOT = Path(__file__).resolve().parent.parent
_SOURCES = ("faultcast", "components", "pipelines", "feature_repo")
_SUFFIXES = {".py", ".html", ".css", ".js", ".yaml"}
_WITHOUT_EFFECT = {
    "home", "progress_file", "host", "port", "image", "pod_name", "pod_uid", "namespace", "launcher",
    "inference_service",
}  # fmt: skip
_OF_OTHERS = (
    "github_", "gitlab_", "bitbucket_", "jira_", "sonarqube_", "ingest_", "kafka_", "kinesis_", "stream_",
    "trainer_", "shared_", "rollout_",
)  # fmt: skip
"""What collects, where a model is trained, and what is deployed each time anew: no result of a stage depends on it."""


def local_image(settings: Settings, root: Path = _ROOT) -> str:
    """Name an image that changes whenever what a stage would compute may change.

    Nothing is ever built under this name: the local runner runs stages in this very environment, and uses the
    name as part of the key under which it looks for finished stages. It does not look at the package's source
    nor at the settings that stages read, so the tag holds a digest of both.
    """
    digest = hashlib.sha256()
    for name, value in program(settings, root).items():
        digest.update(f"{name}={value}\0".encode())
    return f"{settings.image.rsplit(':', 1)[0]}:{digest.hexdigest()[:16]}"


def program(settings: Settings, root: Path = _ROOT) -> dict[str, str]:
    """Everything that the results of stages depend on besides their inputs.

    Source file -> its digest, and setting -> its value; a file's name has a dot, a setting's has none.
    """
    found = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in _source_files(root)
    }
    for name, value in sorted(asdict(settings).items()):
        if name not in _WITHOUT_EFFECT | secrets() and not name.startswith(_OF_OTHERS):
            found[name] = str(value)
    return found


def _source_files(root: Path) -> Iterator[Path]:
    for folder in _SOURCES:
        yield from sorted(path for path in (root / folder).rglob("*") if path.suffix in _SUFFIXES)
