"""``faultcast serve``."""

import argparse
import logging
import sys
from dataclasses import replace

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.repositories import canonical


def serve(options: argparse.Namespace) -> int:
    """Serve a repository's models until interrupted."""
    from serving.gateway.build import in_process
    from serving.gateway.run import serve as serve_gateway
    from serving.scoring.split import parse

    now = settings.load()
    now = replace(now, home=now.home.resolve())
    run = runs.last(now.home, canonical(options.repository) if options.repository else None)
    split = parse(options.models, options.split)
    parts, following = in_process(now, run.location, split)

    def listening(url: str) -> None:
        if not options.quiet:
            print(_told(now, url, run.location, options), file=sys.stderr)

    level = logging.WARNING if options.quiet else logging.INFO
    serve_gateway(parts, following, options.host or now.host, _port(options, now), listening, level)
    return 0


def _port(options: argparse.Namespace, now: settings.Settings) -> int:
    return now.port if options.port is None else int(options.port)


def _told(now: settings.Settings, url: str, location: str, options: argparse.Namespace) -> str:
    """What stands behind the address, and how to try it."""
    split = f" {options.split}" if options.split else ""
    from serving.gateway.security import is_required

    who = "callers must log in" if is_required(now) else "whoever reaches this address may ask, without a login"
    return (
        f"Serving {options.models}{split} of {Places(now.home, location).repo_id} on {url} ({who})\n"
        f"Page: {url}/page  Documentation: {url}/docs  Metrics: {url}/metrics\n"
        f"Answers are kept in {(now.cache and 'Redis') or 'memory'}, predictions in "
        f"{(now.prediction_log and 'PostgreSQL') or now.home / 'predictions.db'}\n"
        f"Try: faultcast change {location} | curl -s -d @- {url}/v1/models/faultcast:predict"
    )
