"""``faultcast ingest``."""

import argparse
import json
import sys
from importlib.util import find_spec

from faultcast.errors import UsageError


def ingest(options: argparse.Namespace) -> int:
    """Clone repositories and collect what their trackers know."""
    needed = {"github": "github"}.get(options.provider, "requests")
    if find_spec(needed) is None:
        raise UsageError("Collecting needs packages that are not installed: pip install 'faultcast[ingest]'.")
    from faultcast.steps.ingest import ingest as ingest_repositories

    def tell(text: str) -> None:
        if not options.quiet:
            print(text, file=sys.stderr)

    names = list(dict.fromkeys(name.strip() for name in options.repositories.split(",") if name.strip()))
    found = ingest_repositories(names, options.provider, options.days, clone=not options.no_clone, tell=tell)
    if options.json:
        rows = [
            {
                "repository": one.name,
                "folder": str(one.folder),
                "location": one.location,
                "records": one.collected.records,
                "pages": one.collected.pages,
                "unchanged": one.collected.unchanged,
                "resumed": one.collected.resumed,
            }
            for one in found
        ]
        print(json.dumps({"provider": options.provider, "repositories": rows}, indent=2))
        return 0
    for one in found:
        kept = ", ".join(f"{count:,} {stream.replace('_', ' ')}" for stream, count in one.collected.records.items())
        print(f"{one.name}: {kept or 'nothing in this period'}; {one.folder}")
        if one.location:
            print(f"  next: faultcast run {one.location}")
    return 0
