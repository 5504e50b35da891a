"""Which commits repaired a fault, which introduced it, how sure that is, and since when it is known."""

from faultcast.labels.fixes import says_fix
from faultcast.labels.label import Labelling, label

__all__ = ["Labelling", "label", "says_fix"]
