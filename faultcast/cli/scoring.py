"""``faultcast score`` and ``faultcast change``."""

import argparse
import json

from rich.console import Console
from rich.text import Text

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.repositories import canonical, opened, pseudonyms, refresh
from faultcast.errors import BadChange
from faultcast.features import is_measured
from faultcast.report.words import day, plain

_STYLES = {"high": "bold red", "medium": "yellow", "low": "green"}


def score(options: argparse.Namespace) -> int:
    """Score one commit or a range."""
    from faultcast.steps.revisions import score_revisions

    now = settings.load()
    run = runs.last(now.home.resolve(), canonical(options.repository))
    found = score_revisions(run, options.revision, now)
    if options.json:
        print(json.dumps({"model": found.model, "changes": found.changes, "merges_left_out": found.merges}, indent=2))
        return 0
    console = Console(highlight=False)
    if found.model["basis"] != "model":
        console.print(
            "No model serves this repository: changes are ranked by lines added alone, which is no probability."
        )
    for change in found.changes:
        line = Text(f"{change['risk']:6.1%}  ", style=_STYLES[change["band"]])
        line.append(f"{change['band']:<7}", style=_STYLES[change["band"]])
        line.append(
            f"{change['commit'][:10]}  {day(change['committed_at'])}  {plain(change['subject'], 60)}", style="default"
        )
        console.print(line, soft_wrap=True)
        for reason in change["reasons"]:
            console.print(Text(f"         {plain(reason['text'], 160)}"), soft_wrap=True)
    if found.merges:
        console.print(f"{found.merges} merges left out: what they bring is scored where it was written.")
    if not found.changes and not found.merges:
        console.print(f"{options.revision} holds no commit.")
    return 0


def change(options: argparse.Namespace) -> int:
    """Print one commit as a request to the model server."""
    from serving.change import to_instance

    now = settings.load()
    location = canonical(options.repository)
    refresh(location, now)
    with opened(location, now) as repository:
        commit = repository.commit(repository.tip(options.revision), pseudonyms(now))
        if commit.is_merge:
            raise BadChange(
                f"{commit.id[:10]} is a merge: what it brings was written elsewhere. Give one of its commits."
            )
        blobs = [blob for file in filter(is_measured, commit.files) for blob in (file.old_blob, file.new_blob) if blob]
        instance = to_instance(commit, dict(repository.blobs(blobs)))
    if options.v2:
        tensor = {"name": "change", "shape": [1], "datatype": "BYTES", "data": [json.dumps(instance)]}
        print(json.dumps({"inputs": [tensor]}))
    else:
        print(json.dumps({"instances": [instance]}))
    return 0
