"""Did the tracker send this? What a webhook carries to prove it; comparing takes the same time wherever it differs."""

import hashlib
import hmac

_GITHUB_SCHEME = "sha256="


def verify_github(signature: str, body: bytes, secret: str) -> bool:
    """Whether a body is GitHub's: `signature` is its header ``X-Hub-Signature-256``, the body is as it arrived.

    Without a secret nothing is ever GitHub's. The old ``X-Hub-Signature`` (SHA-1) is not taken [GitHub, *Validating
    webhook deliveries*].

    >>> verify_github(
    ...     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    ...     b"Hello, World!",
    ...     "It's a Secret to Everybody",
    ... )
    True
    """
    expected = _GITHUB_SCHEME + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return _is_same(signature, expected) and bool(secret)


def verify_gitlab(token: str, secret: str) -> bool:
    """Whether a call is GitLab's: `token` is its header ``X-Gitlab-Token``; it signs nothing, so only over TLS.

    >>> verify_gitlab("s3cret", "s3cret"), verify_gitlab("", "")
    (True, False)
    """
    return _is_same(token, secret) and bool(secret)


def _is_same(found: str, expected: str) -> bool:
    return hmac.compare_digest(found.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))
