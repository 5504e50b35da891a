"""A change in numbers and words: THE TABLE of features, and the one function that fills it.

touched.py      which functions of which files a change touched, before and after
past.py         what happened before: folds over files, authors, faults, functions, files that change together
describe.py     the row of a change, from what it touched and what happened before
measured.py     what all changes of a history touched, on every core
"""

from faultcast.features.catalogue import CATALOGUE, NAMES, Feature, fingerprint
from faultcast.features.describe import Row, describe
from faultcast.features.past import Past
from faultcast.features.touched import NOTHING, Part, Read, Touched, TouchedFile, is_measured, touch

__all__ = [
    "CATALOGUE",
    "NAMES",
    "NOTHING",
    "Feature",
    "Part",
    "Past",
    "Read",
    "Row",
    "Touched",
    "TouchedFile",
    "describe",
    "fingerprint",
    "is_measured",
    "touch",
]
