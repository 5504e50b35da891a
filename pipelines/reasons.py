"""Why a task was not taken from the cache: the parts of its key, kept beside what it made, compared with today's.

Imports no kfp; `pipelines.engine` hands in what KFP makes its key of.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Parts = dict[str, Any]
"""{"command": digest, "inputs": {name: value}, "program": {file or setting: digest or value}}."""

ALWAYS = "runs every time"
FIRST = "never finished before"
GONE = "what it had made is gone"
_IMAGE = "image"
_CHANNEL = "pipelinechannel--"
_SHOWN = 3


def parts_of(command: str, arguments: Mapping[str, Any], program: Mapping[str, str]) -> Parts:
    """What a key is made of; an artifact counts by where it lies. Images stand for the program."""
    inputs = {}
    for name, value in arguments.items():
        plain = name.removeprefix(_CHANNEL)
        if not plain.endswith(_IMAGE):
            inputs[plain] = getattr(value, "uri", value)
    return {"command": command, "inputs": inputs, "program": dict(program)}


def keep(folder: Path, stage: str, parts: Parts) -> None:
    """Keep the parts of a task that has ended well, in place of its earlier ones."""
    with suppress(OSError):  # only told by a later run: not worth failing a task that succeeded
        folder.mkdir(exist_ok=True)
        partial = folder / f".{stage}.partial"
        partial.write_text(json.dumps(parts), "utf-8")
        partial.replace(folder / f"{stage}.json")


def why(folder: Path, stage: str, parts: Parts | None) -> str:
    """Say what changed since the task last ended well; `parts` is None for one that is never reused."""
    if parts is None:
        return ALWAYS
    try:
        before: Parts = json.loads((folder / f"{stage}.json").read_text("utf-8"))
        changes = [*_inputs(before["inputs"], parts["inputs"]), *_program(before["program"], parts["program"])]
        if before["command"] != parts["command"] and not changes:
            changes = ["its component changed"]
    except (OSError, ValueError, KeyError, TypeError):
        return FIRST
    if not changes:
        return GONE
    more = len(changes) - _SHOWN
    return "; ".join(changes[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _inputs(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    told = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name), json.loads(json.dumps(now.get(name), default=str))
        if old != new:
            is_artifact = "/" in str(old) and "/" in str(new) and name != "repository"
            told.append(f"another {name.split('-')[-1]}" if is_artifact else f"{name} {old} -> {new}")
    return told


def _program(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    told = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        if "." not in name:
            told.append(f"setting {name} {old} -> {new}")
        else:
            told.append(f"{name} {'is new' if old is None else 'is gone' if new is None else 'changed'}")
    return told
