"""Numbers, dates and text of strangers, as pages and the terminal show them.

Whoever can commit can write a subject or a path: terminal escapes, right-to-left overrides,
bytes that are no text, ten thousand characters. `plain` makes such text safe to show anywhere;
escaping for HTML comes on top of it.
"""

import unicodedata
from datetime import UTC, datetime

MISSING = "\u2013"  # an en dash
_JOINER = "\u200d"  # glues emoji together; harmless


def plain(text: object, limit: int = 160) -> str:
    """One line of visible characters, at most `limit` of them.

    >>> plain("a\\x1b[31mred\\nline\\u202e")
    'a\\\\u001b[31mred line\\\\u202e'
    """
    shown = " ".join("".join(map(_visible, str(text)[: 4 * limit])).split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def plain_lines(text: object, limit: int = 20_000) -> str:
    """Several lines of visible characters, indentation kept, at most `limit` characters of them.

    >>> plain_lines("a\\r\\n\\tb\\x1b[0m")
    'a\\n    b\\\\u001b[0m'
    """
    whole = str(text)
    shown = "".join(c if c == "\n" else _visible(c) for c in whole[:limit].expandtabs(4).replace("\r\n", "\n"))
    return shown[: limit - 1] + "…" if len(whole) > limit or len(shown) > limit else shown


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    kind = unicodedata.category(character)
    if kind == "Cs":  # a byte that was no UTF-8
        return "\ufffd"
    if kind in ("Cc", "Cf", "Co", "Cn") and character != _JOINER:
        return f"\\u{ord(character):04x}"
    return character


def number(value: float | None, digits: int = 0) -> str:
    """1234 -> '1,234'; missing -> a dash.

    >>> number(1234), number(0.8046, 3), number(None)
    ('1,234', '0.805', '\u2013')
    """
    return MISSING if value is None else f"{value:,.{digits}f}"


def percent(value: float | None, digits: int = 0) -> str:
    """0.125 -> '12.5 %' with one digit (no-break space).

    >>> percent(0.125, 1) == "12.5\\u00a0%"
    True
    """
    return MISSING if value is None else f"{100 * value:.{digits}f}\u00a0%"


def day(instant: float | str | None) -> str:
    """Unix seconds (or an ISO instant) -> '2024-05-03'."""
    if instant is None or instant == "":
        return MISSING
    if isinstance(instant, str):
        return plain(instant, 10)
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d}"


def duration(seconds: float) -> str:
    """83 -> '1 min 23 s'.

    >>> duration(83.4), duration(9.06), duration(7260)
    ('1 min 23 s', '9.1 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def counted(count: int, noun: str) -> str:
    """1 -> '1 change', 2 -> '2 changes', 1 fix -> '2 fixes'."""
    plural = noun + ("es" if noun.endswith("x") else "s")
    return f"{count:,} {noun if count == 1 else plural}"
