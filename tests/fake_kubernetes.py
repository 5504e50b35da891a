"""A small Kubernetes API over real HTTP: it keeps objects, serves logs, and carries TrainJobs out.

It checks a TrainJob against Trainer's own models and its CRD's rules, as the real API does, and then does what it is
told: `work` is called with each new job, in a thread, and says what becomes of it.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kubeflow_trainer_api.models import TrainerV1alpha1TrainJob
from kubernetes import client

from faultcast.adapters.kubernetes_api import Cluster

JOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/team/trainjobs"
SERVICES = "/apis/serving.kserve.io/v1beta1/namespaces/team/inferenceservices"
Object = dict[str, Any]


@dataclass
class Fault:
    """Answers `status` to the next `times` requests of a method whose path holds `path`."""

    method: str
    path: str
    status: int
    times: int = 1
    after: bool = False  # answer so, but do what was asked


@dataclass
class FakeKubernetes:
    """Its objects by path, the pods' logs, and what was asked."""

    work: Callable[["FakeKubernetes", Object], None] | None = None
    objects: dict[str, Object] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    pods: list[Object] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    url: str = ""

    def job(self) -> Object:
        (found,) = (item for path, item in self.objects.items() if path.startswith(JOBS))
        return found

    def count(self, method: str, part: str = "trainjobs") -> int:
        return sum(asked == method and part in path for asked, path in self.asked)

    def start_pod(self, job: Object, *, phase: str = "Running", waiting: Object | None = None) -> str:
        name = f"{job['metadata']['name']}-node-0-0-{len(self.pods)}"
        labels = {
            "jobset.sigs.k8s.io/jobset-name": job["metadata"]["name"],
            "batch.kubernetes.io/job-completion-index": "0",
        }
        state = {"waiting": waiting} if waiting else {"running": {}}
        status = {"name": "node", "ready": False, "restartCount": 0, "image": "", "imageID": "", "state": state}
        at = f"2026-01-01T00:00:{len(self.pods):02}Z"
        self.pods.append({
            "metadata": {"name": name, "labels": labels, "creationTimestamp": at},
            "status": {"phase": phase, "containerStatuses": [status]},
        })  # fmt: skip
        self.logs[name] = ""
        return name

    def end(self, job: Object, state: str, reason: str = "", message: str = "") -> None:
        job["status"] = {"conditions": [
            {"type": "Suspended", "status": "False", "reason": "Resumed", "message": ""},
            {"type": state, "status": "True", "reason": reason, "message": message},
        ]}  # fmt: skip

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if path.endswith("/pods"):
            wanted = dict(part.split("=") for part in query["labelSelector"][0].split(","))
            return 200, {"items": [pod for pod in self.pods if wanted.items() <= pod["metadata"]["labels"].items()]}
        if found := re.search(r"/pods/([^/]+)/log$", path):
            return (200, self.logs[found[1]]) if found[1] in self.logs else (404, status(404))
        if method == "POST":
            return self._create(path, body)
        return self._known(method, path, body) if path in self.objects else (404, status(404))

    def _known(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "DELETE":
            return 200, self.objects.pop(path)
        if method == "PATCH":
            if not _patch(self.objects[path], body):
                return 422, status(422, "the test operation failed")
            if self.work:
                self.work(self, self.objects[path])
        return 200, self.objects[path]

    def _create(self, path: str, body: Object) -> tuple[int, Any]:
        if wrong := refusal(body):
            return 422, status(422, wrong)
        place = f"{path}/{body['metadata']['name']}"
        if place in self.objects:
            return 409, status(409, "AlreadyExists")
        self.objects[place] = body
        if self.work:
            threading.Thread(target=self.work, args=(self, body), daemon=True).start()
        return 201, body


def refusal(manifest: Object) -> str:
    """Why Trainer would refuse a TrainJob; "" where it would not."""
    known = TrainerV1alpha1TrainJob.from_dict(manifest)
    assert known is not None
    if json.loads(known.to_json()) != manifest:
        return "a field that Trainer does not know"
    name, spec = manifest["metadata"]["name"], manifest["spec"]
    if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name) or len(f"{name}-node-0-0") > 63:
        return f"name {name}"
    if any(variable["name"].startswith("PET_") for variable in spec["trainer"]["env"]):
        return "reserved variables"
    if any(not re.fullmatch(r"[a-z0-9.-]+\.[a-z]+/[\w.-]+", patch["manager"]) for patch in spec["runtimePatches"]):
        return "manager"
    (job,) = spec["runtimePatches"][0]["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]
    (container,) = job["template"]["spec"]["template"]["spec"]["containers"]
    return "env of the node" if (job["name"], container["name"]) != ("node", "node") or "env" in container else ""


def status(code: int, message: str = "as told") -> Object:
    return {"kind": "Status", "code": code, "message": message}


def _patch(into: Object, changes: list[Object]) -> bool:
    """JSON patch (RFC 6902), as far as ours go; False where a test fails, and nothing is changed."""
    copy = json.loads(json.dumps(into))
    for change in changes:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in change["path"].split("/")[1:]]
        place: Any = copy
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place[part]
        if change["op"] == "test" and place[last] != change["value"]:
            return False
        if change["op"] == "add":
            place[int(last) if isinstance(place, list) else last] = change["value"]
    copy["metadata"]["resourceVersion"] += "1"
    copy["metadata"]["generation"] = copy["metadata"].get("generation", 0) + 1
    into.clear()
    into.update(copy)
    return True


class _Handler(BaseHTTPRequestHandler):
    fake: FakeKubernetes

    def _any(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.fake.asked.append((self.command, parts.path))
        asked = json.loads(body) if body else None
        for fault in self.fake.faults:
            if fault.times and fault.method == self.command and fault.path in parts.path:
                fault.times -= 1
                if fault.after:
                    self.fake.answer(self.command, parts.path, parse_qs(parts.query), asked)
                return self._say(fault.status, status(fault.status))
        return self._say(*self.fake.answer(self.command, parts.path, parse_qs(parts.query), asked))

    do_GET = do_POST = do_DELETE = do_PATCH = _any  # noqa: N815 - the names that http.server calls

    def _say(self, code: int, answer: Any) -> None:
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(fake: FakeKubernetes) -> Iterator[Cluster]:
    """Serve it on loopback, and yield a cluster that speaks to it with the official client."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    configuration = client.Configuration()
    configuration.host = fake.url = f"http://127.0.0.1:{server.server_port}"
    configuration.retries = False
    try:
        yield Cluster("team", api=client.ApiClient(configuration), pause_seconds=0.01)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
