"""The OpenAPI document against the running gateway: Schemathesis with all of its checks in all of its phases."""

import os
import subprocess
import sys
from pathlib import Path

from gateway_process import running
from starlette.testclient import TestClient

from faultcast.settings import Settings
from serving.gateway import build
from serving.gateway.app import create_app, served
from serving.gateway.downgrade import to_3_0
from serving.scoring.sources import FolderSource
from serving.scoring.split import parse

EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "15")
"""Made up for each operation; `SCHEMATHESIS_EXAMPLES=2000 pytest tests/gateway/test_openapi.py` looks for long."""
SEED = os.environ.get("SCHEMATHESIS_SEED", "1")
ROUTES = (
    "/predict /analyze/code / /health /metrics /models /models/{name}/reload /model-info /drift-status "
    "/monitoring/stats /feedback"
)


def test_schemathesis_finds_nothing(small_model, tmp_path):
    """No answer that the document does not tell of, nothing valid refused, nothing invalid taken, no 5xx, no trace."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", "--checks", "all", "--max-examples", EXAMPLES,
        "--seed", SEED, "--suppress-health-check", "all", "--continue-on-failure", "--no-color",
    ]  # fmt: skip
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(Path(__file__).parent)}
    with running(small_model, tmp_path) as gateway:
        ended = subprocess.run(
            [*command, f"{gateway.url}/openapi.json"],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=7200,
        )  # fmt: skip
        log = gateway.log.read_text()
    assert ended.returncode == 0, ended.stdout[:6000] + ended.stdout[-3000:] + ended.stderr[-2000:]
    assert "No issues found" in ended.stdout, ended.stdout[-2000:]
    assert "Traceback" not in log
    assert '"status":500' not in log


def test_the_document_has_every_route_of_the_contract(app):
    assert set(ROUTES.split()) <= set(app.openapi()["paths"])


def test_every_refusal_is_told_of_as_a_problem(app):
    for path, operations in app.openapi()["paths"].items():
        for operation in operations.values():
            refusals = {code: one for code, one in operation["responses"].items() if code >= "400"}
            refusals.pop("503" if path == "/health" else "", None)  # a health that is bad is still told as health
            assert {*refusals} >= {"401", "403", "429", "500"}
            assert all(set(one["content"]) == {"application/problem+json"} for one in refusals.values()), path


def test_what_swagger_ui_reads_says_nothing_that_openapi_3_0_does_not_know(app):
    def walk(node):
        if isinstance(node, dict):
            assert not {"prefixItems", "const", "$schema"} & set(node)
            assert node.get("type") != "null"
            assert not isinstance(node.get("exclusiveMinimum"), float | int) or isinstance(
                node["exclusiveMinimum"], bool
            )
            node = list(node.values())
        for one in node if isinstance(node, list) else ():
            walk(one)

    document = to_3_0(app.openapi())
    walk(document)
    assert document["openapi"] == "3.0.3"


def test_the_document_asks_for_a_login_where_the_server_does(tmp_path, app):
    assert "security" not in app.openapi()
    parts = build.of_fleet(Settings(home=tmp_path, auth="required"), FolderSource({}), parse("champion"))[0]
    document = create_app(parts).openapi()
    assert document["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    client = TestClient(served(parts), base_url="http://127.0.0.1")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            found = client.request(method, path.replace("{name}", "champion"))
            assert (found.status_code == 401) == ("security" not in operation), (path, found.text)
            if found.status_code == 401:
                assert set(document["components"]["schemas"]["Problem"]["required"]) <= set(found.json())
    parts.log.close()
