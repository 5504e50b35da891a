"""``faultcast run`` and ``faultcast demo``."""

import argparse
import json
import shutil
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.places import Places, state_folder
from faultcast.adapters.repositories import canonical, opened, pseudonyms, refresh
from faultcast.cli import NOT_PASSED
from faultcast.cli.labelling import sources
from faultcast.cli.stages import stage_data, stage_lines
from faultcast.errors import InsufficientSamples
from faultcast.progress.view import ProgressView
from faultcast.report import ReportInputs, text_summary
from faultcast.settings import Settings
from faultcast.steps.keep import keep
from faultcast.steps.standing import standing
from pipelines.local import TrainingParameters, run_training
from pipelines.results import RunResult


def run(options: argparse.Namespace) -> int:
    """Learn from a repository and rank its newest changes."""
    now = settings.load()
    found, inputs = _learn(canonical(options.repository), options.revision, options, now)
    return _tell(found, inputs, options)


def demo(options: argparse.Namespace) -> int:
    """The same on a repository that is written first, and how much of the truth was found."""
    from faultcast.demo import Truth, truth_path, write_repository
    from faultcast.steps.recover import recover

    now = settings.load()
    seed = now.seed if options.seed is None else options.seed
    own = state_folder(now.home) / "demo" / f"seed-{seed}-commits-{options.commits}-noise-{options.noise:g}"
    folder = own / "planted-shop"
    if not truth_path(folder).is_file():
        shutil.rmtree(own, ignore_errors=True)  # an interrupted writing
        _say(options, f"Writing a repository with planted faults: {folder}")
        write_repository(folder, seed, options.commits, options.noise)
    found, inputs = _learn(str(folder), "HEAD", options, now)
    recovery = recover(Truth.load(truth_path(folder)), runs.last(now.home.resolve(), str(folder)))
    found["recovery"] = asdict(recovery)
    code = _tell(found, inputs, options)
    if not options.json:
        print("\nThe truth", *(f"  {line}" for line in recovery.text().splitlines()), sep="\n")
    return code


def _learn(
    location: str, revision: str, options: argparse.Namespace, now: Settings
) -> tuple[dict[str, Any], ReportInputs]:
    """Run the pipeline; keep its report and remember where everything is."""
    home = state_folder(now.home)
    refresh(location, now)
    with opened(location, now) as repository:
        tip = repository.tip(revision)
        as_of = repository.commit(tip, pseudonyms(now)).committed_at
    parameters = TrainingParameters(
        repository=location,
        revision=tip,
        as_of=as_of,
        ripening_days=now.ripening_days if options.ripening_days is None else options.ripening_days,
        seed=now.seed if options.seed is None else options.seed,
        issues=sources(location, options.issues, now),
    )
    asked = json.dumps(asdict(parameters), sort_keys=True)
    champion = runs.champion_before(home, location, standing(now, location), asked)
    parameters = replace(parameters, champion=champion)
    _say(options, f"{location} up to {tip[:10]}")
    with ProgressView(quiet=options.quiet) as view:
        result = run_training(parameters, home, view)
    places = Places(home, location)
    page = result.artifact("report", "report")
    inputs = ReportInputs.from_dict(json.loads(Path(f"{page}.json").read_text(encoding="utf-8")))
    places.folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(page, places.report)
    artifacts = {f"{task.stage}/{name}": str(path) for task in result.tasks for name, path in task.artifacts.items()}
    if options.stages and not options.json:
        print("", "Stages", *stage_lines(result), sep="\n", file=sys.stderr)
    finished = runs.Run(
        location, places.repo_id, tip, as_of, str(places.report), artifacts, time.time(),
        champion_before=champion, champion_after=standing(now, location), asked=asked,
    )  # fmt: skip
    runs.save(finished, places)
    keep(finished, now, getattr(options, "save_history", ""))
    return _found(parameters, result, inputs, places), inputs


def _found(parameters: TrainingParameters, result: RunResult, inputs: ReportInputs, places: Places) -> dict[str, Any]:
    """What ``--json`` prints."""
    evaluation = inputs.evaluation or {}
    figures = {
        name: {key: value for key, value in entry.items() if key != "curves"}
        for name, entry in {**evaluation.get("models", {}), **evaluation.get("baselines", {})}.items()
    }
    return {
        "repository": parameters.repository,
        "revision": parameters.revision,
        "commits": inputs.commits,
        "issues": parameters.issues,
        "fixes": inputs.fixes,
        "inducing": inputs.inducing,
        "dataset": inputs.dataset,
        "chosen": evaluation.get("chosen"),
        "evaluation": figures,
        "verdict": inputs.verdict,
        "model": inputs.model,
        "changes": inputs.predictions["changes"][:10],
        "report": str(places.report),
        "seconds": round(result.seconds, 2),
        "stages": stage_data(result),
    }


def _tell(found: dict[str, Any], inputs: ReportInputs, options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        width = min(shutil.get_terminal_size((100, 24)).columns, 100)
        print("", *text_summary(inputs, found["report"], width=width), sep="\n")
    if inputs.dataset.get("insufficient"):
        return InsufficientSamples.exit_code
    return 0 if inputs.model.get("version") else NOT_PASSED


def _say(options: argparse.Namespace, text: str) -> None:
    if not options.quiet:
        print(text, file=sys.stderr)
