"""What a report is made of: plain data, so that it can be rendered again without the run."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month (UTC) of the history. `unripe` changes are too young to be called clean."""

    month: str  # "2024-05"
    changes: int
    fixes: int
    inducing: int
    unripe: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInputs:
    """Everything the report says. Instants are unix seconds."""

    repository: str
    """Name as a person would say it."""
    location: str
    """What to type to mean it again: the path or URL of the run."""
    commits: int
    authors: int
    first_commit_at: int
    last_commit_at: int
    languages: Mapping[str, int]
    """Files (or lines; `languages_unit`) by language or kind."""
    languages_unit: str = "files"
    fixes_by_rule: Mapping[str, int]
    """Fix commits by the rule that recognised them."""
    inducing: int
    inducing_confidences: Sequence[float] = ()
    """One confidence (0..1) an inducing change."""
    months: Sequence[Month] = ()
    dataset: Mapping[str, Any] = field(default_factory=dict)
    """dataset.json; empty where no dataset could be assembled."""
    predictions: Mapping[str, Any] = field(default_factory=dict)
    """predictions.json."""
    evaluation: Mapping[str, Any] | None = None
    """evaluation.json of the test split; `None` where no model was trained."""
    verdict: Mapping[str, Any] | None = None
    """verdict.json."""
    model: Mapping[str, Any] = field(default_factory=dict)
    """What is known of the served model: name, version, kind, code_version, seed, data_fingerprint …"""
    command: str = ""
    """What to type to get this report again."""
    seconds: float = 0.0
    """How long the run took."""
    generated_at: int = 0
    notice: str = ""
    """What a reader has to know before everything else, such as that the history is made up."""

    @property
    def fixes(self) -> int:
        return sum(self.fixes_by_rule.values())

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> "ReportInputs":
        """Read back what `dataclasses.asdict` gave, also by way of JSON."""
        return cls(**{**found, "months": tuple(Month(**month) for month in found.get("months", ()))})

    @property
    def has_model(self) -> bool:
        """Whether changes are ranked by a model, of this repository or learnt on others, not by lines added alone."""
        return self.predictions.get("model", {}).get("basis") in ("model", "general")

    @property
    def is_general(self) -> bool:
        """Whether that model was learnt on other projects, this history being too small."""
        return bool(self.predictions.get("model", {}).get("basis") == "general")

    @property
    def served(self) -> str:
        """Name, in the evaluation, of the model that ranks the changes; empty where it was not judged.

        The chosen one where it was registered; else the champion that stays, if it was judged too.
        """
        if not self.has_model or not self.evaluation:
            return ""
        if (self.verdict or {}).get("outcome") == "PASS":
            return str(self.evaluation.get("chosen") or "")
        return "champion" if "champion" in self.evaluation["models"] else ""

    @property
    def judged(self) -> str:
        """Name of the model whose numbers come first: the served one, else the chosen one."""
        return self.served or str((self.evaluation or {}).get("chosen") or "")

    @property
    def entry(self) -> Mapping[str, Any]:
        """The evaluation of the `judged` model; empty where there is none."""
        found: Mapping[str, Any] = (self.evaluation or {}).get("models", {}).get(self.judged, {})
        return found

    @property
    def baseline(self) -> Mapping[str, Any]:
        """The entry of lines added alone; empty where nothing was evaluated."""
        if not self.evaluation:
            return {}
        found: Mapping[str, Any] = self.evaluation["baselines"].get("lines_added", {})
        return found


def count_months(
    changes: Iterable[int], fixes: Iterable[int], inducing: Iterable[int], unripe: Iterable[int]
) -> tuple[Month, ...]:
    """Count instants (unix seconds) by calendar month, empty months in between included.

    >>> [(m.month, m.changes) for m in count_months([0, 86400 * 70], [0], [], [])]
    [('1970-01', 1), ('1970-02', 0), ('1970-03', 1)]
    """
    counts = [Counter(_month_number(at) for at in instants) for instants in (changes, fixes, inducing, unripe)]
    numbers = [number for counter in counts for number in counter]
    if not numbers:
        return ()
    return tuple(
        Month(f"{n // 12:04d}-{n % 12 + 1:02d}", *(counter[n] for counter in counts))
        for n in range(min(numbers), max(numbers) + 1)
    )


def _month_number(at: int) -> int:
    when = datetime.fromtimestamp(at, UTC)
    return when.year * 12 + when.month - 1
