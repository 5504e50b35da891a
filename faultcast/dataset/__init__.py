"""What a model learns from: rows joined as of an instant, split by time with a gap.

    split.py    which row belongs to train / validation / test / recent, and as of when its label is taken
    table.py    the joined rows as the data set's table; its fingerprint
    folds.py    cross-validation in time order
    store.py    dataset.parquet with its dataset.json

The point-in-time join itself happens between the first two, outside (Feast, in the adapters).
"""

from faultcast.dataset.folds import Fold, time_folds
from faultcast.dataset.split import SplitPlan, plan_split, plan_split_of, unsplit
from faultcast.dataset.store import DatasetInfo, nullable_types, read, read_info, write
from faultcast.dataset.table import assemble, data_fingerprint

__all__ = [
    "DatasetInfo",
    "Fold",
    "SplitPlan",
    "assemble",
    "data_fingerprint",
    "nullable_types",
    "plan_split",
    "plan_split_of",
    "read",
    "read_info",
    "time_folds",
    "unsplit",
    "write",
]
