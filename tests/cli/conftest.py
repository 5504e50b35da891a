"""A state folder a test."""

from pathlib import Path

import pytest
from command_line import CommandLine


@pytest.fixture
def faultcast(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")
