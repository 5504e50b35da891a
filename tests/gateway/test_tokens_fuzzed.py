"""Whatever bytes arrive, the door answers: no exception, no 5xx, and nobody comes in."""

import asyncio
import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from issuer import AUDIENCE, Issuer

from faultcast.settings import Settings
from serving.gateway.security import Security

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
claim_names = st.sampled_from(["alg", "kid", "typ", "jku", "crit", "iss", "aud", "sub", "exp", "iat", "nbf", "roles"])
segments = st.dictionaries(claim_names, json_values | st.sampled_from(["RS256", "one", "JWT", "none"])).map(
    lambda found: base64.urlsafe_b64encode(json.dumps(found).encode()).rstrip(b"=")
) | st.binary(max_size=40).map(base64.urlsafe_b64encode)
tokens = st.lists(segments, min_size=1, max_size=4).map(b".".join)
credentials = st.one_of(
    st.binary(max_size=60),
    tokens.map(lambda token: b"Bearer " + token),
    st.binary(max_size=60).map(lambda text: b"bearer fck_" + text),
)
names = st.sampled_from(
    [b"authorization", b"host", b"origin", b"sec-fetch-site", b"content-length", b"x-forwarded-for"]
)
headers = st.lists(
    st.tuples(
        names, st.binary(max_size=40) | st.sampled_from([b"localhost", b"http://[", b"[::1", b"http://localhost"])
    )
    | st.tuples(st.just(b"authorization"), credentials),
    max_size=6,
)
paths = st.text(max_size=30) | st.sampled_from(["/models", "/models/a/reload", "/feedback", "/v1/models/x:predict"])


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """Asks the door; returns (status, whether the app was reached)."""
    issuer, reached = Issuer(), []
    issuer.add("one")
    chosen = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "oidc_loopback_http": 1}
    home = tmp_path_factory.mktemp("home")

    async def app(scope, receive, send):
        reached.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    guarded = Security.of(Settings(home=home, anonymous_rate_per_second=0, **chosen)).wrap(app)
    runner = asyncio.Runner()

    def asked(method, path, sent):
        statuses = []

        async def send(message):
            statuses.append(message.get("status"))

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": method, "path": path, "headers": sent, "query_string": b""}
        scope |= {"client": ("192.0.2.7", 4711), "scheme": "http"}
        reached.clear()
        runner.run(guarded(scope, receive, send))
        return statuses[0], bool(reached)

    yield asked
    runner.close()
    issuer.stop()


@settings(max_examples=800, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(method=st.sampled_from(["GET", "POST", "PUT", "\x00", ""]), path=paths, sent=headers)
def test_whatever_is_sent_is_answered_and_lets_nobody_in(door, method, path, sent):
    status, reached = door(method, path, sent)
    assert 400 <= status < 500 or path in {"/", "/v1/models", "/v2"}
    assert reached == (status == 200)
