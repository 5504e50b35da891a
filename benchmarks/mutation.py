"""Does code mutation help the hybrid, and does the hybrid read its text? With and without, same rows, same seeds.

    python benchmarks/mutation.py DATASET.parquet … [--seeds 3] [--rows 800] [--write]

Each data set is one that `faultcast run` assembled (kfp/…/assemble/dataset/dataset.parquet). Its test split is
never looked at. The training split is cut in time: the older four fifths (at most ``--rows`` of the newest of them) are
learnt from, and alone are mutated; the newest fifth stops the training; the validation split, newer still, judges.

Ways: nothing; `mutations` (texts of a share of rows told in other words, anew each epoch); `faults` (a share of clean
rows once more, with a planted fault). Six epochs at most, in bfloat16, a thread for each data set. Told is the mean
over seeds of AUC and average precision, and the mean difference to nothing with its 95 %
interval over pairs of the same data set and seed (Student).

Reading: the models learnt without mutation are asked again with changes turned round (added lines deleted, deleted ones
added), with hunks of other changes, and without any text. A model that reads only size would not move.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import torch
from page import head, line, machine, name_of_run, write

from faultcast import dataset, models
from faultcast.models.text import parts
from faultcast.training.hybrid import Options, train_hybrid
from faultcast.training.rows import Rows, TrainingData, read_training_data
from faultcast.validation.metrics import auc, average_precision

WAYS: Mapping[str, Mapping[str, float]] = {
    "nothing": {},
    "mutations 0.3": {"mutations": 0.3},
    "faults 0.2": {"faults": 0.2},
}
EPOCHS = 6
_STUDENT = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26, 12: 2.20, 15: 2.14}


@dataclass(frozen=True)
class Found:
    """One model, judged."""

    name: str
    way: str
    seed: int
    auc: float
    average_precision: float
    asked_again: Mapping[str, tuple[float, float]]  # with what text -> AUC, mean |difference of risk|


def others(texts: list[str], seed: int) -> Mapping[str, list[str]]:
    """The same changes with other texts."""
    split = [parts(text) for text in texts]
    turn = str.maketrans("+-", "-+")
    turned = ["\n".join(line[:1].translate(turn) + line[1:] for line in diff.split("\n")) for _, diff in split]
    order = np.random.default_rng(seed).permutation(len(split))
    return {
        "turned round": [f"{message}\n{diff}" for (message, _), diff in zip(split, turned, strict=True)],
        "hunks of others": [f"{message}\n{split[other][1]}" for (message, _), other in zip(split, order, strict=True)],
        "no text": [""] * len(split),
    }


def part(rows: Rows, which: slice) -> Rows:
    """Some of the rows, which lie in time order."""
    return replace(
        rows,
        values_NC=rows.values_NC[which],
        texts=rows.texts[which],
        labels_N=rows.labels_N[which],
        weights_N=rows.weights_N[which],
        committed_at_N=rows.committed_at_N[which],
    )


def judge(path: Path, seeds: int, most: int) -> list[Found]:
    """Every way and seed on one data set."""
    torch.set_num_threads(1)
    data = read_training_data(path)
    name = name_of_run(path, str(dataset.read(path)[0]["repository"].iloc[0]))
    cut = len(data.train) * 4 // 5
    inner = TrainingData(
        part(data.train, slice(max(0, cut - most), cut)), part(data.train, slice(cut, None)), data.info
    )
    labels_N = data.validation.labels_N.astype(np.int64)
    found = []
    for seed in range(1, seeds + 1):
        for way, shares in WAYS.items():
            with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as folder:
                train_hybrid(inner, Path(folder), seed, options=replace(Options(epochs=EPOCHS, bf16=True), **shares))
                model = models.load(Path(folder))
            values_NC, texts = data.validation.values_NC, data.validation.texts
            risk_N = model.risk_of(values_NC, model.read(texts))
            again: dict[str, tuple[float, float]] = {}
            if way == "nothing":
                for told, changed in others(texts, seed).items():
                    other_N = model.risk_of(values_NC, model.read(changed))
                    again[told] = (auc(labels_N, other_N) or 0.0, float(np.abs(other_N - risk_N).mean()))
            of_both = auc(labels_N, risk_N) or 0.0, average_precision(labels_N, risk_N) or 0.0
            one = Found(name, way, seed, *of_both, again)
            print(one, file=sys.stderr, flush=True)
            found.append(one)
    return found


def table(found: list[Found]) -> list[str]:
    """A row a data set and way, then the differences over all pairs."""
    lines = head("data set", "way", "AUC", "AP", "smallest to largest AUC")
    for name, way in dict.fromkeys((one.name, one.way) for one in found):
        mine = [one for one in found if (one.name, one.way) == (name, way)]
        aucs = [one.auc for one in mine]
        precision = mean(one.average_precision for one in mine)
        lines.append(line([name, way, f"{mean(aucs):.3f}", f"{precision:.3f}", f"{min(aucs):.3f} to {max(aucs):.3f}"]))
    lines += ["", *head("way, less nothing", "AUC", "AP", "pairs")]
    plain = {(one.name, one.seed): one for one in found if one.way == "nothing"}
    for way in list(WAYS)[1:]:
        pairs = [(one, plain[one.name, one.seed]) for one in found if one.way == way]
        differences = [[a.auc - b.auc for a, b in pairs], [a.average_precision - b.average_precision for a, b in pairs]]
        lines.append(line([way, *(interval(values) for values in differences), str(len(pairs))]))
    return [*lines, "", *reading(list(plain.values()))]


def reading(found: list[Found]) -> list[str]:
    """How far other texts move the risks of the same changes."""
    lines = head("data set", "text", "AUC", "mean of how far a risk moves")
    for name in dict.fromkeys(one.name for one in found):
        mine = [one for one in found if one.name == name]
        lines.append(line([name, "its own", f"{mean(one.auc for one in mine):.3f}", "-"]))
        for told in mine[0].asked_again:
            again = [one.asked_again[told] for one in mine]
            lines.append(line([name, told, f"{mean(a for a, _ in again):.3f}", f"{mean(d for _, d in again):.3f}"]))
    return lines


def interval(values: list[float]) -> str:
    """Mean with its 95 % interval."""
    if len(values) < 2:
        return f"{values[0]:+.3f}"
    student = next((factor for n, factor in sorted(_STUDENT.items(), reverse=True) if n <= len(values)), 2.0)
    half = student * stdev(values) / len(values) ** 0.5
    return f"{mean(values):+.3f} ({mean(values) - half:+.3f} to {mean(values) + half:+.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Does code mutation help the hybrid?")
    parser.add_argument("datasets", nargs="+", type=Path, help="dataset.parquet files of earlier runs")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=800, help="training rows at most, the newest")
    parser.add_argument("--write", action="store_true", help="write the tables into benchmarks/results.md")
    options = parser.parse_args()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        asked = [pool.submit(judge, path, options.seeds, options.rows) for path in options.datasets]
        found = [one for answer in asked for one in answer.result()]
    said = [f"{machine()}, {options.seeds} seeds, {options.rows} training rows at most.", "", *table(found)]
    print("\n".join(said))
    if options.write:
        write("mutation", "\n".join(said))


if __name__ == "__main__":
    main()
