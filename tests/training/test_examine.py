"""`faultcast validate` on a small learnt history: what it writes, what it says, how it ends."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from synthetic_changes import DAY, make_changes, write_dataset

from faultcast.adapters import runs
from faultcast.adapters.label_tables import LABELS
from faultcast.adapters.places import Places
from faultcast.cli import main
from faultcast.steps.register import register
from faultcast.steps.validate import validate
from faultcast.training.launch import in_process
from faultcast.training.rows import read_training_data

LOCATION = "https://example.org/team/harbour.git"
HOSTILE = "<script>document.title='owned'</script>"
SECTIONS = ["summary", "gates", "quality", "folds", "stability", "drift", "slices", "effort", "why", "card"]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A state folder with one run of kind `simple`; the riskiest changes have hostile subjects."""
    home = tmp_path_factory.mktemp("examined")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"FAULTCAST_HOME": str(home), "MIN_SAMPLES_FOR_DECISION": "50"}.items():
            patch.setenv(name, value)
        dataset = home / "dataset"
        changes = make_changes(700, of_text=0)
        pull = 0.8 * (np.log1p(changes["lines_added"]) - 3) - 1.6 * (np.log1p(changes["author_changes"]) - 4.2)
        changes["label"] = (np.random.default_rng(1).random(700) < 1 / (1 + np.exp(1 - pull))).astype(float)
        changes["subject"] = HOSTILE
        write_dataset(changes, dataset / "dataset.parquet")
        write_labels(changes, home / "labels")
        data = read_training_data(dataset / "dataset.parquet")
        in_process("simple", data, home / "simple", 7, {"trees": 30})
        evaluation, verdict, chosen = (home / name for name in ("evaluation.json", "verdict.json", "chosen"))
        validate(*map(str, (dataset, home / "simple", home / "simple", LOCATION, evaluation, verdict, chosen)))
        artifacts = {
            "assemble/dataset": dataset, "label/labels": home / "labels", "train simple/artifact": home / "simple",
            "validate/evaluation": evaluation, "validate/verdict": verdict, "validate/chosen": chosen,
        }  # fmt: skip
        places = Places(home, LOCATION)
        paths = {name: str(path) for name, path in artifacts.items()}
        runs.save(runs.Run(LOCATION, places.repo_id, "f" * 40, 0, "", paths), places)
        assert main(["validate", "--folds", "2", "--seeds", "2", "--quiet", "--output", str(home / "out")]) == 0
        yield home


def write_labels(changes, path):
    """Clean after a week; an inducing one is found three days after it was made."""
    at = np.arange(len(changes)) * DAY // 4
    ripe = [(commit, int(t) + 7 * DAY, 0.0) for commit, t in zip(changes["commit"], at, strict=True)]
    found = [(c, t - 4 * DAY, label) for (c, t, _), label in zip(ripe, changes["label"], strict=True)]
    rows = sorted([one for one, label in zip(ripe, changes["label"], strict=True) if not label]
                  + [one for one in found if one[2]], key=lambda row: row[1])  # fmt: skip
    columns = {
        "repository": ["r"] * len(rows), "commit": [row[0] for row in rows],
        "event_timestamp": [row[1] * 1_000_000 for row in rows], "created": [row[1] * 1_000_000 for row in rows],
        "label": [int(row[2]) for row in rows], "confidence": [0.9] * len(rows),
        "fix": [""] * len(rows), "rule": ["ripened"] * len(rows),
    }  # fmt: skip
    instants = {name: pa.array(columns.pop(name), pa.int64()).cast(LABELS.field(name).type)
                for name in ("event_timestamp", "created")}  # fmt: skip
    arrays = {name: pa.array(values, LABELS.field(name).type) for name, values in columns.items()} | instants
    pq.write_table(pa.table({name: arrays[name] for name in LABELS.names}), path)


@pytest.fixture
def ask(learnt, tmp_path, capsys, monkeypatch):
    """The command on a copy of that state; `change` may spoil the copy's files first."""

    def asked(*arguments, change=None):
        home = tmp_path / "home"
        shutil.copytree(learnt, home)
        file = Places(home, LOCATION).run_file
        file.write_text(file.read_text("utf-8").replace(str(learnt), str(home)), "utf-8")
        if change:
            change(home)
        monkeypatch.setenv("FAULTCAST_HOME", str(home))
        capsys.readouterr()
        code = main(["validate", *arguments, "--quiet", "--json"])
        return code, json.loads(capsys.readouterr().out)

    return asked


