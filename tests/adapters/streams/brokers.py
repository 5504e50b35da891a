"""Brokers of a story, each in a process of its own, as settings of the commands that use them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def pipeline_type(kind: str) -> str:
    """What `--pipeline-type` says of a broker."""
    return "kinesis" if kind == "kinesis" else "kafka"


def environment(home: Path, broker: dict[str, str]) -> dict[str, str]:
    """The environment of a command."""
    hidden = ("FAULTCAST_", "AWS_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return inherited | {"FAULTCAST_HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"} | broker
