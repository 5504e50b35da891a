"""A logistic regression as plain numbers, in `linear.safetensors`.

Shapes: N changes, F input columns.
"""

from dataclasses import dataclass

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from faultcast.errors import UnsafeArtifact
from faultcast.models.tensors import read_header

FILE = "linear.safetensors"
STATE = "state.safetensors"
"""What training goes on from (`training.online_file`); who scores does not read it."""
_DTYPES = {"weights": "F64", "bias": "F64"}


@dataclass(frozen=True, slots=True)
class Linear:
    """A weighted sum of the input columns; reads no text."""

    weights_F: NDArray[np.float64]  # noqa: N815
    bias: float

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """No text is read: float32 array_N0."""
        return np.empty((len(texts), 0), dtype=np.float32)

    def logits(self, features_NF: NDArray[np.float32], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logits (float64 array_N)."""
        del text_ND
        return np.asarray(features_NF.astype(np.float64) @ self.weights_F + self.bias)


def to_files(linear: Linear) -> dict[str, bytes]:
    """The artifact's files."""
    return {FILE: safetensors.numpy.save({"weights": linear.weights_F, "bias": np.array([linear.bias])})}


def from_files(files: dict[str, bytes], num_columns: int) -> Linear:
    """A regression from its files, for inputs of `num_columns`.

    Raises:
        UnsafeArtifact: other arrays than a regression's, or numbers that are none.
    """
    if set(files) - {STATE} != {FILE}:
        raise UnsafeArtifact(
            f"A regression has the file {FILE}, and {STATE} at most, found {', '.join(sorted(files)) or 'none'}"
        )
    header = read_header(FILE, files[FILE])
    header.pop("__metadata__", None)
    found = {name: entry.get("dtype") if isinstance(entry, dict) else None for name, entry in header.items()}
    if found != _DTYPES:
        raise UnsafeArtifact(f"{FILE} holds {found}, expected {_DTYPES}; train the model again")
    try:
        arrays = safetensors.numpy.load(files[FILE])
    except (SafetensorError, ValueError) as error:
        raise UnsafeArtifact(f"{FILE} cannot be read ({error}); fetch or train the model again") from error
    weights_F, bias = arrays["weights"], arrays["bias"]
    if weights_F.shape != (num_columns,) or bias.shape != (1,):
        raise UnsafeArtifact(
            f"{FILE} has weights {weights_F.shape} and bias {bias.shape}, expected ({num_columns},) and (1,)"
        )
    if not (np.isfinite(weights_F).all() and np.isfinite(bias).all()):
        raise UnsafeArtifact(f"{FILE} holds numbers that are none; it was not written by training")
    return Linear(weights_F, float(bias[0]))
