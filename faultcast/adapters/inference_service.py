"""The InferenceService that serves a repository's champion: which model it reads, and letting it read another.

The chart's model server finds its model at /mnt/models: a folder of a PersistentVolumeClaim (a mount's `subPath`), or
what an init container downloads (its first argument). That one value is changed, by a JSON patch that holds only for
the object as it was read: a merge patch would replace whole lists of containers.
"""

import time
from dataclasses import dataclass
from typing import Any

from faultcast.adapters.kubernetes_api import Cluster, Conflict
from faultcast.errors import StageFailed, UsageError

_KIND = ("serving.kserve.io", "v1beta1")
_PLURAL = "inferenceservices"
_SERVER, _FETCHER, _VOLUME = "kserve-container", "fetch-model", "model"
VERSION = "faultcast.dev/model-version"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server finds its model: `value` is a folder of a claim, or an address; `path` the field that says so."""

    value: str
    path: str
    claim: str  # "": an address


@dataclass(frozen=True, slots=True)
class InferenceService:
    """One InferenceService of the cluster's namespace."""

    cluster: Cluster
    name: str
    poll_seconds: float = 2.0

    def place(self) -> Place:
        """Where it finds its model now.

        Raises:
            NotFound: there is no such InferenceService.
            UsageError: it is not as the chart makes it.
        """
        return _place(self._read(), self.name)

    def serve(self, value: str, version: str, deadline_seconds: float) -> None:
        """Let it serve the model at `value`, and wait until that answers. The same model again changes nothing.

        Raises:
            NotFound, UsageError: as `place`.
            StageFailed: it does not answer in time; the model before serves again.
        """
        before = self._read()
        if (place := _place(before, self.name)).value == value:
            self._wait(deadline_seconds)
            return
        said = before["metadata"].get("annotations", {}).get(VERSION, "")
        self._patch(value, version)
        try:
            self._wait(deadline_seconds)
        except StageFailed:
            self._patch(place.value, said)
            raise

    def _read(self) -> dict[str, Any]:
        read = self.cluster.objects.get_namespaced_custom_object
        where = (*_KIND, self.cluster.namespace, _PLURAL, self.name)
        found: dict[str, Any] = self.cluster.call(f"read InferenceService {self.name}", read, *where)
        return found

    def _patch(self, value: str, version: str) -> None:
        """Change the one field, in the object as it is now; again if somebody else was faster."""
        for left in (2, 1, 0):
            found = self._read()
            metadata = found["metadata"]
            changes: list[dict[str, Any]] = [
                {"op": "test", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
                {"op": "add", "path": _place(found, self.name).path, "value": value},
            ]
            notes = {**metadata.get("annotations", {}), VERSION: version}
            changes.append({"op": "add", "path": "/metadata/annotations", "value": notes})
            # The pods' template changes, too: a model that was overwritten in place is read anew.
            changes.append({"op": "add", "path": "/spec/predictor/annotations", "value": {VERSION: version}})
            patch = self.cluster.objects.patch_namespaced_custom_object
            where = (*_KIND, self.cluster.namespace, _PLURAL, self.name)
            try:
                self.cluster.call(f"patch InferenceService {self.name}", patch, *where, changes)
            except (Conflict, UsageError):  # 409 or 422: the object is no longer what was read
                if not left:
                    raise
                continue
            return

    def _wait(self, deadline_seconds: float) -> None:
        deadline = time.monotonic() + deadline_seconds
        while True:
            found = self._read()
            state = found.get("status", {})
            ready: dict[str, Any] = next((one for one in state.get("conditions", []) if one["type"] == "Ready"), {})
            seen = state.get("observedGeneration", 0) >= found["metadata"].get("generation", 0)
            if seen and ready.get("status") == "True":
                return
            if time.monotonic() > deadline:
                why = ready.get("message") or ready.get("reason") or "it tells no reason"
                raise StageFailed(
                    f"InferenceService {self.name} was not ready after {deadline_seconds:,.0f} s: {why}. The model "
                    "before serves again."
                )
            time.sleep(self.poll_seconds)


def _place(service: dict[str, Any], name: str) -> Place:
    predictor = service["spec"]["predictor"]
    for i, one in enumerate(predictor.get("initContainers", [])):
        if one["name"] == _FETCHER and one.get("args"):
            return Place(one["args"][0], f"/spec/predictor/initContainers/{i}/args/0", "")
    claims = {one["name"]: one["persistentVolumeClaim"]["claimName"]
              for one in predictor.get("volumes", []) if "persistentVolumeClaim" in one}  # fmt: skip
    for i, one in enumerate(predictor.get("containers", [])):
        for k, mount in enumerate(one.get("volumeMounts", []) if one["name"] == _SERVER else []):
            if mount["name"] == _VOLUME and _VOLUME in claims:
                path = f"/spec/predictor/containers/{i}/volumeMounts/{k}/subPath"
                return Place(mount.get("subPath", ""), path, claims[_VOLUME])
    raise UsageError(
        f"InferenceService {name}: found neither an init container {_FETCHER} nor a claim mounted as {_VOLUME}. "
        "Expected one that the chart helm/faultcast made."
    )
