"""The hybrid: it reads, it resumes, and it is launched and ended cleanly."""

import subprocess
from dataclasses import replace

import pytest
from sklearn.metrics import roc_auc_score
from synthetic_changes import make_changes, write_dataset

from faultcast import models
from faultcast.errors import StageFailed
from faultcast.models.reasons import explain
from faultcast.training import checkpoint, launch
from faultcast.training.hybrid import Options, train_hybrid
from faultcast.training.rows import read_training_data

SMALL = Options(vocabulary=500, max_tokens=48, width=32, heads=2, layers=1, hidden=32)


@pytest.fixture(scope="module")
def of_text(tmp_path_factory):
    """Labels that depend on the text alone."""
    path = tmp_path_factory.mktemp("text") / "dataset.parquet"
    return path, write_dataset(make_changes(of_text=4.0, of_features=0.0), path)


@pytest.fixture(scope="module")
def reader(of_text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hybrid")
    train_hybrid(read_training_data(of_text[0]), folder, 7, options=replace(SMALL, epochs=8, learning_rate=4e-3))
    return folder


def test_it_reads_the_text(reader, of_text):
    model = models.load(reader)
    test = of_text[1][of_text[1]["split"] == "test"]
    assert roc_auc_score(test["label"].astype(int), model.risk(test)) > 0.8
    assert not (reader / checkpoint.FOLDER).exists()
    same = test.iloc[[0, 0]]  # but for one word
    texts = [f"update parser {word}\n\n<file> src/app.py\n+    view.load(x)" for word in ("retry", "typo")]
    high, low = model.risk(same.assign(text=texts))
    assert high > 3 * low


def test_its_reasons_name_the_wording(reader, of_text):
    model = models.load(reader)
    change = of_text[1].tail(1).assign(text="update retry thread\n\n<file> src/app.py\n+    view(x)")
    (reasons,) = explain(model, change)
    wording = next(reason for reason in reasons if reason.feature == "message")
    assert wording.effect > 0.05
    assert wording.text.startswith('the wording of the message, "update retry thread" (+0.')


def test_a_killed_run_continues_to_the_same_model(of_text, tmp_path):
    data = read_training_data(of_text[0])
    options = replace(SMALL, epochs=3)

    def die(event):
        if event.get("epoch") == 2:
            raise KeyboardInterrupt

    train_hybrid(data, tmp_path / "whole", 3, options=options)
    with pytest.raises(KeyboardInterrupt):
        train_hybrid(data, tmp_path / "killed", 3, options=options, report=die)
    events = []
    train_hybrid(data, tmp_path / "killed", 3, options=options, report=events.append)
    assert [event.get("epoch") for event in events] == [3, None]
    for name in ("weights.safetensors", "manifest.json"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_process_that_fails_is_told_with_its_last_words(of_text, tmp_path):
    (tmp_path / "output").write_text("a file where the folder should be")
    with pytest.raises(StageFailed, match=r"(?s)exit code 1 instead of 0.*(FileExistsError|NotADirectoryError)"):
        launch.train("hybrid", of_text[0], tmp_path / "output", seed=1, num_workers=1)


def test_an_interrupted_launch_leaves_no_process_behind(of_text, tmp_path):
    def interrupt(event):
        assert event["event"] == "epoch"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        launch.train("hybrid", of_text[0], tmp_path, seed=1, num_workers=2, report=interrupt)
    assert str(tmp_path) not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    # Its first epoch is kept, and the next run continues from it.
    assert (tmp_path / checkpoint.FOLDER / "state.safetensors").is_file()
