"""The pipeline's type and the settings -> its broker."""

from pathlib import Path

from faultcast.adapters.streams.embedded import EmbeddedBroker
from faultcast.adapters.streams.shape import Broker
from faultcast.errors import UsageError
from faultcast.settings import Settings

EMBEDDED = "streams/broker.sqlite"
"""Where the embedded broker lies below the state folder."""


def open_broker(pipeline_type: str, home: Path, settings: Settings) -> Broker:
    """The broker to publish to and read from; `kafka` without brokers is the one embedded in the state folder.

    Raises:
        UsageError: settings that do not fit together, or no such type.
    """
    if pipeline_type == "kafka" and not settings.kafka_brokers.strip():
        return EmbeddedBroker(home / EMBEDDED)
    if pipeline_type == "kafka":
        from faultcast.adapters.streams import kafka_access  # noqa: PLC0415  each is loaded where it is used
        from faultcast.adapters.streams.kafka import KafkaBroker  # noqa: PLC0415

        return KafkaBroker(kafka_access.access(settings))
    if pipeline_type == "kinesis":
        from faultcast.adapters.streams import kinesis_access  # noqa: PLC0415
        from faultcast.adapters.streams.kinesis import KinesisBroker  # noqa: PLC0415

        return KinesisBroker(kinesis_access.access(settings))
    raise UsageError(f"--pipeline-type: found {pipeline_type!r}, expected kafka or kinesis.")
