"""The Kubernetes API by its official client: how it is found, what is tried again, and how its answers are told."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import urllib3
from kubernetes import client, config
from kubernetes.client.rest import ApiException

from faultcast.errors import NotFound, Unavailable, UsageError

Answer = TypeVar("Answer")

CONFLICT, ABSENT = 409, 404
_AGAIN = (429, 500, 502, 503, 504)
_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_TIMEOUT_SECONDS = (5.0, 30.0)  # to connect, to answer


class Conflict(Unavailable):
    """There is an object of that name already, or it was changed meanwhile."""


class Cluster:
    """Calls of one cluster in one namespace, tried again for half a minute while it is away.

    `api` is a client to use instead of the one that the pod's service account or ~/.kube/config gives.

    Raises:
        UsageError: there is neither, so no cluster is known.
    """

    def __init__(self, namespace: str = "", *, api: client.ApiClient | None = None, pause_seconds: float = 1.0) -> None:
        self.api = api or _configured()
        self.namespace = namespace or _own_namespace()
        self.objects = client.CustomObjectsApi(self.api)
        self.core = client.CoreV1Api(self.api)
        self._pause_seconds = pause_seconds

    def call(self, what: str, function: Callable[..., Answer], *arguments: object, **options: object) -> Answer:
        """Call, and try again while the answer may change.

        Raises:
            NotFound: there is no such object, or no such kind.
            Conflict: the object exists, or was changed meanwhile.
            UsageError: the cluster refuses the request itself, or who asks.
            Unavailable: it did not answer for half a minute.
        """
        pause = self._pause_seconds
        for left in reversed(range(6)):
            try:
                return function(*arguments, **options, _request_timeout=_TIMEOUT_SECONDS)
            except ApiException as error:
                if error.status not in _AGAIN or not left:
                    raise _told(what, error) from error
            except urllib3.exceptions.HTTPError as error:
                if not left:
                    raise Unavailable(f"{what}: the cluster does not answer ({type(error).__name__})") from error
            time.sleep(pause)
            pause *= 2
        raise AssertionError("the last try returns or raises")


def _configured() -> client.ApiClient:
    try:
        config.load_config()
    except config.ConfigException as error:
        raise UsageError(
            "No cluster is known here: found neither a pod's service account nor ~/.kube/config. Run this inside "
            "the cluster, or set KUBECONFIG."
        ) from error
    # Its own tries would hide what ours tell.
    configuration = client.Configuration.get_default_copy()
    configuration.retries = False
    return client.ApiClient(configuration)


def _own_namespace() -> str:
    return _NAMESPACE.read_text("utf-8").strip() if _NAMESPACE.is_file() else "default"


def _told(what: str, error: ApiException) -> NotFound | Conflict | UsageError | Unavailable:
    said = f"{what}: the cluster answered {error.status} {error.reason}. {_message(error)}".strip()
    if error.status == ABSENT:
        return NotFound(said)
    if error.status == CONFLICT:
        return Conflict(said)
    if error.status in {401, 403}:
        return UsageError(f"{said} Give the service account that right; the chart's pipeline account has it.")
    return Unavailable(said) if error.status in _AGAIN else UsageError(said)


def _message(error: ApiException) -> str:
    """What a Status object says, without the object around it."""
    try:
        body: Any = json.loads(error.body or "{}")
    except ValueError:
        return ""
    return str(body.get("message", ""))[:1000] if isinstance(body, dict) else ""
