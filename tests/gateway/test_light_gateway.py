"""What the gateway never imports, whatever it is asked: each of these takes more memory than all of the gateway."""

import os
import subprocess
import sys

HEAVY = ("torch", "sklearn", "pandas", "pyarrow", "scipy", "mlflow", "feast", "kserve", "kfp", "transformers")
ASK = """
import sys
from pathlib import Path
from starlette.testclient import TestClient
from faultcast.settings import Settings
from serving.gateway import build
from serving.gateway.app import served
from serving.scoring.sources import FolderSource
from serving.scoring.split import parse

parts, _ = build.of_fleet(
    Settings(home=Path(sys.argv[2]), monitoring_interval_seconds=0), FolderSource({"champion": Path(sys.argv[1])}),
    parse("champion"),
)
with TestClient(served(parts), base_url="http://127.0.0.1") as client:
    while client.get("/health/ready").status_code != 200:
        pass
    code = {"files": [{"path": "a.py", "before": "a = 1", "code": "def f():\\n    return 1"}]}
    told = client.post("/predict", json={"additions": 3, "deletions": 1}).json()["prediction_id"]
    asked = [client.get(path) for path in
             "/ /health /models /model-info /drift-status /monitoring/stats /metrics /docs /openapi.json".split()]
    asked += [client.post("/analyze/code", json=code), client.post("/models/champion/reload"),
              client.post("/feedback", json={"prediction_id": told, "label": "clean"})]
    assert {one.status_code for one in asked} == {200}, [one.text for one in asked]
print(*sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[3:])))
"""


def test_no_route_brings_a_heavy_library(small_model, tmp_path):
    command = [sys.executable, "-c", ASK, str(small_model), str(tmp_path), *HEAVY]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ})
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == ""
