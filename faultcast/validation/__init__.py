"""How good a risk is, and whether that is good enough: pure functions on numpy arrays and small tables.

One split, every model:

metrics.py       one number each; degenerate input gives `None`, never a made-up number
curves.py        the same comparisons as lines to draw
intervals.py     how sure an AUC is, and how sure a difference between two: paired bootstrap
significance.py  paired tests: `delong` for AUC, `paired_bootstrap` for Brier, F1, average precision
effort.py        `effort_aware(labels_N, risk_N, effort_of(added_N, deleted_N))`, each figure beside its floor
evaluate.py      everything about every model on one split, ready for evaluation.json
choose.py        which model to serve, decided on validation data
verdict.py       may it be registered? Rules with both numbers, one closed vocabulary

Whether that holds:

cross.py         `cross_validate(committed_at_N, labels_N, lines_added_N, fit, ripening_days=...)` in time order
stability.py     `over_seeds(labels_N, risks_SN, bands_S)`, `over_time(committed_at_N, labels_N, risk_N)`
drift.py         `compare(summarise(window), later)`: features or risks, against a frozen JSON reference
slicing.py       `dimensions(rows)`: tenure, language, file kind, size, weekday, hour; never who
slices.py        `by_slice(labels_N, risk_N, threshold, dimensions(rows))`
slice_flags.py   which slices are flagged, and the rule for it

These are imported from their modules: they bring fairlearn and scipy.
"""

from faultcast.validation.choose import choose
from faultcast.validation.evaluate import choose_thresholds, evaluate
from faultcast.validation.verdict import Bounds, as_dict, decide

__all__ = ["Bounds", "as_dict", "choose", "choose_thresholds", "decide", "evaluate"]
