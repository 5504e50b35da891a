"""Tokens of an OpenID Connect issuer: the good ones are read, and every bad one gets the same answer."""

import asyncio
import base64
import json
import logging
import time

import jwt
import pytest
from guarded import bearer, guarded
from issuer import AUDIENCE, Issuer

from faultcast.adapters import oidc
from faultcast.errors import UsageError
from faultcast.settings import Settings
from serving.gateway.security import Security
from serving.gateway.security.keyring import Keyring, usable_keys


@pytest.fixture(scope="module")
def issuer():
    made = Issuer()
    made.add("one")
    made.add("curve", "ES256")
    made.add("edwards", "EdDSA")
    made.add("hidden", publish=False)
    made.add("short", bits=1024)
    yield made
    made.stop()


def settings_of(issuer, **more):
    return {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "oidc_loopback_http": 1} | more


@pytest.fixture
def client(issuer, tmp_path):
    with guarded(tmp_path, **settings_of(issuer)) as opened:
        yield opened


def part(of):
    return base64.urlsafe_b64encode(json.dumps(of).encode()).rstrip(b"=").decode()


def tampered(token, where, change):
    parts = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(parts[where] + "=="))
    return ".".join([*parts[:where], part(claims | change), *parts[where + 1 :]])


@pytest.mark.parametrize("kid", ["one", "curve", "edwards"])
def test_a_good_token_opens_what_its_roles_may(client, issuer, kid):
    told = client.get("/models", headers=bearer(issuer.token(kid)))
    assert told.status_code == 200
    assert told.json()["roles"] == ["reviewer"]
    assert told.json()["kind"] == "user"


def test_the_same_person_keeps_one_pseudonym(client, issuer):
    """Whichever key signed; and it says nothing of whom it stands for."""
    names = {client.get("/models", headers=bearer(issuer.token(kid))).json()["id"] for kid in ("one", "curve")}
    other = client.get("/models", headers=bearer(issuer.token(sub="ben"))).json()["id"]
    assert len(names) == 1
    assert other not in names
    assert "ana" not in str(names)


def test_small_differences_of_clocks_are_forgiven(client, issuer):
    now = int(time.time())
    for claims in ({"exp": now - 10, "iat": now - 60}, {"nbf": now + 10}, {"iat": now + 10}):
        assert client.get("/models", headers=bearer(issuer.token(**claims))).status_code == 200


