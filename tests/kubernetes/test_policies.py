"""What the objects may do: Pod Security "restricted", least privilege, closed network, a truthful canary."""

import copy
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
import yaml
from pod_security import containers, pods, violations
from rendering import CHART, Objects, Run, one

from faultcast.settings import Settings, variables

CANARY = ("--set", "canary.weight=1,canary.storageUri=pvc://faultcast-models/challenger")
HEALTH = {"startupProbe": "/v2/health/ready", "readinessProbe": "/v2/health/ready", "livenessProbe": "/v2/health/live"}


def test_every_pod_is_restricted(objects: Objects) -> None:
    specs = [spec for item in objects for spec in pods(item)]
    assert specs
    assert [violations(spec) for spec in specs] == [[] for _ in specs]


def test_every_container_has_a_read_only_root_and_bounded_resources(objects: Objects) -> None:
    for container in (c for item in objects for pod in pods(item) for c in containers(pod)):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
        assert container["resources"]["limits"].keys() >= {"cpu", "memory"}
        assert "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.update(hostNetwork=True), "hostNetwork"),
        (lambda p: p["volumes"].append({"name": "x", "hostPath": {"path": "/"}}), "hostPath"),
        (lambda p: p["securityContext"].update(runAsUser=0), "runAsUser is 0"),
        (lambda p: p["securityContext"].update(sysctls=[{"name": "kernel.msgmax", "value": "1"}]), "kernel.msgmax"),
        (lambda p: context(p).update(allowPrivilegeEscalation=True), "allowPrivilegeEscalation"),
        (lambda p: context(p).update(privileged=True), "privileged"),
        (lambda p: context(p).update(capabilities={}), "drop ALL"),
        (lambda p: context(p)["capabilities"].update(add=["NET_ADMIN"]), "NET_ADMIN"),
        (lambda p: context(p).update(runAsNonRoot=False), "runAsNonRoot"),
        (lambda p: context(p).update(seccompProfile={"type": "Unconfined"}), "seccompProfile"),
        (lambda p: context(p).update(procMount="Unmasked"), "procMount"),
        (lambda p: context(p).update(seLinuxOptions={"type": "spc_t"}), "seLinuxOptions"),
        (lambda p: context(p).update(appArmorProfile={"type": "Unconfined"}), "appArmorProfile"),
        (lambda p: p["containers"][0]["ports"][0].update(hostPort=80), "hostPort"),
        (lambda p: p["containers"][0]["livenessProbe"]["httpGet"].update(host="10.0.0.1"), "names a host"),
        (lambda p: p.update(initContainers=[{"name": "bare"}]), "container bare"),
        (lambda p: p.update(containers=[]), "no container"),
    ],
)
def test_a_pod_that_breaks_a_control_is_found(
    champion: dict[str, Any], change: Callable[[dict[str, Any]], object], said: str
) -> None:
    (pod,) = pods(copy.deepcopy(champion))
    change(pod)
    assert any(said in text for text in violations(pod)), violations(pod)


