"""Whom a webhook is believed."""

import pytest

from faultcast.events import verify_github, verify_gitlab

BODY, SECRET = b"Hello, World!", "It's a Secret to Everybody"
GOOD = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"  # GitHub's own example


def test_github() -> None:
    assert verify_github(GOOD, BODY, SECRET)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        GOOD[:-1],
        GOOD + "0",
        GOOD.upper(),
        GOOD.removeprefix("sha256="),
        "sha1=" + "0" * 40,
        "ä",
        "\ud800",
    ],
)
def test_not_github(signature: str) -> None:
    assert not verify_github(signature, BODY, SECRET)


def test_any_change_is_seen() -> None:
    assert not verify_github(GOOD, BODY + b" ", SECRET)
    assert not verify_github(GOOD, BODY, SECRET + " ")


def test_no_secret_is_no_proof() -> None:
    """A secret that was forgotten in the settings opens nothing, though anybody can sign with it."""
    import hashlib
    import hmac

    assert not verify_github("sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest(), BODY, "")
    assert not verify_gitlab("", "")


@pytest.mark.parametrize(
    ("token", "believed"), [("s3cret", True), ("S3cret", False), ("", False), ("s3cret ", False), ("ä", False)]
)
def test_gitlab(token: str, believed: bool) -> None:
    assert verify_gitlab(token, "s3cret") is believed
