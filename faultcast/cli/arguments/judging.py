"""What judges models and decides which one serves."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faultcast.cli.arguments.shared import Commands


def register(commands: "Commands") -> None:
    """Add these commands."""
    del commands
