"""``@login`` in texts that people write: a person, unless it is code.

Not a person: what stands in code (between backquotes, in fences, indented by four), package scopes (``@scope/name``),
calls and dotted names (``@app.route``, ``@cache(…)``), and words that stand for decorators, annotations, rules of
style sheets and tags of documentation. In commit messages code is not marked as code, so there a word with a capital
counts as a person only where the words before it say so.
"""

import re

PERSON = "(person)"

_FENCED = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|^(?: {4}|\t).*$)", re.DOTALL | re.MULTILINE)
_CODE_LINE = re.compile(r"^(?: {4}|\t).*$")
_MENTION = re.compile(r"(?<![\w.@/+`$=\"'-])@([A-Za-z\d](?:[A-Za-z\d]|[-_](?=[A-Za-z\d])){0,38})(?![\w/(@-]|\.\w)")
_CUE = re.compile(
    r"(?:\b(?:cc|by|to|from|with|via|per|thanks|thank you|thx|credits?|h/t|ping|ask|and|suggested|reported|reviewed|"
    r"approved|merged?|requested|author|contributors?)[:,]?|[(\[,:+&])\s*\Z",
    re.IGNORECASE,
)
_OF_CODE = """
abstractmethod after all alpha async attr bean before beta cached cacheable classmethod component config
contextmanager controller dataclass decorator final fixture get inject injectable input inline internal lru_cache
main mock module mutation named nonnull notnull nullable observable output overload override patch post property
provides public put pytest query readonly repository retry route safevarargs secure service setter singleton
staticmethod suppress suppresswarnings test timeout transactional typecheck unittest validator value wraps
apply charset container content else extend extends for font-face forward function if import include keyframes layer
media mixin namespace page return screen supports tailwind use viewport while
abstract access alias api arg argument author brief callback category class code constant constructor constructs
copyright date default define deprecated desc description details doc docs enum event example exception exports
extern external file fileoverview fires flow generator global group hide ignore implements inheritdoc interface jsx
kind lends license link listens lombok markdown member memberof method mixes name note override package param params
private prop protected remarks requires returns see serial since static summary template this throws todo ts-expect-
error ts-ignore ts-nocheck tutorial type typedef types typeparam var variation version virtual yields head latest
master next
"""
"""Words of decorators and annotations, of style sheets and templates, of documentation, and names of versions."""

_WORDS = frozenset(_OF_CODE.split())


def without_mentions(text: str) -> str:
    """Replace every mention of a text with marks for code, such as an issue's.

    >>> without_mentions("@ana, see `@cached` in @types/node, says ben@(address) and @Bo-Lee.")
    '(person), see `@cached` in @types/node, says ben@(address) and (person).'
    """
    if "@" not in text:
        return text
    parts = _FENCED.split(text)
    return "".join(part if place % 2 else _MENTION.sub(_person, part) for place, part in enumerate(parts))


def without_mentions_in_message(message: str) -> str:
    """Replace mentions in a commit's message.

    >>> without_mentions_in_message("Use @Nullable, thanks @Ana and @bo (#12)")
    'Use @Nullable, thanks (person) and (person) (#12)'
    """
    if "@" not in message:
        return message
    return "\n".join(
        line if _CODE_LINE.match(line) else _MENTION.sub(_person_in_message, line) for line in message.split("\n")
    )


def _person(found: re.Match[str]) -> str:
    return found[0] if found[1].lower() in _WORDS else PERSON


def _person_in_message(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - 20) : found.start()]
    if found[1][0].isupper() and not _CUE.search(before):
        return found[0]
    return _person(found)
