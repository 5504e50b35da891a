"""Every trial of a search as a run in MLflow: one run a study, its trials nested below it.

They have an experiment of their own, so that searches do not hide trainings. A trial that is told of twice,
as after a kill, is found by its tag and kept once.
"""

from pathlib import Path

from faultcast.adapters.registry.client import Metric, MlflowClient, Param, RunTag, connect, translated
from faultcast.training.tune import OnTrial, Trial

EXPERIMENT = "faultcast-tuning"
_TAG = "faultcast.trial"
_PARENT = "mlflow.parentRunId"


def keeper(home: Path, uri: str = "") -> OnTrial:
    """What `faultcast.training.tune.search` tells its trials to.

    Args:
        home: folder of MLflow's database where `uri` is empty.
        uri: MLflow's server.

    Raises:
        Unavailable: (when told of a trial, too) MLflow does not answer.
        OutOfSpace: the disk is full.
    """
    home.mkdir(parents=True, exist_ok=True)
    client = connect(home.resolve(), uri)
    with translated():
        found = client.get_experiment_by_name(EXPERIMENT)
        place = (home.resolve() / "mlartifacts").as_uri() if not uri else None
        experiment = found.experiment_id if found else client.create_experiment(EXPERIMENT, artifact_location=place)
    kept: set[str] = set()

    def keep(trial: Trial) -> None:
        name = f"{trial.study}/{trial.number}"
        if name not in kept:
            with translated():
                _keep(client, str(experiment), name, trial)
            kept.add(name)

    return keep


def _keep(client: MlflowClient, experiment: str, name: str, trial: Trial) -> None:
    parent = _run(client, experiment, trial.study, {"model": trial.model}, started=trial.started)
    run = _run(client, experiment, name, {_PARENT: parent, "model": trial.model}, started=trial.started)
    if client.get_run(run).info.status != "RUNNING":
        return
    at = _millis(trial.ended)
    client.log_batch(
        run,
        metrics=[
            Metric("average_precision", trial.average_precision, at, 0),
            *(Metric("average_precision_of_window", value, at, step) for step, value in enumerate(trial.folds)),
        ],
        params=[Param(key, str(value)) for key, value in trial.options.items()],
        tags=[RunTag("state", "pruned" if trial.pruned else "complete")],
    )
    client.set_terminated(run, "KILLED" if trial.pruned else "FINISHED", end_time=at)
    client.set_terminated(parent, "FINISHED", end_time=at)


def _run(client: MlflowClient, experiment: str, name: str, tags: dict[str, str], *, started: float) -> str:
    """The run of that name, made if need be."""
    found = client.search_runs([experiment], f"tags.`{_TAG}` = '{name}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    made = client.create_run(experiment, start_time=_millis(started), run_name=name, tags={**tags, _TAG: name})
    return str(made.info.run_id)


def _millis(seconds: float) -> int:
    return int(seconds * 1000)
