"""What happened before a change: folds over the history in the order in which changes arrived.

`describe` reads the past, then the change is observed and becomes part of it. The whole past can be
saved and loaded, so that one new change is described without mining the history again. Each fold is
a part of its own, with `observe`, `state` and `restored`.
"""

import json
import zlib
from pathlib import Path
from typing import Any

from faultcast.errors import NotFound
from faultcast.features.author_past import Authors
from faultcast.features.co_change import CoChanges
from faultcast.features.fault_past import Faults
from faultcast.features.file_past import Files
from faultcast.features.function_past import Functions
from faultcast.features.import_past import Imports
from faultcast.features.touched import NOTHING, Touched
from faultcast.records import Commit

_FORMAT = 2


class Past:
    """State of all folds, up to and with the commit at `position`."""

    def __init__(self) -> None:
        self.files = Files()
        self.authors = Authors()
        self.faults = Faults()
        self.functions = Functions()
        self.co_changes = CoChanges()
        self.imports = Imports()
        self.position = -1
        self.commit = ""

    def observe(self, commit: Commit, touched: Touched = NOTHING) -> None:
        """Let a change become the past. A merge only tells how long the files are that it wrote."""
        self.position, self.commit = commit.position, commit.id
        self.files.observe(commit)
        if commit.is_merge:
            return
        self.authors.observe(commit)
        is_fix = self.faults.observe(commit)
        self.functions.observe(commit, touched, is_fix=is_fix)
        self.co_changes.observe(commit)
        self.imports.observe(commit, touched)

    def save(self, path: Path) -> None:
        """Write the state: compressed JSON, whole or not at all."""
        state = {
            "format": _FORMAT,
            "position": self.position,
            "commit": self.commit,
            "files": self.files.state(),
            "authors": self.authors.state(),
            "faults": self.faults.state(),
            "functions": self.functions.state(),
            "co_changes": self.co_changes.state(),
            "imports": self.imports.state(),
        }
        partial = path.with_name(f"{path.name}.partial")
        partial.write_bytes(zlib.compress(json.dumps(state, separators=(",", ":")).encode(), 3))
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Past":
        """Read a state that `save` wrote.

        Raises:
            NotFound: there is none, or it is of another format.
        """
        try:
            state: dict[str, Any] = json.loads(zlib.decompress(path.read_bytes()))
            if state["format"] != _FORMAT:
                raise NotFound(
                    f"{path}: found format {state['format']}, expected {_FORMAT}. Run `faultcast run` again."
                )
            return cls._restored(state)
        except (FileNotFoundError, zlib.error, ValueError, TypeError, KeyError) as error:
            raise NotFound(
                f"{path}: found no usable state of the past ({error}). Run `faultcast run` first."
            ) from error

    @classmethod
    def _restored(cls, state: dict[str, Any]) -> "Past":
        past = cls()
        past.position, past.commit = state["position"], state["commit"]
        past.files = Files.restored(state["files"])
        past.authors = Authors.restored(state["authors"])
        past.faults = Faults.restored(state["faults"])
        past.functions = Functions.restored(state["functions"])
        past.co_changes = CoChanges.restored(state["co_changes"])
        past.imports = Imports.restored(state["imports"])
        return past
