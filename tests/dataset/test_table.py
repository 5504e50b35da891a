"""From joined rows to the table and back from disk."""

import json

import numpy as np
import pandas as pd
import pytest

from faultcast.dataset import assemble, data_fingerprint, plan_split, read, unsplit, write
from faultcast.dataset.table import COLUMNS, instants
from faultcast.errors import ContractMismatch, InsufficientSamples, NotFound
from faultcast.features.catalogue import CATALOGUE

DAY = 86_400


@pytest.fixture
def plan():
    return plan_split(np.arange(1000) * DAY, as_of=999 * DAY, ripening_days=30, min_test=100)


@pytest.fixture
def joined(plan):
    rng = np.random.default_rng(1)
    n = len(plan.split)
    columns = {
        "repository": "tiny",
        "commit": [f"{i:040x}" for i in range(n)],
        "event_timestamp": instants(plan.committed_at),
        "author": "a1",
        "subject": "s",
        "text": "m\n<file> a.py\n+x",
        "label": rng.integers(0, 2, n).astype(float),
        "confidence": 0.7,
    }
    for feature in CATALOGUE:
        columns[feature.name] = rng.integers(0, 2 if feature.dtype == "bool" else 50, n)
    return pd.DataFrame(columns).astype({f.name: "boolean" for f in CATALOGUE if f.dtype == "bool"})


def test_unknown_labels_are_kept_only_among_the_recent(joined, plan):
    joined.loc[[0, 1], "label"] = np.nan  # nothing known yet about two old changes
    joined.loc[joined.index[-30:], "label"] = np.nan
    table = assemble(joined, plan)
    assert list(table.columns) == list(COLUMNS)
    assert set(table["split"]) == {"train", "validation", "test", "recent"}
    assert joined["commit"][0] not in set(table["commit"])
    assert (table["split"] == "recent").sum() == 30
    assert table.loc[table["split"] == "recent", "label"].isna().all()
    assert table["event_timestamp"].is_monotonic_increasing


def test_it_comes_back_from_disk_as_it_was(joined, plan, tmp_path):
    joined["cognitive"] = joined["cognitive"].astype("Float64")
    joined.loc[3, "cognitive"] = pd.NA  # missing is not zero
    table = assemble(joined, plan)
    info = write(table, plan, tmp_path / "deep" / "dataset.parquet")
    again, same = read(tmp_path / "deep" / "dataset.parquet")
    assert same == info
    assert data_fingerprint(again) == data_fingerprint(table) == info.data_fingerprint
    assert again["cognitive"].isna().sum() == 1
    assert info.counts["train"]["changes"] == (table["split"] == "train").sum()
    sidecar = json.loads((tmp_path / "deep" / "dataset.json").read_text())
    assert {"as_of", "ripening_days", "train_until", "validation_until", "counts"} < set(sidecar)


def test_the_fingerprint_sees_content_and_not_order(joined):
    shuffled = joined.sample(frac=1, random_state=3)
    assert data_fingerprint(shuffled) == data_fingerprint(joined)
    shuffled.loc[7, "lines_added"] += 1
    assert data_fingerprint(shuffled) != data_fingerprint(joined)


def test_a_join_that_drops_or_reorders_rows_is_noticed(joined, plan):
    with pytest.raises(ContractMismatch, match="999 rows for 1000 changes"):
        assemble(joined.iloc[1:], plan)
    with pytest.raises(ContractMismatch, match="keep the order"):
        assemble(joined.iloc[::-1], plan)
    with pytest.raises(ContractMismatch, match="lack the columns entropy"):
        assemble(joined.drop(columns="entropy"), plan)


def test_one_class_alone_teaches_nothing(joined, plan):
    joined["label"] = 0.0
    joined.loc[:28, "label"] = 1.0
    with pytest.raises(InsufficientSamples, match="29 inducing changes in the train split, at least 30"):
        assemble(joined, plan)


def test_labels_that_nobody_knew_are_insufficient_too(joined, plan):
    with pytest.raises(InsufficientSamples, match="0 inducing changes in the train split"):
        assemble(joined.assign(label=np.nan), plan)


def test_too_small_a_history_is_kept_whole_with_the_reason(joined, tmp_path):
    with pytest.raises(InsufficientSamples) as caught:
        plan_split(np.arange(1000) * DAY, as_of=999 * DAY, ripening_days=30, min_test=500)
    plan = unsplit(np.arange(1000) * DAY, as_of=999 * DAY, ripening_days=30)
    table = assemble(joined.assign(label=np.nan), plan)
    assert list(table["split"].unique()) == ["recent"]
    write(table, plan, tmp_path / "dataset.parquet", caught.value)
    _, info = read(tmp_path / "dataset.parquet")
    assert info.insufficient == {
        "what": "changes older than 30 days",
        "found": 970,
        "needed": 1500,
        "message": "Insufficient samples: 970 changes older than 30 days, at least 1500 are needed",
    }


def test_a_missing_data_set_says_what_to_run(tmp_path):
    with pytest.raises(NotFound, match="run the assemble stage"):
        read(tmp_path / "dataset.parquet")
