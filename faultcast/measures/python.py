"""Cyclomatic complexity of Python functions by radon, which reads Python as Python itself does."""

import ast
import warnings

from radon.complexity import cc_visit_ast
from radon.visitors import Class, Function


def radon_complexities(source: bytes) -> dict[int, int]:
    """First line of each function -> its cyclomatic complexity; empty where radon cannot read the source.

    radon needs code that this Python's grammar accepts: Python 2, broken and absurdly nested code gives nothing here,
    and the caller keeps its own numbers. Classes inside functions are not visited by radon.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the measured code's odd escapes are not our warnings
            blocks = cc_visit_ast(ast.parse(source.decode("utf-8", errors="replace")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[int, int] = {}
    waiting = list(blocks)
    while waiting:
        block = waiting.pop()
        if isinstance(block, Function):
            found[block.lineno] = block.complexity
            waiting.extend(block.closures)
        elif isinstance(block, Class):
            waiting.extend(block.methods)
            waiting.extend(block.inner_classes)
    return found