def _with_public_key_as_secret(issuer):
    """The classic: the public key, used as the secret of HMAC."""
    import hashlib
    import hmac

    from cryptography.hazmat.primitives import serialization

    private = issuer.keys["one"][0]
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'one'})}.{part(issuer.claims())}"
    mac = hmac.digest(pem, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _with_own_key_in_header(issuer):
    jwk = issuer.add("mallory", publish=False)
    return issuer.token("mallory", headers={"jwk": jwk})


def _flipped(token):
    head, _, signature = token.rpartition(".")
    return f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


DAY = 86_400
BAD = {
    "no algorithm": lambda i: f"{part({'alg': 'none', 'kid': 'one'})}.{part(i.claims())}.",
    "no algorithm, some signature": lambda i: f"{part({'alg': 'none', 'kid': 'one'})}.{part(i.claims())}.AAAA",
    "NoNe": lambda i: f"{part({'alg': 'NoNe', 'kid': 'one'})}.{part(i.claims())}.AAAA",
    "HMAC with the public key": _with_public_key_as_secret,
    "an algorithm that is not the key's": lambda i: tampered(i.token("curve"), 0, {"alg": "RS256"}),
    "the key's own algorithm, but another's": lambda i: tampered(i.token(), 0, {"alg": "PS256"}),
    "another issuer": lambda i: i.token(iss="https://evil.example"),
    "issuer with a slash more": lambda i: i.token(iss=i.url + "/"),
    "another audience": lambda i: i.token(aud="payroll"),
    "other audiences": lambda i: i.token(aud=["payroll", "mail"]),
    "expired": lambda i: i.token(iat=int(time.time()) - 900, exp=int(time.time()) - 300),
    "not valid yet": lambda i: i.token(nbf=int(time.time()) + 300),
    "issued in the future": lambda i: i.token(iat=int(time.time()) + 300, exp=int(time.time()) + 600),
    "valid for a year": lambda i: i.token(exp=int(time.time()) + 365 * DAY),
    "unknown key": lambda i: i.token("hidden"),
    "a key too short": lambda i: i.token("short"),
    "no key id": lambda i: jwt.encode(i.claims(), *i.keys["one"]),
    "a key id with a path": lambda i: i.token(headers={"kid": "../../../dev/null"}),
    "a key id with a query": lambda i: i.token(headers={"kid": "one' UNION SELECT 'x"}),
    "a key id that is a list": lambda i: tampered(i.token(), 0, {"kid": ["one"]}),
    "changed claims": lambda i: tampered(i.token(), 1, {"roles": ["operator"]}),
    "changed signature": lambda i: _flipped(i.token()),
    "signature of another token": lambda i: i.token(sub="ben").rpartition(".")[0] + "." + i.token().rpartition(".")[2],
    "no signature": lambda i: i.token().rpartition(".")[0] + ".",
    "no expiry": lambda i: i.token(exp=None),
    "no issue time": lambda i: i.token(iat=None),
    "no subject": lambda i: i.token(sub=None),
    "an empty subject": lambda i: i.token(sub=""),
    "no audience": lambda i: i.token(aud=None),
    "no issuer": lambda i: i.token(iss=None),
    "its own key in the header": _with_own_key_in_header,
    "a key to be fetched": lambda i: i.token(headers={"jku": "https://evil.example/keys"}),
    "a certificate to be fetched": lambda i: i.token(headers={"x5u": "https://evil.example/cert"}),
    "a certificate in the header": lambda i: i.token(headers={"x5c": ["MIIB"]}),
    "something critical": lambda i: tampered(i.token(), 0, {"crit": ["exp"]}),
    "an id token's cousin": lambda i: i.token(headers={"typ": "logout+jwt"}),
    "expiry in words": lambda i: i.token(exp="tomorrow"),
    "expiry as a text": lambda i: i.token(exp=str(int(time.time()) + 300)),
    "expiry that is true": lambda i: i.token(exp=True),
    "expiry without end": lambda i: i.token(exp=float("inf")),
    "expiry that is no number": lambda i: i.token(exp=float("nan")),
    "expiry of a thousand digits": lambda i: i.token(exp=10**1_000),
    "issued before time began": lambda i: i.token(iat=-(10**400)),
    "oversized": lambda i: i.token(padding="x" * 9_000),
    "a header of brackets": lambda i: base64.urlsafe_b64encode(b"[" * 5_000).decode().rstrip("=") + ".e30.AAAA",
    "two parts": lambda i: "e30.e30",
    "five parts": lambda i: "e30.e30.e30.e30.e30",
    "no token at all": lambda i: "hello",
    "not even ASCII": lambda i: "\xe4.\xe4.\xe4",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_is_refused(client, issuer, kind, caplog):
    caplog.set_level(logging.DEBUG)
    token = BAD[kind](issuer)
    refused = client.get("/models", headers={"Authorization": f"Bearer {token}".encode("latin-1")})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert refused.json()["detail"] == "The credentials are not good, or no longer. Get new ones and ask again."
    assert not any(piece in caplog.text + refused.text for piece in token.split(".") if len(piece) > 6)
    audit = client.security.watch._log.path.read_text()
    assert not any(piece in audit for piece in token.split(".") if len(piece) > 6)


def test_two_credentials_are_none(client, issuer):
    """Which of them counts is what proxies and servers disagree on."""
    token = issuer.token()
    refused = client.get("/models", headers=[("Authorization", f"Bearer {token}"), ("Authorization", "Bearer x")])
    assert refused.status_code == 401


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "bearer", "Token abc", "Bearer\tabc"])
def test_other_schemes_are_refused(client, header):
    assert client.get("/models", headers={"Authorization": header}).status_code == 401


