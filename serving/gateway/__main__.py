"""`python -m serving.gateway`: the gateway as a cluster starts it.

Who scores: the KServe predictor that the setting `predictor_url` names; else the models in the folders that are named
here, in this process; else those of the last run in `home`, as `faultcast serve` does.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from faultcast import settings
from faultcast.errors import FaultcastError
from serving.gateway import build
from serving.gateway.following import Following
from serving.gateway.parts import Parts
from serving.gateway.run import serve
from serving.scoring.sources import FolderSource
from serving.scoring.split import parse


def main() -> int:
    """Serve until stopped; returns the exit status of `faultcast.errors` when that cannot be."""
    try:
        now = settings.load()
        now = replace(now, home=now.home.resolve())
        options = _parser(now).parse_args()
        parts, following = _parts(now, options)
        serve(parts, following, options.host, options.port)
    except FaultcastError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


def _parts(now: settings.Settings, options: argparse.Namespace) -> tuple[Parts, Following]:
    if now.predictor_url:
        return build.elsewhere(now)
    if options.model_dir is None:
        return build.in_process(now, options.repository, parse(options.models, options.split))
    source = FolderSource(
        {"champion": options.model_dir},
        past=options.past,
        store=options.store,
        shared_store=now.feature_store,
        trusted_keys=now.trusted_keys,
    )
    return build.of_fleet(now, source, parse("champion"))


def _parser(now: settings.Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m serving.gateway", description="Serve faultcast's gateway")
    parser.add_argument("--host", default=now.host, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=now.port, help="port to listen on (default: %(default)s)")
    parser.add_argument("--repository", help="whose models (default: the repository of the last run)")
    parser.add_argument("--models", default="champion", help="aliases, separated by commas (default: champion)")
    parser.add_argument("--split", default="", help="percentages of those that answer, such as 90/10")
    parser.add_argument("--model-dir", type=Path, help="folder of the only model, where there is no registry")
    parser.add_argument("--past", type=Path, help="with --model-dir: what the history taught")
    parser.add_argument("--store", type=Path, help="with --model-dir: folder of the feature store")
    return parser


if __name__ == "__main__":
    sys.exit(main())
