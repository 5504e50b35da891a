"""The hybrid reacts to its input: turn a change round, or give it another's hunks, and its risk is another.

Labels follow the text alone here: which words stand in added lines and which in deleted ones. A model that reads only
size cannot tell such changes apart, and so passes none of these checks: the same network without its text is the proof.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from synthetic_changes import NEUTRAL, make_changes, write_dataset

from faultcast import models
from faultcast.models.text import parts
from faultcast.training.hybrid import Options, train_hybrid
from faultcast.training.rows import read_training_data

WORDS = ("acquire", "release")
LEAST_SHIFT = 0.15  # mean |difference of risk|
LEAST_FALL = 0.2  # of AUC
MOST_KEPT = 0.5  # rank correlation of risks


def told(rng, inducing):
    """Inducing: `acquire` is added and `release` deleted. Clean: the other way round. The same words, the same size."""
    marks = ("+", "-") if inducing else ("-", "+")
    lines = [f"{mark}    {rng.choice(NEUTRAL)}.{word}(x)" for mark, word in zip(marks, WORDS, strict=True)]
    lines += [f"{mark}    {rng.choice(NEUTRAL)}.{rng.choice(NEUTRAL)}(x)" for mark in "+-"]
    message = " ".join(rng.choice(NEUTRAL, 3))
    return "\n".join([message, "", "<file> src/app.py", *(lines[i] for i in rng.permutation(len(lines)))])


def turned(text):
    """The change that takes this one back: added lines deleted, deleted ones added."""
    message, diff = parts(text)
    turn = str.maketrans("+-", "-+")
    return message + "\n" + "\n".join(line[:1].translate(turn) + line[1:] for line in diff.split("\n"))


def shuffled(texts, rng):
    """Every change with its own message and another one's hunks."""
    split = [parts(text) for text in texts]
    others = rng.permutation(len(split))
    return [f"{message}\n{split[other][1]}" for (message, _), other in zip(split, others, strict=True)]


def correlation(one, other):
    """Spearman's, of ranks."""
    ranks = [np.argsort(np.argsort(risk)) for risk in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1]) if one.std() and other.std() else 1.0


@dataclass(frozen=True)
class Reaction:
    """What another text does to the risks of the same changes."""

    shift: float
    fall: float
    kept: float

    @property
    def is_material(self):
        return self.shift > LEAST_SHIFT and self.fall > LEAST_FALL and self.kept < MOST_KEPT


def reaction(model, test, texts):
    labels = test["label"].astype(int)
    before, after = model.risk(test), model.risk(test.assign(text=texts))
    return Reaction(
        float(np.abs(before - after).mean()),
        float(roc_auc_score(labels, before) - roc_auc_score(labels, after)),
        correlation(before, after),
    )


def blind(model):
    """The same model with its text switched off: all that it still reads is size and the like."""
    return replace(model, scorer=Blind(model.scorer))


@dataclass(frozen=True)
class Blind:
    scorer: object

    def read(self, texts):
        return np.zeros_like(self.scorer.read(texts))

    def logits(self, features_NF, text_ND):
        return self.scorer.logits(features_NF, text_ND)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """(model, its test changes)."""
    torch.set_num_threads(1)  # so small a network is slower on more
    folder = tmp_path_factory.mktemp("reacts")
    rng = np.random.default_rng(11)
    changes = make_changes(700, of_text=0.0, of_features=0.5)
    changes = changes.assign(text=[told(rng, label > 0) for label in changes["label"]])
    table = write_dataset(changes, folder / "dataset.parquet")
    small = Options(vocabulary=400, max_tokens=64, width=32, heads=2, layers=1, hidden=32, epochs=8, learning_rate=4e-3)
    train_hybrid(read_training_data(folder / "dataset.parquet"), folder / "hybrid", 7, options=small)
    return models.load(folder / "hybrid"), table[table["split"] == "test"]


def test_added_lines_are_not_deleted_ones(learnt):
    model, test = learnt
    assert roc_auc_score(test["label"].astype(int), model.risk(test)) > 0.9
    assert reaction(model, test, [turned(text) for text in test["text"]]).is_material


def test_hunks_belong_to_their_change(learnt):
    model, test = learnt
    assert reaction(model, test, shuffled(list(test["text"]), np.random.default_rng(1))).is_material


def test_a_model_that_reads_only_size_does_not_pass(learnt):
    model, test = learnt
    model = blind(model)
    assert model.risk(test).std() > 0  # it still tells sizes apart
    for texts in ([turned(text) for text in test["text"]], shuffled(list(test["text"]), np.random.default_rng(1))):
        assert reaction(model, test, texts) == Reaction(0.0, 0.0, pytest.approx(1.0))
