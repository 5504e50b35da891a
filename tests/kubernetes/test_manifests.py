"""What is rendered fits the schemas of a real cluster, and each check can fail."""

import copy
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import tools
from manifest_schemas import problems
from rendering import CHART, ROOT, Objects, one

Change = Callable[[dict[str, Any]], object]


def test_every_object_fits_its_schema(objects: Objects) -> None:
    assert objects
    assert {f"{o['kind']}/{o['metadata']['name']}": found for o in objects if (found := problems(o))} == {}


def test_every_object_but_the_namespace_says_its_namespace(objects: Objects) -> None:
    assert {o["metadata"].get("namespace") for o in objects if o["kind"] != "Namespace"} == {"mlops-prod"}


def predictor(isvc: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = isvc["spec"]["predictor"]
    return found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda i: predictor(i).update(minReplica=1), "unknown field 'minReplica'"),
        (lambda i: predictor(i).update(minReplicas="1"), "expected int, found str"),
        (lambda i: predictor(i).update(minReplicas=-5), "-5 is negative"),
        (lambda i: predictor(i).update(maxReplicas=0.5), "expected int, found float"),
        (lambda i: predictor(i)["containers"][0].update(imagePullPolice="Always"), "unknown field 'imagePullPolice'"),
        (lambda i: predictor(i)["containers"][0]["livenessProbe"].update(failureTreshold=1), "failureTreshold"),
        (lambda i: predictor(i)["containers"][0]["resources"].update(limits=["2"]), "expected an object"),
        (lambda i: predictor(i)["containers"][0].pop("name"), "must not be `None`"),
        (lambda i: i["spec"].update(predictors={}), "unknown field 'predictors'"),
        (lambda i: i["metadata"].update(label={}), "unknown field 'label'"),
    ],
)
def test_a_wrong_inferenceservice_is_found(champion: dict[str, Any], change: Change, said: str) -> None:
    wrong = copy.deepcopy(champion)
    change(wrong)
    assert any(said in text for text in problems(wrong)), problems(wrong)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["spec"]["rules"][0]["backendRefs"][0].update(weight="100"),
        lambda r: r["spec"]["rules"][0]["backendRefs"][0].update(weight=-1),
        lambda r: r["spec"]["rules"][0]["backendRefs"][0].update(wieght=1),
        lambda r: r["spec"]["rules"][0]["backendRefs"][0].pop("name"),
        lambda r: r["spec"]["rules"][0]["matches"][0]["path"].update(type="Prefix"),
        lambda r: r["spec"].update(hostnames=["Not A Host"]),
        lambda r: r["spec"].update(parentRef={}),
        lambda r: r["metadata"].update(lables={}),
    ],
)
def test_a_wrong_httproute_is_found(render: Callable[..., Objects], change: Change) -> None:
    wrong = copy.deepcopy(one(render(), "HTTPRoute", "faultcast"))
    assert problems(wrong) == []
    change(wrong)
    assert problems(wrong)


@pytest.mark.parametrize(
    ("kind", "name", "change"),
    [
        ("Role", "faultcast-pipeline", lambda o: o["rules"][0].update(verb=["get"])),
        ("NetworkPolicy", "faultcast-dns", lambda o: o["spec"].update(policyType=["Egress"])),
        ("NetworkPolicy", "faultcast-dns", lambda o: o["spec"]["egress"][0]["ports"][0].update(protocol=17)),
        ("ServiceAccount", "faultcast-predictor", lambda o: o.update(automountServiceAccountToken="no")),
        ("ConfigMap", "faultcast-images", lambda o: o["data"].update(serving=1)),
        ("ConfigMap", "faultcast-images", lambda o: o.update(kind="ConfigMapp")),
    ],
)
def test_a_wrong_built_in_object_is_found(render: Callable[..., Objects], kind: str, name: str, change: Change) -> None:
    wrong = copy.deepcopy(one(render(), kind, name))
    assert problems(wrong) == []
    change(wrong)
    assert problems(wrong)


def test_the_rendered_manifests_are_current() -> None:
    command = [sys.executable, str(ROOT / "manifests" / "render.py"), "--check", "--helm", tools.find("helm")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"run `python manifests/render.py`\n{done.stderr}"


def test_helm_and_kubectl_install_the_same_objects(
    render: Callable[..., Objects], kustomize: Callable[..., Objects]
) -> None:
    def identified(objects: Objects) -> dict[tuple[str, str], Any]:
        for item in objects:
            item["metadata"].get("labels", {}).pop("app.kubernetes.io/managed-by", None)
        return {(item["kind"], item["metadata"]["name"]): item for item in objects}

    assert identified(kustomize("base")) == identified(render("--set", "namespace.create=true"))


def test_a_model_from_an_object_store_is_fetched_by_our_own_init_container(render: Callable[..., Objects]) -> None:
    pod = predictor(one(render("-f", str(CHART / "ci" / "object-store-values.yaml")), "InferenceService", "faultcast"))
    assert pod["initContainers"][0]["args"] == ["s3://models/faultcast/champion", "/mnt/models"]
    assert "emptyDir" in next(volume for volume in pod["volumes"] if volume["name"] == "model")


def test_a_model_on_a_volume_is_mounted_read_only(champion: dict[str, Any]) -> None:
    pod = predictor(champion)
    assert "initContainers" not in pod
    volume = next(volume for volume in pod["volumes"] if volume["name"] == "model")
    assert volume["persistentVolumeClaim"] == {"claimName": "faultcast-models", "readOnly": True}
    mount = next(m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "model")
    assert mount == {"name": "model", "mountPath": "/mnt/models", "readOnly": True, "subPath": "champion"}
