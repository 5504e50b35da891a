"""The main job from end to end, once, and what can be asked of its state afterwards.

One run of the demo for all tests of this file: it trains both models, the hybrid in two processes.
"""

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, Ended, states, wait_until
from loopback import free_port
from telling import telling

from faultcast.cli import main
from faultcast.history import Pseudonyms, load_key

pytestmark = pytest.mark.xdist_group("learnt")  # the tests share one run: keep them in one process

STAGES = [
    "mine", "describe", "label", "materialize", "assemble", "train simple", "train hybrid", "validate", "register",
    "deploy", "score", "report",
]  # fmt: skip


@dataclass(frozen=True)
class Learnt:
    """The state after a run."""

    faultcast: CommandLine
    ended: Ended
    repository: Path

    @property
    def found(self) -> Any:
        return self.ended.data

    def run_file(self) -> Any:
        (file,) = (self.faultcast.home / "repositories").glob("*/run.json")
        return json.loads(file.read_text("utf-8"))

    def predictions(self) -> Any:
        return json.loads(Path(self.run_file()["artifacts"]["score/predictions"]).read_text("utf-8"))

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org"]
        done = subprocess.run(["git", "-C", self.repository, *who, *arguments], capture_output=True, check=True)
        return done.stdout.decode().strip()


Ask = Callable[..., Ended]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    faultcast = CommandLine(
        tmp_path_factory.mktemp("learnt") / "home", {"MIN_SAMPLES_FOR_DECISION": "50", "FAULTCAST_SEED": "9"}
    )
    ended = faultcast("demo", "--commits", 700, "--noise", 0.1, "--json")
    assert ended.code == 0, f"{ended.err}\nNo champion? Then the demo of this size changed: choose another one here."
    return Learnt(faultcast, ended, Path(ended.data["repository"]))


