"""From what was learnt to what serves: ONNX graphs beside the learnt files, proven to say the same.

The proof: real changes are asked of both, the reference (NumPy or torch, as it was evaluated) and the graphs in the
runtime that serves; no risk may differ by more than `MOST`. Its figures go into the manifest.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from faultcast.errors import ExportMismatch
from faultcast.models import artifact, blend, linear, onnx_network, onnx_trees, sizes
from faultcast.models.folder import MODEL, READER
from faultcast.models.manifest import Manifest
from faultcast.models.model import Model
from faultcast.models.onnx_write import write

MOST = 1e-5
"""A risk of the graphs may differ so much from the reference's, no more."""
_ROWS = 512
"""Changes that the proof asks, spread evenly over those at hand: a network takes milliseconds for each."""


def exported(
    manifest: Manifest, files: Mapping[str, bytes], values_NC: NDArray[np.float64], texts: list[str]
) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest with the proof's figures, and all files of the artifact: the learnt ones and the graphs.

    Args:
        manifest: of what was learnt.
        files: the learnt files.
        values_NC: catalogue values of real changes (float64 array_NC, NaN = missing), at least one.
        texts: their texts.

    Raises:
        ExportMismatch: a risk differs by more than `MOST`, or is no number.
    """
    from faultcast.models import onnx_runtime  # noqa: PLC0415  scoring's runtime, which a reader of models need not have

    graphs = _graphs(manifest, files)
    complete = {**files, **graphs}
    rows = np.unique(np.linspace(0, len(texts) - 1, min(_ROWS, len(texts))).round().astype(np.int64))
    asked = [texts[row] for row in rows]
    risks = []
    for scorer in (artifact.scorer_of(manifest, dict(files)), onnx_runtime.from_files(complete, manifest)):
        model = Model(manifest, scorer)
        risks.append(model.risk_of(values_NC[rows], model.read(asked)))
    difference = float(np.abs(risks[0] - risks[1]).max(initial=0.0))
    if not difference <= MOST:
        worst = int(rows[np.abs(risks[0] - risks[1]).argmax()])
        raise ExportMismatch(
            f"The ONNX form of {manifest.name!r} says another risk than the model: a difference of {difference:.3g} at "
            f"change {worst}, expected at most {MOST:g}; nothing was exported. Train with a smaller calibration slope, "
            "or report the model's kind and sizes"
        )
    return replace(manifest, export={"rows": float(len(rows)), "largest_difference": difference}), complete


def _graphs(manifest: Manifest, files: Mapping[str, bytes]) -> dict[str, bytes]:
    num_columns = len(manifest.normaliser.columns)
    if manifest.kind == "simple":
        scorer = blend.from_files(files, manifest.config, num_columns)
        return {MODEL: write(onnx_trees.graph_of(scorer, num_columns), "model")}
    if manifest.kind == "incremental":
        regression = linear.from_files(dict(files), num_columns)
        return {MODEL: write(onnx_trees.graph_of(regression, num_columns), "model")}
    config = sizes.read_config(manifest.config)
    of_encoder = sizes.read_encoder(files[sizes.ENCODER_FILE]) if config.encoder != "small" else None
    weights = safetensors.numpy.load(files[sizes.WEIGHTS_FILE])
    return {
        READER: write(onnx_network.reader(weights, config, of_encoder), "reader"),
        MODEL: write(onnx_network.head(weights, config, num_columns), "model"),
    }
