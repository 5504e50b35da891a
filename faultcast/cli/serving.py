"""``faultcast serve``."""

import argparse
import sys

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.adapters.repositories import canonical
from faultcast.errors import NotFound


def serve(options: argparse.Namespace) -> int:
    """Serve the champion until interrupted."""
    from serving.predictor.app import serve as serve_model

    now = settings.load()
    home = now.home.resolve()
    run = runs.last(home, canonical(options.repository) if options.repository else None)
    places = Places(home, run.location)
    champion = Registry.of(now).champion(places.model_name)
    if champion is None:
        raise NotFound(
            f"{run.location}: found no champion, expected a registered model. The last run's report says why none "
            "passed: `faultcast report`."
        )
    host = options.host or now.host
    port = options.port or now.port
    if not options.quiet:
        print(
            f"Serving {champion.model_name} version {champion.version} on http://{host}:{port}\n"
            f"Try: faultcast change {run.location} | curl -s -d @- "
            f"http://{host}:{port}/v1/models/faultcast:predict",
            file=sys.stderr,
        )
    serve_model(
        champion.folder,
        host,
        port,
        past=run.artifact("describe/past"),
        store=places.feature_store,
        shared_store=now.feature_store,
        model_version=champion.version,
    )
    return 0
