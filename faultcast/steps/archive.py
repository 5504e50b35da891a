"""Stage `archive`: a model that did not pass is kept with its verdict and the reasons, and serves nobody."""

import json
from pathlib import Path

from faultcast import progress, settings
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.steps.card import card
from faultcast.steps.judged import judged
from faultcast.steps.small import marked


def archive(repository: str, chosen: str, evaluation: str, verdict: str, registration: str) -> None:
    """Write what still serves: ``{"model_name", "version", "registered", "why", "archived"}``.

    `version` is the standing champion's, `archived` that of the refused model; each "" where there is none.
    """
    now = settings.load()
    decided = judged(verdict, evaluation)
    name = Places(now.home, repository).model_name
    with progress.stage("archive") as stage:
        registry = Registry.of(now)
        why, kept = decided.why or "no reason given", ""
        if not marked(Path(chosen)):
            about = card(repository, chosen, evaluation, verdict)
            kept = registry.archive(name, Path(chosen), decided.figures, decided.outcome, why, card=about)
        standing = registry.champion(name)
        version = standing.version if standing else ""
        found = {"model_name": name, "version": version, "registered": False, "why": decided.why, "archived": kept}
        Path(registration).write_text(json.dumps(found), encoding="utf-8")
        serves = f"version {version} stays the champion" if version else "no model serves yet"
        stage.found(
            f"not registered ({decided.outcome}): {why}; {serves}" + (f"; kept as version {kept}" if kept else "")
        )
