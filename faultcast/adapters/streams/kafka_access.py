"""Settings -> how to speak to Kafka: encrypted unless all brokers are on loopback, or the user says otherwise."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultcast.adapters.streams.shape import is_loopback
from faultcast.errors import UsageError
from faultcast.settings import Settings

_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")


@dataclass(frozen=True, slots=True)
class Access:
    """Where Kafka is, and librdkafka's configuration to get there."""

    brokers: str
    timeout_seconds: float
    configuration: dict[str, Any] = field(repr=False)


def access(settings: Settings) -> Access:
    """How these settings reach Kafka.

    Raises:
        UsageError: settings that do not fit together, or a password that would travel in the open.
    """
    brokers = [broker.strip() for broker in settings.kafka_brokers.split(",") if broker.strip()]
    is_local = all(is_loopback(broker.rsplit(":", 1)[0]) for broker in brokers)
    protocol = settings.kafka_security_protocol.upper()
    if not protocol:
        protocol = ("SASL_" if settings.kafka_user else "") + ("PLAINTEXT" if is_local else "SSL")
    if protocol not in _PROTOCOLS:
        raise UsageError(f"FAULTCAST_KAFKA_SECURITY_PROTOCOL: found {protocol!r}, expected {', '.join(_PROTOCOLS)}.")
    configuration: dict[str, Any] = {
        "bootstrap.servers": ",".join(brokers),
        "client.id": "faultcast",
        "security.protocol": protocol,
        "socket.timeout.ms": int(settings.stream_timeout_seconds * 1000),
        "reconnect.backoff.max.ms": 2_000,
    }
    if protocol.endswith("SSL") and settings.ca_file:
        if not Path(settings.ca_file).is_file():
            raise UsageError(f"FAULTCAST_CA_FILE: found no file {settings.ca_file}, expected certificates (PEM).")
        configuration["ssl.ca.location"] = settings.ca_file
    if protocol.startswith("SASL"):
        configuration |= _user(settings, is_open=protocol == "SASL_PLAINTEXT" and not is_local)
    elif settings.kafka_user:
        raise UsageError(f"FAULTCAST_KAFKA_USER is set, but {protocol} proves no user: expected SASL_SSL.")
    return Access(",".join(brokers), settings.stream_timeout_seconds, configuration)


def _user(settings: Settings, *, is_open: bool) -> dict[str, Any]:
    mechanism = settings.kafka_sasl_mechanism.upper()
    if mechanism not in _MECHANISMS:
        raise UsageError(f"FAULTCAST_KAFKA_SASL_MECHANISM: found {mechanism!r}, expected {', '.join(_MECHANISMS)}.")
    if not settings.kafka_user or not settings.kafka_password:
        raise UsageError("Kafka wants a user: set FAULTCAST_KAFKA_USER and FAULTCAST_KAFKA_PASSWORD.")
    if mechanism == "PLAIN" and is_open:
        raise UsageError("PLAIN over SASL_PLAINTEXT would send the password in the open: expected SASL_SSL, or SCRAM.")
    return {
        "sasl.mechanism": mechanism,
        "sasl.username": settings.kafka_user,
        "sasl.password": settings.kafka_password,
    }
