"""A process that keeps predictions is killed at random moments: nothing that it acknowledged is lost."""

from pathlib import Path

from prediction_log_kills import kill_writers
from prediction_log_writer import CLIENTS

KILLS = 40


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """All 200 kills: `python benchmarks/prediction_log.py --kills 200`."""
    seen = kill_writers(tmp_path / "predictions.db", KILLS, seed=5)
    assert seen["acknowledged"] > 100 * KILLS  # it was at work
    assert (seen["lost"], seen["changed"], seen["twice"], seen["not_whole"]) == (0, 0, 0, 0)
    assert seen["unacknowledged"] <= CLIENTS * KILLS  # at most what was on its way