@pytest.fixture(scope="module")
def document(learnt):
    return json.loads((learnt / "out" / "validation.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def page(learnt):
    return (learnt / "out" / "validation.html").read_text("utf-8")


def test_everything_that_was_asked_is_in_the_document(document):
    crossed = document["cross_validation"]
    assert [fold["n"] > 0 and fold["model"]["auc"] is not None for fold in crossed["folds"]] == [True, True]
    assert crossed["mean"]["model"]["auc"]["mean"] > 0.7
    assert crossed["slices"]["dimensions"].keys() >= {"author tenure", "language", "file kind", "size"}
    assert document["seeds"]["seeds"] == 2
    assert document["seeds"]["rank_correlation_min"] > 0.8
    assert {"validation", "test", "recent"} == set(document["drift"])
    assert {"psi", "ks", "wasserstein"} <= set(document["drift"]["test"]["columns"]["lines_added"])
    assert set(document["significance"]) == {"lines_added"}
    assert document["effort"]["simple"]["floor"]["popt"] == document["effort"]["lines_added"]["floor"]["popt"]
    assert document["time"]["simple"]["slices"]
    assert "author" not in " ".join(document["slices"]["dimensions"]).replace("author tenure", "")


def test_attributions_add_up_and_name_what_decides(document):
    why = document["attributions"]
    assert why["largest_error"] < 1e-9
    assert {"lines_added", "author_changes"} <= set(list(why["importance"])[:4])
    (first, *_) = why["examples"]
    assert sum(one["effect"] for one in first["effects"]) + why["base"] == pytest.approx(first["margin"], abs=1e-9)
    assert first["reasons"]


def test_the_document_is_described(document):
    """Every key of the first level has its place in the documentation, and no other has."""
    text = Path(__file__).parents[2].joinpath("docs", "validation.md").read_text("utf-8")
    cells = re.findall(r"^\|([^|]*)\|", text.partition("## faultcast validate")[2], re.MULTILINE)
    described = {name for cell in cells for name in re.findall("`([a-z_]+)`", cell)}
    assert described == set(document)


class Outline(HTMLParser):
    """Whether every tag is closed in order; sections; what would be fetched or run."""

    def __init__(self, page):
        super().__init__()
        self.open, self.sections, self.suspect = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)
        if tag == "section":
            self.sections.append(attributes["id"])
        fetched = [attributes[name] for name in ("src", "href", "data") if name in attributes]
        self.suspect += [tag] if tag in {"script", "img", "iframe"} else []
        self.suspect += [one for one in fetched if not one.startswith(("#", "data:"))]
        self.suspect += [name for name in attributes if name.startswith("on")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_holds_every_section_and_loads_nothing(page):
    outline = Outline(page)
    assert outline.open == []
    assert outline.sections == SECTIONS
    assert outline.suspect == []
    assert not re.search(r"@import|url\(", page)
    assert page.count("<svg") >= 12
    assert len(page.encode()) < 1_500_000


def test_hostile_subjects_stay_text(page):
    assert "&lt;script&gt;document.title" in page
    assert "<script" not in page


def test_the_card_says_what_a_reader_must_know(learnt):
    card = (learnt / "out" / "model-card.md").read_text("utf-8")
    assert card.startswith("# Model card: simple for harbour\n")
    titles = re.findall("^## (.*)$", card, re.MULTILINE)
    assert titles == [
        "What it is", "What for", "What taught it", "How good", "Whether a risk means what it says", "Gates",
        "Whether it holds", "Where not to trust it", "How to get it again",
    ]  # fmt: skip
    assert "lines added alone" in card
    assert "Expected calibration error" in card
    assert f"faultcast run {LOCATION}" in card


def test_the_card_is_kept_with_the_version(learnt, tmp_path, monkeypatch):
    """It says what the stages know; an examination comes later."""
    files = (str(learnt / name) for name in ("chosen", "evaluation.json", "verdict.json"))
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    register(LOCATION, *files, str(tmp_path / "registration.json"))
    (kept,) = (tmp_path / "home").rglob("model-card.md")
    card = kept.read_text("utf-8")
    assert card.startswith("# Model card: simple for harbour\n")
    assert "## Whether it holds" not in card


def test_a_model_that_did_not_pass_is_examined_all_the_same(ask):
    def fail(home):
        verdict = json.loads((home / "verdict.json").read_text("utf-8"))
        (home / "verdict.json").write_text(json.dumps(verdict | {"outcome": "FAIL"}), "utf-8")

    code, found = ask("--folds", "2", "--seeds", "1", change=fail)
    assert code == 9
    assert found["verdict"]["outcome"] == "FAIL"
    assert found["seeds"]["auc_range"] is None
    assert Path(found["files"]["page"]).parent.name == "validation"


def test_too_few_samples_end_with_four(ask):
    def shrink(home):
        file = home / "dataset" / "dataset.json"
        few = {"what": "changes older than 7 days", "found": 41, "needed": 150, "message": "few"}
        file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"insufficient": few}), "utf-8")

    code, found = ask(change=shrink)
    assert code == 4
    assert found["error"]["message"] == ("Insufficient samples: 41 changes older than 7 days, at least 150 are needed")


def test_what_the_run_left_may_be_gone(ask):
    code, found = ask(change=lambda home: shutil.rmtree(home / "simple"))
    assert (code, found["error"]["type"]) == (6, "NotFound")


@pytest.mark.parametrize("arguments", [["--folds", "1"], ["--seeds", "0"]])
def test_too_little_is_asked(ask, arguments):
    code, found = ask(*arguments)
    assert (code, found["error"]["type"]) == (2, "UsageError")
