"""The nouns: plain frozen records that every other module speaks in.

git.py       what git tells: commits, files, hunks
known.py     what is known about a change: fixes, links, labels, measures
forecast.py  what is forecast: predictions, verdicts

Instants are unix seconds (int) inside the domain and ``timestamp[us, UTC]`` in tables.
Authors are pseudonyms from the moment they are read; no name or e-mail address gets further.
"""

from faultcast.records.forecast import Band, LoggedPrediction, Outcome, Prediction, Reason, RuleResult, Verdict
from faultcast.records.git import CombinedHunk, Commit, FileChange, Hunk, MergedFile
from faultcast.records.known import ClassMeasures, FileVersion, Fix, FunctionMeasures, Label, Link, Measures

__all__ = [
    "Band",
    "ClassMeasures",
    "CombinedHunk",
    "Commit",
    "FileChange",
    "FileVersion",
    "Fix",
    "FunctionMeasures",
    "Hunk",
    "Label",
    "Link",
    "LoggedPrediction",
    "Measures",
    "MergedFile",
    "Outcome",
    "Prediction",
    "Reason",
    "RuleResult",
    "Verdict",
]
