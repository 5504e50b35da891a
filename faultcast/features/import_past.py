"""Who imports whom before a change (Zimmermann and Nagappan 2008, predicting defects from the dependency graph)."""

from typing import Any

from faultcast.features.file_past import Value
from faultcast.features.touched import Touched
from faultcast.measures.imports import ImportGraph
from faultcast.records import Commit


class Imports:
    """The fold over imports: the graph of the source files as they were last written."""

    def __init__(self) -> None:
        self.graph = ImportGraph()

    def observe(self, commit: Commit, touched: Touched) -> None:
        """Let a change become the past."""
        for file in commit.files:
            found = touched.get(file.path)
            if file.status == "R" and found is not None:
                self.graph.remove(file.old_path)
            if found is not None and found.after is not None:
                self.graph.observe(file.path, found.after.language, found.imports)
            elif file.status == "D":
                self.graph.remove(file.path)

    def state(self) -> Any:
        """All of it as JSON."""
        return self.graph.to_state()

    @classmethod
    def restored(cls, state: Any) -> "Imports":
        """The fold from its `state`."""
        fold = cls()
        fold.graph = ImportGraph.from_state(state)
        return fold


def import_values(commit: Commit, touched: Touched, imports: Imports) -> dict[str, Value]:
    """How many files the touched ones import, and are imported by, before the change."""
    if not touched:
        return {"fan_in": None, "fan_out": None}
    paths = [file.old_path for file in commit.files if file.path in touched]
    return {
        "fan_in": len({other for path in paths for other in imports.graph.importers(path)}),
        "fan_out": len({other for path in paths for other in imports.graph.imported(path)}),
    }
