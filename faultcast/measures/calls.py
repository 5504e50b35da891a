"""What is called: the callee's name as each language writes it, without its arguments."""

from collections.abc import Callable

from tree_sitter import Node

_LONGEST = 80  # bytes of a callee that are looked at, from its end; a chain of calls may be a page long
_END_OF_NAME = b"\"'`)]}"

Callee = Callable[[list[Node], bytes], bytes]
"""A call's children and the source -> what is called, as written: ``os.system``, ``a::b``; b"" for no name."""


def _first(kids: list[Node], source: bytes) -> bytes:
    first = kids[0]
    start, end = first.start_byte, first.end_byte
    return source[start if end - start < _LONGEST else end - _LONGEST : end]


def _second(kids: list[Node], source: bytes) -> bytes:
    return _text(kids[1], kids[1], source) if len(kids) > 1 else b""


def _before_arguments(kids: list[Node], source: bytes) -> bytes:
    """Java: object, dot, name, arguments; the name alone where there is no object."""
    return _text(kids[0], kids[-2], source) if len(kids) > 1 else b""


def _ruby(kids: list[Node], source: bytes) -> bytes:
    """Receiver, dot, name, then arguments and a block, if any; or the name first."""
    is_sent = len(kids) > 2 and kids[1].type in {".", "&.", "::"}
    return _text(kids[0], kids[2], source) if is_sent else _text(kids[0], kids[0], source)


def _text(first: Node, last: Node, source: bytes) -> bytes:
    start, end = first.start_byte, last.end_byte
    return source[start if end - start < _LONGEST else end - _LONGEST : end]


CALLEES: dict[str, dict[str, Callee]] = {
    "python": {"call": _first},
    "java": {"method_invocation": _before_arguments, "object_creation_expression": _second},
    "javascript": {"call_expression": _first, "new_expression": _second},
    "typescript": {"call_expression": _first, "new_expression": _second},
    "go": {"call_expression": _first},
    "c": {"call_expression": _first},
    "cpp": {"call_expression": _first},
    "csharp": {"invocation_expression": _first, "object_creation_expression": _second},
    "rust": {"call_expression": _first, "macro_invocation": _first},
    "ruby": {"call": _ruby},
    "hcl": {},
}
"""By language: type of the call's node -> how its callee is read."""


def last_name(callee: bytes) -> bytes:
    """The name alone: ``system`` of ``os.system``, ``b`` of ``a::b<T>``, ``f`` of ``p->f``; b"" if it ends in no name.

    >>> [last_name(callee) for callee in (b"os.system", b"a::b<T>", b"p->f", b"f()", b"valid?")]
    [b'system', b'b', b'f', b'', b'valid?']
    """
    if callee.endswith(b">"):
        callee = callee.partition(b"<")[0].removesuffix(b"::")
    name = callee[max(callee.rfind(b"."), callee.rfind(b":"), callee.rfind(b">")) + 1 :].strip()
    return b"" if not name or name[-1] in _END_OF_NAME or b" " in name else name
