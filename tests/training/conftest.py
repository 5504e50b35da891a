"""One data set for every test of this folder."""

import pytest
from synthetic_changes import make_changes, write_dataset


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    """(path of dataset.parquet, its table)."""
    path = tmp_path_factory.mktemp("dataset") / "dataset.parquet"
    return path, write_dataset(make_changes(), path)
