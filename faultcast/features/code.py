"""What the code of the touched source files is like, and what the change did to it: whole files, touched functions."""

from collections.abc import Callable, Iterable, Sequence

from faultcast.features.file_past import Value
from faultcast.features.touched import OUTSIDE, Touched
from faultcast.measures.smells import count_of
from faultcast.records import FunctionMeasures, Measures

_FILE_NAMES = (
    "cyclomatic", "cyclomatic_delta", "cyclomatic_max", "cognitive", "cognitive_delta", "nesting_max", "functions",
    "functions_delta", "function_lines_max", "parameters_max", "halstead_volume", "halstead_volume_delta",
    "comment_share", "docstring_share", "imports", "smells", "smells_delta",
    "anti_patterns", "patterns", "cohesion", "cohesion_delta", "lcom_max",
)  # fmt: skip
_FUNCTION_NAMES = (
    "functions_touched", "functions_added", "functions_removed", "function_share",
    "touched_cyclomatic", "touched_cyclomatic_delta", "touched_cyclomatic_max", "touched_cognitive",
    "touched_cognitive_delta", "touched_nesting_max", "touched_parameters_max", "touched_parameters_delta",
    "touched_lines_max", "touched_volume", "touched_volume_delta", "maintainability", "maintainability_delta",
    "touched_smells", "touched_smells_delta",
)  # fmt: skip


def file_values(touched: Touched) -> dict[str, Value]:
    """Sums and maxima over the touched source files; missing where none of them can be read."""
    files = touched.values()
    if not files:
        return dict.fromkeys(_FILE_NAMES)
    before = [file.before for file in files if file.before]
    after = [file.after for file in files if file.after]
    lines = sum(found.lines for found in after)
    volume, volume_before = _volume(after), _volume(before)
    cyclomatic, cognitive = sum(m.cyclomatic for m in after), sum(m.cognitive for m in after)
    functions = sum(m.functions for m in after)
    smells = sum(_smells(file.smells_after) for file in files)
    cohesion = _mean(one.tcc for file in files for one in file.classes_after)
    cohesion_before = _mean(one.tcc for file in files for one in file.classes_before)
    return {
        "cyclomatic": cyclomatic,
        "cyclomatic_delta": cyclomatic - sum(m.cyclomatic for m in before),
        "cyclomatic_max": max((m.cyclomatic_max for m in after), default=0),
        "cognitive": cognitive,
        "cognitive_delta": cognitive - sum(m.cognitive for m in before),
        "nesting_max": max((m.nesting_max for m in after), default=0),
        "functions": functions,
        "functions_delta": functions - sum(m.functions for m in before),
        "function_lines_max": max((m.function_lines_max for m in after), default=0),
        "parameters_max": max((m.parameters_max for m in after), default=0),
        "halstead_volume": volume,
        "halstead_volume_delta": _difference(volume, volume_before),
        "comment_share": sum(m.comment_lines for m in after) / lines if lines else None,
        "docstring_share": _docstring_share(after),
        "imports": sum(m.imports for m in after),
        "smells": smells,
        "smells_delta": smells - sum(_smells(file.smells_before) for file in files),
        "anti_patterns": sum(count_of(file.smells_after, "anti-pattern") for file in files),
        "patterns": sum(count_of(file.smells_after, "pattern") for file in files),
        "cohesion": cohesion,
        "cohesion_delta": _difference(cohesion, cohesion_before),
        "lcom_max": max(
            (one.lcom4 for file in files for one in file.classes_after if one.lcom4 is not None), default=None
        ),
    }


def function_measures(touched: Touched) -> dict[str, Value]:
    """The touched functions (in Terraform: blocks) alone; missing where no touched file can be read."""
    if not touched:
        return dict.fromkeys(_FUNCTION_NAMES)
    parts = [part for file in touched.values() for part in file.parts]
    inside = [part for part in parts if part.name != OUTSIDE]
    before = [part.before for part in inside if part.before]
    after = [part.after for part in inside if part.after]
    changed = sum(part.lines_added + part.lines_deleted for part in parts)
    worst, worst_before = _worst(after), _worst(before)
    return {
        "functions_touched": len(inside),
        "functions_added": sum(part.before is None for part in inside),
        "functions_removed": sum(part.after is None for part in inside),
        "function_share": sum(part.lines_added + part.lines_deleted for part in inside) / changed if changed else None,
        "touched_cyclomatic": sum(f.cyclomatic for f in after),
        "touched_cyclomatic_delta": _delta(after, before, lambda f: f.cyclomatic),
        "touched_cyclomatic_max": max((f.cyclomatic for f in after), default=None),
        "touched_cognitive": sum(f.cognitive for f in after),
        "touched_cognitive_delta": _delta(after, before, lambda f: f.cognitive),
        "touched_nesting_max": max((f.nesting for f in after), default=None),
        "touched_parameters_max": max((f.parameters for f in after), default=None),
        "touched_parameters_delta": _delta(after, before, lambda f: f.parameters),
        "touched_lines_max": max(map(lines_of, after), default=None),
        "touched_volume": _volume(after),
        "touched_volume_delta": _difference(_volume(after), _volume(before)),
        "maintainability": worst,
        "maintainability_delta": _difference(worst, worst_before),
        "touched_smells": sum(_smells(f.smells) for f in after),
        "touched_smells_delta": _delta(after, before, lambda f: _smells(f.smells)),
    }


def lines_of(function: FunctionMeasures) -> int:
    """Length in lines."""
    return function.end_line - function.start_line + 1


def _worst(functions: Iterable[FunctionMeasures]) -> float | None:
    known = [function.maintainability for function in functions if function.maintainability is not None]
    return min(known, default=None)


def _docstring_share(files: Iterable[Measures]) -> float | None:
    known = [(file.docstring_share, file.functions) for file in files if file.docstring_share is not None]
    functions = sum(count for _, count in known)
    return sum(share * count for share, count in known) / functions if functions else None


def _delta(
    after: Iterable[FunctionMeasures], before: Iterable[FunctionMeasures], number: Callable[[FunctionMeasures], int]
) -> int:
    return sum(map(number, after)) - sum(map(number, before))


def _volume(versions: Sequence[Measures] | Sequence[FunctionMeasures]) -> float | None:
    volumes = [version.halstead_volume for version in versions]
    return None if None in volumes else float(sum(volume for volume in volumes if volume is not None))


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _smells(counts: tuple[tuple[str, int], ...]) -> int:
    return count_of(counts, "smell", "anti-pattern")


def _mean(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else None
