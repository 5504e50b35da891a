"""What the serving tests share: a small model, a server process, the protocols' questions."""

import json
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import numpy as np
from sklearn.ensemble import RandomForestClassifier

from faultcast.features.catalogue import CATALOGUE, NAMES
from faultcast.models import artifact, forest, forest_file
from faultcast.models.bands import Bands
from faultcast.models.calibration import Calibration
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import fit_normaliser
from serving.predictor.app import hidden_arguments

with hidden_arguments():
    import kserve  # noqa: F401 - imported here once, because pytest has arguments too

REPOSITORY_ID = "story-00c0ffee"
START_SECONDS = 120
V1, V2 = "/v1/models/faultcast", "/v2/models/faultcast"
RAW = [None] * len(NAMES)


def build_model(folder, **changed):
    """Write a small forest that fears large changes by newcomers."""
    rng = np.random.default_rng(3)
    values = rng.poisson(6, (300, len(CATALOGUE))).astype(float)
    labels = (values[:, 0] - values[:, 14] + rng.normal(0, 2, 300) > 2).astype(int)
    normaliser = fit_normaliser(values)
    trees = RandomForestClassifier(20, max_depth=5, random_state=3, n_jobs=1).fit(normaliser.apply(values), labels)
    manifest = Manifest(
        kind="simple", name="story", normaliser=normaliser, calibration=Calibration(1.0, 0.0), bands=Bands(0.3, 0.6),
        training_window=(0, 1), label_as_of=1, ripening_days=7.0, data_fingerprint="0" * 64, code_version="0", seed=3,
        metrics={}, **changed,
    )  # fmt: skip
    artifact.write(folder, manifest, forest_file.to_files(forest.of_classifier(trees)))
    return folder


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(model_dir, log, *options):
    """Start `python -m serving`; yield (process, base URL); end it by its id."""
    port = free_port()
    command = [sys.executable, "-m", "serving", "--model-dir", str(model_dir), "--port", str(port), *map(str, options)]
    with log.open("w") as written:
        process = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=20)


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
