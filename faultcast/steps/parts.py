"""The parts of one change with a risk each: which function, which block is it?"""

from typing import Any

from faultcast import dataset as data
from faultcast.features import Part, Row
from faultcast.features.measured import touched_history
from faultcast.features.parts import describe_part, parts
from faultcast.features.table import to_table
from faultcast.features.touched import OUTSIDE
from faultcast.history import Repository
from faultcast.models import Explainable
from faultcast.records import Commit, FunctionMeasures

_NUMBERS = ("cyclomatic", "cognitive", "nesting", "parameters", "halstead_volume", "maintainability")


def risks_of_parts(model: Explainable, repository: Repository, commit: Commit, row: Row) -> list[dict[str, Any]]:
    """Return at most 20 parts of a change, riskiest first.

    A part's risk is that of the change with this part alone; what history tells is that of the whole change, whose
    row is `row`. ``before``, ``after`` and ``delta`` have a function's numbers, or null where it has no such side.
    """
    ((_, touched),) = touched_history(repository, [commit])
    found = parts(commit, touched)
    if not found:
        return []
    described = [describe_part(commit, touched, part, row) for part in found]
    risks = model.risk(to_table(described, "").to_pandas(types_mapper=data.nullable_types))
    told = [_told(part, float(risk), model) for part, risk in zip(found, risks, strict=True)]
    return sorted(told, key=lambda part: (-part["risk"], part["path"], part["name"]))


def _told(part: Part, risk: float, model: Explainable) -> dict[str, Any]:
    side = part.after or part.before
    before, after = _numbers(part.before), _numbers(part.after)
    return {
        "path": part.path,
        "name": part.name,
        "is_outside": part.name == OUTSIDE,
        "start_line": side.start_line if side else None,
        "end_line": side.end_line if side else None,
        "lines_added": part.lines_added,
        "lines_deleted": part.lines_deleted,
        "risk": round(risk, 6),
        "band": str(model.band(risk)),
        "before": before,
        "after": after,
        "delta": _difference(before, after),
        "smells": dict(part.after.smells) if part.after else {},
    }


def _numbers(function: FunctionMeasures | None) -> dict[str, float | None] | None:
    if function is None:
        return None
    lines = {"lines": function.end_line - function.start_line + 1}
    return lines | {name: getattr(function, name) for name in _NUMBERS}


def _difference(
    before: dict[str, float | None] | None, after: dict[str, float | None] | None
) -> dict[str, float | None] | None:
    if before is None or after is None:
        return None
    return {
        name: None if (now := after[name]) is None or (was := before[name]) is None else now - was for name in after
    }
