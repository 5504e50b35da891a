"""``faultcast report``."""

import argparse
import json
import webbrowser
from pathlib import Path

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.repositories import canonical
from faultcast.errors import NotFound


def report(options: argparse.Namespace) -> int:
    """Open the page that the last run wrote."""
    location = canonical(options.repository) if options.repository else None
    run = runs.last(settings.load().home.resolve(), location)
    page = Path(run.report)
    if not page.is_file():
        raise NotFound(f"{page}: found no report there. Run `faultcast run {run.location}` again.")
    opened = not (options.no_browser or options.json) and webbrowser.open(page.as_uri())
    if options.json:
        print(json.dumps({"report": str(page), "repository": run.location, "revision": run.revision}))
    elif opened:
        print(f"Opened {page}")
    else:
        print(page)
    return 0
