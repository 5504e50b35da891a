"""What every command has, and options that several share."""

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  the only name it has


def add(commands: "Commands", name: str, module: str, help_text: str, details: str = "") -> argparse.ArgumentParser:
    """A command: its function is `name` of ``faultcast.cli.<module>``, imported when it is called."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_text,
        description=f"{help_text[0].upper()}{help_text[1:]}. {details}".strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=_later(module, name))
    parser.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    return parser


def _later(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """The command's function, imported when it is called."""

    def call(options: argparse.Namespace) -> int:
        return int(getattr(import_module(f"faultcast.cli.{module}"), name)(options))

    return call


def repository(parser: argparse.ArgumentParser) -> None:
    """Add REPO."""
    parser.add_argument("repository", metavar="REPO", help="path of a git repository, bare or not, or an https URL")


def ripening(parser: argparse.ArgumentParser) -> None:
    """Add --ripening-days."""
    parser.add_argument(
        "--ripening-days",
        type=float,
        default=None,
        metavar="DAYS",
        help="days after which a change without a known fault counts as clean (default: chosen from the history)",
    )


def issues(parser: argparse.ArgumentParser) -> None:
    """Add --issues."""
    parser.add_argument(
        "--issues",
        metavar="SOURCES",
        help="what to label by beside the history: issues (github:owner/name, jira:KEY), votes on predictions "
        "(feedback), several by commas, or none (default: issues of the repository's own address, if "
        "`faultcast ingest` collected them, and feedback, if there is any)",
    )


def learning(parser: argparse.ArgumentParser) -> None:
    """Add what runs of the pipeline have: --ripening-days, --seed and --stages."""
    ripening(parser)
    parser.add_argument("--seed", type=int, default=None, help="seed of everything random (default: 7)")
    parser.add_argument(
        "--stages", action="store_true", help="tell at the end what each stage did, and why it was not reused"
    )
