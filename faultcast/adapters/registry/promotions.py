"""The promotion log: which version became what, when, by whom and why, from what, and back.

MLflow keeps no history of aliases. Lines are only ever added. Before an alias moves, a line says what is intended;
afterwards another says that it is done. Where the second is missing, the process was killed in between, and the next
one to promote adds what is true: `done` where the alias points to the version, `undone` where it does not. It moves
nothing: **MLflow's alias says who is champion, the log says how that came to be.**

The lines lie beside the aliases: with MLflow's database inside the state folder in `promotions.jsonl`, synced line by
line; with a server as tags of the registered model, so that every machine reads the same log.
"""

import json
import os
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol

from faultcast.adapters.registry.client import MlflowClient, MlflowException, is_absent

PROMOTION, ROLLBACK = "promotion", "rollback"
INTENDED, DONE, UNDONE = "intended", "done", "undone"


@dataclass(frozen=True, slots=True)
class Promotion:
    """One entry. `at` is ISO 8601 in UTC; versions are "" where there was none.

    `verdict` is what was known of `to_version` then; `forced`: it was promoted although that was not PASS.
    """

    at: str
    by: str
    model: str
    alias: str
    from_version: str
    to_version: str
    why: str
    kind: str = PROMOTION
    verdict: str = ""
    forced: bool = False
    id: str = ""
    state: str = DONE


class Lines(Protocol):
    """Where lines are kept, each a JSON object."""

    def add(self, model: str, line: Mapping[str, object]) -> None:
        """Add one line, safe when this returns."""

    def read(self, model: str) -> list[dict[str, Any]]:
        """Every line of a model, oldest first."""


class FileLines:
    """One JSON object a line in a file; a line that a crash tore stays alone and is left out."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, model: str, line: Mapping[str, object]) -> None:
        is_new = not self._path.exists()
        with self._path.open("a+b") as file:
            torn = False
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                torn = file.read(1) != b"\n"
            file.write((b"\n" if torn else b"") + json.dumps({**line, "model": model}).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _sync_folder(self._path.parent)

    def read(self, model: str) -> list[dict[str, Any]]:
        lines = self._path.read_text(encoding="utf-8").split("\n") if self._path.is_file() else []
        found: list[dict[str, Any]] = [json.loads(line) for line in lines if line.endswith("}")]
        return [line for line in found if line["model"] == model]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class TagLines:
    """One tag a line on the registered model; no name is used twice, so nothing is written over."""

    _PREFIX = "faultcast.promotion."

    def __init__(self, client: MlflowClient) -> None:
        self._client = client

    def add(self, model: str, line: Mapping[str, object]) -> None:
        name = f"{self._PREFIX}{time.time_ns():020}.{uuid.uuid4().hex[:8]}"
        self._client.set_registered_model_tag(model, name, json.dumps({**line, "model": model}))

    def read(self, model: str) -> list[dict[str, Any]]:
        try:
            tags: dict[str, str] = self._client.get_registered_model(model).tags
        except MlflowException as error:
            if not is_absent(error):
                raise
            return []
        return [json.loads(tags[name]) for name in sorted(tags) if name.startswith(self._PREFIX)]


class Log:
    """Entries, made of lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def intend(self, entry: Promotion) -> None:
        """Write down what is about to be done."""
        line = asdict(entry)
        del line["state"]
        self._lines.add(entry.model, line)

    def mark(self, entry: Promotion, state: str) -> None:
        """Write down what became of it."""
        self._lines.add(entry.model, {"id": entry.id, "mark": state})

    def entries(self, model: str) -> list[Promotion]:
        """Every entry of a model, oldest first. What was moved once was done, whoever thought it was not."""
        lines = self._lines.read(model)
        marks = {line["id"]: UNDONE for line in lines if "mark" in line}
        marks |= {line["id"]: DONE for line in lines if line.get("mark") == DONE}
        known = {one.name for one in fields(Promotion)}
        entries = [
            Promotion(**{name: value for name, value in line.items() if name in known})
            for line in lines
            if "mark" not in line
        ]
        # Lines of an earlier version have no id and no mark.
        return [replace(one, state=marks.get(one.id, INTENDED)) if one.id else one for one in entries]


def before(entries: Iterable[Promotion], alias: str, now: str) -> str:
    """The version that `alias` pointed to before `now`, the one it points to; "" if there was none.

    Promotions are stacked, rollbacks take off. Where `now` is not on top, the alias was moved by other hands, and
    the last version that the log knows of is the one before.
    """
    held: list[str] = []
    for entry in entries:
        if entry.alias != alias or entry.state != DONE:
            continue
        if entry.kind == ROLLBACK and entry.to_version in held:
            while held[-1] != entry.to_version:
                held.pop()
            continue
        if entry.from_version and held[-1:] != [entry.from_version]:
            held.append(entry.from_version)
        held.append(entry.to_version)
    if held[-1:] == [now]:
        held.pop()
    return held[-1] if held else ""
