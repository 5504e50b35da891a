"""Code mutation: what it may change, what it must leave, and that only training rows ever see it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from synthetic_changes import make_changes, write_dataset

from faultcast.models.text import ADDED, DELETED, PLACE, marked_lines, parts
from faultcast.training import hybrid, mutation
from faultcast.training.rows import read_training_data

CHANGE = """Handle an empty cart (see 12)

<file> src/cart.py
<in> total
-    return sum(prices) / len(prices)
+    # an empty cart costs nothing
+    if prices is None or len(prices) <= 20:
+        return 0
<file> src/order.py
+    if ready and prices:
+        charge(prices, 1)
"""


def rng(seed=1):
    return np.random.default_rng(seed)


def test_the_same_seed_tells_a_change_in_the_same_words():
    assert mutation.reword(CHANGE, rng(3)) == mutation.reword(CHANGE, rng(3))
    assert len({mutation.reword(CHANGE, rng(seed)) for seed in range(20)}) > 10


def test_reworded_is_the_same_change():
    for seed in range(50):
        told = mutation.reword(CHANGE, rng(seed))
        assert parts(told)[0] == parts(CHANGE)[0]  # the message is not code
        before, after = marked_lines(CHANGE, 2_000), marked_lines(told, 2_000)
        assert {line for line, kind in after if kind == PLACE} >= {"src/cart.py", "src/order.py"}
        comments = sum("#" in line for line, _ in after)
        for kind in (ADDED, DELETED):
            dropped = 1 - comments if kind == ADDED else 0  # no more than the comment
            assert sum(k == kind for _, k in after) == sum(k == kind for _, k in before) - dropped
        assert "return 0" in told  # zero and one mean something of their own


def test_a_name_is_changed_everywhere_or_nowhere():
    def places(text):
        words = {}
        lines = sorted(line for line, kind in marked_lines(text, 2_000) if kind in (ADDED, DELETED) and "#" not in line)
        for word in re.findall(r"[A-Za-z_]\w{2,}", "\n".join(lines)):
            words[word] = words.get(word, 0) + 1
        return sorted(words.values())

    for seed in range(30):
        assert places(mutation.reword(CHANGE, rng(seed))) == places(CHANGE)


def test_a_planted_fault_changes_one_added_line():
    planted = {mutation.plant(CHANGE, rng(seed)) for seed in range(60)}
    assert len(planted) == 4  # <=, or, and, the check for null
    for text in planted:
        lines, before = text.split("\n"), CHANGE.split("\n")
        if len(lines) == len(before):
            (changed,) = [row for row, line in enumerate(lines) if line != before[row]]
            assert before[changed].startswith("+")
        else:  # a dropped check for null
            assert [line for line in before if line not in lines] == [before[6]]
    assert mutation.plant("Only words", rng()) is None
    assert mutation.plant("Fix\n\n<file> a.py\n-if a == b:", rng()) is None


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("mutation") / "dataset.parquet"
    changes = make_changes(400)
    write_dataset(changes.assign(text=changes["text"] + "\n+    if a == b:"), path)
    return read_training_data(path)


def test_faults_come_back_as_inducing_rows_behind_the_others(data):
    rows = mutation.with_faults(data.train, 0.25, seed=1)
    added = len(rows) - len(data.train)
    assert added == round(0.25 * (data.train.labels_N == 0).sum())
    assert rows.texts[: len(data.train)] == data.train.texts
    assert (rows.labels_N[-added:] == 1).all()
    assert (rows.weights_N[-added:] < 0.5).all()  # a guess, and weighed as one
    assert not set(rows.texts[-added:]) & set(data.train.texts)
    assert mutation.with_faults(data.train, 0.25, seed=1).texts == rows.texts
    assert mutation.with_faults(data.train, 0.25, seed=2).texts != rows.texts


def test_only_training_rows_are_mutated(data, tmp_path, monkeypatch):
    reworded, faulty = [], []
    monkeypatch.setattr(mutation, "reword", lambda text, rng: reworded.append(text) or text)
    monkeypatch.setattr(mutation, "plant", lambda text, rng: faulty.append(text) or text)
    marked = replace(data, validation=replace(data.validation, texts=[f"held out {t}" for t in data.validation.texts]))
    small = hybrid.Options(
        vocabulary=300, max_tokens=16, width=8, heads=1, layers=1, hidden=8, epochs=2, mutations=0.5, faults=0.5
    )
    hybrid.train_hybrid(marked, tmp_path, 1, options=small)
    assert len(reworded) > len(data.train) / 2  # each epoch anew
    assert faulty
    assert set(reworded) | set(faulty) <= set(data.train.texts)
    reworded.clear()
    hybrid.train_hybrid(marked, tmp_path, 1, options=replace(small, mutations=0.0, faults=0.0))
    assert not reworded
