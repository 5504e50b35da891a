"""What can be typed. No import here costs anything: ``--help`` must answer in under 0.3 s."""

import argparse

from faultcast import __version__
from faultcast.cli.arguments import collecting, guarding, judging, learning, reading, scoring

_EPILOG = """\
Start with `faultcast run PATH` on a repository of yours, or `faultcast demo` to see it at work.
State lives in one folder, .faultcast or $FAULTCAST_HOME; it is safe to delete.
Exit codes: 0 done, 1 a stage failed, 2 wrong usage, 3 repository unreadable, 4 too few samples for a
model, 5 model refused, 6 nothing found, 7 disk full, 8 another system is away, 9 no model passed, 10 too risky,
130 interrupted.
"""


def build() -> argparse.ArgumentParser:
    """Return the parser; a parsed command line has its function in `command`."""
    parser = argparse.ArgumentParser(
        prog="faultcast",
        description="Forecasts faults in code: how risky the next change is, why, and where.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"faultcast {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in (learning, judging, reading, scoring, collecting, guarding):
        group.register(commands)
    return parser
