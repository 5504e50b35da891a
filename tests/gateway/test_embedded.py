"""One person on one machine: no authentication, so nobody but that person may get through."""

import os
import subprocess
import sys

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from faultcast.errors import UsageError
from faultcast.settings import Settings
from serving.gateway.security import Security, check_address

HERE = "http://127.0.0.1:8080"


@pytest.fixture
def client(tmp_path):
    async def answer(request):
        return JSONResponse({"ok": True})

    app = Starlette(routes=[Route("/models", answer), Route("/predict", answer, methods=["POST"])])
    guarded = Security.of(Settings(home=tmp_path)).wrap(app)
    return TestClient(guarded, base_url=HERE)


@pytest.mark.parametrize(
    "name", ["127.0.0.1:8080", "localhost", "LOCALHOST:80", "[::1]:8080", "localhost.", "127.1.2.3"]
)
def test_its_own_names_are_answered(client, name):
    assert client.get("/models", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost@evil.example", "", "a:b:c"]
)
def test_a_name_that_merely_resolves_to_loopback_is_not(client, name):
    """DNS rebinding: the browser connects to loopback, and says whom it believes to ask."""
    refused = client.get("/models", headers={"Host": name})
    assert refused.status_code == 403
    assert refused.json()["status"] == 403


@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Origin": "http://["},
        {"Origin": ""},
    ],
)
def test_a_page_of_another_site_cannot_post(client, sent):
    assert client.post("/predict", headers=sent).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_may_link_here_and_no_more(client, site):
    """What it cannot read can still be timed, and costs the model's time."""
    for mode, status in (("navigate", 200), ("no-cors", 403), ("cors", 403)):
        assert client.get("/models", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}).status_code == status


@pytest.mark.parametrize("sent", [{}, {"Origin": HERE}, {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}])
def test_its_own_page_and_programs_can(client, sent):
    assert client.post("/predict", headers=sent).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "gateway.example"])
def test_others_cannot_reach_it_without_saying_who_they_are(tmp_path, host):
    with pytest.raises(UsageError, match="FAULTCAST_AUTH=required"):
        check_address(Settings(home=tmp_path), host)
    check_address(Settings(home=tmp_path, auth="required"), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_needs_no_credentials(tmp_path, host):
    check_address(Settings(home=tmp_path), host)


def test_settings_that_would_let_anyone_in_are_refused(tmp_path):
    with pytest.raises(UsageError, match="FAULTCAST_OIDC_AUDIENCE"):
        Security.of(Settings(home=tmp_path, oidc_issuer="https://issuer.example"))
    with pytest.raises(UsageError, match="embedded or required"):
        Security.of(Settings(home=tmp_path, auth="off"))


def test_the_process_ends_and_says_what_to_set_instead_of_listening(small_model, tmp_path):
    command = [
        sys.executable,
        "-m",
        "serving.gateway",
        "--model-dir",
        str(small_model),
        "--host",
        "0.0.0.0",
        "--port",
        "0",
    ]
    environment = {**os.environ, "FAULTCAST_HOME": str(tmp_path)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "FAULTCAST_AUTH=required" in ended.stderr
    assert "Traceback" not in ended.stderr
