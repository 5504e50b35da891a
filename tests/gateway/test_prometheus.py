"""`GET /metrics` scraped by a real Prometheus, and the contract's names asked back from it."""

import shutil
import subprocess
import time

import httpx
import pytest
from gateway_process import running
from loopback import free_port

NAMES = {
    "ml_predictions_total": {"model_name", "model_version"},
    "ml_prediction_duration_seconds_count": {"model_version"},
    "ml_prediction_duration_seconds_bucket": {"le"},
    "api_requests_total": {"method", "endpoint", "status"},
    "api_request_duration_seconds_sum": {"method", "endpoint"},
    "ml_prediction_errors_total": {"reason"},
    "ml_model_load_total": {"status"},
    "ml_model_loaded": {"model_name", "model_version"},
    "process_memory_rss_bytes": set(),
    "process_cpu_percent": set(),
    "process_thread_count": set(),
    "ml_drift_detected": set(),
    "ml_drifted_feature_count": set(),
}
FAMILIES = {"api_errors_total"}
"""Counts what never happens here: a series of it would be a defect, so its name alone is asked for."""
SECONDS = 60


@pytest.fixture(scope="module")
def prometheus(small_model, tmp_path_factory):
    binary = shutil.which("prometheus")
    assert binary, "prometheus is not installed: tests/install-tools.sh installs it"
    folder = tmp_path_factory.mktemp("prometheus")
    with running(small_model, folder) as gateway:
        httpx.post(f"{gateway.url}/predict", json={"additions": 3, "deletions": 1})
        httpx.post(f"{gateway.url}/predict", json={"commit": "a" * 40})
        port = free_port()
        (folder / "prometheus.yml").write_text(
            "scrape_configs:\n"
            f"  - {{job_name: gateway, scrape_interval: 1s, static_configs: [{{targets: ['127.0.0.1:{gateway.port}']}}]}}\n"
        )
        command = [
            binary, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
        ]  # fmt: skip
        with (folder / "prometheus.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for_a_scrape(process, url, folder)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_for_a_scrape(process, url, folder):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, (folder / "prometheus.log").read_text()
        try:
            # It answers, though not as JSON, before it is ready.
            if httpx.get(f"{url}/-/ready").status_code == 200 and query(url, "ml_predictions_total"):
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(httpx.get(f"{url}/api/v1/targets").text[:2000])


def query(url, expression):
    return httpx.get(f"{url}/api/v1/query", params={"query": expression}, timeout=10).json()["data"]["result"]


@pytest.mark.parametrize("name", NAMES)
def test_prometheus_knows_the_name_with_its_labels(prometheus, name):
    found = query(prometheus, name)
    assert found
    assert all(NAMES[name] <= set(one["metric"]) for one in found)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_prometheus_knows_what_never_happened_by_its_name(prometheus, name):
    known = httpx.get(f"{prometheus}/api/v1/metadata", timeout=10).json()["data"]
    assert name in known or name.removesuffix("_total") in known


def test_prometheus_got_the_right_numbers(prometheus):
    assert value(prometheus, "sum(ml_predictions_total)") == 1
    assert value(prometheus, 'sum(ml_prediction_errors_total{reason="not_found"})') == 1
    assert value(prometheus, 'sum(api_requests_total{endpoint="/predict",method="POST",status="404"})') == 1
    assert value(prometheus, "ml_model_loaded") == 1
    assert value(prometheus, "process_memory_rss_bytes") > 10_000_000
    assert value(prometheus, "up") == 1


def value(url, expression):
    (found,) = query(url, expression)
    return float(found["value"][1])
