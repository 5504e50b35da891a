"""From a model's folder to who scores with it, as the settings say."""

from pathlib import Path

from faultcast import settings
from faultcast.adapters.stored_changes import lookup
from faultcast.models.signature import public_keys
from serving.scoring.scorer import Scorer


def load_scorer(
    model_dir: Path,
    *,
    past: Path | None = None,
    store: Path | None = None,
    shared_store: str = "",
    model_name: str = "",
    model_version: str = "",
) -> Scorer:
    """A model with the past and the store that its rows need; arguments and errors as `app.serve`."""
    return Scorer.load(
        model_dir,
        name=model_name,
        version=model_version,
        past=past,
        lookup=lookup(store, shared_store) if store else None,
        repository=store.resolve().parent.name if store else "",
        trusted=public_keys(settings.load().trusted_keys),
    )
