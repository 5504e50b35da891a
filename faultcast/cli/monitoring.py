"""``faultcast monitor``."""

import argparse
import json
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.repositories import canonical
from faultcast.errors import NotFound
from faultcast.wording import counted, number, percent, plain


def monitor(options: argparse.Namespace) -> int:
    """Look once at what was predicted lately."""
    from faultcast.steps.monitor import Asked, monitor as look

    now = settings.load()
    location = canonical(options.repository) if options.repository else _last(now.home.resolve())
    model = Path(options.model) if options.model else None
    found = look(Asked(location, time.time(), model), now)
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for line in _lines(found):
        console.print(plain(line, 500))
    if options.open and not webbrowser.open(Path(found["report"]).as_uri()):
        console.print("No browser could be opened.")
    return 0


def _last(home: Path) -> str:
    """The last run's repository; predictions can be looked at without any."""
    try:
        return runs.last(home, None).location
    except NotFound:
        return ""


def _lines(found: dict[str, Any]) -> Iterator[str]:
    stats, drift = found["stats"], found["drift"]
    asked, latency = stats["predictions"], stats["latency_seconds"]
    yield (
        f"Last {stats['window']['hours']:g} h: {counted(asked['answered'], 'prediction')} of "
        f"{counted(asked['distinct_changes'], 'change')}, {asked['shadow']:,} more by shadows"
    )
    for one in stats["models"]:
        yield (
            f"  {one['model_name']} version {one['model_version']} ({one['alias']}): {one['predictions']:,}, mean risk "
            f"{number(one['mean_risk'], 3)}, high {percent(one['high_share'], 1)}"
        )
    if latency["p50"] is not None:
        yield f"Latency: p50 {latency['p50'] * 1000:.1f} ms, p99 {latency['p99'] * 1000:.1f} ms"
    yield f"Drift: {drift['status'].replace('_', ' ')}; {drift['text']}"
    for one in found["performance"]:
        yield f"Since labels came, {one['model_name']} version {one['model_version']}: {one['text']}"
    yield f"Page: {found['report']}"
    yield f"Numbers: {found['file']}"
