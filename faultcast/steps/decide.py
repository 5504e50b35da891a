"""Stage `decide`: `register` what passed, `archive` what did not, where a pipeline has no conditions (DVC)."""

from faultcast.records import Outcome
from faultcast.steps.archive import archive
from faultcast.steps.judged import judged
from faultcast.steps.register import register


def decide(repository: str, chosen: str, evaluation: str, verdict: str, registration: str) -> None:
    """Write what serves from now on, as the two stages do."""
    stage = register if judged(verdict).outcome == Outcome.PASS else archive
    stage(repository, chosen, evaluation, verdict, registration)
