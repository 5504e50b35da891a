"""Kind `incremental`: a logistic regression that goes on learning where an earlier artifact stopped.

`continue_from` names that artifact. Its normaliser and penalty stay, and of the data set only rows that it
has not learnt, or whose label has changed since, are learnt. It starts anew, and says why, where going on
would not lead to what learning all rows leads to: rows that it learnt are no longer in the history, the
number of rows has doubled since its normaliser was fitted, or it was trained on other features.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faultcast.dataset.folds import time_folds
from faultcast.errors import ContractMismatch, UnsafeArtifact
from faultcast.models import artifact
from faultcast.models.linear import STATE, to_files
from faultcast.models.manifest import Manifest, check_contract
from faultcast.models.normaliser import Normaliser, fit_normaliser
from faultcast.training.finish import Learnt, finish
from faultcast.training.online import WINDOW, Online, fresh
from faultcast.training.online_file import from_file, to_file
from faultcast.training.rows import Report, Rows, TrainingData, silent
from faultcast.validation.metrics import auc

PENALTIES = (30.0, 100.0, 300.0, 1_000.0)
_DEFAULT_PENALTY = 100.0
_FOLDS = 3


@dataclass(frozen=True, slots=True)
class Options:
    """How to train."""

    penalty: float = 0.0  # L2, as in scikit-learn's 1 / C; 0: chosen by time among PENALTIES
    window: int = WINDOW  # newest rows that are kept as they are
    continue_from: str = ""  # folder of an earlier artifact


@dataclass(frozen=True, slots=True, eq=False)
class _Start:
    """What learning begins with. `rows` is how many there were when the normaliser was fitted."""

    online: Online
    normaliser: Normaliser
    rows: int
    anew: str  # why it does not go on; empty where it does


def train_incremental(
    data: TrainingData, output: Path, seed: int, *, options: Options | None = None, report: Report = silent
) -> Manifest:
    """Learn, calibrate and write the artifact, with what a later call goes on from, to `output`.

    Raises:
        NotFound, UnsafeArtifact: from reading `continue_from`.
    """
    options = options or Options()
    key_N = keys(data.train)
    start = _continued(options, key_N) if options.continue_from else "nothing came before"
    if isinstance(start, str):
        start = _anew(data, options, start)
    online = start.online
    before = len(online.ledger.key_M)
    learnt = online.learn(
        key_N, start.normaliser.apply(data.train.values_NC), data.train.labels_N, data.train.weights_N
    )
    new = len(online.ledger.key_M) - before
    report({"event": "fit", "model": "incremental", "new": new, "changed": learnt - new, "anew": start.anew})
    scorer = online.scorer()
    logits_N = scorer.logits(start.normaliser.apply(data.validation.values_NC), scorer.read(data.validation.texts))
    config = {"penalty": online.penalty, "window": online.window, "rows_at_start": start.rows, "rows": before + new}
    files = to_files(scorer) | to_file(online)
    manifest = finish(output, data, Learnt("incremental", files, config, start.normaliser), logits_N, seed)
    report({"event": "done", "model": "incremental", **manifest.metrics})
    return manifest


def keys(rows: Rows) -> NDArray[np.uint64]:
    """What a row is recognised by (uint64 array_N): its instant, its values, and which of equal ones it is."""
    seen: dict[bytes, int] = {}
    found = np.empty(len(rows), dtype=np.uint64)
    plain_NC = np.where(np.isnan(rows.values_NC), np.nan, rows.values_NC + 0.0)  # one NaN, one zero
    for n, (instant, value_C) in enumerate(zip(rows.committed_at_N.tolist(), plain_NC, strict=True)):
        content = int(instant).to_bytes(8, "little", signed=True) + value_C.tobytes()
        seen[content] = seen.get(content, 0) + 1
        digest = hashlib.blake2b(content + seen[content].to_bytes(4, "little"), digest_size=8).digest()
        found[n] = int.from_bytes(digest, "little")
    return found


def _continued(options: Options, key_N: NDArray[np.uint64]) -> _Start | str:
    """The learner of an earlier artifact, or why it cannot go on."""
    try:
        manifest, files = artifact.read_files(Path(options.continue_from))
        check_contract(manifest)
    except ContractMismatch:
        return "it was trained on other features or kept in another format"
    config = manifest.config
    if manifest.kind != "incremental" or STATE not in files:
        return f"{manifest.kind} keeps nothing to go on from"
    try:
        penalty, window, rows = float(config["penalty"]), int(config["window"]), int(config["rows_at_start"])
    except (KeyError, TypeError, ValueError) as error:
        raise UnsafeArtifact(f"manifest.json has a config that training does not write ({error!r})") from error
    if not (0 < penalty < np.inf and window > 0):
        raise UnsafeArtifact(f"manifest.json has the penalty {penalty} and window {window}, expected positive ones")
    if options.penalty not in (0.0, penalty) or options.window != window:
        return "another penalty or window was asked for"
    if len(key_N) >= 2 * rows:
        return f"{len(key_N)} rows are twice the {rows} that its normaliser was fitted to"
    online = from_file(files[STATE], len(manifest.normaliser.columns), penalty, window)
    if gone := len(np.setdiff1d(online.ledger.key_M, key_N)):
        return f"{gone} rows that it learnt are no longer in the history"
    return _Start(online, manifest.normaliser, rows, "")


def _anew(data: TrainingData, options: Options, why: str) -> _Start:
    normaliser = fit_normaliser(data.train.values_NC)
    penalty = options.penalty or choose_penalty(data.train, normaliser, data.info.ripening_days)
    return _Start(fresh(len(normaliser.columns), penalty, options.window), normaliser, len(data.train), why)


def choose_penalty(rows: Rows, normaliser: Normaliser, ripening_days: float) -> float:
    """The penalty of `PENALTIES` that forecasts later rows best (mean AUC of folds in time order)."""
    features_NF = normaliser.apply(rows.values_NC)
    key_N = np.arange(len(rows), dtype=np.uint64)
    found: dict[float, list[float]] = {penalty: [] for penalty in PENALTIES}
    for fold in time_folds(rows.committed_at_N, ripening_days, _FOLDS):
        labels_N = rows.labels_N[fold.train]
        judged_N = rows.labels_N[fold.judged].astype(np.int64)
        if labels_N.min() == labels_N.max():
            continue
        for penalty in PENALTIES:
            online = fresh(features_NF.shape[1], penalty, len(rows) + 1)
            online.learn(key_N[fold.train], features_NF[fold.train], labels_N, rows.weights_N[fold.train])
            judged_NF = features_NF[fold.judged]
            figure = auc(judged_N, online.scorer().logits(judged_NF, judged_NF))
            found[penalty] += [] if figure is None else [figure]
    if not found[PENALTIES[0]]:
        return _DEFAULT_PENALTY
    return max(PENALTIES, key=lambda penalty: (round(float(np.mean(found[penalty])), 4), penalty))
