"""What happened to each function (in Terraform: each block) so far, and how many functions call a name."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from faultcast.features.fault_past import Faults
from faultcast.features.file_past import DAY, Value
from faultcast.features.touched import OUTSIDE, Part, Touched, plain_name
from faultcast.records import Commit


@dataclass(slots=True)
class FunctionPast:
    """What happened to one function so far."""

    last_changed_at: int = 0
    changes: int = 0
    authors: set[str] = field(default_factory=set)
    fixes: list[int] = field(default_factory=list)  # positions of the fixes that repaired it


class Functions:
    """The fold over functions, by path and name. It moves with a renamed file or function and ends with it."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, FunctionPast]] = {}
        self.callers: Counter[str] = Counter()  # name -> functions that call it

    def of(self, parts: Iterable[tuple[str, Part]]) -> list[FunctionPast]:
        """The pasts of parts that have one; each comes with the path that its file had before."""
        found = (self.files.get(path, {}).get(part.before.name) for path, part in parts if part.before is not None)
        return [past for past in found if past is not None]

    def observe(self, commit: Commit, touched: Touched, *, is_fix: bool) -> None:
        """Let a change become the past of the functions that it touched."""
        for file in commit.files:
            if file.status == "R" and file.old_path in self.files:
                self.files[file.path] = self.files.pop(file.old_path)
            if file.path in touched:
                known = self.files.setdefault(file.path, {})
                self._observe_parts(known, touched[file.path].parts, commit, is_fix=is_fix)
            if file.status == "D" or not self.files.get(file.path, True):
                self.files.pop(file.path, None)

    def _observe_parts(
        self, known: dict[str, FunctionPast], parts: tuple[Part, ...], commit: Commit, *, is_fix: bool
    ) -> None:
        names = [part.before.name for part in parts if part.before is not None]
        before = {name: known.pop(name, None) for name in names}
        for part in parts:
            self._count_calls(part)
            if part.after is None:
                continue
            past = (before.get(part.before.name) if part.before is not None else None) or FunctionPast()
            past.last_changed_at = commit.committed_at
            past.changes += 1
            past.authors.add(commit.author)
            if is_fix and part.before is not None:
                past.fixes.append(commit.position)
            known[part.name] = past

    def _count_calls(self, part: Part) -> None:
        now = part.after.calls if part.after else ()
        was = part.before.calls if part.before else ()
        if now == was:
            return
        for name in set(now).difference(was):
            self.callers[name] += 1
        for name in set(was).difference(now):
            if self.callers[name] > 1:
                self.callers[name] -= 1
            else:
                del self.callers[name]

    def state(self) -> Any:
        """All of it as JSON; authors by their place in a list, as they repeat."""
        authors: dict[str, int] = {}
        files = {
            path: {
                name: [
                    past.last_changed_at,
                    past.changes,
                    sorted(authors.setdefault(author, len(authors)) for author in sorted(past.authors)),
                    past.fixes,
                ]
                for name, past in functions.items()
            }
            for path, functions in self.files.items()
        }
        return {"authors": list(authors), "files": files, "callers": self.callers}

    @classmethod
    def restored(cls, state: Any) -> "Functions":
        """The fold from its `state`."""
        fold = cls()
        authors = state["authors"]
        fold.callers = Counter(state["callers"])
        fold.files = {
            path: {
                name: FunctionPast(last, changes, {authors[place] for place in who}, fixes)
                for name, (last, changes, who, fixes) in functions.items()
            }
            for path, functions in state["files"].items()
        }
        return fold


_LAST_NAME = re.compile(r"::|\.")
_NAMES = (
    "function_changes", "function_developers", "function_age_days", "function_prior_faults",
    "function_prior_faults_faded", "callees", "callers",
)  # fmt: skip


def function_values(commit: Commit, touched: Touched, functions: Functions, faults: Faults) -> dict[str, Value]:
    """What happened to the touched functions before, and how they hang together with others."""
    if not touched:
        return dict.fromkeys(_NAMES)
    old_paths = {file.path: file.old_path for file in commit.files}
    parts = [(old_paths[path], part) for path, file in touched.items() for part in file.parts if part.name != OUTSIDE]
    known = functions.of(parts)
    authors: set[str] = set()
    fixes: set[int] = set()
    for past in known:
        authors.update(past.authors)
        fixes.update(past.fixes)
    ages = [max(0, commit.committed_at - past.last_changed_at) / DAY for past in known]
    names = {name for _, part in parts for name in _called_as(part)}
    called = {name for _, part in parts if part.after for name in part.after.calls}
    return {
        "function_changes": sum(past.changes for past in known),
        "function_developers": len(authors),
        "function_age_days": sum(ages) / len(ages) if ages else None,
        "function_prior_faults": len(fixes),
        "function_prior_faults_faded": faults.faded(fixes, commit.committed_at),
        "callees": len(called),
        "callers": sum(functions.callers[name] for name in names),
    }


def _called_as(part: Part) -> tuple[str, ...]:
    """The names under which calls can mean it: a method is called by its own name, a block by its whole address."""
    function = part.after or part.before
    if function is None:
        return ()
    name = plain_name(function.name)
    return name, _LAST_NAME.split(name)[-1]
