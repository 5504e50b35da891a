"""Brokers on loopback, one of each kind for all stories of a session."""

from collections.abc import Iterator

import pytest
from brokers import serving


@pytest.fixture(scope="session")
def kafka() -> Iterator[dict[str, str]]:
    with serving("kafka") as environment:
        yield environment


@pytest.fixture(scope="session")
def kinesis() -> Iterator[dict[str, str]]:
    with serving("kinesis") as environment:
        yield environment


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What moto takes for any account."""
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("EC2_METADATA_DISABLED", "true")):
        monkeypatch.setenv(f"AWS_{name}", value)
