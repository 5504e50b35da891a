"""What every answer tells a browser not to do, whose pages may ask, and TLS as it is spoken on a socket."""

import datetime as dt
import ipaddress
import re
import socket
import ssl
import threading
from dataclasses import replace

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from guarded import bearer, guarded
from starlette.testclient import TestClient

from faultcast.errors import UsageError
from faultcast.settings import Settings
from serving.gateway.app import served
from serving.gateway.page.history import History
from serving.gateway.page.routes import router as page
from serving.gateway.run import _encrypt
from serving.gateway.security import Security
from serving.gateway.security.api_keys import ApiKeys
from serving.gateway.security.principal import Role
from serving.listening import config, listen

HERE = "http://localhost:8080"


@pytest.fixture(scope="module")
def gateway(parts, tmp_path_factory):
    """The whole gateway, with limits, door and page; no model is ever loaded."""
    routers = (page(History(tmp_path_factory.mktemp("story"), "story"), parts.forecaster),)
    return TestClient(served(replace(parts, routers=routers)), base_url=HERE, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/", {}, 200),
        ("GET", "/page", {}, 200),
        ("GET", "/docs", {}, 200),
        ("GET", "/assets/page/app.js", {}, 200),
        ("GET", "/assets/docs/swagger-ui.css", {}, 200),
        ("GET", "/assets/../security", {}, 404),
        ("GET", "/nowhere", {}, 404),
        ("PUT", "/predict", {}, 405),
        ("GET", "/models", {"headers": {"Host": "evil.example"}}, 403),
        ("POST", "/predict", {"content": b"{"}, 422),
        ("POST", "/predict", {"content": b"x" * (9 << 20)}, 413),
        ("POST", "/predict", {"content": b"[" * 5_000}, 400),
        ("GET", "/health", {}, 503),
    ],
)
def test_every_answer_has_the_security_headers(gateway, method, path, sent, status):
    answer = gateway.request(method, path, **sent)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"]
    assert "strict-transport-security" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers
    assert "server" not in answer.headers
    assert len(answer.headers.get_list("content-security-policy")) == 1


@pytest.mark.parametrize("path", ["/page", "/docs"])
def test_no_page_needs_what_the_policy_forbids(gateway, path):
    """No script and no style inside the page, no handler in an attribute, nothing from elsewhere."""
    whole = gateway.get(path).text
    assert re.findall(r"<script(?![^>]*\bsrc=)", whole) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", whole) == []
    for address in re.findall(r"(?:src|href)=\"([^\"]+)\"", whole):
        assert address.startswith(("/assets/", "#", "/docs"))
        if address.startswith("/assets/"):
            assert gateway.get(address).status_code == 200


def test_over_tls_browsers_are_told_to_stay_there(tmp_path):
    with guarded(tmp_path) as client:
        told = client.get("https://localhost/", headers={"Host": "localhost"})
        assert told.headers["strict-transport-security"] == "max-age=31536000"


def test_cors_is_closed_unless_a_setting_names_the_origin(tmp_path):
    _, text = ApiKeys(tmp_path).create("dash", Role.REVIEWER)
    dash, evil = "https://dash.example.org", "https://evil.example"
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    with guarded(tmp_path, auth="required") as closed:
        answer = closed.options("/feedback", headers={"Origin": dash, **asking})
        assert "access-control-allow-origin" not in answer.headers
        assert closed.post("/feedback", headers={"Origin": dash, **bearer(text)}).status_code == 403
    with guarded(tmp_path, auth="required", cors_origins=dash) as opened:
        answer = opened.options("/feedback", headers={"Origin": dash, **asking})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == dash
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"
        answer = opened.post("/feedback", headers={"Origin": dash, "Sec-Fetch-Site": "cross-site", **bearer(text)})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, dash)
        for origin in (evil, "null", f"{dash}.evil.example", "http://dash.example.org"):
            answer = opened.options("/feedback", headers={"Origin": origin, **asking})
            assert answer.status_code == 400
            assert answer.headers.get("access-control-allow-origin") != origin
            assert opened.post("/feedback", headers={"Origin": origin, **bearer(text)}).status_code == 403


@pytest.mark.parametrize(
    "origins", ["*", "dash.example.org", "https://dash.example.org/", "https://*.example.org", "http://["]
)
def test_an_origin_that_is_none_is_refused_at_the_start(tmp_path, origins):
    with pytest.raises(UsageError, match="FAULTCAST_CORS_ORIGINS"):
        Security.of(Settings(home=tmp_path, cors_origins=origins))


def test_only_a_trusted_proxy_is_believed_on_where_a_request_came_from(tmp_path):
    forwarded = {"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "https"}
    with guarded(tmp_path, auth="required") as direct:
        alone = direct.get("/", headers=forwarded)
        assert alone.json()["id"] == direct.get("/").json()["id"]
        assert "strict-transport-security" not in alone.headers
    with guarded(tmp_path, auth="required", trusted_proxies="192.0.2.0/24") as behind:
        told = behind.get("/", headers=forwarded)
        assert told.json()["id"] != alone.json()["id"]
        assert "strict-transport-security" in told.headers
        lied = behind.get("/", headers={"X-Forwarded-For": "10.9.8.7, 198.51.100.1"})
        assert lied.json()["id"] == told.json()["id"]  # what the caller itself wrote in front counts for nothing


@pytest.mark.parametrize("proxies", ["*", "0.0.0.0/0", "::/0", "proxy.example"])
def test_not_everyone_can_be_a_trusted_proxy(tmp_path, proxies):
    with pytest.raises(UsageError, match="FAULTCAST_TRUSTED_PROXIES"):
        Security.of(Settings(home=tmp_path, trusted_proxies=proxies))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """(certificate, key) of 127.0.0.1, as PEM files."""
    folder, key = tmp_path_factory.mktemp("tls"), ec.generate_private_key(ec.SECP256R1())
    name, now = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "faultcast")]),
        dt.datetime.now(dt.UTC),
    )
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def encrypted(certificate, tmp_path):
    """A server that speaks TLS, on a real socket; its port."""
    settings = Settings(home=tmp_path, tls_cert_file=str(certificate[0]), tls_key_file=str(certificate[1]))

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": scope["scheme"][-2:].encode()})

    with listen("127.0.0.1", 0) as listener:
        made = config(Security.of(settings).wrap(app))
        _encrypt(made, settings)
        server = uvicorn.Server(made)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(20)


def test_tls_is_spoken_and_a_page_is_told_to_keep_to_it(encrypted, certificate):
    trusting = ssl.create_default_context(cafile=certificate[0])
    told = httpx.get(f"https://127.0.0.1:{encrypted}/", verify=trusting, trust_env=False)
    assert "strict-transport-security" in told.headers


@pytest.mark.parametrize(("version", "speaks"), [("TLSv1_3", True), ("TLSv1_2", False)])
def test_nothing_older_than_tls_1_3_is_spoken(encrypted, certificate, version, speaks):
    context = ssl.create_default_context(cafile=certificate[0])
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with socket.create_connection(("127.0.0.1", encrypted), timeout=10) as raw:
        try:
            with context.wrap_socket(raw, server_hostname="127.0.0.1") as opened:
                assert (opened.version(), speaks) == ("TLSv1.3", True)
        except ssl.SSLError:
            assert not speaks


def test_plain_http_gets_no_answer_where_tls_is_spoken(encrypted):
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{encrypted}/", trust_env=False, timeout=10)
