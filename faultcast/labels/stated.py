"""Commits that a message itself names as what it repairs: reverts, ``Fixes:`` trailers, "introduced in"."""

import re
from collections import defaultdict

from faultcast.records import Commit

_ID = r"([0-9a-f]{7,64})\b"
_NAMED = re.compile(
    rf"(?:\brevert(?:s|ed|ing)?(?: commit)?|^fixes:(?: commit)?|"
    rf"\b(?:introduced|broken|caused|regress(?:ed|ion)|broke)(?: \w+)? (?:in|by|since|with|from|after)(?: commit)?) "
    rf"[(\"'`]?{_ID}",
    re.IGNORECASE | re.MULTILINE,
)
_REVERT = re.compile(r"\breverts?(?:ed|ing)?\b", re.IGNORECASE)
_HEAD = 20_000
_SHORT = 7  # fewer digits name no commit for sure


class Known:
    """The commits seen so far, findable by the start of their id."""

    def __init__(self) -> None:
        self._by_start: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)

    def add(self, commit: Commit) -> None:
        """Remember a commit."""
        self._by_start[commit.id[:_SHORT]].append((commit.id, commit.position))

    def named_by(self, message: str) -> dict[int, str]:
        """Position of each seen commit that a message names as what it repairs -> the rule by which it does.

        A start that fits several commits names none.
        """
        found: dict[int, str] = {}
        for match in _NAMED.finditer(message[:_HEAD]):
            start = match[1].lower()
            fits = [position for name, position in self._by_start.get(start[:_SHORT], ()) if name.startswith(start)]
            if len(fits) == 1:
                found[fits[0]] = "reverted by the fix" if _REVERT.match(match[0]) else "named by the fix"
        return found
