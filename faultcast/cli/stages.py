"""The table of a run's stages: what each did, why it was not reused, how long it took, what it left."""

from pipelines.results import RunResult, TaskResult

_STATES = {"done": "ran", "cached": "reused", "failed": "failed"}
_HEAD = ("stage", "state", "seconds", "artifacts", "why it ran")


def stage_lines(result: RunResult) -> list[str]:
    """One line a stage, in the order in which they ended, under a head."""
    rows = [_HEAD, *(_row(task) for task in result.tasks)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    widths[2] = -widths[2]  # numbers stand to the right
    return ["  ".join(["", *map(_column, row, widths), row[4]]).rstrip() for row in rows]


def stage_data(result: RunResult) -> list[dict[str, object]]:
    """The same for ``--json``, with paths."""
    return [
        {
            "stage": task.stage,
            "state": task.state,
            "seconds": round(task.seconds, 2),
            "found": task.found,
            "why": task.why,
            "artifacts": {name: str(path) for name, path in task.artifacts.items()},
        }
        for task in result.tasks
    ]


def _row(task: TaskResult) -> tuple[str, str, str, str, str]:
    state = _STATES.get(task.state, task.state)
    return task.stage, state, f"{task.seconds:.1f}", ", ".join(task.artifacts) or "none", task.why


def _column(text: str, width: int) -> str:
    return text.ljust(width) if width > 0 else text.rjust(-width)
