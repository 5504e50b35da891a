"""What other systems call our settings, and how large their numbers may be."""

CONTRACT_NAMES = {
    "min_samples_for_decision": "MIN_SAMPLES_FOR_DECISION",
    "min_f1_improvement_pct": "MIN_F1_IMPROVEMENT_PCT",
    "max_brier_degradation": "MAX_BRIER_DEGRADATION",
    "monitoring_interval_seconds": "MONITORING_INTERVAL",
    "monitoring_lookback_hours": "MONITORING_LOOKBACK",
    "github_token": "GITHUB_TOKEN",
    "gitlab_token": "GITLAB_TOKEN",
    "bitbucket_token": "BITBUCKET_TOKEN",
    "jira_token": "JIRA_TOKEN",
    "sonarqube_token": "SONAR_TOKEN",
    "feature_store": "FEAST_FS_YAML_FILE_PATH",
    "mlflow_tracking_uri": "MLFLOW_TRACKING_URI",
    "mlflow_run_id": "MLFLOW_RUN_ID",
}
"""Names that other systems fixed; they are read where the FAULTCAST_ one is not set."""


RANGES: dict[str, tuple[float, float]] = {
    "seed": (0, 2**32 - 1),
    "ripening_days": (0, 3_650),
    "window_days": (1, 36_500),
    "min_samples_for_decision": (1, 10**9),
    "min_f1_improvement_pct": (0, 1_000),
    "max_brier_degradation": (0, 1),
    "num_workers": (1, 256),
    "trainer_nodes": (1, 1_024),
    "trainer_gpus": (0, 64),
    "trainer_deadline_seconds": (60, 30 * 86_400),
    "rollout_deadline_seconds": (1, 86_400),
    "port": (0, 65_535),
    "grpc_port": (0, 65_535),
    "oidc_loopback_http": (0, 1),
    "rate_per_second": (0, 1_000_000),
    "rate_burst": (1, 1_000_000),
    "anonymous_rate_per_second": (0, 1_000_000),
    "ingest_timeout_seconds": (0.1, 3_600),
    "ingest_max_wait_seconds": (0, 86_400),
    "monitoring_interval_seconds": (0, 86_400),
    "monitoring_lookback_hours": (0.01, 24 * 365),
    "feedback_quorum": (1, 1_000),
    "feedback_cap": (1, 1_000_000),
    "prediction_log_waiting": (1, 10_000_000),
    "prediction_log_stall_seconds": (0.05, 600),
    "cache_seconds": (0.001, 86_400),
    "cache_megabytes": (0, 65_536),
    "line_waiting": (1, 100_000),
    "line_deadline_seconds": (0.01, 600),
    "stream_batch": (1, 10_000),
    "stream_timeout_seconds": (1, 3_600),
}
"""Smallest and largest value of settings that are numbers."""
