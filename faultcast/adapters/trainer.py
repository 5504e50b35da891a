"""The launcher `trainjob`: an order becomes a TrainJob of Kubeflow Trainer, and that is followed to its end.

The data set is put on the shared volume, where the nodes read it and write the model, under the job's name. The name
tells the training, so who asks for the same again follows the job that runs, and one that was stopped goes on from
its last checkpoint.
"""

import json
import shutil
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from faultcast import dataset
from faultcast.adapters.kubernetes_api import Cluster, Conflict
from faultcast.adapters.trainer_manifest import CONTAINER, GROUP, PLURAL, VERSION, Nodes, name_of, train_job
from faultcast.errors import NotFound, StageFailed, UsageError
from faultcast.training.launch import last_words
from faultcast.training.order import Order
from faultcast.training.rows import Report

_LINES_KEPT = 400
_DAYS_KEPT = 30
_FIRST_NODE = "batch.kubernetes.io/job-completion-index=0"


@dataclass(frozen=True, slots=True)
class TrainJobs:
    """Carries orders out on a cluster; a `faultcast.training.order.Launcher`."""

    cluster: Cluster
    nodes: Nodes
    poll_seconds: float = 5.0

    def __call__(self, order: Order, report: Report) -> None:
        """Train on the nodes and bring the artifact to `order.output`.

        Raises:
            UsageError: the shared volume is not mounted here, or the cluster refuses the job.
            StageFailed: the job failed, was deleted, or took longer than its deadline; with its last lines.
            Unavailable: the cluster does not answer.
        """
        if not self.nodes.mount.is_dir():
            raise UsageError(
                f"{self.nodes.mount}: found no folder. Expected the volume {self.nodes.claim or '(none is named)'} to "
                "be mounted here as on the nodes: docs/kubernetes.md, Training on several nodes."
            )
        name = name_of(order, dataset.read_info(order.dataset).data_fingerprint, self.nodes.image)
        place = self.nodes.mount / name
        _stage(order.dataset, place)
        there = replace(order, dataset=place / order.dataset.name, output=place / "model")
        job = _Job(self.cluster, name, train_job(there, self.nodes, name), report)
        deadline = time.monotonic() + self.nodes.deadline_seconds
        with _interrupted_by_termination():
            try:
                job.start(done=(there.output / "manifest.json").is_file(), pause_seconds=self.poll_seconds)
                while not job.ended():
                    if time.monotonic() > deadline:
                        job.delete()
                        raise StageFailed(
                            f"{name} took longer than {self.nodes.deadline_seconds:,} s and was deleted. {job.words()}"
                        )
                    time.sleep(self.poll_seconds)
            except KeyboardInterrupt:  # one that failed stays, to be looked at; the next try replaces it
                job.delete()
                raise
        shutil.copytree(there.output, order.output, dirs_exist_ok=True)
        # The model stays for a while, for others who followed the same job.
        there.dataset.unlink(missing_ok=True)
        _prune(self.nodes.mount)


