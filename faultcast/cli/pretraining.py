"""``faultcast pretrain``."""

import argparse
import json
from pathlib import Path

from faultcast import settings
from faultcast.adapters.places import state_folder
from faultcast.adapters.repositories import canonical
from faultcast.models.manifest import Manifest

_HEAD = f"{'':30}{'changes':>9}{'inducing':>10}{'AUC':>7}{'lines':>7}{'AP':>7}{'Brier':>7}{'ECE':>7}"


def pretrain(options: argparse.Namespace) -> int:
    """Learn one model across repositories that have a run each."""
    from faultcast.steps.pretrain import pretrain as learn

    now = settings.load()
    state_folder(now.home)
    locations = [canonical(location) for location in options.repositories]
    manifest = learn(locations, Path(options.output), now)
    if options.json:
        print(json.dumps({"output": options.output, "metrics": manifest.metrics, **manifest.config}, indent=2))
    else:
        print(*lines(manifest), "", f"Written: {options.output}", sep="\n")
        print(f"To rank histories too small to learn from: FAULTCAST_GENERAL_MODEL={Path(options.output).resolve()}")
    return 0


def lines(manifest: Manifest) -> list[str]:
    """A table of each repository's figures while it was left out, and their mean."""
    projects = manifest.config["projects"]
    rows = [*projects.items(), ("mean", manifest.metrics)]
    return [
        "Each repository was left out, and forecast by the model of the others (lines: AUC of lines added alone).",
        _HEAD,
        *(
            f"{name[-30:]:30}{found['changes']:>9,.0f}{found['inducing']:>10,.0f}{found['auc']:>7.3f}"
            f"{found['lines_added_auc']:>7.3f}{found['average_precision']:>7.3f}{found['brier']:>7.3f}{found['ece']:>7.3f}"
            for name, found in rows
        ),
    ]
