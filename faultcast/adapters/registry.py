"""MLflow: every training run, every model version, and who is champion.

A model is our own folder (see `faultcast.models`), kept as plain files with `log_artifacts`; MLflow's
flavours, which pickle, are never used. Registering is ordered so that a crash leaves nothing half
done in sight: the artifact is complete first, then the version exists, then the promotion is
written down, and the alias moves last. Doing it again finds what is already there.

Importing MLflow takes about 1.5 CPU-seconds and its first database as much again: import late.
"""

import contextlib
import hashlib
import logging
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlparse
from urllib.request import url2pathname

# MLflow's own switches; the first is read at import.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # stdout belongs to our data
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from faultcast.adapters import promotions
from faultcast.adapters.promotions import Promotion
from faultcast.errors import NotFound, Unavailable, UnsafeArtifact, out_of_space

logging.getLogger("mlflow").setLevel(logging.WARNING)  # table creation is not the user's news

Alias = Literal["champion", "challenger"]
EXPERIMENT = "faultcast"
ARTIFACT = "model"
"""Folder of the model inside its run's artifacts."""
_DIGEST = "faultcast.digest"


@dataclass(frozen=True, slots=True)
class ChampionInfo:
    """One registered model version. `folder` holds its artifact on this machine, digest checked."""

    model_name: str
    version: str
    run_id: str
    metrics: dict[str, float]
    folder: Path


