"""A small real repository, what the history taught, a feature store, a small real model, a running server."""

import os
import subprocess
from types import SimpleNamespace

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loopback import free_port
from serving_process import REPOSITORY_ID, running, wait_for
from small_model import build_model

from faultcast.features import Past, describe, is_measured, touch
from faultcast.features.table import to_table
from faultcast.history.identity import Pseudonyms
from faultcast.history.repository import open_repository
from faultcast.measures import read

collect_ignore = ["kserve_server.py", "triton_asks.py"]
"""Programs that tests start; there is nothing to collect in them, and importing one runs it."""

CART = "def total(prices):\n    if not prices:\n        return 0\n    return sum(prices)\n"
TAX = "\n\ndef tax(x):\n    return x * 0.2 if x else 0\n"
STORY = (
    ("add the cart", "ana", {"src/cart.py": CART, "README.md": "# Cart\n"}),
    ("add a store front", "ben", {"web/front.js": "export const a = (x) => x ? 1 : 2;\n"}),
    ("fix crash on an empty cart", "ana", {"src/cart.py": CART.replace("return 0", "return 0.0")}),
    ("a picture and a name in Latin-1", "cyd", {"logo.png": b"\x89PNG\0\1\2", "src/n\xe4me.py": b"# caf\xe9\nX = 1\n"}),
    ("touch the picture", "cyd", {"logo.png": b"\x89PNG\0\1\3", "src/n\xe4me.py": b"# caf\xe9\nX = 2\n"}),
    ("take the front away", "ben", {"web/front.js": None, "infra/main.tf": 'resource "a" "b" {\n  count = 1\n}\n'}),
    ("Revert a guess", "ana",
     {"src/cart.py": CART.replace("sum(prices)", "sum(prices) or 0"), "tests/test_cart.py": "assert 1\n"}),
    ("round the total\n\nSee mail to ana@example.org", "dan",
     {"src/cart.py": CART.replace("sum(prices)", "round(sum(prices), 2)") + TAX}),
)  # fmt: skip


def git(folder, *arguments, by="ana", day=0):
    when = f"{1_700_000_000 + day * 86_400} +0000"
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    env |= {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", by), ("EMAIL", f"{by}@example.org"), ("DATE", when))}  # fmt: skip
    subprocess.run(["git", *arguments], cwd=folder, env=env, check=True, capture_output=True)


@pytest.fixture(scope="session")
def story(tmp_path_factory):
    """commits in order, contents by blob id, rows as training stores them, and the pasts' folder."""
    folder = tmp_path_factory.mktemp("story")
    git(folder, "init", "-q", "-b", "main")
    for day, (message, by, files) in enumerate(STORY):
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                target.unlink()
            else:
                target.write_bytes(content if isinstance(content, bytes) else content.encode())
        git(folder, "add", "-A", by=by, day=day)
        git(folder, "commit", "-q", "-m", message, by=by, day=day)
    ids = subprocess.run(
        ["git", "rev-list", "--reverse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    )
    identify = Pseudonyms(b"k" * 32)
    with open_repository(folder) as repository:
        commits = [repository.commit(one, identify, i) for i, one in enumerate(ids.stdout.split())]
        wanted = {blob for c in commits for f in c.files if is_measured(f) for blob in (f.old_blob, f.new_blob) if blob}
    contents = {
        blob: subprocess.run(["git", "cat-file", "blob", blob], cwd=folder, check=True, capture_output=True).stdout
        for blob in wanted
    }
    past, rows = Past(), []
    home = tmp_path_factory.mktemp("home") / "repositories" / REPOSITORY_ID
    home.mkdir(parents=True)
    for commit in commits:
        past.save(home / f"past-{commit.position}.json.z")
        touched = touch(commit, lambda path, blob: read(path, contents[blob]) if blob in contents else None)
        rows.append(describe(commit, past, touched))
        past.observe(commit, touched)
    return SimpleNamespace(commits=commits, contents=contents, rows=rows, home=home)


@pytest.fixture(scope="session")
def store(story):
    """The Feast folder of the story."""
    from faultcast.adapters import feature_store

    features, labels = story.home / "features.parquet", story.home / "labels.parquet"
    table = to_table(story.rows, REPOSITORY_ID)
    pq.write_table(table, features)
    ripe = {"label": pa.array([0]), "confidence": pa.array([0.9]), "fix": pa.array([""]), "rule": pa.array(["ripe"])}
    known = table.slice(0, 1).select(["repository", "commit", "event_timestamp", "created"])
    pq.write_table(pa.table(dict(zip(known.column_names, known.columns, strict=True)) | ripe), labels)
    feature_store.materialize(story.home / "feast", features, labels)
    return story.home / "feast"


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory):
    return build_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def server(model_dir, story, store, tmp_path_factory):
    """A server with a past that ends before the story's last commit; its `url`, its `grpc` address and `log`."""
    log = tmp_path_factory.mktemp("server") / "log"
    past = story.home / f"past-{len(STORY) - 1}.json.z"
    grpc = free_port()
    options = ("--past", past, "--store", store, "--model-version", "7", "--grpc-port", grpc)
    with running(model_dir, log, *options) as (process, url):
        wait_for(process, url, "/v2/health/ready")
        yield SimpleNamespace(url=url, grpc=f"127.0.0.1:{grpc}", log=log, process=process)


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, timeout=60) as opened:
        yield opened
