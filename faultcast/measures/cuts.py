"""Where a file can be cut into stretches of whole declarations; its bytes alone decide.

A cut is made before what can only begin a declaration, or behind what ends one. One that is wrong, in a string say,
leaves a stretch that cannot be parsed.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

_BEHIND_A_BRACE = re.compile(rb"^\}[ \t]*\r?\n(?=[\s\w/#@\[])", re.MULTILINE)
_BEHIND_A_STATEMENT = re.compile(rb"^\}(?:\)?;)?[ \t]*\r?\n(?=\s*(?:[A-Za-z_@]|//|/\*))", re.MULTILINE)
_PYTHON = re.compile(rb"^(?:@|(?:async )?def |class )", re.MULTILINE)
_CUTS = {
    "go": _BEHIND_A_BRACE,
    "c": _BEHIND_A_BRACE,
    "rust": _BEHIND_A_BRACE,
    "hcl": _BEHIND_A_BRACE,
    "javascript": _BEHIND_A_STATEMENT,
    "typescript": _BEHIND_A_STATEMENT,
}
"""Elsewhere one class or namespace holds all of a file as a rule."""


def cut(language: str, source: bytes) -> list[bytes]:
    """The stretches' texts, in order, each but the last ending with its line; together they are the source.

    >>> cut("python", b"import os\\n\\ndef f():\\n    pass\\n@g\\ndef h():\\n    pass\\n")
    [b'import os\\n\\n', b'def f():\\n    pass\\n', b'@g\\ndef h():\\n    pass\\n']
    """
    cuts = _python_cuts(source) if language == "python" else _brace_cuts(language, source)
    return [source[start:end] for start, end in pairwise([0, *cuts, len(source)]) if start < end] or [source]


def _python_cuts(source: bytes) -> Iterator[int]:
    """Before functions and classes that stand in nothing, and before what decorates them."""
    is_decorated = False
    for match in _PYTHON.finditer(source):
        if not is_decorated:
            yield match.start()
        is_decorated = match.group() == b"@"


def _brace_cuts(language: str, source: bytes) -> Iterator[int]:
    """Behind braces that end a line of their own; in C not between an ``#if`` and its ``#endif``."""
    pattern = _CUTS.get(language)
    last = 0
    for match in pattern.finditer(source) if pattern else ():
        end = match.end()
        if language == "c" and source.count(b"#if", last, end) != source.count(b"#endif", last, end):
            continue
        yield end
        last = end
