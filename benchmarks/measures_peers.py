# ruff: noqa: PLC0415  a program that is not installed is left out
"""Other programs that measure code, asked for what `benchmarks/measures.py` compares: numbers a function and a file."""

import ast
import importlib.util
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Numbers = dict[str, float]

RCA_SUFFIXES = {"c": ".c", "cpp": ".cpp", "java": ".java", "javascript": ".js", "python": ".py", "rust": ".rs"}
"""Without TypeScript: on a file of 5 KB with JSX in it, it had not ended after a minute."""


@dataclass(frozen=True)
class Found:
    """What one program says of a file: {(first line, last part of the name): numbers}, and of the file itself."""

    functions: dict[tuple[int, str], Numbers] = field(default_factory=dict)
    whole: Numbers = field(default_factory=dict)


def plain(name: str) -> str:
    """The last part of a function's name, "" for a nameless one."""
    last = name.split("#", maxsplit=1)[0].replace("::", ".").split("(")[0].rsplit(".", 1)[-1].strip()
    is_word = last.replace("_", "a").replace("$", "a").replace("~", "a").isalnum()
    return last if is_word and "anonymous" not in name else ""


def by_radon(language: str, source: str) -> Found:
    """Cyclomatic complexity and Halstead volume of functions, lines of source."""
    from radon.complexity import cc_visit_ast
    from radon.metrics import h_visit_ast
    from radon.raw import analyze
    from radon.visitors import Class, Function

    del language
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
        functions: dict[tuple[int, str], Numbers] = {}
        waiting: list[Any] = list(cc_visit_ast(tree))
        volumes: dict[str, float] = {name: report.volume for name, report in h_visit_ast(tree).functions}
        while waiting:
            block = waiting.pop()
            if isinstance(block, Function):
                functions[block.lineno, block.name] = {"cyclomatic": block.complexity}
                if block.name in volumes:
                    functions[block.lineno, block.name]["Halstead volume"] = volumes[block.name]
                waiting += block.closures
            elif isinstance(block, Class):
                waiting += [*block.methods, *block.inner_classes]
        return Found(functions, {"NLOC": analyze(source).sloc})


def by_lizard(language: str, source: str) -> Found:
    """Cyclomatic complexity, parameters and length of functions, lines of code."""
    import lizard

    suffix = {"javascript": "js", "typescript": "ts", "python": "py", "rust": "rs", "csharp": "cs", "ruby": "rb"}
    found = lizard.analyze_file.analyze_source_code("x." + suffix.get(language, language), source)
    functions = {
        (one.start_line, plain(one.name)): {
            "cyclomatic": one.cyclomatic_complexity,
            "parameters": one.parameter_count,
            "length": one.end_line - one.start_line + 1,
        }
        for one in found.function_list
    }
    return Found(functions, {"NLOC": found.nloc})


def by_complexipy(language: str, source: str) -> Found:
    """Cognitive complexity of functions."""
    import complexipy

    del language
    found = complexipy.code_complexity(source).functions
    return Found({(one.line_start, plain(one.name.replace("::", "."))): {"cognitive": one.complexity} for one in found})


def by_rust_code_analysis(language: str, source: str) -> Found:
    """Everything, a function with what is nested in it."""
    import rust_code_analysis_python

    root = rust_code_analysis_python.compute_metrics("x" + RCA_SUFFIXES[language], source, unit=False)
    functions: dict[tuple[int, str], Numbers] = {}
    waiting: list[dict[str, Any]] = [root]
    while waiting:
        space = waiting.pop()
        waiting += space["spaces"]
        if space["kind"] == "function":
            metrics = space["metrics"]
            functions[space["start_line"], plain(space["name"] or "")] = {
                "cyclomatic": metrics["cyclomatic"]["sum"],
                "cognitive": metrics["cognitive"]["sum"],
                "parameters": metrics["nargs"]["total"],
                "length": space["end_line"] - space["start_line"] + 1,
                "Halstead volume": metrics["halstead"]["volume"] or 0.0,
            }
    return Found(functions, {"NLOC": root["metrics"]["loc"]["ploc"]})


@dataclass(frozen=True)
class Peer:
    """A program, the module it comes in, and the languages that it reads."""

    name: str
    module: str
    languages: frozenset[str]
    ask: Callable[[str, str], Found]


_LIZARD = frozenset(["python", "java", "javascript", "typescript", "go", "c", "cpp", "csharp", "rust", "ruby"])
PEERS = (
    Peer("radon", "radon", frozenset({"python"}), by_radon),
    Peer("lizard", "lizard", _LIZARD, by_lizard),
    Peer("complexipy", "complexipy", frozenset({"python"}), by_complexipy),
    Peer("rust-code-analysis", "rust_code_analysis_python", frozenset(RCA_SUFFIXES), by_rust_code_analysis),
)


def installed(peers: Iterable[Peer] = PEERS) -> list[Peer]:
    """Those that can be imported here."""
    return [peer for peer in peers if importlib.util.find_spec(peer.module)]
