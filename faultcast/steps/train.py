"""Stage `train`: the data set -> one model's artifact."""

import json
from pathlib import Path

from faultcast import dataset as data, progress, settings
from faultcast.steps.small import mark
from faultcast.training import launch


def train(model: str, dataset: str, artifact: str, seed: int) -> None:
    """Train `simple` or `hybrid`; with too few samples the artifact only says so."""
    table = Path(dataset) / "dataset.parquet"
    with progress.stage(f"train {model}", unit="epochs" if model == "hybrid" else "") as stage:
        _, info = data.read(table)
        if info.insufficient:
            mark(Path(artifact), info.insufficient)
            stage.found("not trained: too few samples")
            return

        def report(event: dict[str, object]) -> None:
            if event.get("event") == "epoch":
                stage.advance(1)

        launch.train(model, table, Path(artifact), seed, num_workers=settings.load().num_workers, report=report)
        metrics = json.loads((Path(artifact) / "manifest.json").read_text(encoding="utf-8"))["metrics"]
        stage.found(f"AUC {metrics['auc']:.3f} on validation data")
