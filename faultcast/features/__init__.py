"""A change in numbers and words: THE TABLE of features, and the one function that fills it."""

from faultcast.features.catalogue import CATALOGUE, NAMES, Feature, fingerprint
from faultcast.features.describe import Measure, Row, describe, is_measured
from faultcast.features.past import Past

__all__ = ["CATALOGUE", "NAMES", "Feature", "Measure", "Past", "Row", "describe", "fingerprint", "is_measured"]
