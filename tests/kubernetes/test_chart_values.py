"""The chart's values: closed, commented, and refused with a message that says what to do."""

import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendering import CHART, ROOT, SCENARIOS, Objects, Run, one

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_passes_helm_lint_in_strict_mode(helm: Run, scenario: str) -> None:
    done = helm("lint", "--strict", str(CHART), "--values", str(CHART / "ci" / scenario))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("replicaCount=2", "replicaCount"),
        ("canary.wieght=5", "wieght"),
        ("champion.autoscaling.maxReplica=5", "maxReplica"),
        ("images.serving.tga=1", "tga"),
        ("canary.weight=ten", "weight"),
        ("canary.weight=100", "weight"),
        ("champion.autoscaling.minReplicas=-5", "minReplicas"),
        ("champion.storageUri=/mnt/somewhere", "storageUri"),
        ("predictor.runAsUser=0", "runAsUser"),
        ("predictor.resources.limits.cpus=2", "cpus"),
        ("predictor.env.PATH=/tmp", "PATH"),
        ("images.serving.digest=sha256:short", "digest"),
        ("canary.canaryTrafficPercent=10", "silently ignores it"),
        ("canary.weight=5", "canary.storageUri is empty"),
        ("champion.autoscaling.minReplicas=9", "below minReplicas 9"),
        ("history.storeFolder=feast", "history.claimName is empty"),
        ("gateway.enabled=true", "nothing says who may ask"),
        ("gateway.settings.PATH=/tmp", "PATH"),
        (
            "gateway.enabled=true,gateway.settings.FAULTCAST_AUTH=required,gateway.autoscaling.maxReplicas=2",
            "replicas need one PostgreSQL",
        ),
        (
            "gateway.enabled=true,gateway.settings.FAULTCAST_AUTH=required,canary.weight=5,canary.storageUri=pvc://m/c",
            "the gateway would ask the champion alone",
        ),
    ],
)
def test_a_wrong_value_fails_at_install_and_the_message_names_it(helm: Run, setting: str, said: str) -> None:
    done = helm("template", "faultcast", str(CHART), "--namespace", "mlops-prod", "--set", setting)
    assert done.returncode != 0
    assert said in done.stderr


def test_a_canary_without_a_route_is_refused(helm: Run) -> None:
    settings = "canary.weight=5,canary.storageUri=pvc://models/b,route.enabled=false"
    done = helm("template", "faultcast", str(CHART), "--set", settings)
    assert done.returncode != 0
    assert "nothing splits the traffic" in done.stderr


def test_every_object_of_the_schema_is_closed() -> None:
    def open_objects(schema: Any, path: str) -> Iterator[str]:
        if isinstance(schema, list):
            for i, part in enumerate(schema):
                yield from open_objects(part, f"{path}[{i}]")
        if isinstance(schema, dict):
            if "properties" in schema and schema.get("additionalProperties") is not False:
                yield path
            for key, part in schema.items():
                yield from open_objects(part, f"{path}.{key}")

    assert list(open_objects(SCHEMA, "")) == []


def test_the_schema_and_the_values_file_name_the_same_values() -> None:
    def described(schema: dict[str, Any]) -> Any:
        while "$ref" in schema:
            schema = SCHEMA["definitions"][schema["$ref"].rsplit("/", 1)[1]]
        return {key: described(part) for key, part in schema["properties"].items()} if "properties" in schema else None

    def missing(schema: Any, values: Any, path: str = "") -> list[str]:
        if not isinstance(schema, dict) or not isinstance(values, dict):
            return []
        found = [f"{path}{key}" for key in schema.keys() ^ values.keys()]
        return found + [
            text for key in schema.keys() & values.keys() for text in missing(schema[key], values[key], f"{path}{key}.")
        ]

    # Helm itself adds `global`; the last two are left to the reader of a resource list's comment.
    optional = re.compile(r"^global$|\.(nvidia\.com/gpu|ephemeral-storage)$")
    assert [path for path in missing(described(SCHEMA), VALUES) if not optional.search(path)] == []


def test_every_value_has_a_comment() -> None:
    lines = (CHART / "values.yaml").read_text().splitlines()
    alone = [line for above, line in itertools.pairwise(lines) if uncommented(above, line)]
    assert alone == []


def uncommented(above: str, line: str) -> bool:
    """A leaf without a comment above it; groups, and entries of a commented group, need none."""
    if line.lstrip().startswith("#") or not re.match(r"\s*[\w.]+: ?\S", line):
        return False
    is_quantity = re.match(r"\s*(cpu|memory|FAULTCAST_\w+): ", line)
    return not above.lstrip().startswith("#") and not is_quantity


def test_the_images_are_those_that_the_pipeline_names() -> None:
    from components.base import IMAGE, TRAINING_IMAGE

    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    assert f"{VALUES['images']['pipeline']['repository']}:{version}" == IMAGE
    assert f"{VALUES['images']['training']['repository']}:{version}" == TRAINING_IMAGE


def test_the_pipeline_reads_the_settings_that_the_chart_writes(render: Callable[..., Objects]) -> None:
    from pipelines.resources import SETTINGS_CONFIG_MAP, SETTINGS_FROM_CONFIG_MAP

    data = one(render(), "ConfigMap", SETTINGS_CONFIG_MAP)["data"]
    assert data.keys() <= set(SETTINGS_FROM_CONFIG_MAP)


def test_the_notes_give_a_request_that_the_server_accepts(helm: Run, tmp_path: Path) -> None:
    from serving.wire.instances import parse_v1

    # `helm template` leaves the notes out and `helm install` wants a cluster: render them as an object of a copy.
    chart = shutil.copytree(CHART, tmp_path / "faultcast")
    notes = (chart / "templates" / "NOTES.txt").read_text()
    (chart / "templates" / "_notes.tpl").write_text('{{- define "notes" }}' + notes + "{{ end }}")
    (chart / "templates" / "notes.yaml").write_text('notes: |\n  {{- include "notes" . | nindent 2 }}\n')
    done = helm("template", "faultcast", str(chart), "--namespace", "mlops-prod", "--show-only", "templates/notes.yaml")
    assert done.returncode == 0, done.stderr
    bodies = re.findall(r"/v1/models/faultcast:predict .* -d '(\{.*\})'", yaml.safe_load(done.stdout)["notes"])
    assert len(bodies) == 2
    assert all(len(parse_v1(json.loads(body))) == 1 for body in bodies)


def test_the_server_accepts_the_arguments_that_the_chart_gives_it(render: Callable[..., Objects]) -> None:
    from faultcast import settings
    from serving.__main__ import _parser

    scenario = str(CHART / "ci" / "prod-like-values.yaml")
    for name in ("faultcast", "faultcast-canary"):
        container = one(render("-f", scenario), "InferenceService", name)["spec"]["predictor"]["containers"][0]
        assert container["command"] == ["python", "-m", "serving"]
        options = _parser(settings.Settings()).parse_args(container["args"])
        assert (options.host, options.port, str(options.model_dir)) == ("0.0.0.0", 8080, "/mnt/models")


def test_the_documents_of_the_chart_exist() -> None:
    assert (ROOT / "docs" / "kubernetes.md").is_file()
