"""``python -m faultcast.steps pin``: write which commit of which repository is learnt from into params.yaml."""

import json
from pathlib import Path

from faultcast import settings
from faultcast.adapters.repositories import canonical, opened, pseudonyms, refresh
from faultcast.errors import UsageError


def pin(repository: str, revision: str, params: str) -> None:
    """Look up a revision, and write ``repository``, ``revision`` (the full id) and ``as_of`` (its date).

    Other lines of the file stay as they are.

    Raises:
        RepositoryError: the repository or the revision cannot be read.
        UsageError: the file has no line for one of them.
    """
    now = settings.load()
    location = canonical(repository)
    refresh(location, now)
    with opened(location, now) as source:
        tip = source.tip(revision)
        as_of = source.commit(tip, pseudonyms(now)).committed_at
    file = Path(params)
    lines = file.read_text(encoding="utf-8").splitlines()
    for name, value in {"repository": json.dumps(location), "revision": json.dumps(tip), "as_of": str(as_of)}.items():
        places = [n for n, line in enumerate(lines) if line.startswith(f"{name}:")]
        if len(places) != 1:
            raise UsageError(f"{params}: found {len(places)} lines `{name}:`, expected one, as in faultcast's checkout")
        lines[places[0]] = f"{name}: {value}"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
