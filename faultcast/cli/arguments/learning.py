"""What learns: `run`, `demo`."""

from typing import TYPE_CHECKING

from faultcast.cli.arguments.shared import add, issues, learning, repository

if TYPE_CHECKING:
    from faultcast.cli.arguments.shared import Commands


def register(commands: "Commands") -> None:
    """Add these commands."""
    _run(commands)
    _demo(commands)


def _run(commands: "Commands") -> None:
    parser = add(
        commands,
        "run",
        "training",
        "learn from a repository's history and rank its newest changes",
        "The repository is only read. A second run reuses what has not changed; an interrupted one resumes.",
    )
    repository(parser)
    parser.add_argument("--revision", default="HEAD", help="learn the history up to here (default: HEAD)")
    parser.add_argument(
        "--save-history", default="", metavar="STATE", help="a folder or s3://BUCKET/PREFIX for `faultcast jit`"
    )
    issues(parser)
    learning(parser)


def _demo(commands: "Commands") -> None:
    parser = add(
        commands,
        "demo",
        "training",
        "write a repository with planted faults, then do the same on it and tell how well the truth was found",
    )
    parser.add_argument("--commits", type=int, default=1600, help="how many commits to write (default: 1600)")
    parser.add_argument("--noise", type=float, default=0.3, help="how misleading the history is, 0..1 (default: 0.3)")
    parser.set_defaults(issues="none")  # its history has no tracker
    learning(parser)