@pytest.fixture
def ask(learnt: Learnt, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A command in this process, which saves its start."""
    monkeypatch.setenv("FAULTCAST_HOME", str(learnt.faultcast.home))

    def in_this_process(*arguments: object) -> Ended:
        capsys.readouterr()
        return Ended(main([*map(str, arguments)]), *capsys.readouterr())

    return in_this_process


def test_every_stage_ran_and_said_what_it_found(learnt: Learnt) -> None:
    assert sorted(states(learnt.found)) == sorted(STAGES)
    assert set(states(learnt.found).values()) == {"done"}
    assert all(stage["found"] and stage["seconds"] > 0 for stage in learnt.found["stages"])
    assert all(stage in learnt.ended.err for stage in STAGES), "progress goes to stderr"


def test_what_json_holds(learnt: Learnt) -> None:
    found = learnt.found
    assert found["commits"] == 700
    assert 0 < found["inducing"] <= found["fixes"] < 700
    assert sum(part["changes"] for part in found["dataset"]["counts"].values()) < 700
    assert found["dataset"]["insufficient"] is None
    assert found["chosen"] in {"simple", "hybrid"}
    assert {"simple", "hybrid", "lines_added"} <= set(found["evaluation"])
    for figures in found["evaluation"].values():
        assert 0 <= figures["auc"] <= 1
        assert set(figures["recall_at"]) == {"5", "10", "20", "30"}
    assert found["verdict"]["outcome"] == "PASS"
    assert all(reason["text"] for reason in found["verdict"]["reasons"])
    assert (found["model"]["version"], found["model"]["registered"]) == ("1", True)
    assert len(found["changes"]) == 10
    risks = [change["risk"] for change in found["changes"]]
    assert risks == sorted(risks, reverse=True)
    assert all(change["reasons"] and change["paths"] is not None for change in found["changes"])
    assert {"fixes", "inducing", "links"} <= set(found["recovery"])


def test_the_report_needs_nothing_from_outside(learnt: Learnt) -> None:
    page = Path(learnt.found["report"]).read_text("utf-8")
    assert re.findall(r"""(?:src|href)\s*=\s*["']?(?!#|data:)[^"'>\s]+""", page) == []
    assert "url(" not in page.replace("url(data:", "")
    assert "@import" not in page
    assert learnt.found["changes"][0]["commit"][:8] in page


def test_an_unchanged_repository_is_not_learnt_twice(learnt: Learnt) -> None:
    again = learnt.faultcast("run", learnt.repository, "--json")
    assert again.code == 0
    ran = {stage["stage"]: stage["why"] for stage in again.data["stages"] if stage["state"] != "cached"}
    assert ran == {"deploy": "runs every time"}
    assert again.err.count("reused") == len(STAGES) - 1
    same = ("revision", "dataset", "evaluation", "verdict", "changes", "model", "report")
    assert [again.data[name] for name in same] == [learnt.found[name] for name in same]


def test_the_report_is_found_again(learnt: Learnt, ask: Ask) -> None:
    for arguments in (("report",), ("report", learnt.repository)):
        ended = ask(*arguments, "--json")
        assert (ended.code, ended.data["report"]) == (0, learnt.found["report"])


def test_score_tells_risk_band_and_reasons(learnt: Learnt, ask: Ask) -> None:
    ended = ask("score", learnt.repository)
    assert ended.code == 0
    first, *lines = ended.out.splitlines()
    places = [line for line in lines if re.match(r" +[\d.]+% from .+ alone$", line)]
    reasons = [line for line in lines if line not in places]
    assert re.match(rf" *[\d.]+%  (low|medium|high) +{learnt.found['revision'][:10]}  \d{{4}}-\d\d-\d\d  \S", first)
    assert 1 <= len(reasons) <= 5
    assert 1 <= len(places) <= 3


def test_a_range_with_merges_and_commits_newer_than_the_run(learnt: Learnt, ask: Ask) -> None:
    """Known commits keep the risk of the run; two new ones and a merge are scored without another run."""
    head = learnt.found["revision"]
    ranked = learnt.predictions()["changes"]
    oldest = min(ranked, key=lambda change: change["committed_at"])["commit"]
    one = learnt.git("commit-tree", f"{head}^{{tree}}", "-p", head, "-m", "A new change that touches nothing")
    two = learnt.git("commit-tree", f"{head}~3^{{tree}}", "-p", one, "-m", "Take three changes back")
    merge = learnt.git("commit-tree", f"{two}^{{tree}}", "-p", two, "-p", head, "-m", "Merge branch 'next'")

    ended = ask("score", learnt.repository, f"{oldest}..{merge}", "--json")
    assert ended.code == 0
    found = ended.data
    assert found["model"] == {key: learnt.found["model"][key] for key in ("name", "version", "basis")}
    scored = {change["commit"]: change for change in found["changes"]}
    assert scored[one]["paths"] == []
    assert scored[two]["paths"]
    assert 0 <= scored[two]["risk"] <= 1
    known = {change["commit"]: change["risk"] for change in ranked if change["commit"] in scored}
    assert {commit: scored[commit]["risk"] for commit in known} == known
    assert known
    merges = learnt.git("rev-list", "--merges", f"{oldest}..{merge}").split()
    assert merge in merges
    assert found["merges_left_out"] == len(merges)
    assert set(scored) == set(learnt.git("rev-list", f"{oldest}..{merge}").split()) - set(merges)

    for revision, merges_left_out in ((merge, 1), (f"{one}..{one}", 0)):
        ended = ask("score", learnt.repository, revision, "--json")
        assert (ended.code, ended.data["changes"], ended.data["merges_left_out"]) == (0, [], merges_left_out)
    ended = ask("score", learnt.repository, "HEAD..nowhere", "--json")
    assert (ended.code, ended.data["error"]["type"]) == (3, "UnknownRevision")


def test_the_server_agrees_with_the_run(learnt: Learnt, ask: Ask) -> None:
    """A commit has one risk: in the run's ranking, from `score`, over V1 and over V2; so has one that no run saw."""
    ranked = {change["commit"]: change for change in learnt.predictions()["changes"]}
    head, riskiest = learnt.found["revision"], learnt.found["changes"][0]["commit"]
    new = learnt.git("commit-tree", f"{head}~3^{{tree}}", "-p", head, "-m", "Fix it by taking three changes back")
    expected = {}
    for commit in (head, riskiest, new):
        (expected[commit],) = ask("score", learnt.repository, commit, "--json").data["changes"]
        parts = expected[commit].pop("parts")
        assert parts
        assert all(0 <= part["risk"] <= 1 for part in parts)
        assert expected[commit] == ranked.get(commit, expected[commit])

    with learnt.faultcast.serving("--port", port := free_port()):
        wait_until(lambda: ready(port))
        for commit, change in expected.items():
            body = ask("change", learnt.repository, commit, "--json").data
            v1 = post(port, "/v1/models/faultcast:predict", body)["predictions"][0]
            assert v1["risk"] == pytest.approx(change["risk"], abs=1e-6)
            assert v1["band"] == change["band"]
            assert [reason["text"] for reason in v1["reasons"]] == [reason["text"] for reason in change["reasons"]]
            body = ask("change", learnt.repository, commit, "--v2", "--json").data
            answer = post(port, "/v2/models/faultcast/infer", body)
            v2 = {output["name"]: output["data"] for output in answer["outputs"]}
            assert v2["risk"] == [v1["risk"]]
            assert v2["band"] == [v1["band"]]


def test_one_commit_just_in_time_is_scored_as_ever(learnt: Learnt, ask: Ask) -> None:
    """From the state that the run left, in this clone: what `score` says, of commits seen and unseen."""
    head, riskiest = learnt.found["revision"], learnt.found["changes"][0]["commit"]
    new = learnt.git("commit-tree", f"{head}~3^{{tree}}", "-p", head, "-m", "Take three changes back again")
    for commit, behind in ((head, 0), (riskiest, 0), (new, 1)):
        found = ask("jit", "--repository", learnt.repository, "--commit", commit, "--json").data
        assert (found["commits_behind"], found["differs"]) == (behind, [])
        expected = ask("score", learnt.repository, commit, "--json").data
        assert {name: found[name] for name in expected} == expected
    ended = ask("jit", "--repository", learnt.repository, "--commit", riskiest, "--fail-above", "0.01")
    assert (ended.code, "is above 0.01" in ended.err) == (10, True)


def test_a_forgotten_author_is_in_nothing_that_a_run_left(
    learnt: Learnt, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erased from KFP's artifacts and cache, Feast, MLflow, report and state; no address was in any of them before."""
    name, address = learnt.git("log", "-1", "--format=%an%n%ae").splitlines()
    home = tmp_path / "home"
    shutil.copytree(learnt.faultcast.home, home, ignore=shutil.ignore_patterns("demo"))
    monkeypatch.setenv("FAULTCAST_HOME", str(home))
    pseudonym = Pseudonyms(load_key(home / "identity.key")).pseudonym(address)
    before = telling(home, pseudonym)
    assert {place.split("/")[0] for place in before} == {"kfp", "repositories"}
    assert {Path(place).name for place in before} > {"history", "features", "past", "online.db", "report.html"}
    people = set(learnt.git("log", "--format=%ae%n%an").splitlines())
    assert len(people) > 8
    assert telling(home, *people) == []

    ended = ask("forget", name, "--json")
    assert (ended.code, ended.data["left"]) == (0, [])
    assert ended.data["again"] == [str(learnt.repository)]
    assert telling(home, pseudonym, address) == []
    assert (home / "mlflow.db").exists()
    assert ask("forget", address, "--json").data["places"] == []
    assert ask("score", learnt.repository, "--json").code == 6  # nothing is left to score with, until the next run


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def post(port: int, route: str, body: Any) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{route}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
