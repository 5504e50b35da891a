"""Which commits repaired a fault, which introduced it, how sure that is, and since when it is known."""

from faultcast.labels.fixes import says_fix
from faultcast.labels.issues import NO_ISSUES, Issue, Issues, PullRequest, kind_of
from faultcast.labels.label import Labelling, label
from faultcast.labels.variants import VARIANTS, Variant, variant_of

__all__ = [
    "NO_ISSUES",
    "VARIANTS",
    "Issue",
    "Issues",
    "Labelling",
    "PullRequest",
    "Variant",
    "kind_of",
    "label",
    "says_fix",
    "variant_of",
]
