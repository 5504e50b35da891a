"""``faultcast validate``."""

import argparse
import json
from pathlib import Path
from typing import Any

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.repositories import canonical
from faultcast.cli import NOT_PASSED
from faultcast.errors import UsageError
from faultcast.progress.view import ProgressView
from faultcast.records import Outcome
from faultcast.report.validation_summary import validation_summary

_FEWEST_FOLDS = 2


def validate(options: argparse.Namespace) -> int:
    """Tell whether the last run's models hold."""
    from faultcast.steps.examine import Asked, examine, save

    if options.folds < _FEWEST_FOLDS or options.seeds < 1:
        raise UsageError(
            f"Found --folds {options.folds} and --seeds {options.seeds}; expected at least {_FEWEST_FOLDS} and 1"
        )
    now = settings.load()
    home = now.home.resolve()
    run = runs.last(home, canonical(options.repository) if options.repository else None)
    folder = Path(options.output) if options.output else Places(home, run.location).folder / "validation"
    with ProgressView(quiet=options.quiet) as view:
        document = examine(run, now, Asked(options.folds, options.seeds), view)
        files = save(document, run, folder)
    _tell(document, files, as_json=options.json)
    return 0 if document["verdict"]["outcome"] == Outcome.PASS else NOT_PASSED


def _tell(document: dict[str, Any], files: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(document | {"files": files}, indent=2))
    else:
        print("", *validation_summary(document, files), sep="\n")
