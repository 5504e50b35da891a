"""What Prometheus scrapes of a model server: each series names its status, or the version of the model."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Bounds of the latency buckets."""
REASONS = {400: "bad_change", 404: "not_found", 413: "too_large", 500: "internal", 503: "unavailable"}
"""Why a prediction failed, by status."""


class Metrics:
    """The counters. Every label is one of few values, or a name that the operator chose."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "api_requests_total", "Requests answered.", ("method", "endpoint", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "api_request_duration_seconds",
            "Time from a request's body to its answer.",
            ("method", "endpoint"),
            buckets=SECONDS,
            registry=registry,
        )
        self._predictions = Counter(
            "ml_predictions_total",
            "Changes that were scored.",
            ("protocol", "model_name", "model_version"),
            registry=registry,
        )
        self._prediction_errors = Counter(
            "ml_prediction_errors_total", "Requests for predictions that failed.", ("reason",), registry=registry
        )
        self._loads = Counter("ml_model_load_total", "Models loaded or refused.", ("status",), registry=registry)
        self._loaded = Gauge(
            "ml_model_loaded", "1 while the model can answer.", ("model_name", "model_version"), registry=registry
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._versions: dict[tuple[str, str, str], Counter] = {}
        for reason in REASONS.values():
            self._prediction_errors.labels(reason)

    def request(self, method: str, endpoint: str, status: int, seconds: float) -> None:
        """One answer; `endpoint` is a route's template, never what a stranger wrote."""
        key = (method, endpoint, status)
        found = self._children.get(key)
        if found is None:
            found = self._requests.labels(method, endpoint, str(status)), self._request_seconds.labels(method, endpoint)
            self._children[key] = found
        found[0].inc()
        found[1].observe(seconds)

    def predicted(self, protocol: str, name: str, version: str, changes: int) -> None:
        """Changes that were scored; `protocol` is v1, v2 or grpc."""
        key = (protocol, name, version)
        found = self._versions.get(key)
        if found is None:
            found = self._versions[key] = self._predictions.labels(*key)
        found.inc(changes)

    def failed(self, status: int) -> None:
        """A request for predictions that failed."""
        self._prediction_errors.labels(REASONS.get(status, "other")).inc()

    def loaded(self, name: str, version: str) -> None:
        """A model can answer, and it alone."""
        self._loads.labels("success").inc()
        self._loaded.clear()
        self._loaded.labels(name, version).set(1)

    def refused(self) -> None:
        """A model was not loaded."""
        self._loads.labels("failure").inc()

    def unloaded(self) -> None:
        """No model can answer."""
        self._loaded.clear()

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """(body, content type) of `GET /metrics`, in OpenMetrics where the scraper asks for it."""
        from prometheus_client.exposition import choose_encoder  # noqa: PLC0415 - its imports are not those of a start

        encoder, content_type = choose_encoder(accept)
        return encoder(self.registry), content_type