@dataclass(slots=True)
class _Job:
    """One TrainJob, and how far its log has been told."""

    cluster: Cluster
    name: str
    manifest: dict[str, Any]
    report: Report
    told: dict[str, int] = field(default_factory=dict)  # lines by pod
    waiting: str = ""
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))

    def start(self, *, done: bool, pause_seconds: float) -> None:
        """Create the job, or take the one of this name where it still can end well.

        One that failed, is being deleted, or ended without leaving its model (`done`) is replaced.
        """
        while True:
            try:
                self.cluster.call(
                    f"create TrainJob {self.name}",
                    self.cluster.objects.create_namespaced_custom_object,
                    *self._kind(), self.manifest,
                )  # fmt: skip
            except Conflict:
                found = self._read()
                if found and not found["metadata"].get("deletionTimestamp"):
                    state, _ = _condition(found)
                    if not state or (state == "Complete" and done):
                        self.report({"event": "adopted", "job": self.name})
                        return
                    self.delete()
                time.sleep(pause_seconds)  # until it is gone
            except NotFound as error:
                raise UsageError(f"{error} Is Kubeflow Trainer 2.2 or later installed?") from error
            else:
                self.report({"event": "created", "job": self.name})
                return

    def ended(self) -> bool:
        """Tell what is new in the log of the first node; whether the job is complete.

        Raises:
            StageFailed: it failed or was deleted.
        """
        found = self._read()
        self._follow()
        if found is None:
            raise StageFailed(f"TrainJob {self.name} was deleted while it ran. {self.words()}")
        state, why = _condition(found)
        if state == "Failed":
            raise StageFailed(f"TrainJob {self.name} failed: {why}. {self.words()}")
        return state == "Complete"

    def words(self) -> str:
        """What the first node said last, or what it waits for."""
        if told := last_words("\n".join(self.last)):
            return f"Its last lines:\n{told}"
        return f"Its first node waits: {self.waiting}" if self.waiting else "Its first node said nothing."

    def delete(self) -> None:
        """Delete it and what it started; nothing where it is gone."""
        delete = self.cluster.objects.delete_namespaced_custom_object
        try:
            self.cluster.call(
                f"delete TrainJob {self.name}", delete, *self._kind(), self.name, propagation_policy="Foreground"
            )
        except NotFound:
            return

    def _kind(self) -> tuple[str, str, str, str]:
        return GROUP, VERSION, self.cluster.namespace, PLURAL

    def _read(self) -> dict[str, Any] | None:
        read = self.cluster.objects.get_namespaced_custom_object
        try:
            found: dict[str, Any] = self.cluster.call(f"read TrainJob {self.name}", read, *self._kind(), self.name)
        except NotFound:
            return None
        return found

    def _follow(self) -> None:
        """Read the log anew and tell what follows the lines that were told: a stream would break unnoticed."""
        selector = f"jobset.sigs.k8s.io/jobset-name={self.name},{_FIRST_NODE}"
        pods = self.cluster.call(
            f"list pods of {self.name}", self.cluster.core.list_namespaced_pod, self.cluster.namespace,
            label_selector=selector,
        ).items  # fmt: skip
        if not pods:
            return
        pod = max(pods, key=lambda pod: str(pod.metadata.creation_timestamp))
        self.waiting = _waiting(pod)
        if pod.status.phase == "Pending":
            return
        log = self._log(pod.metadata.name)
        new = log[self.told.get(pod.metadata.name, 0) :]
        self.told[pod.metadata.name] = len(log)
        for line in new:
            self._tell(line)

    def _log(self, pod: str) -> list[str]:
        try:
            text: str = self.cluster.call(
                f"read the log of {pod}", self.cluster.core.read_namespaced_pod_log, pod, self.cluster.namespace,
                container=CONTAINER,
            )  # fmt: skip
        except (NotFound, UsageError):  # the pod is gone, or its container has not started
            return []
        whole, end, _ = text.rpartition("\n")  # a line that is still being written is told when it is whole
        return whole.split("\n") if end else []

    def _tell(self, line: str) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if isinstance(event, dict):
            self.report(event)
        elif line.strip():
            self.last.append(line)


def _condition(job: dict[str, Any]) -> tuple[str, str]:
    """Complete or Failed, once it is one, and why."""
    for condition in job.get("status", {}).get("conditions", []):
        if condition["type"] in {"Complete", "Failed"} and condition["status"] == "True":
            return condition["type"], ", ".join(filter(None, (condition.get("reason"), condition.get("message"))))
    return "", ""


def _waiting(pod: Any) -> str:
    """Why a pod has not started, as Kubernetes tells it."""
    states = [status.state.waiting for status in pod.status.container_statuses or [] if status.state.waiting]
    told = [f"{state.reason} {state.message or ''}".strip() for state in states]
    told += [f"{one.reason} {one.message or ''}".strip() for one in pod.status.conditions or [] if one.status != "True"]
    return told[0] if told and pod.status.phase == "Pending" else ""


def _stage(table: Path, place: Path) -> None:
    """Put a data set's files on the shared volume; each appears whole."""
    place.mkdir(parents=True, exist_ok=True)
    for file in (table, table.with_suffix(".json")):
        partial = place / f".{file.name}.partial"
        shutil.copyfile(file, partial)
        partial.replace(place / file.name)


def _prune(mount: Path) -> None:
    """Remove what trainings of long ago left on the shared volume."""
    for place in mount.glob("faultcast-*"):
        if place.stat().st_mtime < time.time() - _DAYS_KEPT * 86_400:
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _interrupted_by_termination() -> Iterator[None]:
    """Let SIGTERM, by which a cluster ends a pod, end this as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
