"""What passed serves, what did not never does; on a cluster by the InferenceService that our own manifests make."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from fake_kubernetes import SERVICES, FakeKubernetes, Fault, Object, serving
from state_story import write_model

from faultcast.adapters.inference_service import VERSION, InferenceService, Place
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.errors import NotFound, NotPassed, StageFailed, UsageError
from faultcast.records import Outcome, RuleResult, Verdict
from faultcast.settings import Settings
from faultcast.steps.archive import archive
from faultcast.steps.decide import decide
from faultcast.steps.deploy import deploy, roll_out
from faultcast.steps.register import register
from faultcast.steps.standing import standing
from faultcast.validation import as_dict, evaluate

MANIFEST = Path(__file__).resolve().parents[2] / "manifests" / "base" / "inferenceservice.yaml"


def verdict(folder: Path, outcome: str) -> str:
    rule = RuleResult("F1", Outcome(outcome), 0.41, 0.4, f"F1 0.41 against 0.40: {outcome}")
    path = folder / f"{outcome}.json"
    path.write_text(json.dumps(as_dict(Verdict(Outcome(outcome), (rule,)))))
    return str(path)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run `register`, `archive`, `decide` or `deploy`, and read what it wrote."""
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    labels, lines = [0, 1] * 20, [float(n) for n in range(40)]
    figures = evaluate(labels, {"simple": [0.3, 0.6] * 20}, lines, lines, thresholds={"simple": 0.5})
    (tmp_path / "evaluation.json").write_text(json.dumps(figures | {"chosen": "simple"}))
    chosen = str(write_model(tmp_path / "chosen"))

    def run(what: Callable[..., None], outcome: str) -> Any:
        where = str(tmp_path / "written")
        if what is deploy:
            deploy(chosen, verdict(tmp_path, outcome), str(tmp_path / "registration"), where)
        else:
            where = str(tmp_path / "registration")
            what("/some/shop", chosen, str(tmp_path / "evaluation.json"), verdict(tmp_path, outcome), where)
        return json.loads(Path(where).read_text())

    return run


def test_what_passed_is_challenger_then_champion_and_serves(stage: Callable[..., Any], tmp_path: Path) -> None:
    now = Settings(home=tmp_path / "home")
    assert standing(now, "/some/shop") == ""
    assert stage(register, "PASS")["version"] == "1"
    served = stage(deploy, "PASS")

    assert (served["version"], served["service"]) == ("1", "")
    registry = Registry(now.home)
    name = Places(now.home, "/some/shop").model_name
    assert [one.alias for one in registry.promotions(name)] == ["challenger", "champion"]
    assert standing(now, "/some/shop") != ""
    assert standing(now, "/another/shop") == ""


def test_what_did_not_pass_is_kept_with_its_reasons_and_serves_nobody(
    stage: Callable[..., Any], tmp_path: Path
) -> None:
    found = stage(archive, "FAIL")
    assert (found["version"], found["registered"], found["archived"]) == ("", False, "1")
    assert found["why"] == "F1 0.41 against 0.40: FAIL"
    registry = Registry(tmp_path / "home")
    ((version, figures),) = registry.versions(Places(tmp_path / "home", "/some/shop").model_name)
    assert (version.verdict, version.why, version.aliases) == ("FAIL", found["why"], ())
    assert figures["test.auc"] == 1.0

    for outcome in ("FAIL", "INCONCLUSIVE", "ERROR"):
        with pytest.raises(NotPassed, match=outcome):
            stage(deploy, outcome)
        with pytest.raises(NotPassed, match=outcome):
            stage(register, outcome)
    assert stage(decide, "INCONCLUSIVE")["registered"] is False
    assert stage(decide, "PASS")["registered"] is True


def service(fake: FakeKubernetes) -> Object:
    found: Object = yaml.safe_load(MANIFEST.read_text())
    found["metadata"] |= {"resourceVersion": "1", "generation": 1}
    found["status"] = {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}
    fake.objects[f"{SERVICES}/faultcast"] = found
    return found


def becomes_ready(fake: FakeKubernetes, changed: Object) -> None:
    changed["status"]["observedGeneration"] = changed["metadata"]["generation"]


def stays_unready(fake: FakeKubernetes, changed: Object) -> None:
    becomes_ready(fake, changed)
    is_old = mount(changed).get("subPath") == "champion"
    changed["status"]["conditions"][0] |= {"status": str(is_old), "message": "no manifest.json"}


