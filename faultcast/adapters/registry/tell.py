"""`python -m faultcast.adapters.registry.tell MODEL`: where its aliases point, as one JSON object.

For a server, which asks in a process of its own and so carries no MLflow (`faultcast.adapters.served_models`).
"""

import json
import sys

from faultcast import settings
from faultcast.adapters.registry.aliases import Alias
from faultcast.adapters.registry.door import Registry
from faultcast.errors import FaultcastError, OutOfSpace, PermanentError

_ALIASES: tuple[Alias, ...] = ("champion", "challenger", "shadow")


def main(model: str) -> int:
    """Print alias -> {"version": …, "folder": …} or {"error": its class, "message": …}; or such an error for all."""
    try:
        registry = Registry.of(settings.load())
        answer: dict[str, object] = {alias: one for alias in _ALIASES if (one := _one(registry, model, alias))}
    except FaultcastError as error:
        answer = dict(_told(error))
    print(json.dumps(answer))  # noqa: T201  stdout is what this program is for
    return 0


def _one(registry: Registry, model: str, alias: Alias) -> dict[str, str] | None:
    """An artifact that is refused or gone is its alias's misfortune alone."""
    try:
        found = registry.champion(model, alias)
    except (PermanentError, OutOfSpace) as error:
        return _told(error)
    return {"version": found.version, "folder": str(found.folder)} if found else None


def _told(error: FaultcastError) -> dict[str, str]:
    return {"error": type(error).__name__, "message": str(error)}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
