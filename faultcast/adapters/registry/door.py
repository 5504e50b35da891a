"""`Registry`: the one door to MLflow's runs, versions and aliases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from faultcast.adapters.registry.aliases import Alias, Aliases
from faultcast.adapters.registry.client import connect, translated
from faultcast.adapters.registry.digest import folder_digest
from faultcast.adapters.registry.promotions import FileLines, Log, Promotion, TagLines
from faultcast.adapters.registry.runs import CARD, Runs
from faultcast.adapters.registry.versions import VersionInfo, Versions
from faultcast.errors import UsageError
from faultcast.models import artifact
from faultcast.records import Outcome
from faultcast.settings import Settings


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

    With a `signing_key` models are signed when they are logged or registered; with `trusted` public keys, others than
    models that one of them signed are refused. Methods raise `Unavailable` when MLflow does not answer and
    `OutOfSpace` when the disk is full.
    """

    @classmethod
    def of(cls, now: Settings) -> Self:
        """The registry that the settings name.

        Raises:
            UsageError: a key cannot be read.
        """
        from faultcast.models import signature  # noqa: PLC0415

        key = signature.private_key(Path(now.signing_key_file)) if now.signing_key_file else b""
        trusted = signature.public_keys(now.trusted_keys)
        return cls(now.home, now.mlflow_tracking_uri, signing_key=key, trusted=trusted)

    def __init__(self, home: Path, uri: str = "", *, signing_key: bytes = b"", trusted: Sequence[bytes] = ()) -> None:
        self._signing_key, self._trusted = signing_key, trusted
        home = home.resolve()
        home.mkdir(parents=True, exist_ok=True)
        self._client = connect(home, uri)
        self._runs = Runs(self._client, home, is_local=not uri)
        self._versions = Versions(self._client)
        self._log = Log(TagLines(self._client) if uri else FileLines(home / "promotions.jsonl"))
        self._aliases = Aliases(self._client, self._log, home / "promotions.lock", self._folder)

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
        self._sign(artifact_folder)
        with translated():
            return self._runs.record(name, params, metrics, artifact_folder, tags or {}, run_id)

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
        verdict: str = "",
        card: str = "",
    ) -> str:
        """Make a model a version of `model_name`, and let `alias` point to it.

        A folder whose content is registered already keeps its version and gets the newest verdict.

        Args:
            model_name: "faultcast-<repo_id>".
            artifact_folder: the model.
            metrics: figures of its evaluation, kept with the run.
            alias: which alias to move; None: none.
            run_id: the run that `log_training` returned; without one the newest run that logged this very
                artifact is taken, or one is made.
            why: reason of verdict and promotion, kept with the version and in the log.
            by: who promotes, for the log.
            verdict: what validation decided, a `records.Outcome`; only PASS may become champion.
            card: the model's card, Markdown, kept beside the model.

        Returns:
            The version, a number as text.

        Raises:
            NotPassed: `alias` is the champion and the verdict is not PASS; the version exists all the same.
        """
        version = self._registered(model_name, artifact_folder, metrics, run_id, verdict, why, card)
        if alias:
            self.promote(model_name, version, alias, why=why, by=by)
        return version

    def archive(
        self,
        model_name: str,
        artifact_folder: Path,
        metrics: Mapping[str, object],
        verdict: str,
        why: str,
        *,
        run_id: str = "",
        card: str = "",
    ) -> str:
        """Keep a model that was refused, with the verdict and its reason: a version that no alias points to.

        A model that serves already, learnt once more and refused this time, keeps the verdict that it serves by.

        Raises:
            UsageError: no verdict, or no reason.
        """
        if not (verdict and why):
            raise UsageError(f"found the verdict {verdict!r} and the reason {why!r}, expected both to archive a model")
        return self._registered(model_name, artifact_folder, metrics, run_id, verdict, why, card)

    def promote(
        self,
        model_name: str,
        version: str,
        alias: Alias,
        *,
        why: str = "",
        by: str = "faultcast",
        force: bool = False,
    ) -> Promotion | None:
        """Let `alias` point to `version`: first written down, then done. None where it already does.

        Raises:
            NotFound: there is no such version, or its artifact is gone.
            UnsafeArtifact: its artifact is not the one that was registered.
            NotPassed: it would be champion, its verdict is not PASS, and nobody said `force`.
            Busy: another process is promoting.
        """
        with translated():
            return self._aliases.promote(model_name, version, alias, why, by, force=force)

    def rollback(
        self, model_name: str, alias: Alias = "champion", *, why: str = "", by: str = "faultcast"
    ) -> Promotion:
        """Let `alias` point to the version before, as the log tells it; written down like a promotion.

        Raises:
            NotFound: there was none before.
            UnsafeArtifact: its artifact is not the one that was registered.
            Busy: another process is promoting.
        """
        with translated():
            return self._aliases.rollback(model_name, alias, why, by)

    def champion(self, model_name: str, alias: Alias = "champion") -> ChampionInfo | None:
        """The version that `alias` points to, its artifact fetched; None where there is none.

        Raises:
            UnsafeArtifact: the artifact is not the one that was registered.
            NotFound: the artifact is gone.
        """
        with translated():
            version = self._versions.aliases(model_name).get(alias, "")
            if not version:
                return None
            found = self._versions.of(model_name, version)
            folder = self._folder(model_name, found)
            return ChampionInfo(model_name, version, found.run_id, self._runs.metrics(found.run_id), folder)

    def versions(self, model_name: str) -> list[tuple[VersionInfo, dict[str, float]]]:
        """Every version of a model with the figures of its run, oldest first."""
        with translated():
            return [(one, self._runs.metrics(one.run_id)) for one in self._versions.all(model_name)]

    def address(self, model_name: str, version: str) -> str:
        """Where the files of a version lie, in MLflow's artifact store.

        Raises:
            NotFound: there is no such version.
        """
        with translated():
            run = self._client.get_run(self._versions.of(model_name, version).run_id)
            return f"{run.info.artifact_uri}/model"

    def promotions(self, model_name: str) -> list[Promotion]:
        """The promotion log of a model, oldest first."""
        with translated():
            return self._log.entries(model_name)

    def _registered(
        self, model_name: str, artifact_folder: Path, metrics: Mapping[str, object], run_id: str, verdict: str,
        why: str, card: str,
    ) -> str:  # fmt: skip
        self._sign(artifact_folder)
        digest = folder_digest(artifact_folder)
        with translated():
            if version := self._versions.with_digest(model_name, digest):
                if verdict == Outcome.PASS or not self._versions.of(model_name, version).aliases:
                    self._versions.judge(model_name, version, verdict, why)
                return version
            if run_id:
                self._client.log_artifacts(run_id, str(artifact_folder), "model")
            run_id = run_id or self._runs.of_digest(digest)
            if run_id:
                self._runs.log(run_id, {}, metrics, {})
            else:
                run_id = self._runs.record(model_name, {}, metrics, artifact_folder, {}, "")
            if card:
                self._client.log_text(run_id, card, CARD)
            return self._versions.create(model_name, run_id, digest, verdict, why)

    def _folder(self, model_name: str, version: VersionInfo) -> Path:
        folder = self._runs.folder(version.run_id, version.digest, f"version {version.version} of {model_name}")
        if self._trusted:
            artifact.read_files(folder, self._trusted)
        return folder

    def _sign(self, folder: Path) -> None:
        if self._signing_key:
            artifact.sign(folder, self._signing_key)
