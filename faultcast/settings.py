"""The only reader of the environment. Every setting: its unit, its default, and why.

A setting ``ripening_days`` is read from ``FAULTCAST_RIPENING_DAYS``.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from faultcast.errors import UsageError
from faultcast.setting_tables import CONTRACT_NAMES, RANGES

A100_PRODUCTS = ("NVIDIA-A100-SXM4-40GB", "NVIDIA-A100-SXM4-80GB", "NVIDIA-A100-PCIE-40GB", "NVIDIA-A100-80GB-PCIe")
"""Values of the node label `nvidia.com/gpu.product`, as NVIDIA's GPU feature discovery writes them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one process."""

    home: Path = Path(".faultcast")
    """Folder of all state; safe to delete."""
    identity_key: str = field(default="", repr=False)
    """Key of the author pseudonyms (64 hexadecimal digits), for a `home` that has none yet; empty: none given."""
    progress_file: str = ""
    """Where stages append progress events (JSON lines); empty: nowhere. Set by `faultcast run`."""
    seed: int = 7
    """Seed of everything random."""
    ripening_days: float = 0.0
    """Days after which a change without a known fault counts as clean; 0: chosen from the history (see labels)."""
    window_days: int = 90
    """Days back from the newest commit that count as "recent" when changes are ranked."""
    min_samples_for_decision: int = 200
    """MIN_SAMPLES_FOR_DECISION of the contract: labelled changes below which no verdict is given."""
    min_f1_improvement_pct: float = 2.0
    """MIN_F1_IMPROVEMENT_PCT of the contract: percent by which a challenger's F1 must beat the champion's."""
    max_brier_degradation: float = 0.01
    """MAX_BRIER_DEGRADATION of the contract: how much worse a challenger's Brier score may be."""
    num_workers: int = 2
    """Processes of a distributed training run on this machine."""
    launcher: str = ""
    """How models are trained: process, torchrun or trainjob (nodes of a cluster); empty: by the kind of model."""
    namespace: str = ""
    """Kubernetes namespace to work in; empty: the pod's own."""
    pod_name: str = ""
    """This pod's name, which owns what it starts; set by the compiled pipeline."""
    pod_uid: str = ""
    """This pod's UID."""
    trainer_image: str = ""
    """Image of a TrainJob's nodes, by digest; needed for the launcher trainjob."""
    shared_volume: str = ""
    """PersistentVolumeClaim (ReadWriteMany) that the launching pod and all nodes of a TrainJob mount."""
    shared_mount: Path = Path("/mnt/faultcast")
    """Where that volume is mounted, here and on the nodes; `deploy` puts models there."""
    trainer_nodes: int = 1
    """Nodes of a TrainJob."""
    trainer_gpus: int = 1
    """GPUs of each node, one process each; 0: `num_workers` processes on the processor."""
    trainer_gpu_products: str = (
        "NVIDIA-A100-SXM4-40GB,NVIDIA-A100-SXM4-80GB,NVIDIA-A100-PCIE-40GB,NVIDIA-A100-80GB-PCIe"
    )
    """GPUs that will do, as the node label `nvidia.com/gpu.product` names them; `any`: all."""
    trainer_cpu: str = "8"
    """Cores that each node asks for."""
    trainer_memory: str = "32Gi"
    """Memory of each node."""
    trainer_shared_memory: str = "8Gi"
    """Size of /dev/shm on each node, taken from its memory."""
    trainer_deadline_seconds: int = 21_600
    """Seconds from its creation after which a TrainJob is deleted and the stage fails."""
    inference_service: str = ""
    """InferenceService that a model that passed is rolled out to; empty: none, `faultcast serve` reads the champion."""
    rollout_deadline_seconds: int = 600
    """Seconds that a rolled out model may take until it answers; then the one before is put back."""
    host: str = "127.0.0.1"
    """Address that servers listen on; loopback unless told otherwise."""
    port: int = 8080
    """Port of the model server."""
    grpc_port: int = 0
    """Port of the model server's gRPC face; 0: none."""
    operator_token: str = field(default="", repr=False)
    """Who sends it as a bearer token may load and unload the model at the model server; empty: nobody may."""
    predictor_url: str = ""
    """Address of a KServe predictor that the gateway asks, such as `http://faultcast-predictor`; empty: it scores in
    its own process."""
    gateway_token: str = field(default="", repr=False)
    """Token or API key that `faultcast watch --url` shows to a gateway; empty: none."""
    auth: str = "embedded"
    """Who may ask the gateway: `embedded`, whoever reaches loopback, with every right; `required`, bearers of an API
    key (`faultcast key create`) or, if `oidc_issuer` is set, of its tokens. An issuer alone means `required`."""
    oidc_issuer: str = ""
    """Issuer of OpenID Connect whose tokens the gateway accepts, such as `https://login.example.org/realms/dev`."""
    oidc_audience: str = ""
    """What a token's `aud` must name; needed with `oidc_issuer`."""
    oidc_loopback_http: int = 0
    """1: an issuer on loopback may be asked without TLS, for tests; 0: never."""
    roles_claim: str = "roles"
    """Claim that holds a user's roles (viewer, reviewer, operator, service); dots lead inwards: `realm.roles`."""
    rate_per_second: float = 50.0
    """Requests a second that one user or key may make of one gateway process; 0: no limit."""
    rate_burst: int = 100
    """Requests that may come at once before that rate counts."""
    anonymous_rate_per_second: float = 10.0
    """Requests a second from one address that proves nobody's identity, refused ones included; 0: no limit."""
    served_hosts: str = ""
    """Names, by commas, by which the gateway may be called (`Host`); empty: any; loopback's if embedded."""
    cors_origins: str = ""
    """Origins, separated by commas, whose pages may call the gateway: `https://dash.example.org`; empty: none."""
    trusted_proxies: str = ""
    """Addresses or networks, separated by commas, whose `X-Forwarded-For` and `-Proto` are believed; empty: none."""
    tls_cert_file: str = ""
    """Certificate chain (PEM) of the gateway; empty: no TLS here. With it, TLS 1.3 and nothing older."""
    tls_key_file: str = ""
    """Private key (PEM) of that certificate."""
    audit_key_file: str = ""
    """File with the key (64 hexadecimal digits) that seals the audit log's lines; empty: a chain of digests alone."""
    allowed_hosts: str = ""
    """Hosts, separated by commas, that may be cloned from although their address is not public."""
    ca_file: str = ""
    """Certificates (PEM) to trust when cloning from a server of one's own, or asking one's own `oidc_issuer`; empty:
    the system's."""
    github_url: str = "https://api.github.com"
    """Address of GitHub's API; a GitHub Enterprise server: `https://HOST/api/v3`."""
    github_token: str = field(default="", repr=False)
    """Token for GitHub; without one it answers 60 requests an hour."""
    gitlab_url: str = "https://gitlab.com"
    """Address of GitLab."""
    gitlab_token: str = field(default="", repr=False)
    """Token for GitLab."""
    bitbucket_url: str = "https://api.bitbucket.org/2.0"
    """Address of Bitbucket Cloud's API."""
    bitbucket_token: str = field(default="", repr=False)
    """Token for Bitbucket."""
    jira_url: str = ""
    """Address of Jira, such as `https://example.atlassian.net`; empty: none."""
    jira_user: str = ""
    """Account that a Jira Cloud token belongs to; empty: the token is a server's personal access token."""
    jira_token: str = field(default="", repr=False)
    """Token for Jira."""
    sonarqube_url: str = "https://sonarcloud.io"
    """Address of SonarQube."""
    sonarqube_token: str = field(default="", repr=False)
    """Token for SonarQube."""
    ingest_timeout_seconds: float = 30.0
    """Seconds that a tracker may be silent before a request is given up and tried again."""
    ingest_max_wait_seconds: float = 3900.0
    """Seconds that a tracker's rate limit may make us wait; GitHub's lasts an hour."""
    kafka_brokers: str = ""
    """Kafka's bootstrap servers, `host:port` separated by commas; empty: the broker embedded in `home`."""
    kafka_security_protocol: str = ""
    """PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; empty: TLS, unless all brokers are on loopback."""
    kafka_sasl_mechanism: str = "SCRAM-SHA-512"
    """How Kafka's user is proved: SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN (over TLS only)."""
    kafka_user: str = ""
    """Account at Kafka; empty: none is asked for."""
    kafka_password: str = field(default="", repr=False)
    """Password of Kafka's account."""
    kinesis_region: str = ""
    """AWS region of the Kinesis streams; empty: as boto3 finds it. Credentials are always boto3's own."""
    kinesis_url: str = ""
    """Address of Kinesis, such as a VPC endpoint; empty: that of the region."""
    stream_batch: int = 500
    """Events that a consumer judges and keeps in one transaction."""
    stream_timeout_seconds: float = 30.0
    """Seconds that Kafka or Kinesis may take to accept or bring events before the command gives up."""
    feature_store: str = ""
    """Feast configuration (feature_store.yaml) of a store that machines share, or `cluster` for the one in
    feature_repo/ (object storage, PostgreSQL, Redis); empty: files inside `home`."""
    cache: str = field(default="", repr=False)
    """Where the gateway keeps answers: `redis://host:port/0`, `rediss://…` or `unix://…`; empty: in its memory."""
    cache_seconds: float = 300.0
    """Seconds that an answer is kept; a promoted model answers anew at once, whatever this says."""
    cache_megabytes: int = 32
    """Size of the cache in memory."""
    line_waiting: int = 128
    """Requests that may wait to be scored; the next one is told when to try again (429)."""
    line_deadline_seconds: float = 10.0
    """Seconds that a request may wait for its score; then it is answered with 503."""
    tuning_storage: str = ""
    """Database of Optuna's studies, `postgresql+psycopg://user@host/name` (its password: PGPASSWORD or PGPASSFILE);
    empty: journal files inside `home`."""
    prediction_log: str = field(default="", repr=False)
    """Database of predictions and feedback, `postgresql://user@host/name` (its password: PGPASSWORD or PGPASSFILE);
    empty: SQLite inside `home`."""
    prediction_log_waiting: int = 10_000
    """Predictions that may wait to be written; one more is refused (503), for the disk has stalled."""
    prediction_log_stall_seconds: float = 5.0
    """Seconds after which a prediction that could not be written is refused (503) instead of waiting on."""
    monitoring_interval_seconds: int = 300
    """MONITORING_INTERVAL of the contract: seconds between two looks of a server at its predictions; 0: it never
    looks, `faultcast monitor` is run by something else."""
    monitoring_lookback_hours: float = 24.0
    """MONITORING_LOOKBACK of the contract: hours of predictions that a look is about."""
    feedback_quorum: int = 1
    """Accounts whose votes on a change must weigh before a majority decides; a team may want 2 or more."""
    feedback_cap: int = 100
    """Predictions on which one account's votes weigh within 30 days; those on more are kept, but weigh nothing."""
    mlflow_tracking_uri: str = ""
    """MLflow server; empty: SQLite inside `home`."""
    signing_key_file: str = ""
    """File with the Ed25519 private key (PEM, or 64 hexadecimal digits) that signs models; empty: none is signed."""
    trusted_keys: str = ""
    """Public keys, 64 hexadecimal digits each, separated by commas; if there are any, other models are refused."""
    general_model: str = ""
    """Folder or zip archive of a model that `faultcast pretrain` wrote, for histories too small to learn from; empty:
    those are ranked by lines added alone."""
    mlflow_run_id: str = ""
    """MLflow run to join, as a pipeline backend names it; empty: a run of our own."""
    image: str = "faultcast-python:local"
    """Image that pipeline components name; the local runner only uses it as part of the cache key."""


