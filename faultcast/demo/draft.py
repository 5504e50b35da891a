"""A change in the making, and how risky it truly is."""

import math
import random
from dataclasses import dataclass, field

from faultcast.demo.authors import Slot
from faultcast.demo.codebase import Passage, SourceFile, Unit

TOPIC_RISK = {
    "parsing": 0.9, "caching": 1.1, "concurrency": 1.5, "dates": 0.6, "money": 0.3, "network": 0.1, "storage": 0.0,
    "validation": -0.5, "plain": -0.8, "logging": -1.3, "rendering": -1.0,
}  # fmt: skip
"""Log-odds that what the code does adds: state, time and text formats go wrong, labels seldom do."""


@dataclass(slots=True, eq=False)
class Insertion:
    """One passage that a change wrote."""

    file: SourceFile
    unit: Unit
    passage: Passage
    is_head: bool = False  # the unit began with it


@dataclass(slots=True, eq=False)
class Draft:
    """What a commit will hold. ``texts`` are files outside the model of the code; None deletes."""

    slot: Slot
    subject: str = ""
    body: str = ""
    insertions: list[Insertion] = field(default_factory=list)
    files: dict[str, SourceFile] = field(default_factory=dict)
    texts: dict[str, str | None] = field(default_factory=dict)
    has_tests: bool = False
    creates_files: bool = False
    complexity: float = 0.0

    def touch(self, file: SourceFile) -> None:
        """Note a file before it is changed, with how tangled it was."""
        if file.path not in self.files:
            self.files[file.path] = file
            self.complexity = max(self.complexity, file.branches)

    @property
    def code(self) -> list[Insertion]:
        return [one for one in self.insertions if one.passage.topic != "test"]

    @property
    def topics(self) -> list[str]:
        return [one.passage.topic for one in self.code if not one.is_head]

    def contents(self) -> dict[str, str | None]:
        return {**self.texts, **{file.path: file.render() for file in self.files.values()}}


def true_risk(rng: random.Random, draft: Draft, experience: int) -> float:
    """The probability with which this change is given a fault: 0 where it writes no code.

    ``experience``: the author's earlier changes. The Gaussian term is what no feature shows.
    """
    if not draft.topics:
        return 0.0
    lines = sum(len(one.passage.lines) for one in draft.code)
    files = len({id(one.file) for one in draft.code})
    directories = len({one.file.path.split("/")[0] for one in draft.code})
    newcomer = sum(draft.slot.author.name not in file.touched_by for file in draft.files.values()) / len(draft.files)
    topics = [TOPIC_RISK[topic] for topic in draft.topics]
    log_odds = (
        -1.12
        + 0.2 * (math.log1p(lines) - 2.7)
        + 0.12 * min(files - 1, 4)
        + 0.2 * (directories - 1)
        + 0.35 * (math.log1p(draft.complexity) - 3)
        - 0.4 * (math.log1p(experience) - 4.6)
        + 0.4 * newcomer
        + (-0.5 if draft.has_tests else 0.25)
        + (0.8 if draft.slot.is_late else 0.0)
        + 0.45 * max(topics) + 0.5 * sum(topics) / len(topics)
        - draft.slot.author.care
        + rng.gauss(0, 0.4)
    )  # fmt: skip
    return 1 / (1 + math.exp(-log_odds))
