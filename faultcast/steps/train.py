"""Stage `train`: the data set -> one model's artifact."""

import json
from pathlib import Path
from typing import Any

from faultcast import dataset as data, progress, settings
from faultcast.adapters.registry import Registry
from faultcast.steps.small import mark
from faultcast.training import launch


def train(model: str, dataset: str, artifact: str, seed: int) -> None:
    """Train `simple` or `hybrid`; with too few samples the artifact only says so."""
    table = Path(dataset) / "dataset.parquet"
    with progress.stage(f"train {model}", unit="epochs" if model == "hybrid" else "") as stage:
        info = data.read_info(table)
        if info.insufficient:
            mark(Path(artifact), info.insufficient)
            stage.found("not trained: too few samples")
            return

        def report(event: dict[str, object]) -> None:
            if event.get("event") == "epoch":
                stage.advance(1)

        launch.train(model, table, Path(artifact), seed, num_workers=settings.load().num_workers, report=report)
        manifest = json.loads((Path(artifact) / "manifest.json").read_text(encoding="utf-8"))
        _track(manifest, Path(artifact), dataset_fingerprint=info.data_fingerprint)
        stage.found(f"AUC {manifest['metrics']['auc']:.3f} on validation data")


def _track(manifest: dict[str, Any], artifact: Path, dataset_fingerprint: str) -> None:
    """Record the run in MLflow, whatever becomes of the model."""
    now = settings.load()
    params = {key: manifest[key] for key in ("kind", "seed", "code_version", "ripening_days", "training_window")}
    params |= {"data_fingerprint": dataset_fingerprint, "features": manifest["fingerprint"]}
    metrics = {f"validation_{key}": value for key, value in manifest["metrics"].items()}
    registry = Registry(now.home, now.mlflow_tracking_uri)
    registry.log_training(manifest["kind"], params, metrics, artifact, run_id=now.mlflow_run_id)
