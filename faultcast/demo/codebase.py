"""The shop's files in memory: a file is made of units (functions, resources), a unit of passages.

A line keeps its choices apart from its text, so a fault is one choice that is wrong, and its fix
sets exactly that choice right, whatever cosmetics happened to the line in between.
"""

import random
import re
from dataclasses import dataclass, field

from faultcast.demo.vocabulary import FIELDS, NOUNS, Idiom, infra, python, web

SLOT = "\0"
_CHOICE = re.compile(r"<<(.+?)\|(.+?)>>(?!>)")
_WORD = re.compile(r"@(nouns|noun|Noun|field|Field|FIELD|verb|Verb|big|n)")
VERBS = ("apply", "build", "check", "collect", "export", "load", "merge", "plan", "price", "render", "settle", "sync")


@dataclass(frozen=True, slots=True)
class Language:
    """How one language of the shop is written."""

    name: str
    suffix: str
    comment: str
    idioms: tuple[Idiom, ...]
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    preamble: str
    tests: tuple[str, ...] = ()
    test_preamble: str = ""


PYTHON = Language(
    "python", ".py", "#", python.IDIOMS, python.HEADS, python.TAILS, python.PREAMBLE, python.TESTS, python.TEST_PREAMBLE
)
JAVASCRIPT = Language(
    "javascript", ".js", "//", web.IDIOMS, web.HEADS, web.TAILS, web.PREAMBLE, web.TESTS, web.TEST_PREAMBLE
)
TERRAFORM = Language("terraform", ".tf", "#", infra.IDIOMS, infra.HEADS, infra.TAILS, infra.PREAMBLE)


@dataclass(slots=True, eq=False)
class Line:
    """One line; identity matters, not equality. ``values`` fill the slots of ``text`` in order."""

    level: int
    text: str
    values: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)
    comment: str = ""
    trailing: str = ""

    def read(self) -> str:
        text = self.text
        for value in self.values:
            text = text.replace(SLOT, value, 1)
        return text


@dataclass(slots=True, eq=False)
class Passage:
    """Lines that one change wrote together. ``guard`` holds the lines that a slip may leave out."""

    topic: str
    lines: list[Line]
    guard: list[Line] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Unit:
    """A function, a test or a resource: head, body, tail."""

    name: str
    words: dict[str, str]
    passages: list[Passage]
    free_fields: list[str] = field(default_factory=list)

    def lines(self) -> list[Line]:
        return [line for passage in self.passages for line in passage.lines]


@dataclass(slots=True, eq=False)
class SourceFile:
    """One file with its style; `branches` is a plain count of the places where control forks."""

    path: str
    language: Language
    preamble: str
    units: list[Unit] = field(default_factory=list)
    width: int = 4
    single_quotes: bool = False
    semicolons: bool = False
    aligned: bool = True
    touched_by: dict[str, int] = field(default_factory=dict)

    @property
    def branches(self) -> int:
        return sum(
            line.text.startswith(("if ", "for ", "with ", "elif ")) for unit in self.units for line in unit.lines()
        )

    @property
    def length(self) -> int:
        return sum(len(passage.lines) for unit in self.units for passage in unit.passages)

    def write(self, line: Line) -> str:
        """One line as it stands in the file, without the newline."""
        text = line.read()
        if self.single_quotes and '"""' not in text and "'" not in text:
            text = text.replace('"', "'")
        if self.semicolons and _ends_statement(text):
            text += ";"
        comment = f"  {self.language.comment} {line.comment}" if line.comment else ""
        return (" " * (self.width * line.level) + text + comment if text else "") + line.trailing

    def render(self) -> str:
        rows = self.preamble.splitlines()
        for unit in self.units:
            rows += ["", ""] if self.language is PYTHON else [""]
            rows += (
                _align([self.write(line) for line in unit.lines()])
                if self._is_aligned
                else map(self.write, unit.lines())
            )
        return "\n".join(rows) + "\n"

    @property
    def _is_aligned(self) -> bool:
        return self.aligned and self.language is TERRAFORM


def _ends_statement(text: str) -> bool:
    return text.startswith("})") or (text[-1:] not in {*"{,([", ""} and not text.startswith(("//", "}")))


