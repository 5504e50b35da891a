"""What the page is told: the list, one change in depth, hostile content, another run."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from finished_run import HOSTILE, HOSTILE_PATH, LONG, Finished, finish
from story import Story

from faultcast import models
from serving.gateway import problems
from serving.gateway.page import History, router, schemas
from serving.scoring.scorer import Scorer


class InProcess:
    """The real model, asked as a forecaster is."""

    def __init__(self, folder: Path) -> None:
        self._scorer = Scorer(models.load(folder), "story", "3")

    async def score(self, requests, *, key, top=5):
        return self._scorer.score(requests, top)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        yield finish(folder / "home", Story(folder / "shop"), patch)


def client(finished: Finished) -> TestClient:
    app = FastAPI()
    problems.install(app)
    app.include_router(router(History(finished.home), InProcess(finished.model)))
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def page(finished: Finished) -> TestClient:
    return client(finished)


def test_the_list_tells_risk_band_reason_and_lines_added(page: TestClient, finished: Finished) -> None:
    found = page.get("/changes").json()
    assert (found["repository"], found["total"], found["matching"], found["next"]) == ("shop", 30, 30, None)
    assert [change["commit"] for change in found["changes"]] == finished.commits[:-31:-1]
    newest = found["changes"][0]
    assert newest["band"] in {"low", "medium", "high"}
    assert newest["reason"]
    assert newest["lines_added"] == 60
    assert newest["lines_rank"] == 1
    assert found["model"]["bands"] == {"medium": 0.3, "high": 0.6}
    assert found["model"]["figures"]["auc"] > found["model"]["lines_added"]["auc"]


def test_it_is_sorted_by_risk_and_by_lines(page: TestClient) -> None:
    by_risk = [change["risk"] for change in page.get("/changes?sort=risk").json()["changes"]]
    by_lines = [change["lines_added"] for change in page.get("/changes?sort=lines").json()["changes"]]
    assert by_risk == sorted(by_risk, reverse=True)
    assert by_lines == sorted(by_lines, reverse=True)


@pytest.mark.parametrize("sort", ["newest", "risk", "lines"])
def test_parts_of_it_join_to_the_whole(page: TestClient, sort: str) -> None:
    whole = [change["commit"] for change in page.get(f"/changes?sort={sort}").json()["changes"]]
    joined, after = [], ""
    while after is not None:
        part = page.get("/changes", params={"limit": 7, "sort": sort, "after": after}).json()
        joined += [change["commit"] for change in part["changes"]]
        after = part["next"]
    assert joined == whole


def test_words_and_bands_narrow_it(page: TestClient) -> None:
    found = page.get("/changes", params={"q": "PART3 extend"}).json()
    assert 0 < found["matching"] < found["total"]
    assert all("part 3" in change["subject"] for change in found["changes"])
    band = found["changes"][0]["band"]
    banded = page.get("/changes", params={"band": band}).json()
    assert banded["matching"] == banded["counts"][band] == len(banded["changes"])
    assert page.get("/changes", params={"q": "no such words"}).json()["changes"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=many", "band=scarlet", "sort=age", f"q={'x' * 201}"])
def test_a_wrong_question_is_refused(page: TestClient, query: str) -> None:
    answer = page.get(f"/changes?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_place_in_another_list_is_no_place_in_this_one(page: TestClient, finished: Finished) -> None:
    answer = page.get("/changes", params={"after": finished.commits[0]})
    assert answer.status_code == 404
    assert "Start anew" in answer.json()["detail"]


def test_a_change_is_told_in_depth(page: TestClient, finished: Finished) -> None:
    commit = next(c["commit"] for c in page.get("/changes?q=extend").json()["changes"])
    found = page.get(f"/changes/{commit}").json()
    assert found["message"].startswith("Extend part")
    assert [file["path"] for file in found["touched"]] == [f"src/part{found['subject'].split()[2]}.py"]
    assert [block["name"] for block in found["touched"][0]["blocks"]] == ["part"]
    assert found["reasons"][0]["text"] == found["reason"]
    assert len(found["similar"]) == 5
    distances = [one["distance"] for one in found["similar"]]
    assert distances == sorted(distances)


def test_similar_changes_are_told_as_they_were_known_then(page: TestClient, finished: Finished) -> None:
    """No neighbour is younger than the change, and no outcome was learnt after it."""
    labels = set()
    for commit in finished.commits[40:]:
        found = page.get(f"/changes/{commit}").json()
        for one in found["similar"]:
            assert one["at"] < found["at"]
            assert one["outcome"]["known_at"] <= found["at"]
            labels.add(one["outcome"]["label"])
            if one["outcome"]["label"] == "inducing":
                assert one["outcome"]["fix_subject"].startswith("Fix crash")
    assert labels == {"clean", "inducing"}


def test_what_became_of_it(page: TestClient, finished: Finished) -> None:
    outcomes = {page.get(f"/changes/{commit}").json()["outcome"]["label"] for commit in finished.commits}
    assert outcomes == {"inducing", "clean", "open"}


def test_an_older_change_is_told_without_a_risk(page: TestClient, finished: Finished) -> None:
    found = page.get(f"/changes/{finished.commits[5]}").json()
    assert (found["risk"], found["band"], found["reasons"]) == (None, None, [])
    assert found["touched"]


def test_the_risk_of_each_block_alone(page: TestClient, finished: Finished) -> None:
    found = page.get(f"/changes/{finished.commits[-1]}?blocks=true").json()
    assert len(found["blocks"]) == 12  # of 30 functions
    assert all(0 <= block["risk"] <= 1 and block["path"] == "src/new.py" for block in found["blocks"])
    assert found["model_version"] == "3"


@pytest.mark.parametrize("commit", ["0" * 40, "x", "..%2F..%2Fetc%2Fpasswd", "%00", "HEAD"])
@pytest.mark.parametrize("blocks", ["", "?blocks=true"])
def test_an_unknown_change_is_not_found(page: TestClient, commit: str, blocks: str) -> None:
    answer = page.get(f"/changes/{commit}{blocks}")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_hostile_text_comes_as_visible_characters(page: TestClient, finished: Finished) -> None:
    text = page.get("/changes").text
    hostile = page.get(f"/changes/{finished.commits[-3]}").json()
    assert hostile["subject"] == HOSTILE  # visible as it is: the page writes it as text
    assert hostile["touched"][0]["path"] == HOSTILE_PATH.replace("\u202e", "\\u202e")
    override = page.get(f"/changes/{finished.commits[-2]}").json()
    assert override["subject"] == "invoice \\u202egnp.exe\\u202c & \\u001b[31mred"
    assert not {"\u202e", "\u202c", "\x1b"} & set(text)


def test_a_message_of_a_megabyte_is_cut(page: TestClient, finished: Finished) -> None:
    answer = page.get(f"/changes/{finished.commits[-1]}")
    assert len(LONG) > 1_000_000
    assert len(answer.content) < 60_000
    assert answer.json()["message"].endswith("…")


def test_where_nothing_has_run_the_list_is_empty(tmp_path: Path) -> None:
    app = FastAPI()
    problems.install(app)
    app.include_router(router(History(tmp_path), None))
    page = TestClient(app)
    assert page.get("/changes").json()["changes"] == []
    assert page.get("/changes/abc").status_code == 404


def test_another_run_is_noticed_and_nothing_is_read_twice(page: TestClient, finished: Finished) -> None:
    history = History(finished.home)
    first = history.snapshot()
    assert history.snapshot() is first
    run_file = next((finished.home / "repositories").glob("*/run.json"))
    predictions = Path(first.run.artifacts["score/predictions"])
    kept, told = predictions.read_text(), json.loads(predictions.read_text())
    predictions.write_text(json.dumps(told | {"changes": told["changes"][:3]}))
    os.utime(run_file, ns=(time.time_ns(), time.time_ns()))
    try:
        assert len(history.snapshot().changes) == 3
    finally:
        predictions.write_text(kept)
        os.utime(run_file, ns=(time.time_ns(), time.time_ns()))


def test_a_run_whose_files_are_gone_is_a_problem(page: TestClient, finished: Finished) -> None:
    features = next((finished.home / "artifacts" / "describe").glob("features"))
    away = features.with_suffix(".away")
    features.rename(away)
    try:
        answer = client(finished).get("/changes")
    finally:
        away.rename(features)
    assert answer.status_code == 404
    assert "faultcast run" in answer.json()["detail"]
    assert str(finished.home) not in answer.text


def test_a_look_at_the_page_brings_no_pandas_into_a_server(finished: Finished) -> None:
    """It would take 50 MB; a fresh process, as this one has pandas already."""
    program = (
        "import sys; from pathlib import Path; from serving.gateway.page import History, detail, listing; "
        "found = History(Path(sys.argv[1])).snapshot(); listing.listing(found); detail.detail(found, sys.argv[2]); "
        "detail.blocks(found, sys.argv[2]); print(sorted({'pandas', 'torch', 'mlflow', 'feast'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, str(finished.home), finished.commits[-1]]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_answers_are_what_openapi_says(page: TestClient, finished: Finished, tmp_path: Path) -> None:
    for query in ("", "?sort=risk&limit=3", "?q=nowhere"):
        schemas.Changes.model_validate(page.get(f"/changes{query}").json())
    for commit in (finished.commits[5], finished.commits[-3], finished.commits[-1]):
        schemas.Detail.model_validate(page.get(f"/changes/{commit}").json())
    schemas.Blocks.model_validate(page.get(f"/changes/{finished.commits[-1]}?blocks=true").json())
    app = FastAPI()
    app.include_router(router(History(tmp_path), None))
    schemas.Changes.model_validate(TestClient(app).get("/changes").json())


def test_the_page_comes_with_a_policy_that_lets_nothing_else_in(page: TestClient) -> None:
    answer = page.get("/page")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "style=" not in answer.text
    assert "http" not in answer.text
    for name in ("app.js", "page.css", "icon.svg"):
        asset = page.get(f"/assets/page/{name}")
        assert asset.status_code == 200
        assert asset.headers["x-content-type-options"] == "nosniff"
    for name in ("index.html", "..%2Froutes.py", "none.js"):
        assert page.get(f"/assets/page/{name}").status_code == 404
