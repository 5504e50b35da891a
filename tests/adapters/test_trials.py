"""Trials in a real MLflow: nested below their study, kept once however often they are told of."""

from dataclasses import replace
from pathlib import Path

from mlflow import MlflowClient

from faultcast.adapters.trials import EXPERIMENT, keeper
from faultcast.training.tune import Trial

ONE = Trial("simple-12ab", "simple", 0, False, {"leaf": 5}, (0.2, 0.4), 100.0, 101.5)
TWO = replace(ONE, number=3, pruned=True, options={"leaf": 40}, folds=(0.1,), started=102.0, ended=103.0)


def test_every_trial_is_a_run_once(tmp_path: Path) -> None:
    for keep in (keeper(tmp_path), keeper(tmp_path)):  # the second as after a kill
        keep(ONE)
        keep(TWO)

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name(EXPERIMENT).experiment_id])
    by_name = {run.info.run_name: run for run in runs}
    assert sorted(by_name) == ["simple-12ab", "simple-12ab/0", "simple-12ab/3"]
    parent, one, two = (by_name[name] for name in sorted(by_name))
    assert {one.data.tags["mlflow.parentRunId"], two.data.tags["mlflow.parentRunId"]} == {parent.info.run_id}
    assert one.data.params == {"leaf": "5"}
    assert one.data.metrics["average_precision"] == ONE.average_precision
    windows = client.get_metric_history(one.info.run_id, "average_precision_of_window")
    assert [(found.step, found.value) for found in windows] == [(0, 0.2), (1, 0.4)]
    assert [run.info.status for run in (parent, one, two)] == ["FINISHED", "FINISHED", "KILLED"]
    assert (one.info.start_time, one.info.end_time) == (100_000, 101_500)
