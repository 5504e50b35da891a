"""The model card that is kept with a version."""

import json
from pathlib import Path

from faultcast.models import artifact
from faultcast.report.model_card import model_card


def card(repository: str, chosen: str, evaluation: str, verdict: str) -> str:
    """The chosen model's card, Markdown, from what the stages left.

    Raises:
        NotFound, UnsafeArtifact, ContractMismatch: from reading the manifest.
    """
    found, decided = (json.loads(Path(path).read_text(encoding="utf-8")) for path in (evaluation, verdict))
    return model_card(artifact.read_manifest(Path(chosen)), found, decided, repository=repository)
