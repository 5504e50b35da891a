"""What judges models and decides which one serves: `validate`, `models`, `promote`, `rollback`, `monitor`."""

import argparse
from typing import TYPE_CHECKING

from faultcast.cli.arguments.shared import add

if TYPE_CHECKING:
    from faultcast.cli.arguments.shared import Commands

_ALIASES = ("champion", "challenger", "shadow")


def register(commands: "Commands") -> None:
    """Add these commands."""
    _validate(commands)
    _models(commands)
    _promote(commands)
    _rollback(commands)
    _monitor(commands)


def _validate(commands: "Commands") -> None:
    parser = add(
        commands,
        "validate",
        "judging",
        "tell whether the last run's models hold: over time, seeds, windows and kinds of change",
        "Writes a page, a JSON document and a model card. Decides nothing anew: the gates are those of the run.",
    )
    _repository(parser)
    parser.add_argument(
        "--folds", type=int, default=5, metavar="N", help="points of the history to learn again at (default: 5)"
    )
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds to train with (default: 5)")
    parser.add_argument(
        "--output", default="", metavar="FOLDER", help="where to write (default: below the state folder)"
    )


def _models(commands: "Commands") -> None:
    parser = add(
        commands,
        "models",
        "promoting",
        "show a repository's registered models and the promotion log",
        "Refused models are listed, too, with the reason.",
    )
    _repository(parser)


def _promote(commands: "Commands") -> None:
    parser = add(
        commands,
        "promote",
        "promoting",
        "let a registered model be champion, challenger or shadow",
        "Who, when, why and from what goes into the promotion log.",
    )
    _repository(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--version", metavar="N", help="the version, as `faultcast models` shows it")
    which.add_argument("--alias", choices=_ALIASES, help="the version that this alias points to")
    parser.add_argument("--to", choices=_ALIASES, required=True, help="the alias to move")
    parser.add_argument("--why", metavar="TEXT", required=True, help="the reason, for the promotion log")
    _by(parser)
    parser.add_argument(
        "--force", action="store_true", help="make it champion although its verdict is not PASS; the log keeps that"
    )


def _rollback(commands: "Commands") -> None:
    parser = add(
        commands,
        "rollback",
        "promoting",
        "let the champion be the version that it was before",
        "Once more goes one further back. What it gave then, it gives again, bit by bit.",
    )
    _repository(parser)
    parser.add_argument("--why", metavar="TEXT", default="", help="the reason, for the promotion log")
    _by(parser)


def _monitor(commands: "Commands") -> None:
    parser = add(
        commands,
        "monitor",
        "monitoring",
        "look at what was predicted lately: counts, drift, and how good it was once labels have come",
        "A server looks by itself every five minutes; this is one look. Its page and its numbers stay below the state "
        "folder.",
    )
    _repository(parser)
    parser.add_argument(
        "--model", default="", metavar="FOLDER", help="a model's folder to compare with (default: the champion's)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")


def _repository(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "repository", metavar="REPO", nargs="?", default="", help="path or URL (default: that of the last run)"
    )


def _by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", metavar="NAME", default="", help="who decided (default: the operating system's user)")
