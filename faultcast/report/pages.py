"""What all pages have in common: their templates, their style, filters that keep strangers' text harmless."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from faultcast.report import words


def asset(name: str) -> str:
    """A file of the package's templates."""
    return files("faultcast.report").joinpath("templates", name).read_text(encoding="utf-8")


def style(name: str) -> Markup:
    """The style sheet of a page: what all share, then its own."""
    return Markup(asset("common.css") + asset(name))  # noqa: S704 our own files


def template(name: str) -> Template:
    """A page to be filled in: everything is escaped, and nothing may be left undefined."""
    return _environment().get_template(name)


def bars(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rows of a table of bars, the longest of 100 %; the labels are shown as they are."""
    most = max(counts.values(), default=0) or 1
    return [{"label": label, "count": count, "share": round(100 * count / most, 1)} for label, count in counts.items()]


@cache
def _environment() -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(asset))
    environment.filters.update(
        number=words.number, percent=words.percent, day=words.day, plain=words.plain, model_name=words.model_name,
        coded=_coded, chance=_chance, rule=lambda rule: words.plain(str(rule).replace("_", " "), 60),
    )  # fmt: skip
    environment.globals.update(words=words)
    return environment


def _chance(p: float | None) -> str:
    """A p value, no more exactly than anybody should read it.

    >>> _chance(0.0004), _chance(0.0312)
    ('< 0.001', '0.031')
    """
    return "< 0.001" if p is not None and p < 0.001 else words.number(p, 3)


def _coded(text: str) -> Markup:
    """`code` in a sentence, as Markdown has it.

    >>> str(_coded("run `a < b` now"))
    'run <code>a &lt; b</code> now'
    """
    parts = str(text).split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
