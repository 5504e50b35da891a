"""``python -m faultcast.steps STAGE NAME=VALUE …``: run one stage on files, as dvc.yaml does.

    python -m faultcast.steps mine repository=../shop revision=FULL_COMMIT_ID history=run/history

Names are those of the stage's parameters. Ends with 0, or with the exit code of the error (`faultcast.errors`) and
its message on stderr.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from faultcast.errors import FaultcastError, UsageError

STAGES = (
    "pin", "mine", "label", "describe", "materialize", "assemble", "train", "validate", "decide", "register", "archive",
    "deploy", "score", "report",
)  # fmt: skip
_TYPES: dict[object, Callable[[str], object]] = {str: str, int: int, float: float}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stage that is named; return the exit code."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if not typed or typed[0] not in STAGES:
            raise UsageError(f"found {typed[:1] or 'no stage'}, expected one of {', '.join(STAGES)}")
        stage = getattr(import_module(f"faultcast.steps.{typed[0]}"), typed[0])
        stage(**_values(stage, typed[1:]))
    except FaultcastError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _values(stage: Callable[..., None], typed: Sequence[str]) -> dict[str, object]:
    wanted = inspect.signature(stage).parameters
    given = dict(text.partition("=")[::2] for text in typed)
    if given.keys() != wanted.keys():
        raise UsageError(f"found {', '.join(given) or 'no values'}; {stage.__name__} expects {', '.join(wanted)}")
    try:
        return {name: _TYPES[wanted[name].annotation](value) for name, value in given.items()}
    except ValueError as error:
        raise UsageError(f"{stage.__name__}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
