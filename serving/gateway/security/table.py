"""THE TABLE: which route needs what. A route that is not here does not exist: it is answered 404, whoever asks.

Paths are matched by the router's own regular expressions (`starlette.routing.compile_path`), so that what is judged
and what is run cannot differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from re import Pattern

from starlette.routing import compile_path

from serving.gateway.security.principal import Need

_OPEN, _READ, _PREDICT, _FEEDBACK, _OPERATE = Need


@dataclass(frozen=True, slots=True)
class Rule:
    """One row."""

    method: str
    template: str
    need: Need
    audited: str = ""
    """Name of the event in the audit log; empty: the access log is enough."""


PROBES = frozenset({"/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"})
"""Asked by whoever starts and stops this process, from addresses and under names of their own: answered whoever asks,
however often, or a flood from one address would have the process ended."""

RULES = (
    # Probes and what a browser loads before anyone can sign in: the same for everyone, nothing learnt is in it.
    Rule("GET", "/", _OPEN),
    Rule("GET", "/health/live", _OPEN),
    Rule("GET", "/health/ready", _OPEN),
    Rule("GET", "/docs", _OPEN),
    Rule("GET", "/openapi.json", _OPEN),
    Rule("GET", "/page", _OPEN),
    Rule("GET", "/assets/{path:path}", _OPEN),
    Rule("GET", "/v2", _OPEN),
    Rule("GET", "/v2/health/live", _OPEN),
    Rule("GET", "/v2/health/ready", _OPEN),
    Rule("GET", "/v1/models", _OPEN),
    Rule("GET", "/v2/models", _OPEN),
    # What is known; /health tells of models and the machine's resources, probes have /health/live and /health/ready.
    Rule("GET", "/health", _READ),
    Rule("GET", "/metrics", _READ),
    Rule("GET", "/models", _READ),
    # Before the path without a verb, which would match these, too.
    Rule("POST", "/v1/models/{name}:predict", _PREDICT),
    Rule("POST", "/v1/models/{name}:explain", _PREDICT),
    Rule("GET", "/v1/models/{name}", _READ),
    Rule("GET", "/v2/models/{name}", _READ),
    Rule("GET", "/v2/models/{name}/ready", _READ),
    Rule("GET", "/model-info", _READ),
    Rule("GET", "/drift-status", _READ),
    Rule("GET", "/monitoring/stats", _READ),
    Rule("GET", "/changes", _READ),
    Rule("GET", "/changes/{commit}", _READ),
    # What is asked.
    Rule("POST", "/predict", _PREDICT),
    Rule("POST", "/analyze/code", _PREDICT),
    Rule("POST", "/v2/models/{name}/infer", _PREDICT),
    # What people say, and what changes who answers.
    Rule("POST", "/feedback", _FEEDBACK, "feedback"),
    Rule("POST", "/models/{name}/reload", _OPERATE, "reload"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What the table says of a path."""

    rule: Rule | None
    """None: nothing goes by that path, or not by that method."""
    allowed: tuple[str, ...] = ()
    """Methods that the path knows, where the one asked is none of them."""


class Table:
    """Looks rules up."""

    def __init__(self, rules: tuple[Rule, ...] = RULES) -> None:
        self._exact: dict[str, dict[str, Rule]] = {}
        self._patterns: list[tuple[Pattern[str], dict[str, Rule]]] = []
        for rule in rules:
            self._methods(rule.template)[rule.method] = rule

    def _methods(self, template: str) -> dict[str, Rule]:
        if "{" not in template:
            return self._exact.setdefault(template, {})
        pattern = compile_path(template)[0]
        known = next((methods for there, methods in self._patterns if there.pattern == pattern.pattern), None)
        if known is None:
            known = {}
            self._patterns.append((pattern, known))
        return known

    def find(self, method: str, path: str) -> Found:
        """Return the rule of a request; HEAD is judged as GET.

        As in the router, a path that two templates fit goes to the first that knows the method.
        """
        asked = "GET" if method == "HEAD" else method
        allowed: set[str] = set()
        for methods in self._fitting(path):
            if asked in methods:
                return Found(methods[asked])
            allowed.update(methods)
        return Found(None, tuple(sorted(allowed)))

    def _fitting(self, path: str) -> Iterator[dict[str, Rule]]:
        if path in self._exact:
            yield self._exact[path]
        yield from (methods for pattern, methods in self._patterns if pattern.match(path))


TABLE = Table()