def variables(name: str) -> tuple[str, ...]:
    """Environment variables that set a setting, the first that is set wins."""
    return (f"FAULTCAST_{name.upper()}", *([CONTRACT_NAMES[name]] if name in CONTRACT_NAMES else []))


def secrets() -> frozenset[str]:
    """Settings that must never be shown or passed on: those left out of the settings' `repr`."""
    return frozenset(setting.name for setting in fields(Settings) if not setting.repr)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a child process that has no use for our tokens."""
    hidden = {variable for name in secrets() for variable in variables(name)}
    return {name: value for name, value in environment.items() if name not in hidden}


def for_child(now: Settings, keep: Collection[str] = ()) -> dict[str, str]:
    """The environment of a child process that is to have these settings; of the secrets those in `keep` alone."""
    hidden = secrets() - set(keep)
    given = {name: str(getattr(now, name)) for name in (one.name for one in fields(Settings)) if name not in hidden}
    given["home"] = str(now.home.resolve())
    return without_secrets(os.environ) | {variables(name)[0]: value for name, value in given.items()}


def load() -> Settings:
    """Read the settings from the environment.

    Raises:
        UsageError: a value cannot be read as its type, or lies outside its range.
    """
    found: dict[str, object] = {}
    for setting in fields(Settings):
        name = next((variable for variable in variables(setting.name) if os.environ.get(variable)), "")
        if not name:
            continue
        found[setting.name] = _read(setting.name, setting.default, name, os.environ[name])
    return Settings(**found)  # type: ignore[arg-type]


def _read(setting: str, default: Any, variable: str, text: str) -> object:
    if isinstance(default, Path):
        return Path(text)
    try:
        value = type(default)(text)
    except ValueError as error:
        raise UsageError(f"{variable}={text!r}: expected a value like {default!r}") from error
    low, high = RANGES.get(setting, (None, None))
    if low is not None and not low <= value <= high:
        raise UsageError(f"{variable}={text!r}: expected a value from {low:,} to {high:,}, such as {default!r}")
    return value
