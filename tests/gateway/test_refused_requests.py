"""What is refused, and how: RFC 9457 problems with a request's id and nothing of the machine."""

import pytest

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "said"),
    [
        ("POST", "/predict", b"{", 400, "expected JSON"),
        ("POST", "/predict", b'{"additions": NaN, "deletions": 1}', 400, "expected JSON"),
        ("POST", "/predict", b"[" * 65 + b"]" * 65, 400, "nested deeper"),
        ("POST", "/predict", b"[]", 422, "schema"),
        ("POST", "/predict", b"{}", 422, "/body/additions"),
        ("POST", "/predict", b'{"additions": "45", "deletions": 12}', 422, "/body/additions"),
        ("POST", "/predict", b'{"additions": 45, "deletions": 12, "lines": 3}', 422, "/body/lines"),
        ("POST", "/predict", b'{"additions": -1, "deletions": 12}', 422, "/body/additions"),
        ("POST", "/predict", b'{"features": [1]}', 422, "/body/features"),
        ("POST", "/predict", b'{"files": [{"path": "a"}]}', 400, "neither hunks nor before"),
        ("POST", "/predict", b'{"files": [{"path": "a", "after": 3}]}', 422, "/body/files/0/after"),
        ("POST", "/predict", b" " * (9 * 1024 * 1024), 413, "larger than"),
        ("POST", "/analyze/code", b'{"files": []}', 422, "/body/files"),
        ("POST", "/feedback", b'{"prediction_id": "x", "label": "maybe"}', 422, "/body/label"),
        ("GET", "/predict", b"", 405, "Method Not Allowed"),
        ("DELETE", "/models", b"", 405, "Method Not Allowed"),
        ("GET", "/nowhere", b"", 404, "Nothing goes by this path"),
        ("GET", "/assets/docs/..%2f..%2fsecret", b"", 404, ""),
    ],
)
def test_a_refusal_is_a_problem(client, method, path, content, status, said):
    found = client.request(method, path, content=content, headers=JSON)
    assert found.status_code == status, found.text
    assert found.headers["content-type"] == "application/problem+json"
    told = found.json()
    assert (told["status"], told["type"]) == (status, "about:blank")
    assert told["request_id"] == found.headers["x-request-id"]
    assert said in found.text
    assert "Traceback" not in found.text
    assert "/work" not in found.text
    assert ".py" not in found.text
    if status == 405:
        assert found.headers["allow"] == {"/predict": "POST", "/models": "GET"}[path]


def test_a_body_that_is_not_called_json_is_not_read(client):
    """A page of another site can send a form or plain text to loopback without asking; JSON it cannot."""
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        found = client.post("/predict", content=b'{"additions": 1, "deletions": 1}', headers={"content-type": kind})
        assert found.status_code == 422, kind


def test_an_id_that_is_unfit_for_a_log_is_replaced(client):
    for sent in ("short", 'x" y{}', "a" * 129):
        assert client.get("/health/live", headers={"x-request-id": sent}).headers["x-request-id"] != sent
    assert client.get("/health/live", headers={"x-request-id": "trace-0123"}).headers["x-request-id"] == "trace-0123"


def test_unknown_paths_and_methods_make_no_new_series(client):
    for i in range(5):
        client.get(f"/nowhere/{i}")
        client.request(f"VERB{i}", "/predict")
        client.post(f"/models/none-{i}/reload")
    found = [line for line in client.get("/metrics").text.splitlines() if line.startswith("api_requests_total")]
    assert not [line for line in found if "nowhere" in line or "VERB" in line or "none-" in line]
    assert any('endpoint="other"' in line for line in found)
    assert any('endpoint="/models/{name}/reload"' in line for line in found)
    assert any('method="other"' in line for line in found)
