"""Search for hyper-parameters (Bergstra et al. 2011, tree-structured Parzen estimators, by Optuna).

    python -m faultcast.training.tune --model simple --dataset run/dataset.parquet --trials 20 \\
        --storage run/tuning --output run/options.json
    python -m faultcast.training --model simple --dataset run/dataset.parquet --output run/simple \\
        --options run/options.json

Only the training rows are used; validation and test rows stay unseen. Each trial is judged by expanding
windows in time order: it learns from a beginning, less the gap in which labels ripen, and forecasts what
comes next. The beginning is itself cut by time, since a kind needs rows of its own to stop early and to
calibrate on. The objective is the mean average precision over the windows: inducing changes are few and only the
top of the list is read, which the area under the ROC curve hardly notices, and F1 would need a threshold too.

A search may be killed and started again: the sampler of each trial is seeded by `seed` and the number of trials
that were finished before it, so what follows is what would have followed.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.pruners import BasePruner
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState
from sklearn.metrics import average_precision_score

from faultcast.dataset.folds import time_folds
from faultcast.errors import FaultcastError, InsufficientSamples, UsageError
from faultcast.models import artifact
from faultcast.training.launch import IN_PROCESS, in_process
from faultcast.training.options import read_options
from faultcast.training.rows import Report, Rows, TrainingData, read_training_data, silent
from faultcast.training.spaces import SPACES, Choice, Parameter
from faultcast.training.studies import FINISHED, opened

FOLDS = 4
_PRUNE_AFTER = 5
_FEWEST = 2
"""Inducing and clean rows without which a window teaches or judges nothing."""

Options = dict[str, object]


@dataclass(frozen=True, slots=True)
class Trial:
    """One finished trial. `folds` are the average precisions, in time order; a pruned trial has fewer."""

    study: str
    model: str
    number: int
    pruned: bool
    options: Options
    folds: tuple[float, ...]
    started: float
    ended: float
    """Unix seconds."""

    @property
    def average_precision(self) -> float:
        """Mean over its windows."""
        return float(np.mean(self.folds))


OnTrial = Callable[[Trial], None]
"""Told of each finished trial at least once; those of an earlier call are told again, in case it was killed."""


def search(
    model: str,
    data: TrainingData,
    storage: str,
    *,
    trials: int = 20,
    seed: int = 7,
    report: Report = silent,
    on_trial: OnTrial | None = None,
) -> Options:
    """The best options of a kind, as `faultcast.training.options` reads them.

    Args:
        model: one of `SPACES`.
        data: only its training rows are used.
        storage: a folder of journal files, or a database's URL.
        trials: how many the study has in the end, those of earlier calls included.
        seed: of the sampler and of every fit.
        report: told {"event": "trial", "trial", "of", "average_precision", "pruned", "options"} after each,
            and {"event": "tuned", "options", "average_precision", "untuned"} at the end.
        on_trial: keeps each finished trial elsewhere; must bear being told of one twice.

    Raises:
        UsageError: there is nothing to tune for `model`.
        InsufficientSamples: no window has enough rows of both classes.
        Busy, Unavailable, OutOfSpace: from the storage.
    """
    space = space_of(model)
    windows = _windows(data)
    name = study_name(model, data.info.data_fingerprint, seed)
    with opened(name, storage) as study:
        study.pruner = _BelowMedian()
        for earlier in study.get_trials(states=FINISHED):
            _tell(on_trial, name, model, earlier)
        while (finished := len(study.get_trials(deepcopy=False, states=FINISHED))) < trials:
            ended = _one(study, model, windows, space, seed=seed, finished=finished)
            _tell(on_trial, name, model, ended)
            told = _trial(name, model, ended)
            report({
                "event": "trial", "model": model, "trial": finished + 1, "of": trials, "pruned": told.pruned,
                "average_precision": told.average_precision, "options": told.options,
            })  # fmt: skip
        untuned = study.get_trials(states=(TrialState.COMPLETE,))[0]
        best: Options = dict(study.best_params)
        report({
            "event": "tuned", "model": model, "options": best,
            "average_precision": study.best_value, "untuned": untuned.value,
        })  # fmt: skip
        return best


def space_of(model: str) -> tuple[Parameter, ...]:
    """What may be tried for a kind."""
    if model not in SPACES:
        raise UsageError(f"There is nothing to tune for {model!r}; expected one of {', '.join(SPACES)}")
    return SPACES[model]


def study_name(model: str, data_fingerprint: str, seed: int) -> str:
    """The same data, kind, code, space and seed go on with the same study."""
    space = [{"type": type(one).__name__, **asdict(one)} for one in space_of(model)]
    identity = [data_fingerprint, metadata.version("faultcast"), space, seed, FOLDS]
    return f"{model}-{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]}"


def suggest(trial: optuna.Trial, space: tuple[Parameter, ...]) -> Options:
    """One point of a space."""
    found: Options = {}
    for one in space:
        if isinstance(one, Choice):
            found[one.name] = trial.suggest_categorical(one.name, one.values)
        elif isinstance(one.low, int):
            found[one.name] = trial.suggest_int(one.name, one.low, int(one.high), log=one.log)
        else:
            found[one.name] = trial.suggest_float(one.name, one.low, one.high, log=one.log)
    return found


class _BelowMedian(BasePruner):  # type: ignore[misc]
    """Give a trial up whose mean so far lies below the median that complete trials had after the same windows.

    Optuna's own MedianPruner takes a trial's best step instead, and an easy first window would save every trial.
    """

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        step = trial.last_step
        others = [
            other.intermediate_values[step]
            for other in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            if step in other.intermediate_values
        ]
        return len(others) >= _PRUNE_AFTER and trial.intermediate_values[step] < float(np.median(others))


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """A beginning as training data of its own, and the rows that it is judged by."""

    data: TrainingData
    judged: Rows


def _windows(data: TrainingData) -> list[_Window]:
    rows, days = data.train, data.info.ripening_days
    found = []
    for fold in time_folds(rows.committed_at_N, days, FOLDS):
        inner = time_folds(rows.committed_at_N[fold.train], days, FOLDS)
        parts = [fold.train[inner[-1].train], fold.train[inner[-1].judged], fold.judged] if inner else []
        if parts and all(_both_classes(rows.labels_N[part]) for part in parts):
            learnt, checked, judged = (_take(rows, part) for part in parts)
            found.append(_Window(TrainingData(learnt, checked, data.info), judged))
    if not found:
        raise InsufficientSamples("windows with inducing and clean changes to tune on", 0, 1)
    return found


def _both_classes(labels_N: NDArray[np.float64]) -> bool:
    inducing = int(labels_N.sum())
    return min(inducing, len(labels_N) - inducing) >= _FEWEST


def _take(rows: Rows, at_N: NDArray[np.int64]) -> Rows:
    return Rows(
        values_NC=rows.values_NC[at_N],
        texts=[rows.texts[row] for row in at_N],
        labels_N=rows.labels_N[at_N],
        weights_N=rows.weights_N[at_N],
        committed_at_N=rows.committed_at_N[at_N],
    )


def _one(
    study: optuna.Study, model: str, windows: list[_Window], space: tuple[Parameter, ...], *, seed: int, finished: int
) -> FrozenTrial:
    """Run the next trial to its end."""
    drawn = int(np.random.SeedSequence([seed, finished]).generate_state(1)[0])
    study.sampler = TPESampler(seed=drawn, n_startup_trials=_PRUNE_AFTER)
    if not finished:
        study.enqueue_trial({one.name: one.first for one in space}, skip_if_exists=False)
    trial = study.ask()
    options = suggest(trial, space)
    folds: list[float] = []
    for step, window in enumerate(windows):
        folds.append(_judge(model, window, options, seed))
        trial.set_user_attr("folds", folds)
        trial.report(float(np.mean(folds)), step)
        if step + 1 < len(windows) and trial.should_prune():
            return study.tell(trial, state=TrialState.PRUNED)
    return study.tell(trial, float(np.mean(folds)))


def _judge(model: str, window: _Window, options: Options, seed: int) -> float:
    """Average precision of what a fit on the window says about the rows after it, as served but for calibration."""
    with tempfile.TemporaryDirectory(prefix="faultcast-trial-") as folder:
        _fit(model, window.data, Path(folder), seed, options)
        fitted = artifact.load(Path(folder))
    features_NF = fitted.normaliser.apply(window.judged.values_NC)
    logits_N = fitted.scorer.logits(features_NF, fitted.read(window.judged.texts))
    return float(average_precision_score(window.judged.labels_N, logits_N))


def _fit(model: str, data: TrainingData, output: Path, seed: int, options: Options) -> None:
    if model in IN_PROCESS:
        in_process(model, data, output, seed, options)
        return
    # Imported when asked for: a forest pays nothing for torch.
    from faultcast.training.hybrid import Options as HybridOptions, train_hybrid  # noqa: PLC0415

    train_hybrid(data, output, seed, options=read_options(HybridOptions, options))


def _trial(study: str, model: str, ended: FrozenTrial) -> Trial:
    started, stopped = (at.timestamp() if at else 0.0 for at in (ended.datetime_start, ended.datetime_complete))
    pruned, folds = ended.state == TrialState.PRUNED, tuple(ended.user_attrs["folds"])
    return Trial(study, model, ended.number, pruned, dict(ended.params), folds, started, stopped)


def _tell(on_trial: OnTrial | None, study: str, model: str, ended: FrozenTrial) -> None:
    if on_trial:
        on_trial(_trial(study, model, ended))


def main(arguments: list[str] | None = None) -> int:
    """Parse, search, write the options; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m faultcast.training.tune", description="Search for options.")
    parser.add_argument("--model", choices=tuple(SPACES), required=True)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.parquet, with dataset.json beside it")
    parser.add_argument("--storage", required=True, help="folder of journal files, or a database's URL")
    parser.add_argument("--output", type=Path, required=True, help="JSON file of the best options")
    parser.add_argument("--trials", type=int, default=20, help="how many the study has in the end (default: 20)")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args(arguments)
    try:
        data = read_training_data(asked.dataset)
        best = search(asked.model, data, asked.storage, trials=asked.trials, seed=asked.seed, report=_print)
    except FaultcastError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    asked.output.write_text(json.dumps(best, indent=2) + "\n", encoding="utf-8")
    return 0


def _print(event: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
