"""Training runs in MLflow, and the models that they logged.

A model is our own folder (see `faultcast.models`), kept as plain files with `log_artifacts`; MLflow's
flavours, which pickle, are never used.
"""

import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from faultcast.adapters.registry.client import Metric, MlflowClient, Param, RunTag
from faultcast.adapters.registry.digest import folder_digest
from faultcast.errors import NotFound, UnsafeArtifact

EXPERIMENT = "faultcast"
ARTIFACT = "model"
"""Folder of the model inside its run's artifacts."""
CARD = "model-card.md"
"""The model's card beside that folder: it is read by people and no part of the model."""
DIGEST = "faultcast.digest"


class Runs:
    """Runs of our experiment; models are copied into `home` where MLflow's files are elsewhere."""

    def __init__(self, client: MlflowClient, home: Path, *, is_local: bool) -> None:
        self._client = client
        self._home = home
        self._artifacts = (home / "mlartifacts").as_uri() if is_local else None

    def experiment(self) -> str:
        """Id of our experiment, made if need be."""
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found:
            return str(found.experiment_id)
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=self._artifacts))

    def record(
        self, name: str, params: Mapping[str, object], metrics: Mapping[str, object], folder: Path,
        tags: Mapping[str, str], run_id: str,
    ) -> str:  # fmt: skip
        """One run with its model; a run of ours that breaks off is marked as failed."""
        run = run_id or self._client.create_run(self.experiment(), run_name=name).info.run_id
        finished = False
        try:
            self.log(run, params, metrics, {**tags, DIGEST: folder_digest(folder)})
            self._client.log_artifacts(run, str(folder), ARTIFACT)
            finished = True
        finally:
            if not run_id:
                self._client.set_terminated(run, "FINISHED" if finished else "FAILED")
        return str(run)

    def log(
        self, run: str, params: Mapping[str, object], metrics: Mapping[str, object], tags: Mapping[str, str]
    ) -> None:
        """Add figures and words to a run; nested tables become `a.b`, metrics that are no numbers are left out."""
        now = int(time.time() * 1000)
        self._client.log_batch(
            run,
            metrics=[Metric(key, value, now, 0) for key, value in _flat(metrics)],
            params=[Param(key, str(value)) for key, value in params.items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )

    def of_digest(self, digest: str) -> str:
        """The newest finished run that logged this model; "" if none did."""
        asked = f"tags.`{DIGEST}` = '{digest}' and attributes.status = 'FINISHED'"
        runs = self._client.search_runs([self.experiment()], asked, max_results=1)
        return str(runs[0].info.run_id) if runs else ""

    def metrics(self, run: str) -> dict[str, float]:
        """Figures of a run."""
        return dict(self._client.get_run(run).data.metrics)

    def folder(self, run: str, digest: str, what: str) -> Path:
        """The model of a run, checked: in place where MLflow's files are local, else a copy.

        Raises:
            UnsafeArtifact: it is not the one that was registered.
            NotFound: it is gone.
        """
        uri = urlparse(self._client.get_run(run).info.artifact_uri)
        if uri.scheme == "file":
            return _checked(Path(url2pathname(uri.path)) / ARTIFACT, digest, what)
        target = self._home / "models" / run
        if not (target / ARTIFACT).is_dir() or folder_digest(target / ARTIFACT) != digest:
            self._fetch(run, digest, what, target)
        return target / ARTIFACT

    def _fetch(self, run: str, digest: str, what: str, target: Path) -> None:
        """Fetch beside the place and move there: who reads meanwhile reads one whole model."""
        aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        aside.mkdir(parents=True)
        try:
            self._client.download_artifacts(run, ARTIFACT, str(aside))
            _checked(aside / ARTIFACT, digest, what)
            shutil.rmtree(target, ignore_errors=True)
            aside.replace(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _checked(folder: Path, registered: str, what: str) -> Path:
    if not folder.is_dir():
        raise NotFound(f"{what}: its artifact is gone, expected it in {folder}. Train and register it again.")
    if (digest := folder_digest(folder)) != registered:
        raise UnsafeArtifact(
            f"{folder} has digest {digest[:12]}, {what} was registered with "
            f"{registered[:12] or 'none'}: register the model again"
        )
    return folder


def _flat(metrics: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, float]]:
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, int | float):
            yield f"{prefix}{key}", float(value)
