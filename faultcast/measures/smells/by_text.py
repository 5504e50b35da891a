"""Smells that show in the text: in comments, in strings, in a few words side by side.

Nothing is searched for unless a plain word of it stands in the file, so that most files cost next to nothing.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from faultcast.measures.smells.row import SCRIPT
from faultcast.measures.smells.text_rules import ALL_LANGUAGES, RULES, Rule

_Searched = dict[tuple[bytes, ...], list[Rule]]


def _searched(language: str, *, in_comment: bool) -> _Searched:
    """Rules by the words that are searched for first: what several have in common is searched for once."""
    found: _Searched = {}
    for rule in RULES:
        if language in rule.languages and rule.in_comment == in_comment:
            found.setdefault(rule.needles, []).append(rule)
    return found


_CODE = {language: _searched(language, in_comment=False) for language in ALL_LANGUAGES.split()}
_COMMENTS = {language: _searched(language, in_comment=True) for language in ALL_LANGUAGES.split()}

_WORDS = (  # Python and Ruby
    rb"(?:el)?if [\w.()\[\]'\"]{1,60}(?: (?:==|!=|<|>|<=|>=|in|is) \S{1,60})?:",
    rb"for \w{1,30} in \S{1,80}:",
    rb"def \w{1,60}\(",
    rb"class \w{1,60}[(:]",
    rb"import [\w.]{1,80}$",
    rb"from [\w.]{1,80} import \w",
    rb"[\w.\[\]'\"]{1,60} [-+*/]?= (?:[\w.\[\]'\"]{1,60}|[\w.]{1,60}[(\[{].{0,200}[)\]}])$",
    rb"[\w.]{1,80}\(.{0,200}\)$",
    rb"return (?:None|True|False|self|\w{1,60}(?:\.\w{1,60}|\(\S{0,100}\)))$",
    rb"print\(",
    rb"raise \w{1,60}\(",
    rb"puts ['\"]",
    rb"require ['\"]",
)
_BRACES = (  # the others
    rb"[\w.\[\]>()*&-]{1,80} [-+*/|&]?= \S.{0,160};",
    rb"\w{1,30}\*? \w{1,60} = \S.{0,160};",
    rb"(?:\w{1,60}(?:\.|->|::)){0,8}\w{1,60}\(.{0,160}\);",
    rb"(?:return|goto|throw)\b[^;\n]{0,100};",
    rb"(?:break|continue);",
    rb"(?:\} else )?(?:if|for|while|switch) ?\(.{1,160}\) ?\{",
    rb"#(?:include|define|if|endif)\b.{0,100}",
    rb"import [\w.*]{1,80};",
    rb"\w{1,40}(?:, \w{1,40}){0,4} := \S.{0,160}",
    rb"(?:if|for) .{1,100} \{",
)
_PYTHON_CODE = re.compile(rb"^[ \t]{0,40}#[ \t]{0,40}(?:" + b"|".join(_WORDS) + rb")", re.MULTILINE)
_RUBY_CODE = re.compile(rb"^[ \t]{0,40}# ?(?:" + b"|".join(_WORDS) + rb")", re.MULTILINE)
_BRACE_CODE = re.compile(
    rb"^[ \t]{0,40}(?://|/?\*)?[ \t]{0,40}(?:" + b"|".join(_BRACES) + rb")[ \t]{0,9}(?:\*/)?[ \t\r]{0,9}$",
    re.MULTILINE,
)
_CODE_IN_COMMENT = {
    "python": _PYTHON_CODE,
    "ruby": _RUBY_CODE,  # what stands further in is an example of RDoc's
    **dict.fromkeys(("java", *SCRIPT, "go", "c", "cpp", "csharp", "rust"), _BRACE_CODE),
}
_LINE = re.compile(rb"\w[^\n]*")
_DOCUMENTS = (b"/**", b"///", b"//!", b"/*!", b'"', b"'", b"=begin", b"r'", b'r"')


def in_text(language: str, text: bytes, comments: list[tuple[int, int]]) -> list[tuple[str, int]]:
    """Each finding as (smell, byte); `comments` are the byte ranges of comments, sorted."""
    found: list[tuple[str, int]] = []
    starts = [start for start, _ in comments]
    for searched in (_CODE[language], _COMMENTS[language] if comments else {}):
        for needles, rules in searched.items():
            for needle in needles:
                if needle in text:
                    break
            else:
                continue
            for rule in rules:
                for match in rule.pattern.finditer(text):
                    at = match.start()
                    place = bisect_right(starts, at) - 1
                    is_inside = place >= 0 and at < comments[place][1]
                    if is_inside == rule.in_comment and (rule.accept is None or rule.accept(match)):
                        found.append((rule.smell, at))
    pattern = _CODE_IN_COMMENT.get(language)
    if pattern is not None and comments:
        found += [("commented_out_code", at) for at in _code(pattern, text, comments)]
    return found


def _code(pattern: re.Pattern[bytes], text: bytes, comments: list[tuple[int, int]]) -> Iterator[int]:
    """Where code stands in comments; lines that follow one another count once, words among much prose do not."""
    last = -1
    for start, end in comments:
        if text.startswith(_DOCUMENTS, start) or text[text.rfind(b"\n", 0, start) + 1 : start].strip():
            continue
        written = text[start:end]
        found = len(pattern.findall(written))
        if not found or 2 * found < len(_LINE.findall(written)):
            continue
        if last < 0 or text[last:start].strip():
            yield start
        last = end
