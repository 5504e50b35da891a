"""A place for toy runs."""

import os
from pathlib import Path

import pytest
from toy_runs import Toy

HERE = Path(__file__).parent


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    monkeypatch.setenv("PYTHONPATH", str(HERE) + os.pathsep + os.environ.get("PYTHONPATH", ""))
    base = tmp_path / 'it\'s a "python3" project'
    (base / "control").mkdir(parents=True)
    return Toy(home=base / "home", control=base / "control")
