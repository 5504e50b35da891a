"""Kinesis on loopback in bad times: it leaves records of a call out, as the real one does when a shard is busy."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class BusyKinesis:
    """What it took, in order, and what it will do."""

    kept: list[tuple[str, bytes]] = field(default_factory=list)
    calls: list[list[str]] = field(default_factory=list)
    url: str = ""
    leave_out: list[set[int]] = field(default_factory=list)  # places in the call, call after call
    refuse: str = ""  # the error of every call

    def put(self, records: list[dict[str, str]]) -> dict[str, Any]:
        left_out = self.leave_out.pop(0) if self.leave_out else set()
        self.calls.append([record["PartitionKey"] for record in records])
        results: list[dict[str, str]] = []
        for at, record in enumerate(records):
            if at in left_out:
                results.append({"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"})
                continue
            self.kept.append((record["PartitionKey"], base64.b64decode(record["Data"])))
            results.append({"SequenceNumber": str(10**20 + len(self.kept)), "ShardId": "shardId-000000000000"})
        return {"FailedRecordCount": len(left_out), "Records": results}


@contextmanager
def serving() -> Iterator[BusyKinesis]:
    """Serve one."""
    busy = BusyKinesis()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, told = 200, busy.put(body["Records"]) if not busy.refuse else {}
            if busy.refuse:
                status, told = 400, {"__type": busy.refuse, "message": "no"}
            data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    busy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield busy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
