"""What was learnt, as files that cannot run code, and how it is asked.

model.py        Model: risk of a table of changes, bands; the interface that `reasons` explains
artifact.py     the folder: written and read with digests, everything unlisted refused
packed.py       the folder as one file to ship;  signature.py  who made it
folder.py, strict_json.py, tensors.py, tokenizer_file.py, manifest_types.py
                what is checked of each file before anything else reads it
manifest.py     its manifest.json, and the feature contract
normaliser.py   raw features -> model input, as JSON
calibration.py  raw scores -> probabilities;  bands.py  probabilities -> low / medium / high
blend.py        kind `simple`: members and their weighted sum
forest.py       its trees, in NumPy;  forest_file.py  their file
linear.py       kind `incremental`, and a member of `simple`: a logistic regression
hybrid.py       kind `hybrid`, with network.py and tokens.py (the only torch here)
baseline.py     lines added alone, where no model can be learnt
onnx_export.py  what was learnt -> what serves, proven equal: onnx_trees.py, onnx_network.py build the graphs
onnx_write.py, onnx_read.py, onnx_graph.py
                a graph as a file, read within bounds and compared with the one expected
onnx_runtime.py a model as it serves: NumPy and ONNX Runtime alone;  sizes.py  a hybrid's sizes, checked without torch
reasons.py      why a risk is what it is;  similar.py  past changes like one change
"""

from faultcast.models.artifact import load
from faultcast.models.model import Explainable, Model
from faultcast.models.packed import pack, unpack

__all__ = ["Explainable", "Model", "load", "pack", "unpack"]
