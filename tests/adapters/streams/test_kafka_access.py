"""How Kafka is reached: encrypted unless it is this machine, passwords never in the open and never shown."""

from typing import Any

import pytest

from faultcast.adapters.streams.kafka_access import access
from faultcast.errors import UsageError
from faultcast.settings import Settings, secrets


def configured(**values: Any) -> dict[str, Any]:
    found = access(Settings(**values))
    assert "hunter2" not in repr(found)
    return found.configuration


@pytest.mark.parametrize(
    ("brokers", "user", "protocol"),
    [
        ("localhost:9092", "", "PLAINTEXT"),
        ("127.0.0.1:9092, [::1]:9093", "", "PLAINTEXT"),
        ("localhost:9092", "ana", "SASL_PLAINTEXT"),
        ("kafka.example.org:9092", "", "SSL"),
        ("localhost:9092,kafka.example.org:9092", "", "SSL"),
        ("localhost.example.org:9092", "", "SSL"),
        ("127.example.org:9092", "", "SSL"),
        ("10.0.0.7:9092", "ana", "SASL_SSL"),
    ],
)
def test_encrypted_unless_it_is_this_machine(brokers: str, user: str, protocol: str) -> None:
    found = configured(kafka_brokers=brokers, kafka_user=user, kafka_password="hunter2" if user else "")
    assert found["security.protocol"] == protocol
    assert found["bootstrap.servers"] == brokers.replace(" ", "")


def test_a_user() -> None:
    found = configured(kafka_brokers="k:9092", kafka_user="ana", kafka_password="hunter2")
    assert (found["sasl.mechanism"], found["sasl.username"]) == ("SCRAM-SHA-512", "ana")
    assert "kafka_password" in secrets()
    assert "hunter2" not in repr(Settings(kafka_password="hunter2"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kafka_security_protocol": "TLS"}, "found 'TLS', expected PLAINTEXT, SSL"),
        ({"kafka_security_protocol": "SASL_SSL"}, "set FAULTCAST_KAFKA_USER and FAULTCAST_KAFKA_PASSWORD"),
        ({"kafka_user": "ana"}, "set FAULTCAST_KAFKA_USER and FAULTCAST_KAFKA_PASSWORD"),
        ({"kafka_user": "ana", "kafka_security_protocol": "SSL"}, "SSL proves no user"),
        ({"kafka_user": "ana", "kafka_password": "hunter2", "kafka_sasl_mechanism": "GSSAPI"}, "found 'GSSAPI'"),
        ({"ca_file": "/nowhere.pem"}, "found no file /nowhere.pem"),
        (
            {
                "kafka_user": "ana",
                "kafka_password": "hunter2",
                "kafka_sasl_mechanism": "PLAIN",
                "kafka_security_protocol": "SASL_PLAINTEXT",
            },
            "would send the password in the open",
        ),
    ],
)
def test_settings_that_do_not_fit(values: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        configured(kafka_brokers="kafka.example.org:9092", **values)
    assert "hunter2" not in str(caught.value)
