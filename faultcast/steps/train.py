"""Stage `train`: the data set -> one model's artifact."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faultcast import dataset as data, progress, settings
from faultcast.adapters.registry import Registry
from faultcast.settings import Settings
from faultcast.steps.small import mark
from faultcast.training import launch
from faultcast.training.order import Launcher
from faultcast.training.rows import Report, silent


def train(model: str, dataset: str, artifact: str, seed: int) -> None:
    """Train `simple` or `hybrid`; with too few samples the artifact only says so."""
    now = settings.load()
    staged(model, Path(dataset) / "dataset.parquet", Path(artifact), seed, now, launcher_of(now))


def staged(model: str, table: Path, artifact: Path, seed: int, now: Settings, launcher: Launcher | str) -> None:
    """Train as a stage that tells its progress.

    Raises:
        StageFailed: a process or node of the run ended with an error.
    """
    with progress.stage(f"train {model}", unit="epochs" if model == "hybrid" else "") as stage:
        info = data.read_info(table)
        if info.insufficient:
            mark(artifact, info.insufficient)
            stage.found("not trained: too few samples")
            return

        def report(event: dict[str, object]) -> None:
            if event.get("event") == "epoch":
                total = event.get("of")
                stage.advance(1, total=total if isinstance(total, int) else None)

        manifest = learn(model, table, artifact, seed, now, launcher=launcher, report=report)
        stage.found(f"AUC {manifest['metrics']['auc']:.3f} on validation data")


def learn(
    model: str,
    table: Path,
    artifact: Path,
    seed: int,
    now: Settings,
    *,
    launcher: Launcher | str = "",
    options: Mapping[str, Any] | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Train, and record the run in MLflow, whatever becomes of the model; returns its manifest.

    Raises:
        StageFailed: a process or node of the run ended with an error.
    """
    launch.train(
        model, table, artifact, seed, options=options, num_workers=now.num_workers, launcher=launcher, report=report
    )
    manifest: dict[str, Any] = json.loads((artifact / "manifest.json").read_text(encoding="utf-8"))
    params = {key: manifest[key] for key in ("kind", "seed", "code_version", "ripening_days", "training_window")}
    params |= {"data_fingerprint": manifest["data_fingerprint"], "features": manifest["fingerprint"]}
    params |= {f"option_{name}": value for name, value in (options or {}).items()}
    metrics = {f"validation_{key}": value for key, value in manifest["metrics"].items()}
    registry = Registry.of(now)
    registry.log_training(manifest["kind"], params, metrics, artifact, run_id=now.mlflow_run_id)
    return manifest


def launcher_of(now: Settings) -> Launcher | str:
    """The launcher that the settings name.

    Raises:
        UsageError: nodes of a cluster are asked for, and their image or volume, or the cluster, is not known.
    """
    if now.launcher != "trainjob":
        return now.launcher
    from faultcast.steps.train_on_nodes import nodes_of  # noqa: PLC0415 - only a cluster is worth its import

    return nodes_of(now)
