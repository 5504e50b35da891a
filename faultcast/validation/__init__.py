"""How good a risk is, and whether that is good enough: pure functions on numpy arrays.

metrics.py    one number each; degenerate input gives `None`, never a made-up number
curves.py     the same comparisons as lines to draw
intervals.py  how sure an AUC is, and how sure a difference between two
evaluate.py   everything about every model on one split, ready for evaluation.json
choose.py     which model to serve, decided on validation data
verdict.py    may it be registered? Rules with both numbers, one closed vocabulary
"""

from faultcast.validation.choose import choose
from faultcast.validation.evaluate import choose_thresholds, evaluate
from faultcast.validation.verdict import Bounds, as_dict, decide

__all__ = ["Bounds", "as_dict", "choose", "choose_thresholds", "decide", "evaluate"]