class Registry:
    """MLflow's tracking server and model registry, on SQLite inside `home` unless `uri` names another.

    Methods raise `Unavailable` when MLflow does not answer and `OutOfSpace` when the disk is full.
    """

    def __init__(self, home: Path, uri: str = "") -> None:
        self._home = home.resolve()
        self._home.mkdir(parents=True, exist_ok=True)
        self._log_file = self._home / "promotions.jsonl"
        self._artifacts = "" if uri else (self._home / "mlartifacts").as_uri()
        with _translated():
            self._client = MlflowClient(uri or _database(self._home / "mlflow.db"))

    def log_training(
        self,
        name: str,
        params: Mapping[str, object],
        metrics: Mapping[str, object],
        artifact_folder: Path,
        tags: Mapping[str, str] | None = None,
        *,
        run_id: str = "",
    ) -> str:
        """Record one training run with its model.

        Args:
            name: what the run is called.
            params: what went in; values are written as text.
            metrics: what came out; nested tables become `a.b`, all but numbers is left out.
            artifact_folder: the model, a folder.
            tags: more about the run.
            run_id: a run to join (a pipeline backend's MLFLOW_RUN_ID); its owner ends it.

        Returns:
            The run's id. A run of ours that breaks off is marked as failed.
        """
        with _translated():
            run = run_id or self._client.create_run(self._experiment(), run_name=name).info.run_id
            finished = False
            try:
                self._log(run, params, metrics, {**(tags or {}), _DIGEST: folder_digest(artifact_folder)})
                self._client.log_artifacts(run, str(artifact_folder), ARTIFACT)
                finished = True
            finally:
                if not run_id:
                    self._client.set_terminated(run, "FINISHED" if finished else "FAILED")
        return run

    def register(
        self,
        model_name: str,
        artifact_folder: Path,
        metrics: Mapping[str, object],
        alias: Alias | None,
        *,
        run_id: str = "",
        why: str = "",
        by: str = "faultcast",
    ) -> str:
        """Make a model a version of `model_name`, and let `alias` point to it.

        A folder whose content is registered already keeps its version.

        Args:
            model_name: "faultcast-<repo_id>".
            artifact_folder: the model.
            metrics: figures of its evaluation, kept with the run.
            alias: which alias to move; None: none.
            run_id: the run that `log_training` returned; without one the newest run that logged this very
                artifact is taken, or one is made.
            why: reason of the promotion, for the log.
            by: who promotes, for the log.

        Returns:
            The version, a number as text.
        """
        digest = folder_digest(artifact_folder)
        with _translated():
            version = self._version_of(model_name, digest)
            if not version:
                logged = "" if run_id else self._run_of(digest)
                if run_id:
                    self._client.log_artifacts(run_id, str(artifact_folder), ARTIFACT)
                run_id = run_id or logged
                if run_id:
                    self._log(run_id, {}, metrics, {})
                else:
                    run_id = self.log_training(model_name, {}, metrics, artifact_folder)
                version = self._create_version(model_name, run_id, digest)
        if alias:
            self.promote(model_name, version, alias, why=why, by=by)
        return version

    def promote(self, model_name: str, version: str, alias: Alias, *, why: str = "", by: str = "faultcast") -> None:
        """Let `alias` point to `version`: first written down, then done. Nothing where it already does.

        Raises:
            NotFound: there is no such version.
        """
        with _translated():
            self._client.get_model_version(model_name, version)
            before = self._alias(model_name, alias)
            if before == version:
                return
            at = datetime.now(UTC).isoformat(timespec="seconds")
            promotions.append(self._log_file, Promotion(at, by, model_name, alias, before, version, why))
            self._client.set_registered_model_alias(model_name, alias, version)

    def champion(self, model_name: str, alias: Alias = "champion") -> ChampionInfo | None:
        """The version that `alias` points to, its artifact fetched; None where there is none.

        Raises:
            UnsafeArtifact: the artifact is not the one that was registered.
            NotFound: the artifact is gone.
        """
        with _translated():
            version = self._alias(model_name, alias)
            if not version:
                return None
            found = self._client.get_model_version(model_name, version)
            metrics = self._client.get_run(found.run_id).data.metrics
            registered = found.tags.get(_DIGEST, "")
            folder = self._fetched(found.run_id, registered)
        if (digest := folder_digest(folder)) != registered:
            raise UnsafeArtifact(
                f"{folder} has digest {digest[:12]}, version {version} of {model_name} was registered with "
                f"{registered[:12] or 'none'}: register the model again"
            )
        return ChampionInfo(model_name, version, found.run_id, dict(metrics), folder)

    def promotions(self, model_name: str) -> list[Promotion]:
        """Every promotion of a model, oldest first."""
        return promotions.read(self._log_file, model_name)

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found:
            return str(found.experiment_id)
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=self._artifacts or None))

    def _log(
        self, run: str, params: Mapping[str, object], metrics: Mapping[str, object], tags: Mapping[str, str]
    ) -> None:
        now = int(time.time() * 1000)
        self._client.log_batch(
            run,
            metrics=[Metric(key, value, now, 0) for key, value in _flat(metrics)],
            params=[Param(key, str(value)) for key, value in params.items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )

    def _version_of(self, model_name: str, digest: str) -> str:
        versions = self._client.search_model_versions(f"name = '{model_name}'")
        return next((str(found.version) for found in versions if found.tags.get(_DIGEST) == digest), "")

    def _run_of(self, digest: str) -> str:
        """The newest finished run that logged this artifact; "" if none did."""
        runs = self._client.search_runs(
            [self._experiment()], f"tags.`{_DIGEST}` = '{digest}' and attributes.status = 'FINISHED'", max_results=1
        )
        return str(runs[0].info.run_id) if runs else ""

    def _create_version(self, model_name: str, run: str, digest: str) -> str:
        try:
            self._client.create_registered_model(model_name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        source = f"{self._client.get_run(run).info.artifact_uri}/{ARTIFACT}"
        return str(self._client.create_model_version(model_name, source, run, tags={_DIGEST: digest}).version)

    def _alias(self, model_name: str, alias: str) -> str:
        try:
            return str(self._client.get_registered_model(model_name).aliases.get(alias, ""))
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return ""

    def _fetched(self, run: str, digest: str) -> Path:
        """The model of a run as a local folder: in place where MLflow's files are local, else a copy."""
        uri = urlparse(self._client.get_run(run).info.artifact_uri)
        if uri.scheme == "file":
            return Path(url2pathname(uri.path)) / ARTIFACT
        target = self._home / "models" / run
        folder = target / ARTIFACT
        if not folder.is_dir() or folder_digest(folder) != digest:
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            self._client.download_artifacts(run, ARTIFACT, str(target))
        return folder


def folder_digest(folder: Path) -> str:
    """SHA-256 (hex) over the names and contents of a folder's files.

    Raises:
        NotFound: there is no file in it.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise NotFound(f"no model in {folder}: expected a folder with manifest.json and weights")
    total = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{digest}  {path.relative_to(folder).as_posix()}\n".encode())
    return total.hexdigest()


def _flat(metrics: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, float]]:
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, int | float):
            yield f"{prefix}{key}", float(value)


def _database(path: Path) -> str:
    """URI of the SQLite database; a new one appears whole, since a half migrated one would stay broken."""
    if not path.is_file():
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            MlflowClient(f"sqlite:///{temporary}").search_experiments()  # creates and migrates the tables
            with contextlib.suppress(FileExistsError):  # another process was faster
                path.hardlink_to(temporary)
        finally:
            temporary.unlink(missing_ok=True)
    return f"sqlite:///{path}"


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except MlflowException as error:
        if full := out_of_space(error):
            raise full from error
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            raise NotFound(f"MLflow: {error.message}") from error
        raise Unavailable(f"MLflow did not do what was asked: {error.message}") from error
