"""The gateway in this process: all that stands around the routes, and no network."""

import time
from contextlib import contextmanager

from starlette.testclient import TestClient

from serving.gateway.app import served

READY_SECONDS = 60


@contextmanager
def asked_here(parts, app=None, **options):
    """A client of these parts, once a model is loaded."""
    with TestClient(served(parts, app), base_url="http://127.0.0.1:8080", **options) as client:
        end = time.monotonic() + READY_SECONDS
        while client.get("/health/ready").status_code != 200:
            assert time.monotonic() < end, "no model was loaded"
            time.sleep(0.05)
        yield client
