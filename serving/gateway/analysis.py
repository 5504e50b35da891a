"""An edit -> the questions to the model, and its files in numbers: what `POST /analyze/code` is made of."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from faultcast.measures import read
from faultcast.records import FileVersion, Prediction
from serving.gateway.questions import Code
from serving.wire.instances import parse_instance
from serving.wire.requests import Request

FUNCTION = ("name", "start_line", "end_line", "cyclomatic", "cognitive", "nesting", "parameters")


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit, read. `alone` are its files as edits of their own, in order; none where there is one file only."""

    whole: Request
    alone: tuple[Request, ...]
    files: tuple[tuple[str, FileVersion | None], ...]

    @classmethod
    def of(cls, code: Code) -> Self:
        """Compare and measure; takes milliseconds to seconds, call it off the event loop.

        Raises:
            BadChange: a file is too long to compare here.
        """
        files = [_file(one.path, one.before, one.code) for one in code.files]
        more = {name: value for name in ("message", "author") if (value := getattr(code, name)) is not None}
        parts = [files, *([one] for one in files)] if len(files) > 1 else [files]
        whole, *alone = (parse_instance({**more, "files": part}, "body") for part in parts)
        measured = tuple((one.path, read(one.path, one.code.encode())) for one in code.files)
        return cls(whole, tuple(alone), measured)

    def told(self, whole: Prediction, alone: Sequence[Prediction]) -> list[dict[str, Any]]:
        """Each file as `schemas.FileAnalysis` has it."""
        risks = alone or [whole]
        return [
            {"path": path, "risk": risk.risk, "band": risk.band.value, **_measured(found)}
            for (path, found), risk in zip(self.files, risks, strict=True)
        ]


def _file(path: str, before: str | None, after: str) -> dict[str, Any]:
    return {"path": path, "after": after} | ({} if before is None else {"before": before})


def _measured(found: FileVersion | None) -> dict[str, Any]:
    if found is None:
        return {"measures": None, "functions": [], "smells": {}}
    return {
        "measures": asdict(found.measures),
        "functions": [
            {name: getattr(one, name) for name in FUNCTION} | {"smells": dict(one.smells)} for one in found.functions
        ],
        "smells": dict(found.smells),
    }
