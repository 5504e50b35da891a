"""What the gateway's door costs: CPU microseconds a request, beside Starlette's own middlewares with PyJWT.

`python benchmarks/door.py [--write]`; 20 seconds.

The peer does less: TrustedHostMiddleware and AuthenticationMiddleware around `jwt.decode` with one known key; no roles,
no rate limit, no security headers, no key rotation. Both stand around the same empty app, in one process, on one core.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jwt
import page
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "gateway"))

from issuer import AUDIENCE, Issuer  # noqa: E402

from faultcast.settings import Settings  # noqa: E402
from serving.gateway.security import Security  # noqa: E402
from serving.gateway.security.api_keys import ApiKeys  # noqa: E402
from serving.gateway.security.principal import Role  # noqa: E402

ROUNDS, REQUESTS, TOKENS = 5, 4_000, 4_000


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}"})


class PyJWT(AuthenticationBackend):
    """A token read as PyJWT's documentation shows."""

    def __init__(self, key: Any, algorithm: str, issuer: str) -> None:
        self.key, self.algorithm, self.issuer = key, algorithm, issuer

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser]:
        token = conn.headers["authorization"].partition(" ")[2]
        try:
            claims = jwt.decode(token, self.key, algorithms=[self.algorithm], audience=AUDIENCE, issuer=self.issuer)
        except jwt.PyJWTError as error:
            raise AuthenticationError(str(error)) from error
        return AuthCredentials(claims["roles"]), SimpleUser(claims["sub"])


def scope(credential: str) -> Scope:
    headers = [(b"host", b"localhost:8080"), (b"content-type", b"application/json"), (b"content-length", b"300")]
    headers += [(b"accept", b"*/*"), (b"user-agent", b"benchmark")]
    headers += [(b"authorization", b"Bearer " + credential.encode())] if credential else []
    asked = {"type": "http", "method": "POST", "path": "/predict", "headers": headers, "query_string": b""}
    return asked | {"client": ("127.0.0.1", 4711), "scheme": "http"}


async def microseconds(guarded: ASGIApp, credentials: list[str]) -> float:
    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        assert message.get("status", 200) == 200, message

    asked = [scope(credentials[n % len(credentials)]) for n in range(REQUESTS)]
    began = time.process_time()
    for one in asked:
        await guarded(one, receive, send)
    return (time.process_time() - began) / REQUESTS * 1e6


def peer(issuer: Issuer, kid: str) -> ASGIApp:
    private, algorithm = issuer.keys[kid]
    authenticated = AuthenticationMiddleware(app, backend=PyJWT(private.public_key(), algorithm, issuer.url))
    return TrustedHostMiddleware(authenticated, allowed_hosts=["localhost"])


async def measure() -> dict[str, float]:
    home, issuer = Path(tempfile.mkdtemp()), Issuer()
    for kid, algorithm in (("RS256", "RS256"), ("ES256", "ES256"), ("EdDSA", "EdDSA")):
        issuer.add(kid, algorithm)
    unlimited = {"rate_per_second": 1e6, "rate_burst": 10**6}
    chosen = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "oidc_loopback_http": 1}

    def door(**more: Any) -> ASGIApp:
        return Security.of(Settings(home=home, **more)).wrap(app)

    key = ApiKeys(home).create("benchmark", Role.SERVICE)[1]
    cases = {
        "nothing around the app": (lambda: app, [""]),
        "embedded": (door, [""]),
        "API key": (lambda: door(auth="required", **unlimited), [key]),
        "token seen before": (lambda: door(**chosen, **unlimited), [issuer.token("RS256")]),
    }
    for kid in issuer.keys:
        tokens = [issuer.token(kid, sub=str(n)) for n in range(TOKENS)]
        cases[f"{kid}, first time"] = (lambda: door(**chosen, **unlimited), tokens)
        cases[f"{kid}, Starlette + PyJWT"] = (lambda kid=kid: peer(issuer, kid), tokens)
    found = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (made, credentials) in cases.items():
            guarded = made()
            found[name].append(await microseconds(guarded, credentials))
    issuer.stop()
    return {name: statistics.median(values) for name, values in found.items()}


def told(found: dict[str, float]) -> str:
    rows = [*page.head("around an empty app", "CPU us a request")]
    rows += [page.line((name, f"{value:.1f}")) for name, value in found.items()]
    ratios = ", ".join(
        f"{kid} {found[f'{kid}, first time'] / found[f'{kid}, Starlette + PyJWT']:.2f}x (seen before "
        f"{found['token seen before'] / found[f'{kid}, Starlette + PyJWT']:.2f}x)"
        for kid in ("RS256", "ES256", "EdDSA")
    )
    rows += ["", f"Against Starlette's middlewares with PyJWT: {ratios}. {page.machine()}; median of {ROUNDS} rounds."]
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put it into results.md")
    options = parser.parse_args()
    text = told(asyncio.run(measure()))
    print(text)
    if options.write:
        page.write("door", text)


if __name__ == "__main__":
    main()