def test_the_token_is_looked_for_in_its_header_alone(client, issuer):
    token = issuer.token()
    assert client.get(f"/models?access_token={token}", cookies={"token": token}).status_code == 401


def test_nothing_sent_asks_for_a_token_and_says_so(client):
    refused = client.get("/models")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer realm="faultcast"'
    assert "Bearer" in refused.json()["detail"]


def test_probes_need_no_token(client):
    assert client.get("/health/ready").status_code == 200


@pytest.mark.parametrize(
    ("claim", "claims", "roles"),
    [
        ("roles", {"roles": ["viewer", "service"]}, ["service", "viewer"]),
        ("roles", {"roles": "viewer"}, ["viewer"]),
        ("realm_access.roles", {"realm_access": {"roles": ["operator", "cook"]}}, ["operator"]),
        ("https://example.org/roles", {"https://example.org/roles": ["viewer"]}, ["viewer"]),
    ],
)
def test_roles_come_from_the_claim_that_the_settings_name(issuer, tmp_path, claim, claims, roles):
    with guarded(tmp_path, **settings_of(issuer, roles_claim=claim)) as client:
        token = issuer.token(**{"roles": None} | claims)
        assert client.get("/health/ready", headers=bearer(token)).json()["roles"] == roles


@pytest.mark.parametrize("roles", [None, [], ["admin"], ["OPERATOR"], {"viewer": True}, 7, [["viewer"]], [None]])
def test_whoever_has_no_role_of_ours_may_nothing(client, issuer, roles):
    assert client.get("/models", headers=bearer(issuer.token(roles=roles))).status_code == 403


def test_a_token_that_was_good_a_moment_ago_is_not_once_it_expired(client, issuer):
    """What was checked is remembered, and no longer than the token is good."""
    token = issuer.token(exp=int(time.time()) - 28, iat=int(time.time()) - 60)
    assert client.get("/models", headers=bearer(token)).status_code == 200
    time.sleep(3)
    assert client.get("/models", headers=bearer(token)).status_code == 401


class Keys:
    """An issuer's keys and the time, in our hands."""

    def __init__(self, issuer):
        self.now, self.asked, self.down = 0.0, 0, False
        self.published = list(issuer.published)
        self.ring = Keyring(self.fetch, lambda: self.now)

    async def fetch(self):
        self.asked += 1
        if self.down:
            raise oidc.Unavailable("down")
        return self.published


async def _story(keys, issuer):
    assert await keys.ring.key("one")
    assert await keys.ring.key("one")
    assert keys.asked == 1
    for _ in range(50):  # strangers make up ids: the issuer hears of it once a minute
        assert await keys.ring.key("made-up") is None
    assert keys.asked == 1
    keys.now += 61
    assert [await keys.ring.key("made-up") for _ in range(9)] == [None] * 9
    assert keys.asked == 2
    keys.down = True  # the issuer is away: who was known stays known
    keys.now += 10 * DAY
    assert await keys.ring.key("one")
    assert await keys.ring.key("made-up") is None
    keys.down = False  # it is back, with one key more and one less
    keys.published = [one for one in keys.published if one["kid"] != "one"] + [issuer.add("two", publish=False)]
    keys.now += 61
    assert await keys.ring.key("two")
    assert await keys.ring.key("one") is None


def test_keys_are_kept_asked_for_seldom_and_changed_when_the_issuer_changes_them(issuer):
    asyncio.run(_story(Keys(issuer), issuer))


def test_many_at_once_ask_the_issuer_once(issuer):
    async def story():
        keys = Keys(issuer)
        found = await asyncio.gather(*(keys.ring.key("one") for _ in range(50)))
        assert all(found)
        assert keys.asked == 1

    asyncio.run(story())


