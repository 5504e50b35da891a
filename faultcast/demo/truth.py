"""What was planted: which change carries a fault, which commit fixes it, and how risky each change was."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

Trace = Literal["direct", "masked", "added"]
"""How a fix leads back: it changes the inducing line; that line was touched cosmetically since; it only adds lines."""


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """One fault. ``fix`` is "" while nobody has found it; ``path`` is the file's at the time of the fix."""

    inducing: str
    fix: str
    path: str
    what: str
    trace: Trace
    is_told: bool  # the fix's message says that it is one


@dataclass(frozen=True, slots=True)
class Truth:
    """The planted truth; commits are full ids, ``propensity`` is each change's true risk (0..1)."""

    seed: int
    tip: str
    faults: tuple[PlantedFault, ...]
    propensity: dict[str, float]

    @property
    def inducing(self) -> dict[str, tuple[str, ...]]:
        """Inducing commit -> the commits that fixed it, in time order (none while undiscovered)."""
        found: dict[str, tuple[str, ...]] = {}
        for fault in self.faults:
            fixes = found.get(fault.inducing, ())
            found[fault.inducing] = fixes if fault.fix in ("", *fixes) else (*fixes, fault.fix)
        return found

    @property
    def fixes(self) -> frozenset[str]:
        return frozenset(fault.fix for fault in self.faults if fault.fix)

    @property
    def links(self) -> frozenset[tuple[str, str]]:
        """(fix, inducing) pairs."""
        return frozenset((fault.fix, fault.inducing) for fault in self.faults if fault.fix)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            data["seed"], data["tip"], tuple(PlantedFault(**fault) for fault in data["faults"]), data["propensity"]
        )


def truth_path(folder: Path) -> Path:
    """Where a repository's truth lies: beside it, so that nothing that reads the repository sees it."""
    return folder.parent / "truth.json"
