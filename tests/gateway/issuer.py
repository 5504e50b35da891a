"""A real issuer of OpenID Connect on loopback: discovery document, keys, tokens; it can go away and come back."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

AUDIENCE = "faultcast"


class Issuer:
    """Signs with whichever key it is told to; publishes those in `published`."""

    def __init__(self):
        self.keys = {}
        self.published = []
        self.asked = 0
        self.broken = ""
        self.documents = {}
        self.harm = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/realms/dev"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def _handler(issuer):  # noqa: N805  the handler's own self is another
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked += 1
                if issuer.harm:
                    self.do_harm()
                    return
                status, body = issuer.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_harm(self):
                """Answer as nobody should."""
                self.send_response(302 if issuer.harm == "redirects" else 200)
                self.send_header("Location", issuer.url)
                self.end_headers()
                parts = {"drips": (b" ", 30, 0.1), "floods": (b" " * 65_536, 1_000, 0), "nests": (b"[" * 50_000, 1, 0)}
                part, times, pause = parts.get(issuer.harm, (b"", 0, 0))
                with contextlib.suppress(OSError):
                    for _ in range(times):
                        self.wfile.write(part)
                        time.sleep(pause)

            def log_message(self, *_):
                pass

        return Handler

    def answer(self, path):
        if self.broken:
            return 500, self.broken.encode()
        if path.endswith("/.well-known/openid-configuration"):
            document = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"} | self.documents
            return 200, json.dumps(document).encode()
        return (200, json.dumps({"keys": self.published}).encode()) if path.endswith("/keys") else (404, b"")

    def add(self, kid, algorithm="RS256", *, publish=True, bits=2048):
        private = {
            "RS": lambda: rsa.generate_private_key(65537, bits),
            "ES": lambda: ec.generate_private_key(ec.SECP256R1()),
            "Ed": ed25519.Ed25519PrivateKey.generate,
        }[algorithm[:2]]()
        self.keys[kid] = (private, algorithm)
        known = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
        jwk = known | {"kid": kid, "alg": algorithm, "use": "sig"}
        jwk.pop("key_ops", None)
        if publish:
            self.published.append(jwk)
        return jwk

    def claims(self, **changed):
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "ana", "iat": now, "exp": now + 300, "roles": ["reviewer"]}
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def token(self, kid="one", *, headers=None, **claims):
        private, algorithm = self.keys[kid]
        return jwt.encode(self.claims(**claims), private, algorithm, headers={"kid": kid} | (headers or {}))

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
