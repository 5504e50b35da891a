"""Retraining on a schedule, against Kubeflow Pipelines' API as far as its client asks for it, over real HTTP."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.recurring import main

API = "/apis/v2beta1"


@dataclass
class FakePipelines:
    """Keeps experiments and recurring runs."""

    kept: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"experiments": [], "recurringruns": []})
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def runs(self) -> list[dict[str, Any]]:
        return self.kept["recurringruns"]

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        kind, _, one = path.removeprefix(f"{API}/").partition("/")
        key, many = ("experiment_id", "experiments") if kind == "experiments" else ("recurring_run_id", "recurringRuns")
        if kind not in self.kept:
            return 200, {}
        if method == "POST":
            made = body | {key: f"{kind}-{len(self.asked)}"}
            self.kept[kind].append(made)
            return 200, made
        if method == "DELETE":
            self.kept[kind] = [item for item in self.kept[kind] if item[key] != one]
            return 200, {}
        wanted = json.loads(query["filter"][0])["predicates"][0]
        name = wanted.get("stringValue") or wanted.get("string_value")
        return 200, {many: [item for item in self.kept[kind] if item["display_name"] == name]}


@pytest.fixture
def kubeflow() -> Iterator[FakePipelines]:
    fake = FakePipelines()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fake.asked.append(f"{self.command} {parts.path}")
            code, answer = fake.answer(
                self.command, parts.path, parse_qs(parts.query), json.loads(body) if body else None
            )
            content = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _any  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


def ask(fake: FakePipelines, *more: str, cron: str = "0 3 * * 1") -> int:
    where = ("--host", fake.url, "--repository", "https://example.org/team/shop.git")
    return main([*where, "--cron", cron, *more])


def test_a_schedule_is_made_once_replaced_when_it_differs_and_else_left(
    kubeflow: FakePipelines, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(kubeflow, "--service-account", "faultcast-pipeline", "--parameter", "seed=8") == 0
    (run,) = kubeflow.runs
    assert run["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * 1", "Kubeflow's first field is seconds"
    assert run["runtime_config"]["parameters"] == {
        "repository": "https://example.org/team/shop.git",
        "branch": "HEAD",
        "seed": 8,
    }
    assert (run["mode"], run["no_catchup"], run["service_account"]) == ("ENABLE", True, "faultcast-pipeline")
    spec = run["pipeline_spec"]
    assert (spec.get("pipeline_spec") or spec)["pipelineInfo"]["name"] == "faultcast-retraining"

    assert ask(kubeflow, "--service-account", "faultcast-pipeline", "--parameter", "seed=8") == 0
    assert kubeflow.runs == [run]
    assert ask(kubeflow, cron="30 0 4 * * *") == 0
    (other,) = kubeflow.runs
    assert other["trigger"]["cron_schedule"]["cron"] == "30 0 4 * * *"
    told = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "faultcast-retraining (" in line]
    assert told == ["created", "unchanged", "replaced"]


def test_one_that_was_killed_while_replacing_is_tidied_up(kubeflow: FakePipelines) -> None:
    ask(kubeflow)
    kubeflow.runs.append(kubeflow.runs[0] | {"recurring_run_id": "left", "description": "an older one"})
    ask(kubeflow)
    assert [run["recurring_run_id"] for run in kubeflow.runs if run["recurring_run_id"] == "left"] == []
    assert len(kubeflow.runs) == 1


@pytest.mark.parametrize(
    ("more", "cron", "said"),
    [
        ((), "0 3 * *", "found 4 fields, expected 5"),
        (("--parameter", "seed"), "0 3 * * 1", "expected NAME=VALUE"),
    ],
)
def test_wrong_wishes_are_told_before_anybody_is_asked(
    kubeflow: FakePipelines, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], cron: str, said: str
) -> None:
    assert ask(kubeflow, *more, cron=cron) == 2
    assert said in capsys.readouterr().err
    assert kubeflow.asked == []


def test_an_api_that_is_away_is_told(kubeflow: FakePipelines, capsys: pytest.CaptureFixture[str]) -> None:
    kubeflow.url = "http://127.0.0.1:9"
    assert ask(kubeflow) == 8
    assert "http://127.0.0.1:9: Kubeflow Pipelines" in capsys.readouterr().err
