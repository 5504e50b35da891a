"""The world of the simulation: the shop's files, who holds which of them on a branch, and the faults at large."""

import random
import re
from dataclasses import dataclass, field

from faultcast.demo.codebase import (
    JAVASCRIPT,
    PYTHON,
    TERRAFORM,
    Language,
    Line,
    Passage,
    SourceFile,
    draw_words,
    fill,
)
from faultcast.demo.draft import Draft, Insertion
from faultcast.demo.vocabulary import FIELDS, NOUNS

FOLDERS: dict[str, tuple[str, ...]] = {
    "src": ("src/shop/orders", "src/shop/catalogue", "src/shop/payments", "src/shop/imports"),
    "web": ("web/components", "web/state", "web/api"),
    "infra": ("infra/network", "infra/data", "infra/compute"),
}
LANGUAGES: dict[str, Language] = {"src": PYTHON, "web": JAVASCRIPT, "infra": TERRAFORM}

_A_VOWEL = re.compile(r"\b([Aa]) (?=[aeio])")


@dataclass(slots=True, eq=False)
class Fault:
    """A fault at large: either a wrong choice in ``line``, or ``omitted`` lines missing after ``anchor``."""

    inducing: str
    draft: Draft
    where: Insertion
    what: str
    due: int  # when somebody will notice, unix seconds
    line: Line | None = None
    choice: int = 0
    right: str = ""
    omitted: tuple[Line, ...] = ()
    anchor: Line | None = None
    is_masked: bool = False

    @property
    def wrong_text(self) -> str:
        return "".join(self.where.file.write(self.line).split()) if self.line else ""


@dataclass(slots=True)
class Shop:
    """All that changes while history is made."""

    rng: random.Random
    noise: float
    files: dict[str, SourceFile] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    held: dict[int, str] = field(default_factory=dict)  # id(file) -> the branch that works on it
    pinned: set[int] = field(default_factory=set)  # id(file) that keep path and style until a merge
    faults: list[Fault] = field(default_factory=list)
    experience: dict[str, int] = field(default_factory=dict)
    issue: int = 11
    version: int = 1

    def is_free(self, file: SourceFile, branch: str = "") -> bool:
        return self.held.get(id(file), "") == branch and file.path in self.files

    def available(self, area: str, branch: str = "") -> list[SourceFile]:
        """Source files of an area that may be changed here and now."""
        return [file for file in self.files.values() if file.path.startswith(area) and self.is_free(file, branch)]

    def create(self, path: str, language: Language, noun: str, preamble: str, branch: str = "") -> SourceFile:
        """A new file in its folder's style: early JavaScript has no semicolons, early Python single quotes."""
        text = fill(preamble, draw_words(self.rng, noun, self.rng.choice(FIELDS)))
        file = SourceFile(path, language, text, single_quotes=self.rng.random() < 0.4)
        if language is JAVASCRIPT:
            file.semicolons, file.width, file.single_quotes = self.rng.random() < 0.5, self.rng.choice((2, 4)), False
        if language is TERRAFORM:
            file.width, file.single_quotes, file.aligned = 2, False, self.rng.random() < 0.5
        self.files[path] = file
        if branch:
            self.held[id(file)] = branch
        return file

    def free_path(self, area: str) -> tuple[str, str]:
        """A path that no file has yet, and its noun."""
        for _ in range(60):
            noun, folder = self.rng.choice(NOUNS), self.rng.choice(FOLDERS[area])
            path = f"{folder}/{noun}{LANGUAGES[area].suffix}"
            if path not in self.files:
                return path, noun
        path = f"{folder}/{noun}_{len(self.files)}{LANGUAGES[area].suffix}"
        return path, noun

    def is_sound(self, passage: Passage) -> bool:
        return all(fault.where.passage is not passage for fault in self.faults)

    def next_issue(self) -> int:
        self.issue += self.rng.randint(1, 3)
        return self.issue

    def say(self, templates: tuple[str, ...], words: dict[str, str] | None = None) -> str:
        """One of the templates, with the words of a piece of code if it is about one."""
        words = words or draw_words(self.rng, self.rng.choice(NOUNS), self.rng.choice(FIELDS))
        return _A_VOWEL.sub(r"\1n ", fill(self.rng.choice(templates), words))