def mount(service: Object) -> Object:
    (container,) = service["spec"]["predictor"]["containers"]
    found: Object = next(one for one in container["volumeMounts"] if one["name"] == "model")
    return found


def test_a_service_on_a_volume_gets_the_version_in_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    model, now = write_model(tmp_path / "chosen"), Settings(home=tmp_path / "home", shared_mount=tmp_path / "mount")
    fake = FakeKubernetes(work=becomes_ready)
    with serving(fake) as cluster:
        before = json.loads(json.dumps(service(fake)))
        one = InferenceService(cluster, "faultcast", poll_seconds=0.01)
        assert one.place() == Place("champion", one.place().path, "faultcast-models")
        assert roll_out(one, now, "faultcast-shop", "3", model) == "models/faultcast-shop/3"
        changed = fake.objects[f"{SERVICES}/faultcast"]
        asked = len(fake.asked)
        roll_out(one, now, "faultcast-shop", "3", model)

    assert "PATCH" not in [method for method, _ in fake.asked[asked:]], "the same model again changes nothing"
    assert mount(changed)["subPath"] == "models/faultcast-shop/3"
    assert (tmp_path / "mount" / "models" / "faultcast-shop" / "3" / "manifest.json").is_file()
    assert changed["metadata"]["annotations"][VERSION] == "3"
    mount(changed)["subPath"] = "champion"
    del changed["spec"]["predictor"]["annotations"]
    assert changed["spec"] == before["spec"], "nothing else of the service is touched"


def test_a_model_that_does_not_answer_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    now = Settings(home=tmp_path, shared_mount=tmp_path / "mount", rollout_deadline_seconds=0)
    fake = FakeKubernetes(work=stays_unready)
    with serving(fake) as cluster:
        service(fake)
        one = InferenceService(cluster, "faultcast", poll_seconds=0.01)
        with pytest.raises(StageFailed, match=r"not ready after 0 s: no manifest.json. The model before serves again"):
            roll_out(one, now, "faultcast-shop", "3", write_model(tmp_path / "chosen"))
        assert one.place().value == "champion"


def test_somebody_elses_change_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    fake = FakeKubernetes(work=becomes_ready, faults=[Fault("PATCH", "inferenceservices", 409)])
    with serving(fake) as cluster:
        service(fake)
        now = Settings(home=tmp_path, shared_mount=tmp_path / "mount")
        one = InferenceService(cluster, "faultcast", poll_seconds=0.01)
        roll_out(one, now, "faultcast-shop", "3", write_model(tmp_path / "chosen"))
        assert one.place().value == "models/faultcast-shop/3"


def test_a_service_that_downloads_gets_an_address_that_it_can_reach(stage: Callable[..., Any], tmp_path: Path) -> None:
    stage(register, "PASS")
    now, fake = Settings(home=tmp_path / "home"), FakeKubernetes(work=becomes_ready)
    with serving(fake) as cluster:
        predictor = service(fake)["spec"]["predictor"]
        predictor["initContainers"] = [{"name": "fetch-model", "args": ["s3://models/champion", "/mnt/models"]}]
        one = InferenceService(cluster, "faultcast", poll_seconds=0.01)
        assert one.place() == Place("s3://models/champion", "/spec/predictor/initContainers/0/args/0", "")
        name = Places(now.home, "/some/shop").model_name
        with pytest.raises(UsageError, match="model servers cannot download from; expected s3://"):
            roll_out(one, now, name, "1", tmp_path / "chosen")
        one.serve("s3://models/1", "1", 1)
        assert one.place().value == "s3://models/1"


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    fake = FakeKubernetes()
    with serving(fake) as cluster:
        one = InferenceService(cluster, "faultcast", poll_seconds=0.01)
        with pytest.raises(NotFound, match="read InferenceService faultcast"):
            one.place()
        found = service(fake)
        with pytest.raises(UsageError, match="expected the volume faultcast-models of the model servers"):
            roll_out(one, replace(Settings(), shared_mount=tmp_path / "absent"), "faultcast-shop", "3", tmp_path)
        found["spec"]["predictor"]["volumes"] = []
        with pytest.raises(UsageError, match="Expected one that the chart"):
            one.place()
