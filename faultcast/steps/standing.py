"""Who serves now, as a text that changes whenever that does: part of the key under which `validate` is reused."""

import hashlib
import json

from faultcast.adapters.places import Places
from faultcast.settings import Settings


def standing(now: Settings, repository: str) -> str:
    """Tell the champion of a repository; "" where nothing was ever promoted.

    With MLflow in the state folder this is a digest of what the promotion log says of the model, so that nobody pays
    for importing MLflow; with a server, the champion's version.
    """
    name = Places(now.home.resolve(), repository).model_name
    if now.mlflow_tracking_uri:
        from faultcast.adapters.registry import Registry  # noqa: PLC0415 - see above

        versions = Registry.of(now).versions(name)
        return next((one.version for one, _ in versions if "champion" in one.aliases), "")
    log = now.home / "promotions.jsonl"
    lines = log.read_text("utf-8").splitlines() if log.is_file() else []
    ours = [line for line in lines if line.endswith("}") and json.loads(line).get("model") == name]
    return hashlib.sha256("\n".join(ours).encode()).hexdigest()[:16] if ours else ""
