"""What reads a history and trains nothing: `label`, `metrics`."""

from typing import TYPE_CHECKING

from faultcast.cli.arguments.shared import add, issues, repository, ripening

if TYPE_CHECKING:
    from faultcast.cli.arguments.shared import Commands


def register(commands: "Commands") -> None:
    """Add these commands."""
    _label(commands)
    _metrics(commands)


def _label(commands: "Commands") -> None:
    parser = add(
        commands,
        "label",
        "labelling",
        "tell which changes introduced faults that were fixed, as known on a day",
        "Reads the history only; trains nothing.",
    )
    repository(parser)
    parser.add_argument("--revision", default="HEAD", help="label the history up to here (default: HEAD)")
    parser.add_argument(
        "--as-of", metavar="DATE", help="what was known then: an ISO day or instant, UTC (default: the revision's date)"
    )
    parser.add_argument(
        "--variant",
        choices=("b", "ag", "ma", "recent", "ours"),
        default="ours",
        help="how to trace fixes back; docs/labels.md tells them apart (default: ours, which `run` uses)",
    )
    parser.add_argument(
        "--newest", type=int, default=20, metavar="N", help="inducing changes to show, newest first (default: 20)"
    )
    issues(parser)
    ripening(parser)


def _metrics(commands: "Commands") -> None:
    parser = add(
        commands,
        "metrics",
        "mining",
        "write the 14 change metrics of Kamei et al. 2013 for a whole history",
        "Reads no patches, so it takes about as long as `git log --numstat`. One row a change, merges left out.",
    )
    repository(parser)
    parser.add_argument("--revision", default="HEAD", help="describe the history up to here (default: HEAD)")
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="a .parquet or .csv file (default: CSV on stdout; with --json a summary alone)",
    )