def _align(rows: list[str]) -> list[str]:
    """Align the equals signs of neighbouring attributes, as ``terraform fmt`` does."""
    out: list[str] = []
    block: list[str] = []
    for row in [*rows, ""]:
        if " = " in row:
            block.append(row)
            continue
        column = max((part.index(" = ") for part in block), default=0)
        out += [part[: part.index(" = ")].ljust(column) + part[part.index(" = ") :] for part in block]
        block = []
        out.append(row)
    return out[:-1]


def fill(template: str, words: dict[str, str]) -> str:
    """Replace every ``@word``."""
    return _WORD.sub(lambda found: words[found.group(1)], template)


def draw_words(rng: random.Random, noun: str, attribute: str) -> dict[str, str]:
    """Words of one passage."""
    verb = rng.choice(VERBS)
    return {
        "noun": noun, "nouns": plural(noun), "Noun": noun.capitalize(), "field": attribute,
        "Field": attribute.capitalize(), "FIELD": attribute.upper(), "verb": verb, "Verb": verb.capitalize(),
        "n": str(rng.randint(2, 9)), "big": str(rng.choice((12, 15, 20, 24, 30, 45, 50, 60, 75, 90, 100, 120, 250))),
    }  # fmt: skip


def write_passage(rng: random.Random, topic: str, template: str, words: dict[str, str], level: int = 0) -> Passage:
    """Write an idiom down: its choices drawn, its guard kept in half of the places."""
    has_guard = rng.random() < 0.55
    passage = Passage(topic, [], words=words)
    for row in template.strip("\n").split("\n"):
        is_guard = row.startswith("?")
        if is_guard and not has_guard:
            continue
        # a guard's mark takes the place of two columns, but never those of its indentation
        text = row[1:].removeprefix(" ") if is_guard else row
        body = fill(text.lstrip(" "), words)
        line = Line(level + (len(text) - len(text.lstrip(" "))) // 4, body)
        for first, second in _CHOICE.findall(body):
            right, wrong = (first, second) if rng.random() < 0.5 else (second, first)
            line.values.append(right)
            line.alternatives.append(wrong)
        line.text = _CHOICE.sub(SLOT, body)
        passage.lines.append(line)
        if is_guard:
            passage.guard.append(line)
    return passage


def write_unit(rng: random.Random, language: Language, noun: str, topics: list[str]) -> Unit:
    """Write a new function or resource with one passage a topic."""
    free = list(FIELDS)
    rng.shuffle(free)
    words = draw_words(rng, noun, free.pop())
    head = write_passage(rng, "plain", rng.choice(language.heads), words)
    tail = write_passage(rng, "plain", rng.choice(language.tails), words)
    unit = Unit(name_of(head), words, [head, tail], free)
    for topic in topics:
        extend_unit(rng, language, unit, topic)
    return unit


def extend_unit(rng: random.Random, language: Language, unit: Unit, topic: str) -> Passage | None:
    """Add a passage about a topic to a unit; None when the unit has grown enough."""
    if not unit.free_fields:
        return None
    fitting = [idiom for idiom in language.idioms if idiom.within in unit.passages[0].lines[0].text]
    idioms = [idiom for idiom in fitting if idiom.topic == topic] or fitting
    idiom = rng.choice(idioms)
    words = draw_words(rng, unit.words["noun"], unit.free_fields.pop())
    passage = write_passage(rng, idiom.topic, idiom.text, words, level=1)
    unit.passages.insert(rng.randint(1, len(unit.passages) - 1), passage)
    return passage


def write_test(rng: random.Random, language: Language, noun: str) -> Unit:
    words = draw_words(rng, noun, rng.choice(FIELDS))
    passage = write_passage(rng, "test", rng.choice(language.tests), words)
    return Unit(name_of(passage), words, [passage])


def name_of(head: Passage) -> str:
    """The name that a head declares."""
    found = re.search(r"(?:def |function |\" \"|test\(')([\w ]+)", head.lines[0].read())
    return found.group(1) if found else "unit"


def plural(noun: str) -> str:
    if noun.endswith("s"):
        return noun + "es"
    return noun.removesuffix("y") + "ies" if noun.endswith("ry") else noun + "s"


def other_noun(rng: random.Random, noun: str) -> str:
    return rng.choice([word for word in NOUNS if word != noun])
