"""Every route of the contract, asked as its documents ask."""

import re

import pytest

from faultcast.features.catalogue import CATALOGUE, NAMES

DOCUMENTED = {
    "repository": "facebook/react",
    "lines_of_code": 150,
    "files_changed": 3,
    "additions": 45,
    "deletions": 12,
    "cyclomatic_complexity": 4.2,
    "commit_message": "Fix memory leak in component lifecycle",
}
EDIT = {
    "files": [
        {"path": "src/cart.py", "before": "total = sum(p)\n", "code": "def total(p):\n    return sum(p) if p else 0\n"},
        {"path": "notes.txt", "code": "later\n"},
    ],
    "message": "round the total",
}
UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


# --- POST /predict ----------------------------------------------------------------------------


def test_the_documented_body_is_answered_as_documented(client):
    found = client.post("/predict", json=DOCUMENTED)
    assert found.status_code == 200, found.text
    told = found.json()
    assert {"prediction", "confidence", "model_name", "model_version", "prediction_id", "timestamp"} <= set(told)
    assert told["prediction"] == ("bug_inducing" if told["risk"] >= 0.5 else "clean")
    assert told["confidence"] == max(told["risk"], 1 - told["risk"])
    assert told["probability"] == told["risk"]
    assert told["band"] in ("low", "medium", "high")
    assert told["reasons"]
    assert re.fullmatch(f"react_{UUID7}", told["prediction_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["timestamp"])


def test_what_seven_fields_do_not_tell_is_said_and_counts_as_missing(client, parts):
    told = client.post("/predict", json=DOCUMENTED).json()
    assumed = {one["field"]: one["assumed"] for one in told["assumed"]}
    assert assumed["cyclomatic_complexity"].startswith("of the worst function")
    missing = set(list(assumed)[-1].split(", "))
    kept = parts.log.get(told["prediction_id"]).features
    assert missing == {name for name in NAMES if kept[name] is None}
    given = {"lines_added": 45, "lines_deleted": 12, "files": 3, "lines_before": 50, "touched_cyclomatic_max": 4.2}
    said = {"is_fix": True, "is_revert": False, "message_words": 6}
    assert {name: kept[name] for name in given | said} == given | said
    assert set(NAMES) - missing == set(given | said) | {"hour", "weekday"}


def test_four_forms_of_one_question(client):
    change = {"files": [{"path": "src/a.py", "before": "a = 1\n", "after": "a = 2\n"}], "repository": "x/shop.git"}
    found = client.post("/predict", json=change)
    assert (found.status_code, found.json()["prediction_id"][:5]) == (200, "shop_")
    assert {"message", "author", "authored_at"} <= {one["field"] for one in found.json()["assumed"]}
    assert client.post("/predict", json={"features": [None] * len(CATALOGUE)}).status_code == 200
    unknown = client.post("/predict", json={"commit": "a" * 40})
    assert (unknown.status_code, "no feature store" in unknown.json()["detail"]) == (404, True)


def test_the_same_question_comes_from_the_cache_under_another_id(client, parts):
    body = {"features": [7.0 if f.dtype == "float64" and f.maximum is None else None for f in CATALOGUE]}
    first, second = (client.post("/predict", json=body).json() for _ in range(2))
    assert first["prediction_id"] != second["prediction_id"]
    assert first["risk"] == second["risk"]
    assert parts.log.get(second["prediction_id"]).input_digest == parts.log.get(first["prediction_id"]).input_digest
    samples = client.get("/metrics").text
    assert 'ml_predictions_total{alias="champion",cached="true"' in samples


def test_what_was_answered_is_in_the_log_before_it_is_answered(client, parts):
    answered = client.post("/predict", json=DOCUMENTED, headers={"x-request-id": "client-chosen-1"})
    kept = parts.log.get(answered.json()["prediction_id"])
    assert (kept.request_id, answered.headers["x-request-id"]) == ("client-chosen-1", "client-chosen-1")
    assert (kept.risk, kept.repository, kept.principal) == (answered.json()["risk"], "facebook/react", "local")
    assert kept.features["lines_added"] == 45
    assert kept.features["developers"] is None


# --- POST /analyze/code -----------------------------------------------------------------------


def test_an_edit_is_told_file_by_file_with_its_measures(client):
    found = client.post("/analyze/code", json=EDIT)
    assert found.status_code == 200, found.text
    cart, notes = found.json()["files"]
    assert (cart["path"], cart["measures"]["language"]) == ("src/cart.py", "python")
    assert [(one["name"], one["cyclomatic"]) for one in cart["functions"]] == [("total", 2)]
    assert (notes["measures"], notes["functions"]) == (None, [])
    assert all(0 <= one["risk"] <= 1 for one in (cart, notes))
    alone = client.post("/analyze/code", json={**EDIT, "files": EDIT["files"][:1]}).json()
    assert alone["files"][0]["risk"] == alone["risk"] == cart["risk"]


# --- models, health, watching -----------------------------------------------------------------


def test_who_answers_and_what_it_is(client):
    (served,) = client.get("/models").json()["models"]
    assert (served["alias"], served["share"], served["kind"]) == ("champion", 1.0, "simple")
    info = client.get("/model-info").json()
    assert (info["name"], info["version"]) == (served["name"], served["version"])
    assert [one["name"] for one in info["features"]] == list(NAMES)
    again = client.post("/models/champion/reload").json()["models"][0]
    assert again["loaded_at"] > served["loaded_at"]
    assert client.post(f"/models/{served['name']}/reload").status_code == 200
    assert client.post("/models/nobody/reload").status_code == 404
    assert 'ml_model_load_total{alias="champion",status="ok"}' in client.get("/metrics").text


def test_health_tells_of_readiness_uptime_and_resources(client):
    told = client.get("/health").json()
    assert (told["status"], told["ready"]) == ("ready", True)
    assert told["uptime_seconds"] > 0
    assert told["resources"]["memory_rss_bytes"] > 10_000_000
    assert client.get("/health/live").json() == {"live": True}
    assert client.get("/health/ready").json() == {"ready": True}


def test_the_root_names_what_can_be_asked(client):
    told = client.get("/").json()
    assert {"POST /predict", "POST /analyze/code", "POST /feedback", "GET /drift-status"} <= set(told["endpoints"])


@pytest.mark.parametrize("path", ["/drift-status", "/monitoring/stats"])
def test_monitoring_answers_before_anything_was_compared(client, path):
    assert client.get(path).status_code == 200


# --- POST /feedback ---------------------------------------------------------------------------


def test_votes_decide_and_corrections_are_vouched_for(client):
    given = client.post("/predict", json=DOCUMENTED).json()["prediction_id"]
    vote = client.post("/feedback", json={"prediction_id": given, "label": "bug_inducing"}).json()
    assert (vote["label"], vote["is_correction"], vote["accounts"]) == ("bug_inducing", False, 1)
    word = {"prediction_id": given, "label": "bug_inducing", "is_correction": True, "fix": "f" * 40}
    corrected = client.post("/feedback", json=word).json()
    assert (corrected["is_correction"], corrected["fix"], corrected["accounts"]) == (True, "f" * 40, 1)
    withdrawn = client.post("/feedback", json={"prediction_id": given, "label": "withdrawn"}).json()
    assert (withdrawn["label"], withdrawn["accounts"]) == (None, 0)


def test_feedback_on_an_unknown_prediction_is_404(client):
    found = client.post("/feedback", json={"prediction_id": "react_1703123456", "label": "clean"})
    assert (found.status_code, found.headers["content-type"]) == (404, "application/problem+json")


# --- KServe's protocols in the same server ----------------------------------------------------


def test_v1_and_v2_say_what_predict_says(client):
    values = [3.0 if f.dtype == "float64" and f.maximum is None else None for f in CATALOGUE]
    risk = client.post("/predict", json={"features": values}).json()["risk"]
    v1 = client.post("/v1/models/faultcast:predict", json={"instances": [{"features": values}]}).json()
    tensor = {"name": "features", "datatype": "FP64", "shape": [1, len(values)], "data": values}
    v2 = client.post("/v2/models/faultcast/infer", json={"inputs": [tensor]}).json()
    assert v1["predictions"][0]["risk"] == risk
    assert {one["name"]: one["data"] for one in v2["outputs"]}["risk"] == [risk]
    explained = client.post("/v1/models/faultcast:explain", json={"instances": [{"features": values}]}).json()
    assert len(explained["explanations"][0]["features"]) == len(CATALOGUE)
    assert client.get("/v2/models/faultcast/ready").json()["ready"] is True
    wrong = client.post("/v1/models/faultcast:predict", json={"instances": [{}]})
    assert (wrong.status_code, "found none of commit" in wrong.json()["error"]) == (400, True)
    assert client.post("/v1/models/other:predict", json={"instances": [{}]}).status_code == 404
