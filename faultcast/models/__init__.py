"""What was learnt, as files that cannot run code, and how it is asked.

model.py        Model: risk of a table of changes, bands; the interface that `reasons` explains
artifact.py     the folder: written and read with digests, everything unlisted refused
manifest.py     its manifest.json, and the feature contract
normaliser.py   raw features -> model input, as JSON
calibration.py  raw scores -> probabilities;  bands.py  probabilities -> low / medium / high
blend.py        kind `simple`: members and their weighted sum
forest.py       its trees, in NumPy;  forest_file.py  their file
linear.py       kind `incremental`, and a member of `simple`: a logistic regression
hybrid.py       kind `hybrid`, with network.py and tokens.py (the only torch here)
tensors.py      what is checked of a safetensors file before it is parsed
baseline.py     lines added alone, where no model can be learnt
reasons.py      why a risk is what it is
"""

from faultcast.models.artifact import load
from faultcast.models.model import Explainable, Model

__all__ = ["Explainable", "Model", "load"]
