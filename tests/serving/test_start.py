"""How the process starts: it tells the truth while loading, and says why it will not serve."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading

import httpx
import pytest
from serving_process import REPOSITORY_ID, running, wait_for
from small_model import build_model

from faultcast.features.catalogue import NAMES


def start(*options):
    command = [sys.executable, "-m", "serving", *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_not_ready_until_the_model_is_loaded(model_dir, story, tmp_path):
    """The past is a pipe: loading waits for it, and meanwhile the server is alive but not ready."""
    pipe = tmp_path / "past"
    os.mkfifo(pipe)
    content = (story.home / "past-3.json.z").read_bytes()
    with running(model_dir, tmp_path / "log", "--past", pipe) as (process, url):
        wait_for(process, url, "/v2/health/live")
        assert httpx.get(f"{url}/v2/health/ready").status_code == 503
        assert httpx.get(f"{url}/v2/models/faultcast/ready").status_code == 503
        refused = httpx.post(f"{url}/v1/models/faultcast:predict", json={"instances": []})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        threading.Thread(target=pipe.write_bytes, args=(content,), daemon=True).start()
        wait_for(process, url, "/v2/health/ready")
        instance = {"features": [None] * len(NAMES)}
        found = httpx.post(f"{url}/v1/models/faultcast:predict", json={"instances": [instance]}).json()["predictions"][
            0
        ]
        assert len(found["model_version"]) == 12  # of the manifest, where no version was given
        unknown = httpx.post(f"{url}/v1/models/faultcast:predict", json={"instances": [{"commit": "a" * 40}]})
        assert unknown.status_code == 404
        assert "no feature store" in unknown.json()["error"]


def test_without_a_past_the_history_counts_as_missing_and_the_answer_says_so(model_dir, tmp_path):
    with running(model_dir, tmp_path / "log") as (process, url):
        wait_for(process, url, "/v2/health/ready")
        change = {
            "message": "m",
            "author": "x",
            "authored_at": 0,
            "files": [{"path": "a.py", "after": "a = 1\n", "hunks": []}],
        }
        body = {"instances": [change]}
        found = httpx.post(f"{url}/v1/models/faultcast:explain", json=body).json()["explanations"][0]
    assert "past" in [one["field"] for one in found["assumed"]]
    assert found["features"]["developers"] is found["features"]["author_changes"] is None
    assert found["features"]["functions"] == 0


def test_a_model_with_another_feature_contract_is_refused_by_name(tmp_path):
    other = (("lines_of_code", "int64", "lines"), *((name, "int64", "") for name in NAMES[1:]))
    build_model(tmp_path / "model", features=other)
    ended = start("--model-dir", tmp_path / "model", "--port", 0)
    assert ended.returncode == 5, ended.stderr
    assert "ContractMismatch" in ended.stderr
    assert "lines_of_code is unknown here" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_changed_model_file_is_refused(model_dir, tmp_path):
    shutil.copytree(model_dir, tmp_path / "model")
    with (tmp_path / "model" / "forest.safetensors").open("ab") as file:
        file.write(b"!")
    ended = start("--model-dir", tmp_path / "model", "--port", 0)
    assert (ended.returncode, "changed after training" in ended.stderr) == (5, True), ended.stderr


@pytest.mark.parametrize("option", ["--model-dir", "--past", "--store"])
def test_what_is_not_there_is_named(model_dir, tmp_path, option):
    options = {"--model-dir": model_dir, "--port": 0} | {option: tmp_path / "absent"}
    ended = start(*(part for pair in options.items() for part in pair))
    assert (ended.returncode, str(tmp_path / "absent") in ended.stderr) == (6, True), ended.stderr


def test_a_taken_port_is_said(model_dir):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = start("--model-dir", model_dir, "--port", taken.getsockname()[1])
    assert (ended.returncode, "Cannot listen on 127.0.0.1" in ended.stderr) == (2, True), ended.stderr


def test_serving_imports_no_torch_kserve_pandas_git_kfp_labels_or_training(model_dir):
    """A process that has answered knows none of them: they cost seconds and memory, or are the pipeline's half."""
    code = (
        "import asyncio, sys; from pathlib import Path; import serving.predictor.app\n"
        "from serving.predictor.answers import Answers\n"
        "from serving.predictor.loading import load_scorer\n"
        "answers = Answers('faultcast', lambda: load_scorer(Path(sys.argv[1]), model_name='faultcast'))\n"
        "answers.load_now()\n"
        "told = asyncio.run(answers.predict(sys.argv[2].encode()))\n"
        "assert told['predictions'][0]['reasons']\n"
        "print([m for m in sys.modules if m in ('torch', 'kserve', 'pandas', 'fastapi', 'pydantic', 'sklearn', 'scipy',"
        " 'grpc', 'google.protobuf', 'pyarrow', 'transformers') or m.startswith(('kfp', 'faultcast.training',"
        " 'faultcast.steps', 'faultcast.history', 'components', 'pipelines', 'feast', 'mlflow'))])"
    )
    asked = json.dumps({"instances": [{"features": [300, *[None] * (len(NAMES) - 1)]}]})
    command = [sys.executable, "-c", code, str(model_dir), asked]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "[]"


def test_the_stores_repository_is_the_folder_that_it_lies_in(store):
    assert store.parent.name == REPOSITORY_ID
