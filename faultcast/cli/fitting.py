"""``faultcast train``."""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.places import Places, state_folder
from faultcast.adapters.repositories import canonical
from faultcast.errors import NotFound, UsageError
from faultcast.progress.view import ProgressView
from faultcast.setting_tables import RANGES
from faultcast.settings import Settings

BOTH = ("simple", "hybrid")
_HEAD = f"{'':14}{'AUC':>7}{'95 % interval':>17}{'AP':>8}{'Brier':>8}{'ECE':>8}"


def train(options: argparse.Namespace) -> int:
    """Train models from the data set of the last run, or from a file."""
    from faultcast.steps.fit import Asked, fit
    from faultcast.steps.train import launcher_of
    from faultcast.training.options import options_of

    now = _settings(options)
    table, output = _places(options, now)
    given = options_of(options.options) if options.options else {}
    kinds = BOTH if options.model == "both" else (options.model,)
    if len(kinds) > 1 and given:
        raise UsageError("--options are of one kind: found --model both, expected simple, hybrid or incremental")
    trials = options.trials if options.tune else 0
    asked = Asked(kinds, table, output, now.seed, launcher_of(now), given, trials)
    with ProgressView(quiet=options.quiet) as view:
        found = fit(asked, now, view) | {"registered": False}
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print("", *_lines(found), sep="\n")
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    """The settings, with what was typed in their place."""
    now = settings.load()
    if options.trials < 1:
        raise UsageError(f"Found --trials {options.trials}, expected at least 1")
    typed = {"launcher": options.launcher, "num_workers": options.num_workers, "seed": options.seed}
    now = replace(now, **{name: value for name, value in typed.items() if value is not None})
    low, high = RANGES["num_workers"]
    if not low <= now.num_workers <= high:
        raise UsageError(f"Found --num-workers {now.num_workers}, expected {low:,.0f} to {high:,.0f}")
    return now


def _places(options: argparse.Namespace, now: Settings) -> tuple[Path, Path]:
    """The data set to learn from, and the folder to write to."""
    home = state_folder(now.home)
    if options.dataset:
        if options.repository:
            raise UsageError("Found both REPO and --dataset, expected one of them")
        table = Path(options.dataset)
        table = table / "dataset.parquet" if table.is_dir() else table
        if not table.is_file():
            raise NotFound(f"{table}: found no file, expected a dataset.parquet with dataset.json beside it")
        return table, Path(options.output) if options.output else table.resolve().parent / "trained"
    run = runs.last(home, canonical(options.repository) if options.repository else None)
    output = Path(options.output) if options.output else Places(home, run.location).folder / "trained"
    return run.artifact("assemble/dataset") / "dataset.parquet", output


def _lines(found: dict[str, Any]) -> list[str]:
    rows = found["rows"]
    lines = [
        f"Learnt from {rows['train']:,} changes, judged on the {rows['validation']:,} after them (validation data)",
        "",
        _HEAD,
    ]
    lines += [_line(kind, one) for kind, one in found["models"].items()]
    lines += [_line("lines added", found["lines_added"]), ""]
    if len(found["models"]) > 1:
        lines.append(f"`faultcast run` would put {found['chosen']} to the test on later history.")
    lines += [f"{kind}: {one['artifact']}" + (" (trained before)" if one["reused"] else "")
              for kind, one in found["models"].items()]  # fmt: skip
    lines.append("Nothing is registered: bands and calibration were chosen on these very rows.")
    lines.append("`faultcast run` judges on later history and registers what passes.")
    return lines


def _line(name: str, one: dict[str, Any]) -> str:
    interval = one.get("auc_interval")
    between = f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else ""
    numbers = "".join(
        f"{one[figure]:>8.3f}" if one.get(figure) is not None else f"{'':>8}"
        for figure in ("average_precision", "brier", "ece")
    )
    auc = f"{one['auc']:>7.3f}" if one["auc"] is not None else f"{'':>7}"
    return f"{name:<14}{auc}{between:>17}{numbers}"
