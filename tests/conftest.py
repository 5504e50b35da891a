"""What every area's tests share: stories, tiny real repositories (see story.py)."""

from pathlib import Path

import pytest
from story import Story


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """An empty repository to tell a story in."""
    return Story(tmp_path / "repository")
