"""What a function's declaration says: its name and how many parameters it takes."""

import re

from tree_sitter import Node

_MOST_DECLARATORS = 16  # C wraps a name in one declarator a pointer; more than this is no honest code
_SEPARATORS = frozenset({b"*", b"/"})  # Python's keyword-only and positional-only marks are no parameters
_BRACKETS = frozenset({"(", ")", "|", ",", "\n"})
_LONGEST_NAME = 200  # bytes
_DECORATIONS = (b"@", b"[", b"#[", b"template", b"export")
_MOST_DECORATIONS = 5  # lines
_RECEIVER = re.compile(r"(\w+)\s*(?:\[[^\]]*\]\s*)?,?\s*\)$")

ANONYMOUS = "(anonymous)"


def name_of(node: Node, source: bytes) -> str:
    """The declared name as written (``A::f`` in C++), a Terraform block's address, or `ANONYMOUS`."""
    if node.type == "block":
        return block_address(node, source)
    name = node.child_by_field_name("name")
    if name is None and (declarator := _declarator(node)) is not None:
        name = declarator.child_by_field_name("declarator")
    elif name is None:
        name = node.child_by_field_name("type")  # Rust: impl T
    return (text_of(name, source) if name is not None else "") or ANONYMOUS


def block_address(node: Node, source: bytes) -> str:
    """A Terraform block as expressions refer to it: ``aws_s3_bucket.logs``, ``data.aws_ami.x``, ``module.vpc``."""
    parts: list[str] = []
    for kid in node.children:
        if kid.type not in {"identifier", "string_lit"}:
            break
        parts.append(text_of(kid, source).strip('"'))
    if parts[0:1] == ["resource"] and len(parts) > 1:
        del parts[0]
    return ".".join(parts)[:_LONGEST_NAME] or ANONYMOUS


def owner_of(node: Node, source: bytes) -> str:
    """The type of Go's receiver: ``func (r *R) F()`` belongs to R. "" for whatever has none."""
    receiver = node.child_by_field_name("receiver")
    found = _RECEIVER.search(text_of(receiver, source)) if receiver is not None else None
    return found.group(1) if found else ""


def has_comment_above(node: Node, source: bytes, comments: dict[int, int]) -> bool:
    """Whether a comment of its own ends on the line above a function, or above what decorates it.

    `comments` maps a line (from 0) that a comment ends on to the comment's first byte.
    """
    line, at = node.start_point.row - 1, source.rfind(b"\n", 0, node.start_byte)
    for _ in range(_MOST_DECORATIONS):
        start = comments.get(line)
        if start is not None:
            return not source[source.rfind(b"\n", 0, start) + 1 : start].strip()
        above = source.rfind(b"\n", 0, max(0, at))
        if at < 0 or not source[above + 1 : at].lstrip().startswith(_DECORATIONS):
            return False
        line, at = line - 1, above
    return False


def text_of(node: Node, source: bytes) -> str:
    """The text of a name, cut where it is absurdly long."""
    return source[node.start_byte : min(node.end_byte, node.start_byte + _LONGEST_NAME)].decode(errors="replace")


def parameters_of(node: Node) -> int:
    """How many parameters are written in the declaration; ``self`` counts where it is written, ``(void)`` does not."""
    parameters = node.child_by_field_name("parameters")
    if parameters is None:
        declarator = _declarator(node)
        parameters = declarator.child_by_field_name("parameters") if declarator is not None else None
    if parameters is None:
        return 1 if node.child_by_field_name("parameter") is not None else 0  # JavaScript: x => ...
    count = 0
    is_open = False  # something stands between the last comma and here
    for kid in parameters.children:
        if kid.type in _BRACKETS:
            is_open = is_open and kid.type != ","
        elif not (kid.is_extra or is_open or _is_none(kid)):
            count += _names_in(kid)
            is_open = True
    return count


def _declarator(node: Node) -> Node | None:
    """C and C++ hide name and parameters inside declarators: ``int *f(int x)``."""
    found = node.child_by_field_name("declarator")
    for _ in range(_MOST_DECLARATORS):
        if found is None or found.type == "function_declarator":
            return found
        inner = found.child_by_field_name("declarator")
        found = inner or next((kid for kid in found.named_children if kid.type.endswith("_declarator")), None)
    return None


def _is_none(node: Node) -> bool:
    if node.type == "parameter_declaration" and node.child_count == 1:
        return node.text == b"void"
    return node.type in {"positional_separator", "keyword_separator"} or (
        node.child_count <= 1 and node.end_byte - node.start_byte == 1 and node.text in _SEPARATORS
    )


def _names_in(node: Node) -> int:
    """Go writes several names before one type: ``a, b int``."""
    return max(1, len(node.children_by_field_name("name"))) if node.type == "parameter_declaration" else 1
