"""Stage `register`: a model that passed becomes a version, the challenger, and then the champion."""

import json
from pathlib import Path

from faultcast import progress, settings
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.errors import NotPassed
from faultcast.records import Outcome
from faultcast.steps.card import card
from faultcast.steps.judged import judged


def register(repository: str, chosen: str, evaluation: str, verdict: str, registration: str) -> None:
    """Write what serves from now on: ``{"model_name", "version", "registered", "why"}``.

    Raises:
        NotPassed: the verdict is not PASS.
    """
    now = settings.load()
    decided = judged(verdict, evaluation)
    name = Places(now.home, repository).model_name
    with progress.stage("register") as stage:
        if decided.outcome != Outcome.PASS:
            raise NotPassed(f"{name}: found the verdict {decided.outcome}, expected PASS: {decided.why or 'no reason'}")
        registry = Registry.of(now)
        why = "passed every gate"
        version = registry.register(
            name, Path(chosen), decided.figures, "challenger",
            why=why, verdict=decided.outcome, card=card(repository, chosen, evaluation, verdict),
        )  # fmt: skip
        registry.promote(name, version, "champion", why=why)
        found = {"model_name": name, "version": version, "registered": True, "why": ""}
        Path(registration).write_text(json.dumps(found), encoding="utf-8")
        stage.found(f"{name} version {version} is the champion")
