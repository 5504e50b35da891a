"""Lines that a commit rewrote without changing what they do: declared otherwise, or a name replaced throughout.

What is seen through here was chosen by its F1 on pairs that developers stated (docs/labels.md says what was tried).
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence

from faultcast.labels.looks import Run
from faultcast.records import Hunk

RENAMED_LINES = 3
"""A name counts as replaced when it was in so many lines of one commit, and is left in none that it touched."""

_Changed = Sequence[tuple[Run, Hunk]]

_QUALIFIER = re.compile(
    r"\b(?:static|inline|__inline__|const|constexpr|extern|public|private|protected|final|export|readonly|volatile)\s+"
)
_ANNOTATED = re.compile(r"\s*(?:async\s+)?(?:def|function)\b")
_ANNOTATION = re.compile(r"(?<=[\w?*]):\s*[^,()=\[\]{}]+(?:\[[^()=]*?\])?\s*(?=[,)=])|\)\s*->\s*[^:]+(?=:\s*$)")
_VARIABLE = re.compile(r"^(\s*(?:self\.)?\w+):\s*[A-Za-z_][\w.\[\], |\"']*?\s*(?==[^=])")
_WORD = re.compile(r"[A-Za-z_]\w*")
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|\S")
_NO_NAME = re.compile(
    r"(?:if|else|elif|for|while|do|switch|case|return|break|continue|goto|try|except|catch|finally|throw|raise|with|and|"
    r"or|not|in|is|[tT]rue|[fF]alse|None|null|nil|undefined|NULL|u?int\w*|long|short|char|float|double|bool|void|"
    r"unsigned|signed|[sS]tring|str|size_t|min|max)$"
)  # replacing one of these by another changes what a line does


def declaration(text: str) -> str:
    """A line without qualifiers and annotations of types, and without white space.

    >>> declaration("static inline int total(int n)") == declaration("int total(int n)")
    True
    >>> declaration("def total(n: int = 1, m: dict[str, int] = A) -> int:") == declaration("def total(n = 1, m = A):")
    True
    """
    if _ANNOTATED.match(text):
        text = _ANNOTATION.sub(lambda match: ")" if match[0].startswith(")") else "", text)
    else:
        text = _VARIABLE.sub(r"\1", text)
    return "".join(_QUALIFIER.sub("", text).split())


def match_declared(changed: _Changed, position: int) -> None:
    """Find the lines of each hunk that only declare the same otherwise."""
    for run, hunk in changed:
        if not (hunk.deleted and hunk.added):
            continue
        before: defaultdict[str, deque[int]] = defaultdict(deque)
        for old in _old(run, hunk):
            before[declaration(hunk.deleted[old])].append(old)
        for new in _new(run, hunk, position) if before else ():
            if (said := declaration(hunk.added[new])) and (same := before.get(said)):
                run.keep(same.popleft(), new)


def match_renamed(changed: _Changed, position: int) -> None:
    """Give lines in which only names were replaced, the same way throughout the commit, the origin that they had.

    They still count as deleted: a fix may well consist of such a replacement.
    """
    found = [
        (run, old, new, names)
        for run, hunk in changed
        for old, new in _pairs(run, hunk, position)
        if (names := _replaced(hunk.deleted[old], hunk.added[new]))
    ]
    if len(found) < RENAMED_LINES:
        return
    renamed = _throughout((names for _, _, _, names in found), changed)
    for run, old, new, names in found if renamed else ():
        if names.items() <= renamed.items():
            run.origins[new] = run.sources[old]


def _old(run: Run, hunk: Hunk) -> Iterator[int]:
    """Deleted lines that are not found again yet."""
    return (old for old in range(min(len(run.sources), len(hunk.deleted))) if run.gone[old])


def _new(run: Run, hunk: Hunk, position: int) -> Iterator[int]:
    """Added lines that are nobody else's yet."""
    return (new for new in range(min(len(run.origins), len(hunk.added))) if run.origins[new] == position)


def _pairs(run: Run, hunk: Hunk, position: int) -> Iterator[tuple[int, int]]:
    """What is left of a hunk, line by line, where as many lines went as came."""
    if hunk.deleted and hunk.added:
        old, new = list(_old(run, hunk)), list(_new(run, hunk, position))
        if len(old) == len(new):
            yield from zip(old, new, strict=True)


def _replaced(before: str, after: str) -> dict[str, str]:
    """Old name -> new name, if nothing else makes the difference between two lines; else nothing."""
    olds, news = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(olds) != len(news):
        return {}
    names: dict[str, str] = {}
    for old, new in zip(olds, news, strict=True):
        if old == new and old not in names:
            continue
        if not (_is_name(old) and _is_name(new)) or names.setdefault(old, new) != new:
            return {}
    return names


def _is_name(token: str) -> bool:
    return bool(_WORD.match(token)) and not _NO_NAME.match(token)


def _throughout(replaced: Iterable[dict[str, str]], changed: _Changed) -> dict[str, str]:
    """The replacements that hold throughout: one new name for one old one, which is left nowhere."""
    counts = Counter(pair for names in replaced for pair in names.items())
    olds, news = Counter(old for old, _ in counts), Counter(new for _, new in counts)
    sure = {
        old: new for (old, new), count in counts.items() if count >= RENAMED_LINES and olds[old] == 1 and news[new] == 1
    }
    if sure:
        left = {word for _, hunk in changed for text in hunk.added for word in _WORD.findall(text)}
        known = {word for _, hunk in changed for text in hunk.deleted for word in _WORD.findall(text)}
        sure = {old: new for old, new in sure.items() if old not in left and new not in known}
    return sure