def context(pod: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = pod["containers"][0]["securityContext"]
    return found


def test_pods_of_every_workload_kind_are_looked_at() -> None:
    bad = {"hostPID": True}
    template = {"template": {"spec": bad}}
    for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"):
        assert [*pods({"kind": kind, "spec": template})] == [bad]
    assert [*pods({"kind": "CronJob", "spec": {"jobTemplate": {"spec": template}}})] == [bad]
    assert [*pods({"kind": "Pod", "spec": bad})] == [bad]
    assert [*pods({"kind": "InferenceService", "spec": {"transformer": bad, "canary": [{"predictor": bad}]}})] == [
        bad,
        bad,
    ]


def test_the_namespace_enforces_what_the_pods_keep(kustomize: Callable[..., Objects]) -> None:
    labels = one(kustomize("base"), "Namespace", "mlops-prod")["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {"restricted"}


def test_the_probes_ask_the_health_routes_of_the_v2_protocol(objects: Objects) -> None:
    for isvc in (item for item in objects if item["kind"] == "InferenceService"):
        server = isvc["spec"]["predictor"]["containers"][0]
        assert {name: server[name]["httpGet"]["path"] for name in HEALTH} == HEALTH


def test_no_role_has_a_wildcard_and_no_binding_leaves_the_namespace(objects: Objects) -> None:
    assert not [o for o in objects if o["kind"] in {"ClusterRole", "ClusterRoleBinding"}]
    for rule in (rule for o in objects if o["kind"] == "Role" for rule in o["rules"]):
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]


def test_the_pipeline_may_train_and_roll_out_and_little_else(render: Callable[..., Objects]) -> None:
    rules = one(render(), "Role", "faultcast-pipeline")["rules"]
    allowed = {
        (resource, verb): rule.get("resourceNames")
        for rule in rules
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert ("trainjobs", "create") in allowed
    assert allowed["inferenceservices", "patch"] == ["faultcast", "faultcast-canary"]
    assert allowed["httproutes", "patch"] == ["faultcast"]
    assert allowed["secrets", "get"] == ["mlpipeline-minio-artifact"]
    writes = {resource for resource, verb in allowed if verb in {"create", "update", "patch", "delete"}}
    assert writes == {"trainjobs", "inferenceservices", "httproutes", "workflowtaskresults"}


def test_the_model_server_has_no_api_token(objects: Objects) -> None:
    for item in objects:
        if item["kind"] == "InferenceService":
            account = one(objects, "ServiceAccount", item["spec"]["predictor"]["serviceAccountName"])
            assert account["automountServiceAccountToken"] is False
            assert item["spec"]["predictor"]["automountServiceAccountToken"] is False


def test_the_network_is_closed_by_default(render: Callable[..., Objects]) -> None:
    deny = one(render(), "NetworkPolicy", "faultcast-default-deny")["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    server = one(render(), "NetworkPolicy", "faultcast-predictor")["spec"]
    assert "egress" not in server
    assert [rule["ports"] for rule in server["ingress"]] == [[{"port": 8080, "protocol": "TCP"}]]


def test_without_a_canary_there_is_no_object_of_it(render: Callable[..., Objects]) -> None:
    objects = render()
    assert [o["metadata"]["name"] for o in objects if o["kind"] == "InferenceService"] == ["faultcast"]
    backends = one(objects, "HTTPRoute", "faultcast")["spec"]["rules"][0]["backendRefs"]
    assert [(b["name"], b["weight"]) for b in backends] == [("faultcast-predictor", 100)]


def test_a_canary_is_a_second_service_with_its_own_autoscaler_and_weight(render: Callable[..., Objects]) -> None:
    objects = render(*CANARY)
    backends = one(objects, "HTTPRoute", "faultcast")["spec"]["rules"][0]["backendRefs"]
    assert [(b["name"], b["weight"]) for b in backends] == [
        ("faultcast-predictor", 99),
        ("faultcast-canary-predictor", 1),
    ]
    for name, most in (("faultcast", 4), ("faultcast-canary", 2)):
        isvc = one(objects, "InferenceService", name)
        assert isvc["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "hpa"
        scaled = isvc["spec"]["predictor"]
        assert (scaled["minReplicas"], scaled["maxReplicas"], scaled["scaleMetric"]) == (1, most, "cpu")


def test_standard_mode_never_carries_the_percentage_that_it_ignores(objects: Objects) -> None:
    for item in (o for o in objects if o["kind"] == "InferenceService"):
        assert item["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard"
        assert "canaryTrafficPercent" not in str(item)


def test_weights_sum_to_a_hundred(objects: Objects) -> None:
    """Where the gateway is, it may be the only way in; otherwise models are split, and all of them are named."""
    gateways = {o["metadata"]["name"] for o in objects if o["kind"] == "Deployment"}
    for route in (o for o in objects if o["kind"] == "HTTPRoute"):
        rules = [rule["backendRefs"] for rule in route["spec"]["rules"]]
        models = [refs for refs in rules if refs[0]["name"] not in gateways]
        assert len(rules) == len(models) + len(gateways)
        assert [sum(b["weight"] for b in refs) for refs in models] == [100] * len(models)
        services = {o["metadata"]["name"] for o in objects if o["kind"] == "InferenceService"}
        named = {b["name"].removesuffix("-predictor") for refs in models for b in refs}
        assert named == services or (gateways and not models)


def test_the_gateway_asks_who_is_there_and_only_its_predictor(helm: Run) -> None:
    done = helm("template", "x", str(CHART), "-f", str(CHART / "ci" / "gateway-values.yaml"))
    rendered = [o for o in yaml.safe_load_all(done.stdout) if o]
    pod = one(rendered, "Deployment", "faultcast-gateway")["spec"]["template"]["spec"]
    env = {one["name"]: one["value"] for one in pod["containers"][0]["env"]}
    known = {name for setting in fields(Settings) for name in variables(setting.name)}
    assert set(env) - {"HOME"} <= known
    assert env["FAULTCAST_OIDC_ISSUER"].startswith("https://")
    assert env["FAULTCAST_PREDICTOR_URL"] == "http://faultcast-predictor.default.svc.cluster.local"
    (policy,) = [o for o in rendered if (o["kind"], o["metadata"]["name"]) == ("NetworkPolicy", "faultcast-gateway")]
    assert policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "gateway"
    assert policy["spec"]["egress"][0]["to"][0]["podSelector"]["matchExpressions"][0]["values"][0] == "faultcast"


def test_a_budget_exists_only_where_a_pod_can_be_spared(objects: Objects) -> None:
    several = {
        o["metadata"]["name"]
        for o in objects
        if o["kind"] == "InferenceService" and o["spec"]["predictor"]["minReplicas"] > 1
    }
    scaled = {o["metadata"]["name"] for o in objects if o["kind"] == "HorizontalPodAutoscaler"
              and o["spec"]["minReplicas"] > 1}  # fmt: skip
    budgets = {o["metadata"]["name"]: o["spec"] for o in objects if o["kind"] == "PodDisruptionBudget"}
    assert budgets.keys() == several | scaled
    for name in several:
        assert budgets[name]["selector"]["matchLabels"] == {"serving.kserve.io/inferenceservice": name}
    for name in scaled:
        pod = one(objects, "Deployment", name)["spec"]["template"]["metadata"]["labels"]
        assert budgets[name]["selector"]["matchLabels"].items() <= pod.items()


def test_dev_is_small_and_prod_has_a_canary(kustomize: Callable[..., Objects]) -> None:
    dev, prod = kustomize("overlays/dev"), kustomize("overlays/prod")
    assert one(dev, "InferenceService", "faultcast")["spec"]["predictor"]["maxReplicas"] == 1
    assert [o["metadata"]["name"] for o in prod if o["kind"] == "InferenceService"] == ["faultcast", "faultcast-canary"]
    assert one(prod, "InferenceService", "faultcast")["spec"]["predictor"]["minReplicas"] == 3
