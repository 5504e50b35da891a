"""``faultcast ingest`` and ``faultcast consume``."""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec

from faultcast.errors import UsageError

_NEEDED = {"github": "github", "kafka": "confluent_kafka", "kinesis": "boto3", "local": "pyarrow"}


def ingest(options: argparse.Namespace) -> int:
    """Clone repositories, collect what their trackers know, and publish it where that is asked for."""
    _need(_NEEDED.get(options.provider, "requests"), _NEEDED[options.pipeline_type])
    from faultcast.steps.ingest import ingest as ingest_repositories

    tell = _teller(options)
    names = list(dict.fromkeys(name.strip() for name in options.repositories.split(",") if name.strip()))
    found = ingest_repositories(
        names, options.provider, options.days, options.pipeline_type, clone=not options.no_clone, tell=tell
    )
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
                "told": asdict(one.told) if one.told else None,
            }
            for one in found
        ]
        print(json.dumps({"provider": options.provider, "repositories": rows}, indent=2))
        return 0
    for one in found:
        kept = ", ".join(f"{count:,} {stream.replace('_', ' ')}" for stream, count in one.collected.records.items())
        print(f"{one.name}: {kept or 'nothing in this period'}; {one.folder}")
        if one.told:
            print(f"  published {one.told.published:,} events to raw-code of {one.told.broker} at {one.told.address}")
            print(f"  next: faultcast consume --pipeline-type {options.pipeline_type}")
        if one.location:
            print(f"  next: faultcast run {one.location}")
    return 0


def consume(options: argparse.Namespace) -> int:
    """Check the events that were published, and keep them in tables."""
    _need(_NEEDED[options.pipeline_type])
    from faultcast.steps.consume import consume as consume_events

    is_over = _until_told() if options.follow else lambda: False
    found = consume_events(
        options.pipeline_type,
        follow=options.follow,
        from_start=options.from_start,
        tell=_teller(options),
        is_over=is_over,
    )
    if options.json:
        print(json.dumps(asdict(found) | {"folders": [str(folder) for folder in found.folders]}, indent=2))
        return 0
    print(f"{found.kept:,} events kept, {found.repeated:,} known already, {found.refused:,} refused; {found.address}")
    for rule, count in sorted(found.rules.items()):
        print(f"  {count:,} to dead-letters: {rule}")
    for folder in found.folders:
        print(f"  {folder}")
    return 0


def _until_told() -> Callable[[], bool]:
    """Whether we were told to end: an interrupt or a TERM is heard between batches, a second one as ever."""
    heard: list[int] = []

    def hear(number: int, _: object) -> None:
        heard.append(number)
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
    return lambda: bool(heard)


def _need(*packages: str) -> None:
    if any(find_spec(package) is None for package in packages):
        raise UsageError("This needs packages that are not installed: pip install 'faultcast[ingest]'.")


def _teller(options: argparse.Namespace) -> Callable[[str], None]:
    def tell(text: str) -> None:
        if not options.quiet:
            print(text, file=sys.stderr)

    return tell
