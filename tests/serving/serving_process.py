"""What the serving tests share: a server process, the protocols' questions."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
from loopback import end, free_port

from faultcast.features.catalogue import NAMES

REPOSITORY_ID = "story-00c0ffee"
START_SECONDS = 120
V1, V2 = "/v1/models/faultcast", "/v2/models/faultcast"
RAW = [None] * len(NAMES)


@contextmanager
def running(model_dir, log, *options, **settings):
    """Start `python -m serving`, with settings by name; yield (process, base URL); end it by its id."""
    port = free_port()
    command = [sys.executable, "-m", "serving", "--model-dir", str(model_dir), "--port", str(port), *map(str, options)]
    with log.open("w") as written:
        environment = os.environ | {f"FAULTCAST_{name.upper()}": str(value) for name, value in settings.items()}
        process = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT, env=environment)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        end(process, seconds=20)


def wait_for(process, url, path, status=200):
    """Ask until the answer has `status`; fail when the process ends or time is up."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, f"the server ended with status {process.returncode}"
        try:
            if httpx.get(url + path, timeout=5).status_code == status:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{path} did not answer {status} within {START_SECONDS} s")


def predict(client, *instances, verb="predict"):
    return client.post(f"{V1}:{verb}", json={"instances": list(instances)})


def infer(client, *instances, **more):
    tensor = {
        "name": "change",
        "datatype": "BYTES",
        "shape": [len(instances)],
        "data": [json.dumps(i) for i in instances],
    }
    return client.post(f"{V2}/infer", json={"inputs": [tensor], **more})


def outputs(response):
    return {output["name"]: output["data"] for output in response.json()["outputs"]}
