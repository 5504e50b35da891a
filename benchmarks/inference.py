"""What one answer of a model costs, by the runtime that computes it, and a process that does nothing else.

    python benchmarks/inference.py DATASET.parquet [--rounds 100] [--write]

The data set is one that `faultcast run` assembled (kfp/…/assemble/dataset/dataset.parquet). Models of each kind learn
from it; the changes after the training window are asked. Every runtime has one thread. Microseconds are wall time, the
median of calls in turn, runtime by runtime within a round, so that a busy moment meets all of them: only a quiet
machine tells them. `difference`: the largest of any risk to the reference's (NumPy or torch, in float32).

* tables: input columns -> logits. Scored: `Scorer.risks`, raw features -> risks, all that a request for raw features
  costs beyond its protocol.
* texts: token ids of 128 tokens -> logits, without the tokeniser; and `Scorer.risks` with it.
* process: from its start to the first answer, in CPU and wall seconds, and its peak of resident memory.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, cast

import numpy as np
import openvino
import torch
from numpy.typing import NDArray
from page import head, line, machine, write

from faultcast import models
from faultcast.models import Model, hybrid, onnx_runtime, tokens
from faultcast.models.artifact import write as write_model
from faultcast.models.blend import FILES, Member, margin, of_standardised, to_files
from faultcast.models.model import touches_no_source
from faultcast.models.onnx_export import MOST, exported
from faultcast.training import launch
from faultcast.training.hybrid import Options, train_hybrid
from faultcast.training.rows import Rows, TrainingData, read_training_data
from serving.scoring.scorer import Scorer

TOKENS = 128
BATCHES = (1, 64)
TABLES = ("forest", "blend of four", "incremental")
NETWORKS = {
    "hybrid": Options(max_tokens=TOKENS, epochs=2),
    "hybrid, 6 layers of 384": Options(max_tokens=TOKENS, epochs=1, width=384, layers=6, heads=6, hidden=1536),
}
_CHILD = """
import resource, sys, time
from pathlib import Path
from serving.scoring.scorer import Scorer
Scorer.load(Path(sys.argv[1]))
used = resource.getrusage(resource.RUSAGE_SELF)
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(used.ru_utime + used.ru_stime, int(peak) / 1024)
"""

Call = Callable[[], object]


@dataclass(frozen=True)
class Timed:
    """Medians in microseconds by name, and the largest differences in risk to the reference."""

    micros: Mapping[str, float]
    difference: Mapping[str, float]


def timed(calls: Mapping[str, Call], rounds: int) -> dict[str, float]:
    """Median microseconds of each call; all are called in each round, first once to have the caches to themselves."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            call()
            started = time.perf_counter()
            call()
            spent[name].append(time.perf_counter() - started)
    return {name: 1e6 * median(of_one) for name, of_one in spent.items()}


def table(folder: Path, rows: Rows, rounds: int) -> dict[int, Timed]:
    """One model of features alone, for each size of batch."""
    learnt, served, scorer = models.load(folder), onnx_runtime.load(folder), Scorer.load(folder)
    risk = learnt.risk_of(rows.values_NC, learnt.read([""] * len(rows)))
    risks = served.risk_of(rows.values_NC, served.read([""] * len(rows)))
    difference = {"ONNX Runtime": float(np.abs(risk - risks).max())}
    found: dict[int, Timed] = {}
    for batch in BATCHES:
        values_NC, text_N0 = rows.values_NC[:batch], np.empty((batch, 0), dtype=np.float32)
        input_NF = learnt.normaliser.apply(values_NC)
        calls: dict[str, Call] = {
            "ONNX Runtime": partial(served.scorer.logits, input_NF, text_N0),
            "NumPy": partial(learnt.scorer.logits, input_NF, text_N0),
            "scored": partial(scorer.risks, values_NC),
        }
        found[batch] = Timed(timed(calls, rounds), difference)
    return found


