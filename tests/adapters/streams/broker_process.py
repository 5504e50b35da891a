"""A broker in a process of its own, on loopback: `python broker_process.py kafka|kinesis`.

It prints where it is and lives until its standard input is closed, so that it never outlives who started it.
Kafka is librdkafka's mock cluster of three brokers, Kinesis is moto's server with two shards a stream.
"""

import logging
import sys

TOPICS = (
    "raw-code",
    "dead-letters",
    "validated-issues",
    "validated-pull-requests",
    "validated-reviews",
    "validated-check-runs",
    "validated-findings",
)


def kafka() -> None:
    from confluent_kafka import Producer

    silent = logging.getLogger("mock")
    silent.disabled = True
    holder = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 3}, logger=silent)
    brokers = holder.list_topics(timeout=10).brokers.values()
    print(",".join(f"{broker.host}:{broker.port}" for broker in brokers), flush=True)
    sys.stdin.read()


def kinesis() -> None:
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "kinesis", endpoint_url=url, region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    for topic in TOPICS:
        client.create_stream(StreamName=topic, ShardCount=2)
    print(url, flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    {"kafka": kafka, "kinesis": kinesis}[sys.argv[1]]()
