"""Which issues and pull requests a text names, and which of them it says it closes.

A name is what commits write: ``#12`` (GitHub, GitLab, Bitbucket), ``!12`` (a merge request), ``KAFKA-12`` (Jira).
``GH-12``, ``owner/name#12`` and addresses come down to these; those of other projects are left out.
"""

import re
from collections.abc import Iterator, Set as AbstractSet

_HEAD = 20_000
_REFERENCE = re.compile(
    r"https?://[^\s/]{1,100}/(?P<home>[\w.~-]{1,100}(?:/[\w.~-]{1,100}){1,5}?)/(?:-/)?"
    r"(?P<what>issues|work_items|pull|pulls|pull-requests|merge_requests)/(?P<number>\d{1,9})\b"
    r"|\bpull request #(?P<asked>\d{1,9})\b"
    r"|(?<![\w./#&;-])(?P<project>[\w.-]{1,100}(?:/[\w.-]{1,100}){1,5})?(?P<mark>[#!])(?P<plain>\d{1,9})\b"
    r"|\bGH-(?P<gh>\d{1,9})\b"
    r"|(?<![\w-])(?P<key>[A-Z][A-Z0-9_]{1,9}-\d{1,9})\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing))\b:?"
    r"(?: (?:the )?(?:issue|bug|ticket|defect)s?)?\s*$",
    re.IGNORECASE,
)
_ALSO = re.compile(r"\s*(?:,|and|&|, and|\+)\s*(?:(?:issue|bug|ticket)s? )?$", re.IGNORECASE)
_KEYWORD_CHARACTERS = 40
_SQUASHED = re.compile(r"\((?:pull request )?([#!]\d{1,9})\)\s*$")


def references(text: str, projects: AbstractSet[str] = frozenset()) -> Iterator[tuple[str, bool]]:
    """Yield each name in a text with whether a keyword before it says that it is closed.

    `projects`, in lower case, are those whose qualified names and addresses count. In a list ("fixes #1, #2 and
    #3") the keyword holds for all. A Jira key that begins the text is taken for closed, as its custom is.

    >>> list(references("Count twice (#9)\\n\\nSee #3. Fixes #1, GH-2 and SHOP-4"))
    [('#9', False), ('#3', False), ('#1', True), ('#2', True), ('SHOP-4', True)]
    >>> list(references("Closes team/shop#5 and https://github.com/team/shop/issues/6", {"team/shop"}))
    [('#5', True), ('#6', True)]
    >>> list(references("SHOP-3: count twice, unlike SHOP-1"))
    [('SHOP-3', True), ('SHOP-1', False)]
    """
    end, is_closing = 0, False
    text = text[:_HEAD]
    for match in _REFERENCE.finditer(text):
        before = text[max(end, match.start() - _KEYWORD_CHARACTERS) : match.start()].lstrip("[(")
        is_closing = bool(_CLOSING.search(before)) or (is_closing and bool(_ALSO.fullmatch(before)))
        is_closing |= bool(match["key"]) and match.start() <= 1
        end = match.end()
        for name in _names(match, projects):
            yield name, is_closing


def squashed(message: str) -> str:
    """The pull request at the end of a squashed commit's subject; "" without one.

    >>> squashed("Improve cart (#12)"), squashed('Revert "Improve cart (#12)"')
    ('#12', '')
    """
    found = _SQUASHED.search(message.split("\n", 1)[0][-40:])
    return found[1] if found else ""


def _names(match: "re.Match[str]", projects: AbstractSet[str]) -> Iterator[str]:
    project = match["home"] or match["project"]
    if project and project.lower() not in projects:
        return
    if match["key"]:
        yield match["key"].upper()
    elif match["asked"]:
        yield from (f"!{match['asked']}", f"#{match['asked']}")
    elif match["what"] in ("pull-requests", "merge_requests"):
        yield f"!{match['number']}"
    else:
        yield f"{match['mark'] or '#'}{match['number'] or match['plain'] or match['gh']}"
