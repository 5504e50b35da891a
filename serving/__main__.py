"""`python -m serving`: the model server on its own, as the serving image starts it."""

import argparse
import sys
from pathlib import Path

from faultcast import settings
from faultcast.errors import FaultcastError
from serving.predictor.app import serve


def main() -> int:
    """Serve until stopped; returns the exit status of `faultcast.errors` when that cannot be."""
    try:
        found = settings.load()
        options = _parser(found).parse_args()
        serve(
            options.model_dir,
            host=options.host,
            port=options.port,
            past=options.past,
            store=options.store,
            shared_store=found.feature_store,
            model_name=options.model_name,
            model_version=options.model_version,
            grpc_port=options.grpc_port,
        )
    except FaultcastError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


def _parser(found: settings.Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m serving", description="Serve a faultcast model (KServe V1 and V2)")
    parser.add_argument(
        "--model-dir",
        type=Path,
        default=Path("/mnt/models"),
        help="folder of the model (default: where KServe puts it)",
    )
    parser.add_argument("--host", default=found.host, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=found.port, help="port to listen on (default: %(default)s)")
    parser.add_argument("--grpc-port", type=int, default=found.grpc_port, help="port for gRPC (default: 0, none)")
    parser.add_argument("--model-name", default="faultcast", help="name in the routes (default: %(default)s)")
    parser.add_argument("--model-version", default="", help="version in the answers (default: from the manifest)")
    parser.add_argument("--past", type=Path, help="what the history taught; without it, such features are missing")
    parser.add_argument("--store", type=Path, help="folder of the feature store; without it, ids alone are unknown")
    return parser


if __name__ == "__main__":
    sys.exit(main())
