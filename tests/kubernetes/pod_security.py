"""Pod Security Standards, level "restricted", over any object that holds a pod's spec.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/ (controls in the order of that page).
"""

from collections.abc import Iterator
from typing import Any

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
PROFILES = {"RuntimeDefault", "Localhost"}
SELINUX = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
COMPONENTS = ("predictor", "transformer", "explainer")


def pods(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every pod spec in an object: Pod, the workload kinds, CronJob, and InferenceService's components."""
    kind, spec = manifest["kind"], manifest.get("spec", {})
    if kind == "Pod":
        yield spec
    elif kind == "CronJob":
        yield spec["jobTemplate"]["spec"]["template"]["spec"]
    elif kind == "InferenceService":
        yield from (spec[name] for name in COMPONENTS if name in spec)
        yield from (canary["predictor"] for canary in spec.get("canary", []))
    elif "template" in spec:
        yield spec["template"]["spec"]


def containers(pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in ("initContainers", "containers", "ephemeralContainers"):
        yield from pod.get(key, [])


def violations(pod: dict[str, Any]) -> list[str]:
    """What the admission controller would refuse in a namespace that enforces "restricted"."""
    shared = pod.get("securityContext", {})
    found = [f"{key} is true" for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
    for volume in pod.get("volumes", []):
        used = set(volume) - {"name"}
        found += [f"volume {volume['name']}: type {kind} is not allowed" for kind in sorted(used - VOLUMES)]
    names = {item["name"] for item in shared.get("sysctls", [])}
    found += [f"sysctl {name} is not allowed" for name in sorted(names - SYSCTLS)]
    found += [f"pod: {text}" for text in _either_level(shared)]
    if not list(containers(pod)):
        found.append("no container is named: its security context cannot be checked")
    for container in containers(pod):
        found += [f"container {container['name']}: {text}" for text in _container(container, shared)]
    return found


def _container(container: dict[str, Any], shared: dict[str, Any]) -> Iterator[str]:
    own = container.get("securityContext", {})
    yield from _either_level(own)
    if own.get("privileged"):
        yield "privileged is true"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    capabilities = own.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield "capabilities do not drop ALL"
    if extra := set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield f"capabilities add {sorted(extra)}"
    if own.get("procMount", "Default") != "Default":
        yield f"procMount is {own['procMount']}"
    if own.get("runAsNonRoot", shared.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot is not true"
    profile = own.get("seccompProfile", shared.get("seccompProfile", {})).get("type")
    if profile not in PROFILES:
        yield f"seccompProfile is {profile}"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "a hostPort is set"
    yield from _probes(container)


def _probes(container: dict[str, Any]) -> Iterator[str]:
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        handler = container.get(name, {})
        if any(handler.get(way, {}).get("host") for way in ("httpGet", "tcpSocket")):
            yield f"{name} names a host"


def _either_level(context: dict[str, Any]) -> Iterator[str]:
    """Controls that read the same on a pod and on a container."""
    if context.get("runAsUser") == 0:
        yield "runAsUser is 0"
    if context.get("seccompProfile", {}).get("type", "RuntimeDefault") not in PROFILES:
        yield "seccompProfile is Unconfined"
    if context.get("appArmorProfile", {}).get("type", "RuntimeDefault") not in PROFILES:
        yield "appArmorProfile is Unconfined"
    options = context.get("seLinuxOptions", {})
    if options.get("type", "") not in SELINUX or options.get("user") or options.get("role"):
        yield f"seLinuxOptions {options} are not allowed"
    if context.get("windowsOptions", {}).get("hostProcess"):
        yield "windowsOptions.hostProcess is true"
