"""A search: seeded, in time order, never on validation or test rows, and going on after kill -9."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState
from synthetic_changes import make_changes, write_dataset

from faultcast.errors import Busy, InsufficientSamples, UsageError
from faultcast.training import hybrid, incremental, simple, tune
from faultcast.training.options import read_options
from faultcast.training.rows import TrainingData, read_training_data
from faultcast.training.spaces import SPACES
from faultcast.training.studies import opened

KINDS = {"simple": simple.Options, "incremental": incremental.Options, "hybrid": hybrid.Options}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tuning") / "dataset.parquet"
    write_dataset(make_changes(600), path)
    return path


@pytest.fixture(scope="module")
def data(dataset: Path) -> TrainingData:
    return read_training_data(dataset)


@pytest.mark.parametrize("kind", KINDS)
def test_a_space_names_options_that_there_are_and_starts_at_the_defaults(kind: str) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(20):
        options = tune.suggest(study.ask(), SPACES[kind])
        read_options(KINDS[kind], options)
        assert set(options) == {one.name for one in SPACES[kind]}

    first = {one.name: one.first for one in SPACES[kind]}
    assert read_options(KINDS[kind], first) == KINDS[kind]()


def test_every_kind_that_can_be_trained_can_be_tuned() -> None:
    assert set(SPACES) == set(KINDS)
    with pytest.raises(UsageError, match="nothing to tune for 'oracle'; expected one of simple"):
        tune.space_of("oracle")


def test_the_same_seed_finds_the_same_and_never_worse_than_the_defaults(data: TrainingData, tmp_path: Path) -> None:
    events: list[dict[str, object]] = []
    told: list[tune.Trial] = []
    found = [
        tune.search(
            "incremental", data, str(tmp_path / name), trials=4, seed=3, report=events.append, on_trial=told.append
        )
        for name in ("one", "two")
    ]

    trials, again = told[:4], told[4:]
    assert found[0] == found[1]
    assert [(one.options, one.folds) for one in trials] == [(one.options, one.folds) for one in again]
    assert trials[0].options == {"penalty": 0.0}
    tuned = next(event for event in events if event["event"] == "tuned")
    assert tuned["untuned"] == trials[0].average_precision <= tuned["average_precision"]
    assert [event["trial"] for event in events if event["event"] == "trial"] == [1, 2, 3, 4] * 2


def test_a_search_that_is_done_is_told_again_and_not_run_again(data: TrainingData, tmp_path: Path) -> None:
    told: list[tune.Trial] = []
    first = tune.search("incremental", data, str(tmp_path), trials=2, on_trial=told.append)
    again = tune.search("incremental", data, str(tmp_path), trials=2, on_trial=told.append)

    assert again == first
    assert told[2:] == told[:2]


def test_validation_rows_change_nothing(data: TrainingData, tmp_path: Path) -> None:
    flipped = replace(data, validation=replace(data.validation, labels_N=1 - data.validation.labels_N))
    told: list[tune.Trial] = []
    for name, one in (("one", data), ("two", flipped)):
        tune.search("incremental", one, str(tmp_path / name), trials=2, on_trial=told.append)

    assert [one.folds for one in told[:2]] == [one.folds for one in told[2:]]


def test_windows_keep_time_order_and_the_gap(data: TrainingData) -> None:
    gap = data.info.ripening_days * 86_400
    windows = tune._windows(data)

    assert len(windows) >= tune.FOLDS - 1  # the first may have too few inducing changes to learn from
    for window in windows:
        learnt, checked = window.data.train.committed_at_N, window.data.validation.committed_at_N
        assert learnt[-1] + gap <= checked[0]
        assert checked[-1] + gap <= window.judged.committed_at_N[0]
    too_few = replace(data, train=replace(data.train, labels_N=np.zeros(len(data.train))))
    with pytest.raises(InsufficientSamples, match="windows with inducing and clean changes"):
        tune._windows(too_few)


def test_a_trial_below_the_median_is_given_up(tmp_path: Path) -> None:
    study = optuna.create_study(pruner=tune._BelowMedian(), direction="maximize")
    for value in (0.1, 0.2, 0.3, 0.4, 0.5):
        trial = study.ask()
        trial.report(value, 0)
        assert not trial.should_prune()
        study.tell(trial, value)

    for value, given_up in ((0.29, True), (0.3, False)):
        trial = study.ask()
        trial.report(value, 0)
        assert trial.should_prune() == given_up


def journal_of(folder: Path) -> Path:
    return next(folder.glob("*.journal"))


def command(dataset: Path, folder: Path, trials: int) -> list[str]:
    return [sys.executable, "-m", "faultcast.training.tune", "--model", "incremental", "--dataset", str(dataset),
            "--trials", str(trials), "--storage", str(folder), "--output", str(folder / "options.json")]  # fmt: skip


def test_kill_9_loses_no_trial(dataset: Path, data: TrainingData, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    expected: list[tune.Trial] = []
    best = tune.search("incremental", data, str(whole), trials=4, on_trial=expected.append)

    folder = tmp_path / "killed"
    process = subprocess.Popen(command(dataset, folder, 4), stdout=subprocess.PIPE, text=True)
    finished = [json.loads(process.stdout.readline()) for _ in range(2)]
    name = journal_of(whole).stem
    until = time.monotonic() + 60
    while '"op_code":5' not in journal_of(folder).read_text().splitlines()[-1] and time.monotonic() < until:
        time.sleep(0.002)  # until the third trial has begun to report
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with journal_of(folder).open("ab") as journal:
        journal.write(b'{"op_code": 6, "wor')  # the line that was being written

    told: list[tune.Trial] = []
    resumed = tune.search("incremental", data, str(folder), trials=4, on_trial=told.append)

    assert resumed == best
    assert [event["options"] for event in finished] == [one.options for one in told[:2]]
    assert [(one.options, one.folds) for one in told] == [(one.options, one.folds) for one in expected]
    with opened(name, str(folder)) as study:
        states = [trial.state for trial in study.get_trials()]
    assert states.count(TrialState.RUNNING) == 0
    assert len(states) == 4 + states.count(TrialState.FAIL)


def test_two_searches_of_one_journal_do_not_mix(tmp_path: Path) -> None:
    with (
        opened("one", str(tmp_path)),
        pytest.raises(Busy, match="Another search works on"),
        opened("one", str(tmp_path)),
    ):
        pass


def test_a_database_holds_a_study_too(data: TrainingData, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    told: list[tune.Trial] = []
    first = tune.search("incremental", data, url, trials=1, on_trial=told.append)
    tune.search("incremental", data, url, trials=2, on_trial=told.append)

    assert first == {"penalty": 0.0}
    assert [one.number for one in told] == [0, 0, 1]
    with pytest.raises(UsageError, match="no database URL"), opened("one", "nonsense://x"):
        pass


def test_the_run_book_writes_options_that_training_reads(dataset: Path, tmp_path: Path) -> None:
    assert tune.main(command(dataset, tmp_path, 1)[3:]) == 0

    read_options(incremental.Options, json.loads((tmp_path / "options.json").read_text()))
