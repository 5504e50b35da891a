"""What an import statement names, as its language writes it; read from the statement's text alone.

`names_in` gives the names; `faultcast.measures.resolve` finds the file of the repository that a name means. What is
"as written": Python ``a.b`` for ``import a.b``, ``a.b.c`` for ``from a.b import c`` and ``.b.c`` for
``from .b import c``; C keeps the brackets of ``<stdio.h>`` and drops the quotes of ``"cart.h"``; Ruby's
``require_relative "cart"`` is ``./cart``; Rust's ``mod cart;`` is ``self::cart``; groups are spelt out.
"""

import re
from collections.abc import Callable, Iterator

_MOST_NAMES = 200  # of one statement; a longer one was written by a program
_LONGEST_NAME = 300  # characters

_HASH_COMMENT = re.compile(r"#[^\n]*")
_PYTHON_FROM = re.compile(r"from\s*([.\w\s]*?)\s*\bimport\b\s*(.*)", re.DOTALL)
_QUOTED = re.compile(r"""["'`]([^"'`\n]+)["'`]""")
_SCRIPT = re.compile(r"""(?:\bfrom|\bimport|\()\s*["'`]([^"'`\n]+)["'`]""")
_INCLUDE = re.compile(r'"([^"\n]+)"|(<[^>\n]+>)')
_JAVA = re.compile(r"import\s+(?:static\s+)?([\w.*\s]+)")
_CSHARP = re.compile(r"using\s+(?:static\s+|unsafe\s+)*(?:\w+\s*=\s*)?(?:global::)?([\w.]+)")
_RUBY = re.compile(r"""(require_relative|require|load|autoload)\b[^"'\n]*["']([^"'\n]+)["']""")
_MODULE_SOURCE = re.compile(r'^\s*source\s*=\s*"([^"\n]+)"', re.MULTILINE)
_RUST_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_RUST_USE = re.compile(r"\buse\s+(.*?)\s*;?\s*\Z", re.DOTALL)
_RUST_MODULE = re.compile(r"\b(?:mod|extern\s+crate)\s+(?:r#)?(\w+)")


def names_in(language: str, statement: bytes) -> tuple[str, ...]:
    """The names that one import statement of `language` imports, in order, without repeats.

    Empty where the statement names nothing that is written down (``require(name)``), or the language is not known.

    >>> names_in("python", b"from .cart import (add,  # one" + b"\\n" + b"  total as sum)")
    ('.cart.add', '.cart.total')
    >>> names_in("rust", b"pub use crate::cart::{self, line::{Line, Tax}};")
    ('crate::cart', 'crate::cart::line::Line', 'crate::cart::line::Tax')
    """
    reader = _READERS.get(language)
    if reader is None:
        return ()
    found: dict[str, None] = {}
    for name in reader(statement.decode(errors="replace")):
        if len(found) >= _MOST_NAMES:
            break
        if name:
            found[name[:_LONGEST_NAME]] = None
    return tuple(found)


def _python(text: str) -> Iterator[str]:
    if "#" in text:
        text = _HASH_COMMENT.sub("", text)
    text = text.replace("\\\n", " ")
    match = _PYTHON_FROM.match(text)
    if match is None:
        for part in text.removeprefix("import").split(","):
            yield _first_word(part)
        return
    module = "".join(match[1].split())
    joint = "" if module.endswith(".") else "."
    for part in match[2].strip(" ()\t\r\n").split(","):
        if name := _first_word(part):
            yield f"{module}{joint}{name}"


def _first_word(text: str) -> str:
    words = text.split(None, 1)
    return words[0].strip("()") if words else ""


def _java(text: str) -> Iterator[str]:
    if match := _JAVA.search(text):
        yield "".join(match[1].split())


def _csharp(text: str) -> Iterator[str]:
    if match := _CSHARP.search(text):
        yield match[1]


def _script(text: str) -> Iterator[str]:
    if match := _SCRIPT.search(text):
        yield match[1]


def _go(text: str) -> Iterator[str]:
    if match := _QUOTED.search(text):
        yield match[1]


def _include(text: str) -> Iterator[str]:
    if match := _INCLUDE.search(text):
        yield match[1] or match[2]


def _ruby(text: str) -> Iterator[str]:
    if match := _RUBY.match(text):
        is_relative = match[1] == "require_relative" and not match[2].startswith(("./", "../"))
        yield f"./{match[2]}" if is_relative else match[2]


def _terraform(text: str) -> Iterator[str]:
    if match := _MODULE_SOURCE.search(text):
        yield match[1]


def _rust(text: str) -> Iterator[str]:
    if "/" in text:
        text = _RUST_COMMENT.sub("", text)
    if match := _RUST_USE.search(text):
        yield from _spelt_out("".join(re.sub(r"\s+as\s+\w+", "", match[1]).split()).removeprefix("::"))
    elif match := _RUST_MODULE.search(text):
        yield f"self::{match[1]}" if "mod" in match[0] else match[1]


def _spelt_out(tree: str) -> Iterator[str]:
    """``a::{b, c::d}`` as ``a::b`` and ``a::c::d``; ``self`` names the group's own path. One pass, no recursion."""
    prefixes = [""]
    name = ""
    for mark in re.split(r"([{},])", tree):
        if mark == "{":
            prefixes.append((prefixes[-1] + name)[:_LONGEST_NAME])
        elif mark in {",", "}"}:
            if name:
                yield _leaf(prefixes[-1], name)
            if mark == "}" and len(prefixes) > 1:
                prefixes.pop()
        name = mark if mark not in {"{", "}", ","} else ""
    if name:
        yield _leaf(prefixes[-1], name)


def _leaf(prefix: str, name: str) -> str:
    return prefix.removesuffix("::") if name == "self" and prefix else (prefix + name).replace("r#", "")


_READERS: dict[str, Callable[[str], Iterator[str]]] = {
    "python": _python,
    "java": _java,
    "javascript": _script,
    "typescript": _script,
    "go": _go,
    "c": _include,
    "cpp": _include,
    "csharp": _csharp,
    "rust": _rust,
    "ruby": _ruby,
    "hcl": _terraform,
}
