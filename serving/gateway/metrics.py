"""What Prometheus scrapes, under the names of the contract. Own registry: nothing of another library's gets in."""

import threading
from collections.abc import Iterable

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from serving.scoring.forecaster import Served

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of the latency buckets; 0.1 is the promise."""
REASONS = ("bad_change", "not_found", "too_many", "unavailable", "internal")
"""Why a prediction failed: few and fixed, so that no request can make a new series."""


class Metrics:
    """The counters. Label values are closed sets, or names that an operator chose, such as a model's version."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the series, and nobody asks for them
        self.registry = registry = CollectorRegistry()
        self.predictions = Counter(
            "ml_predictions_total",
            "Predictions answered.",
            ("model_name", "model_version", "alias", "prediction", "cached"),
            registry=registry,
        )
        self.prediction_seconds = Histogram(
            "ml_prediction_duration_seconds",
            "Time to a prediction, cache and queue included.",
            ("model_name", "model_version"),
            buckets=SECONDS,
            registry=registry,
        )
        self.prediction_errors = Counter(
            "ml_prediction_errors_total", "Predictions that failed, by reason.", ("reason",), registry=registry
        )
        self.requests = Counter(
            "api_requests_total",
            "Requests answered, by route template.",
            ("method", "endpoint", "status"),
            registry=registry,
        )
        self.request_seconds = Histogram(
            "api_request_duration_seconds",
            "Time from a request's head to the end of its answer.",
            ("method", "endpoint"),
            buckets=SECONDS,
            registry=registry,
        )
        self.errors = Counter(
            "api_errors_total", "Unhandled errors, by route template and type.", ("endpoint", "type"), registry=registry
        )
        self.model_loads = Counter(
            "ml_model_load_total", "Models loaded or refused.", ("alias", "status"), registry=registry
        )
        self.model_loaded = Gauge(
            "ml_model_loaded",
            "1 for each model version that answers now.",
            ("model_name", "model_version", "alias"),
            registry=registry,
        )
        self.drift_detected = Gauge(
            "ml_drift_detected", "1 if the newest comparison found drift, 0 if not.", registry=registry
        )
        self.drifted_features = Gauge(
            "ml_drifted_feature_count", "Features that the newest comparison calls drifted.", registry=registry
        )
        for reason in REASONS:
            self.prediction_errors.labels(reason)
        self._process = _Process()
        registry.register(self._process)

    def predicted(
        self, name: str, version: str, alias: str, prediction: str, seconds: float, *, cached: bool = False
    ) -> None:
        """Count one prediction; `alias` is champion, challenger, shadow or ""."""
        self.predictions.labels(name, version, alias, prediction, "true" if cached else "false").inc()
        self.prediction_seconds.labels(name, version).observe(seconds)

    def shadowed(self, name: str, version: str, prediction: str) -> None:
        """Count what a shadow said; nobody waited for it, so it has no duration."""
        self.predictions.labels(name, version, "shadow", prediction, "false").inc()

    def failed(self, reason: str) -> None:
        """Count one failure; `reason` is one of REASONS."""
        self.prediction_errors.labels(reason).inc()

    def loaded(self, served: Iterable[Served]) -> None:
        """Say which models answer now."""
        self.model_loaded.clear()
        for one in served:
            self.model_loaded.labels(one.name, one.version, one.alias).set(1)

    def load_ended(self, alias: str, status: str) -> None:
        """Count one load; `status` is ok or the kind of error that refused it."""
        self.model_loads.labels(alias, status).inc()

    def resources(self) -> dict[str, float]:
        """What this process takes, by the names of `schemas.Resources`."""
        found = self._process.snapshot()
        told = {name.removeprefix("process_"): value for name, (_, value) in found.items()}
        return told | {name: int(told[name]) for name in ("memory_rss_bytes", "thread_count")}

    def drift(self, drifted_features: int | None, *, detected: bool | None = None) -> None:
        """Say what the newest comparison found; None: there was none, or it could not decide."""
        self.drift_detected.set(1 if detected or drifted_features else 0)
        self.drifted_features.set(drifted_features or 0)

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """(body, content type) of `GET /metrics`, in OpenMetrics where the scraper asks for it."""
        from prometheus_client.exposition import choose_encoder  # noqa: PLC0415

        encoder, content_type = choose_encoder(accept)
        return encoder(self.registry), content_type


class _Process(Collector):
    """Read when scraped: what this process takes."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._process.cpu_percent()  # the first call only sets the mark that later ones measure from
        self._lock = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        for name, (text, value) in self.snapshot().items():
            family = GaugeMetricFamily(name, text)
            family.add_metric([], value)
            yield family

    def snapshot(self) -> dict[str, tuple[str, float]]:
        """Name -> (help, value)."""
        process = self._process
        with self._lock, process.oneshot():
            return {
                "process_memory_rss_bytes": ("Resident memory.", float(process.memory_info().rss)),
                "process_cpu_percent": ("Processor share since the last scrape, 100 a core.", process.cpu_percent()),
                "process_thread_count": ("Threads.", float(process.num_threads())),
            }