def network(folder: Path, rows: Rows, rounds: int) -> dict[int, Timed]:
    """One model that reads text, for each size of batch."""
    learnt, served, scorer = models.load(folder), onnx_runtime.load(folder), Scorer.load(folder)
    assert isinstance(learnt.scorer, hybrid.Hybrid)
    runtimes = _runtimes(folder, learnt, served)
    longest = np.argsort([-len(text) for text in rows.texts], kind="stable")[: 2 * max(BATCHES)]
    full = tokens.encode(learnt.scorer.tokenizer, [rows.texts[i] for i in longest], TOKENS)
    chosen = longest[full.lengths_N == TOKENS][: max(BATCHES)]
    if len(chosen) < max(BATCHES):
        raise SystemExit(f"found {len(chosen)} changes of {TOKENS} tokens, expected {max(BATCHES)}: a larger data set")
    texts = [rows.texts[i] for i in chosen]
    values_NC = rows.values_NC[chosen]
    risk_N = learnt.risk_of(values_NC, learnt.read(texts))
    given = tokens.encode(learnt.scorer.tokenizer, texts, TOKENS)
    ids_BT, segments_BT = given.ids_NT.astype(np.int64), given.segments_NT.astype(np.int64)
    input_NF = learnt.normaliser.apply(values_NC)
    difference = {
        name: float(np.abs(risk_N - _risk(learnt, run(ids_BT, segments_BT, input_NF), values_NC)).max())
        for name, run in runtimes.items()
    }
    found: dict[int, Timed] = {}
    for batch in BATCHES:
        cut = (ids_BT[:batch], segments_BT[:batch], input_NF[:batch])
        calls: dict[str, Call] = {name: partial(run, *cut) for name, run in runtimes.items()}
        calls["scored"] = partial(scorer.risks, values_NC[:batch], texts[:batch])
        found[batch] = Timed(timed(calls, max(5, rounds // batch)), difference)
    return found


Run = Callable[[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]], NDArray[Any]]


def _runtimes(folder: Path, learnt: Model, served: Model) -> dict[str, Run]:
    assert isinstance(served.scorer, onnx_runtime.Texts)
    assert isinstance(learnt.scorer, hybrid.Hybrid)
    graphs, net = served.scorer, learnt.scorer.network
    torch.set_num_threads(1)

    def by_onnx(ids: NDArray[Any], segments: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
        (text,) = graphs.reader.run(["text"], {"tokens": ids, "segments": segments})
        return np.asarray(graphs.head.run(["logits"], {"features": columns, "text": text})[0])

    def by_torch(ids: NDArray[Any], segments: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
        with torch.inference_mode():
            return np.asarray(net(*map(torch.from_numpy, (ids, segments, columns))))

    found: dict[str, Run] = {"ONNX Runtime": by_onnx, "torch": by_torch}
    for precision in ("f32", "bf16"):
        core = openvino.Core()
        options = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
        reader, scores = (
            core.compile_model(str(folder / name), "CPU", options) for name in ("reader.onnx", "model.onnx")
        )

        def by_openvino(
            ids: NDArray[Any], segments: NDArray[Any], columns: NDArray[Any], reader: Any = reader, scores: Any = scores
        ) -> NDArray[Any]:
            text = reader({"tokens": ids, "segments": segments})["text"]
            return np.asarray(scores({"features": columns, "text": text})["logits"])

        found[f"OpenVINO {precision}"] = by_openvino
    return found


def _risk(model: Model, logits_N: NDArray[Any], values_NC: NDArray[np.float64]) -> NDArray[np.float64]:
    risk_N = model.calibration.apply(logits_N.astype(np.float64))
    return np.where(touches_no_source(values_NC), 0.0, risk_N)


def process(folder: Path, rounds: int = 5) -> tuple[float, float, float]:
    """Medians of CPU seconds, wall seconds and peak MiB of a process that loads a model and gives one answer."""
    found = []
    for _ in range(rounds):
        started = time.monotonic()
        ended = subprocess.run([sys.executable, "-c", _CHILD, str(folder)], capture_output=True, text=True, check=True)
        seconds, mebibytes = map(float, ended.stdout.split())
        found.append((seconds, time.monotonic() - started, mebibytes))
    cpu, wall, memory = (median(of_one) for of_one in zip(*found, strict=True))
    return cpu, wall, memory


def train(data: TrainingData, base: Path) -> Iterable[tuple[str, Path]]:
    """A model of each kind."""
    for member in FILES:
        launch.in_process("simple", data, base / member, 1, {"members": member})
    yield TABLES[0], base / "forest"
    yield TABLES[1], blended(data, base)
    launch.in_process("incremental", data, base / "incremental", 1, {})
    yield TABLES[2], base / "incremental"
    for name, sizes in NETWORKS.items():
        train_hybrid(data, base / name, 1, options=sizes)
        yield name, base / name


def blended(data: TrainingData, base: Path) -> Path:
    """All members at equal weights: training would keep fewer where they do no better, and cost less."""
    alone = {name: models.load(base / name) for name in FILES}
    asked = data.validation
    input_NF = alone["forest"].normaliser.apply(asked.values_NC)
    members = {name: cast("Member", model.scorer) for name, model in alone.items()}
    scales = {}
    for name, member in members.items():
        margin_N = margin(member, input_NF)
        scales[name] = (float(margin_N.mean()), float(margin_N.std()))
    files, config = to_files(of_standardised(members, dict.fromkeys(members, 0.25), scales))
    manifest = replace(alone["forest"].manifest, config=config)
    write_model(base / "blend", *exported(manifest, files, asked.values_NC, asked.texts))
    return base / "blend"


def _shown(micros: float) -> str:
    return f"{micros / 1000:,.1f} ms" if micros >= 1000 else f"{micros:,.0f} µs"


def page(found: Mapping[str, Mapping[int, Timed]], processes: Mapping[str, tuple[float, float, float]]) -> str:
    """The part of benchmarks/results.md."""
    lines = [f"{machine()}; every runtime with one thread.", "", "Features alone:", ""]
    lines += head("model", "changes", "ONNX Runtime", "NumPy", "scored, raw features to risks", "difference")
    for name in TABLES:
        for batch, one in found[name].items():
            cells = [_shown(one.micros[way]) for way in ("ONNX Runtime", "NumPy", "scored")]
            lines.append(line([name, str(batch), *cells, f"{one.difference['ONNX Runtime']:.0e}"]))
    ways = ("ONNX Runtime", "torch", "OpenVINO f32", "OpenVINO bf16")
    lines += ["", f"Texts of {TOKENS} tokens, and features:", ""]
    lines += head("model", "changes", *ways, "scored, text to risks")
    for name in NETWORKS:
        for batch, one in found[name].items():
            lines.append(line([name, str(batch), *(_shown(one.micros[way]) for way in (*ways, "scored"))]))
        lines.append(line([name, "difference", *(f"{one.difference[way]:.0e}" for way in ways), ""]))
    lines += ["", "A process that only scores, from its start to its first answer:", ""]
    lines += head("model", "CPU", "wall", "peak memory")
    for name, (cpu, wall, memory) in processes.items():
        lines.append(line([name, f"{cpu:.2f} s", f"{wall:.2f} s", f"{memory:.0f} MiB"]))
    return "\n".join([*lines, "", *bars(found, processes)])


def bars(found: Mapping[str, Mapping[int, Timed]], processes: Mapping[str, tuple[float, float, float]]) -> list[str]:
    """What was asked for, and what came of it."""
    beyond = max(one[1].micros["scored"] - one[1].micros["ONNX Runtime"] for one in (found[name] for name in TABLES))
    hybrids = {name: found[name][1].micros["scored"] / 1000 for name in NETWORKS}
    worst = max(one.difference["ONNX Runtime"] for of_one in found.values() for one in of_one.values())
    light = {name: processes[name] for name in TABLES}
    told = [
        ("raw features beyond the runtime's call, µs", beyond, 60.0),
        *((f"{name}, one text of {TOKENS} tokens, ms", value, 15.0) for name, value in hybrids.items()),
        ("largest difference in risk", worst, MOST),
        ("ready without a transformer, s", max(wall for _, wall, _ in light.values()), 2.0),
        ("memory without a transformer, MiB", max(memory for _, _, memory in light.values()), 150.0),
    ]
    return [
        *head("bar", "found", "at most", ""),
        *(
            line([name, f"{value:.3g}", f"{most:g}", "met" if value <= most else "missed"])
            for name, value, most in told
        ),
    ]


def main() -> None:
    """Measure, print, and with --write put it into the page."""
    parser = argparse.ArgumentParser(description="What an answer costs, by runtime")
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    data = read_training_data(options.dataset)
    found: dict[str, Mapping[int, Timed]] = {}
    processes: dict[str, tuple[float, float, float]] = {}
    with tempfile.TemporaryDirectory(prefix="faultcast-inference-") as base:
        for name, folder in train(data, Path(base)):
            measured = table if name in TABLES else network
            found[name] = measured(folder, data.validation if len(data.validation) >= max(BATCHES) else data.train,
                                   options.rounds)  # fmt: skip
            processes[name] = process(folder)
            told = {batch: dict(one.micros) for batch, one in found[name].items()}
            print(name, json.dumps(told), json.dumps(processes[name]), flush=True)
    text = page(found, processes)
    print(text)
    if options.write:
        write("inference", text)


if __name__ == "__main__":
    main()
