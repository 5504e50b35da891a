"""Brokers of a story, each in a process of its own, as settings of the commands that use them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faultcast.adapters.streams import Broker, open_broker
from faultcast.settings import Settings

_PROGRAM = Path(__file__).with_name("broker_process.py")


@contextmanager
def serving(kind: str) -> Iterator[dict[str, str]]:
    """Start a broker; yield the environment by which commands find it."""
    if kind == "embedded":
        yield {"FAULTCAST_KAFKA_BROKERS": ""}
        return
    process = subprocess.Popen(
        [sys.executable, _PROGRAM, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdin
    assert process.stdout
    try:
        address = process.stdout.readline().strip()
        assert address, f"{kind} did not start"
        if kind == "kafka":
            yield {"FAULTCAST_KAFKA_BROKERS": address}
        else:
            yield {
                "FAULTCAST_KINESIS_URL": address,
                "FAULTCAST_KINESIS_REGION": "eu-west-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            }
    finally:
        process.stdin.close()
        process.wait(30)


def opened(home: Path, kind: str, broker: dict[str, str], **settings: Any) -> Broker:
    """A broker as this process reaches it."""
    names = {"FAULTCAST_KAFKA_BROKERS": "kafka_brokers", "FAULTCAST_KINESIS_URL": "kinesis_url"}
    given = {names[name]: value for name, value in broker.items() if name in names}
    return open_broker(pipeline_type(kind), home, Settings(**({"kinesis_region": "eu-west-1"} | given | settings)))


def pipeline_type(kind: str) -> str:
    """What `--pipeline-type` says of a broker."""
    return "kinesis" if kind == "kinesis" else "kafka"


def environment(home: Path, broker: dict[str, str]) -> dict[str, str]:
    """The environment of a command."""
    hidden = ("FAULTCAST_", "AWS_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return inherited | {"FAULTCAST_HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"} | broker
