"""Training texts in other words, and clean changes with a planted fault. For the training split alone.

`reword` keeps what a change means and so its label: identifiers are renamed alike throughout the change, numbers other
than 0 and 1 altered, comments left out, files put in another order. A model that learnt names by heart is shown that
they do not matter (Yefet et al. 2020; Rabin et al. 2021).

`with_faults` gives clean changes back a second time with one mutation of the kind that mutation testing plants
(Jia and Harman 2011): a comparison turned, a bound off by one, a condition negated, a check for null dropped. Such
faults stand in for real ones (Just et al. 2014), which SZZ labels are few of.

Both are drawn by a seed. What they are worth is measured by ``benchmarks/mutation.py``.
"""

import re
from dataclasses import replace

import numpy as np

from faultcast.models.text import FILE_MARK, parts
from faultcast.training.rows import Rows

_WORD = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]{2,}\b")
_NUMBER = re.compile(r"(?<![\w.])(?:[2-9]|[1-9]\d{1,5})(?![\w.])")
_COMMENT = re.compile(r"^[+-]\s*(?:#(?!include|define|if|endif)|//|\*\s)")
_RENAMED_AT_MOST = 4
_NAMES = ("value", "item", "entry", "data", "result", "node", "current", "target", "source", "index", "buffer", "state")
_KEYWORDS = frozenset(
    """
    and any as assert async await bool break case catch char class const continue def default defer del do double elif
    else enum except export extends false final finally float fn for from func function global goto if impl import in
    include int interface is isinstance lambda len let long loop match mod module mut namespace new nil none None not
    null nullptr or package pass private protected pub public raise range require resource return self Self short
    signed sizeof static string struct super switch template this throw throws trait true True False try type typedef
    undefined union unless unsigned use using val var variable virtual void where while with yield
    """.split()  # noqa: SIM905  a list of words reads better
)

_PLANTED = (
    (re.compile(r"=="), "!="),
    (re.compile(r"!="), "=="),
    (re.compile(r"<="), "<"),
    (re.compile(r">="), ">"),
    (re.compile(r"(?<=\s)<(?=\s)"), "<="),
    (re.compile(r"(?<=\s)>(?=\s)"), ">="),
    (re.compile(r"&&"), "||"),
    (re.compile(r"\|\|"), "&&"),
    (re.compile(r"\band\b"), "or"),
    (re.compile(r"\bor\b"), "and"),
    (re.compile(r"\bif not\b"), "if"),
    (re.compile(r"\bif (?!not\b)(?=[A-Za-z_][\w.]*:)"), "if not "),
    (re.compile(r"\bif \(!"), "if ("),
    (re.compile(r"\bif \((?=[A-Za-z_][\w.]*\))"), "if (!"),
    (re.compile(r"(?<=\s)\+(?=\s)"), "-"),
    (re.compile(r"(?<=\s)-(?=\s)"), "+"),
    (re.compile(r"\bTrue\b"), "False"),
    (re.compile(r"\btrue\b"), "false"),
    (re.compile(r"(?<=\[)0(?=\])"), "1"),
    (re.compile(r"^\+.*\b(?:is None|is not None|[!=]= ?(?:null|nil|NULL|nullptr))\b.*$"), ""),
)
"""What may be planted into an added line: where, and what then stands there (nothing: the line is dropped)."""
_PLANTED_WEIGHT = 0.3
"""How much a planted fault's label counts, between the least and a sure one."""


def reword(text: str, rng: np.random.Generator) -> str:
    """The same change in other words. Marks of lines, the message and the number of files stay.

    >>> reword("Fix it\\n\\n<file> a.py\\n+total = 12", np.random.default_rng(3))
    'Fix it\\n\\n<file> a.py\\n+state = 8'
    """
    message, diff = parts(text)
    if not diff:
        return text
    files = [FILE_MARK + file.rstrip("\n") for file in diff.split(FILE_MARK)[1:]]
    lines = "\n".join(files[i] for i in rng.permutation(len(files))).split("\n")
    kept = [line for line in lines if not _COMMENT.match(line) or rng.random() < 0.5]
    names = _renamed(kept, rng)
    told = [line if line.startswith(FILE_MARK) else _reworded(line, names, rng) for line in kept]
    return "\n".join([message, *told] if message else told)


def _renamed(lines: list[str], rng: np.random.Generator) -> dict[str, str]:
    """Some identifiers of the changed lines -> their new names, which stand nowhere in them yet."""
    found = sorted({word for line in lines if line[:1] in "+-" for word in _WORD.findall(line)} - _KEYWORDS)
    free = [name for name in _NAMES if name not in found]
    count = min(_RENAMED_AT_MOST, len(found), len(free))
    chosen = rng.permutation(len(found))[:count]
    new = rng.permutation(len(free))[:count]
    return {found[old]: free[i] for old, i in zip(chosen, new, strict=True)}


def _reworded(line: str, names: dict[str, str], rng: np.random.Generator) -> str:
    renamed = _WORD.sub(lambda found: names.get(found[0], found[0]), line)
    return _NUMBER.sub(lambda found: str(int(rng.integers(2, 2 * int(found[0]) + 2))), renamed)


def plant(text: str, rng: np.random.Generator) -> str | None:
    """The change with one fault in its added lines; `None` where nothing can be planted.

    >>> plant("Fix it\\n\\n<file> a.py\\n+if a <= b:", np.random.default_rng(1))
    'Fix it\\n\\n<file> a.py\\n+if a < b:'
    """
    message, diff = parts(text)
    lines = diff.split("\n")
    places = [
        (row, found, instead)
        for row, line in enumerate(lines)
        if line.startswith("+") and not _COMMENT.match(line)
        for pattern, instead in _PLANTED
        for found in pattern.finditer(line, 0 if pattern.pattern.startswith("^") else 1)
    ]
    if not places:
        return None
    row, found, instead = places[int(rng.integers(len(places)))]
    line = lines[row][: found.start()] + instead + lines[row][found.end() :]
    lines[row : row + 1] = [line] if line else []
    return "\n".join([message, *lines] if message else lines)


def with_faults(rows: Rows, share: float, seed: int) -> Rows:
    """The rows, and behind them a `share` of the clean ones once more, as inducing changes with a planted fault."""
    if not share:
        return rows
    rng = np.random.default_rng([seed, len(rows)])
    clean = np.flatnonzero(rows.labels_N == 0)
    asked = rng.permutation(clean)[: round(share * len(clean))]
    found = [(int(row), text) for row in asked if (text := plant(rows.texts[row], rng)) is not None]
    again = np.array([row for row, _ in found], dtype=np.int64)
    everything = np.concatenate([np.arange(len(rows)), again])
    weights_N = np.concatenate([rows.weights_N, np.full(len(again), _PLANTED_WEIGHT)])
    return replace(
        rows,
        values_NC=rows.values_NC[everything],
        texts=[*rows.texts, *(text for _, text in found)],
        labels_N=np.concatenate([rows.labels_N, np.ones(len(again))]),
        weights_N=weights_N,
        committed_at_N=rows.committed_at_N[everything],
    )
