"""``faultcast score``, ``faultcast jit`` and ``faultcast change``."""

import argparse
import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.repositories import canonical, opened, pseudonyms, refresh
from faultcast.cli import TOO_RISKY
from faultcast.errors import BadChange
from faultcast.features import is_measured
from faultcast.wording import day, plain

_PARTS = 3
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
    _tell(console, found.model, found.changes)
    if found.merges:
        console.print(f"Merges left out: {found.merges}. What they bring is scored where it was written.")
    if not found.changes and not found.merges:
        console.print(f"{options.revision} holds no commit.")
    return 0


def jit(options: argparse.Namespace) -> int:
    """Score one commit from a saved state."""
    from faultcast.steps.jit import score_commit

    now = settings.load()
    repository = canonical(options.repository)
    history = options.history or str(Places(now.home.resolve(), repository).state)
    found = score_commit(repository, options.commit, history, now)
    risk = found.change["risk"] if found.change else 0.0
    failed = options.fail_above is not None and risk > options.fail_above
    if options.json:
        changes = [found.change] if found.change else []
        told = {"model": found.model, "changes": changes, "merges_left_out": 1 - len(changes)}
        print(json.dumps(told | {"commits_behind": found.behind, "differs": found.differs}, indent=2))
        return TOO_RISKY if failed else 0
    console = Console(highlight=False, soft_wrap=True)
    if found.change is None:
        console.print("A merge: what it brings is scored where it was written.")
        return 0
    _tell(console, found.model, [found.change])
    for reason in found.differs:
        console.print(f"A full run may describe it otherwise: {reason}.")
    if failed:
        print(f"faultcast: the risk {risk:.3f} is above {options.fail_above:g}", file=sys.stderr)
    return TOO_RISKY if failed else 0


def _tell(console: Console, model: dict[str, str], changes: list[dict[str, Any]]) -> None:
    if model["basis"] == "general":
        console.print(
            "This history is too small to learn from: the risks are those of a model learnt on other projects."
        )
    elif model["basis"] != "model":
        console.print(
            "No model serves this repository: changes are ranked by lines added alone, which is no probability."
        )
    for change in changes:
        console.print(heading(change), soft_wrap=True)
        for reason in change["reasons"]:
            console.print(Text(f"         {plain(reason['text'], 160)}"), soft_wrap=True)
        for part in change.get("parts", [])[:_PARTS]:
            console.print(Text(f"         {part['risk']:.1%} from {_place(part)} alone"), soft_wrap=True)


def heading(change: dict[str, Any]) -> Text:
    """One scored change in a line."""
    line = Text(f"{change['risk']:6.1%}  ", style=_STYLES[change["band"]])
    line.append(f"{change['band']:<7}", style=_STYLES[change["band"]])
    subject = plain(change["subject"], 60)
    return line.append(f"{change['commit'][:10]}  {day(change['committed_at'])}  {subject}", style="default")


def _place(part: dict[str, Any]) -> str:
    """
    >>> _place({"name": "total", "path": "src/cart.py", "start_line": 3, "end_line": 9})
    'total, src/cart.py:3-9'
    """
    if not part["name"]:
        return f"what stands in no function of {plain(part['path'], 100)}"
    return f"{plain(part['name'], 60)}, {plain(part['path'], 100)}:{part['start_line']}-{part['end_line']}"


def change(options: argparse.Namespace) -> int:
    """Print one commit as a request to the model server."""
    from serving.wire.change import to_instance

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