def test_predictions_go_on_while_the_issuer_is_down(issuer, tmp_path):
    with guarded(tmp_path, **settings_of(issuer)) as client:
        assert client.post("/predict", headers=bearer(issuer.token())).status_code == 200
        issuer.broken = "down for maintenance"
        try:
            for token in (issuer.token(sub="new"), issuer.token(sub="other")):
                assert client.post("/predict", headers=bearer(token)).status_code == 200
        finally:
            issuer.broken = ""


def test_an_issuer_that_never_answered_is_a_matter_of_time(issuer, tmp_path):
    issuer.broken = "starting"
    try:
        with guarded(tmp_path, **settings_of(issuer)) as client:
            refused = client.post("/predict", headers=bearer(issuer.token()))
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) >= 1
            assert client.get("/health/ready").status_code == 200
            issuer.broken = ""
            time.sleep(1.1)
            assert client.post("/predict", headers=bearer(issuer.token())).status_code == 200
    finally:
        issuer.broken = ""


@pytest.mark.parametrize(
    "documents",
    [
        {"issuer": "https://evil.example"},
        {"jwks_uri": "http://evil.example/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
def test_a_discovery_document_that_leads_astray_is_not_followed(issuer, tmp_path, documents):
    issuer.documents = documents
    try:
        with guarded(tmp_path, **settings_of(issuer)) as client:
            assert client.post("/predict", headers=bearer(issuer.token())).status_code == 503
    finally:
        issuer.documents = {}


@pytest.mark.parametrize(
    "url", ["http://issuer.example", "http://127.0.0.1:1/", "ftp://issuer.example", "issuer.example", "https://"]
)
def test_an_issuer_is_asked_over_tls(tmp_path, url):
    with pytest.raises(UsageError, match="expected an https"):
        Security.of(Settings(home=tmp_path, oidc_issuer=url, oidc_audience="x"))


def test_only_an_address_of_loopback_may_do_without_tls(tmp_path):
    with pytest.raises(UsageError, match="expected an https"):
        Security.of(
            Settings(home=tmp_path, oidc_issuer="http://issuer.example", oidc_audience="x", oidc_loopback_http=1)
        )


def test_published_keys_that_are_unfit_are_passed_over(issuer):
    fit = issuer.published[0]
    unfit = [
        {"kid": "secret", "kty": "oct", "k": "AAAA", "alg": "HS256"},
        {"kid": "none", "kty": "RSA", "alg": "none"},
        {"kid": "encryption", **{name: value for name, value in fit.items() if name != "kid"}, "use": "enc"},
        {"kid": "broken", "kty": "RSA", "n": "!", "e": "AQAB"},
        {"kid": 7, "kty": "RSA"},
        {"kty": "EC", "kid": "bitcoin", "crv": "secp256k1"},
        {"kty": ["RSA"], "kid": "list"},
    ]
    assert set(usable_keys([*unfit, fit, fit])) == {"one"}


def test_encoding_twice_does_not_help(client, issuer):
    """A token within a token, as RFC 7519 allows: not read."""
    private, algorithm = issuer.keys["one"]
    nested = jwt.encode({"token": issuer.token()}, private, algorithm, headers={"kid": "one", "cty": "JWT"})
    assert client.get("/models", headers=bearer(nested)).status_code == 401


@pytest.mark.parametrize("kind", ["drips", "floods", "redirects", "nests"])
def test_an_issuer_that_does_harm_is_given_up(issuer, monkeypatch, kind):
    """Each in bounded time and memory; what was known goes on as before (above)."""
    monkeypatch.setattr(oidc, "_WHOLE_SECONDS", 0.5)
    issuer.harm = kind
    try:
        began = time.monotonic()
        with pytest.raises(oidc.Unavailable):
            asyncio.run(oidc.Issuer(issuer.url, allow_loopback_http=True).keys())
        assert time.monotonic() - began < 5
    finally:
        issuer.harm = ""
