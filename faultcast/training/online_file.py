"""What a regression goes on learning from, in `state.safetensors` beside its weights. Checked like any model file."""

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from faultcast.errors import UnsafeArtifact
from faultcast.models.linear import STATE
from faultcast.models.tensors import read_header
from faultcast.training.online import Ledger, Online

_SUMS = ("rows", "precision", "linear", "weights")
_DTYPES = {
    "key": "U64", "label": "F64", "weight": "F64", "score": "F64", "rows": "F32", "place": "I64",
    "precision": "F64", "linear": "F64", "weights": "F64",
}  # fmt: skip


def to_file(online: Online) -> dict[str, bytes]:
    """The artifact's file."""
    ledger = online.ledger
    arrays = {
        "key": ledger.key_M,
        "label": ledger.label_M,
        "weight": ledger.weight_M,
        "score": ledger.score_M,
        "rows": online.rows_RG[:, :-1].astype(np.float32),  # they came as float32: nothing is lost
        "place": online.place_R,
        "precision": online.precision_2GG,
        "linear": online.linear_2G,
        "weights": online.weights_G,
    }
    return {STATE: safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()})}


def from_file(content: bytes, num_columns: int, penalty: float, window: int) -> Online:
    """The learner as it was, for inputs of `num_columns`.

    Raises:
        UnsafeArtifact: other arrays than a learner's, or numbers that it does not write.
    """
    header = read_header(STATE, content)
    header.pop("__metadata__", None)
    found = {key: entry.get("dtype") if isinstance(entry, dict) else None for key, entry in header.items()}
    if found != _DTYPES:
        raise UnsafeArtifact(f"{STATE} holds {found}, expected {_DTYPES}; train the model again")
    try:
        read = safetensors.numpy.load(content)
    except (SafetensorError, ValueError) as error:
        raise UnsafeArtifact(f"{STATE} cannot be read ({error}); fetch or train the model again") from error
    width, rows = num_columns + 1, len(read["place"])
    shapes = dict.fromkeys(("key", "label", "weight", "score"), read["key"].shape) | {
        "rows": (rows, num_columns), "place": (rows,), "precision": (2, width, width), "linear": (2, width),
        "weights": (width,),
    }  # fmt: skip
    differs = [name for name, shape in shapes.items() if read[name].shape != shape]
    if differs or read["key"].ndim != 1 or rows >= 2 * window:
        raise UnsafeArtifact(f"{STATE} has arrays of other shapes than training writes ({', '.join(differs)})")
    ledger = Ledger(read["key"], read["label"], read["weight"], read["score"])
    if not (_is_ledger(ledger, read["place"]) and all(_finite(read[name]) for name in _SUMS)):
        raise UnsafeArtifact(f"{STATE} holds rows or sums that training does not write; train the model again")
    with_constant_RG = np.column_stack([read["rows"].astype(np.float64), np.ones(rows)])
    return Online(
        penalty, window, read["weights"], ledger, with_constant_RG, read["place"], read["precision"], read["linear"],
        solved=True,
    )  # fmt: skip


def _finite(array: "np.ndarray[tuple[int, ...], np.dtype[np.floating]]") -> bool:
    return bool(np.isfinite(array).all())


def _is_ledger(ledger: Ledger, place_R: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> bool:
    """Whether exactly the rows of the window have no score, and labels and weights are some."""
    in_window = np.flatnonzero(np.isnan(ledger.score_M))
    return bool(
        np.array_equal(np.sort(place_R), in_window)
        and len(np.unique(ledger.key_M)) == len(ledger.key_M)
        and np.isin(ledger.label_M, (0.0, 1.0)).all()
        and ((ledger.weight_M > 0) & (ledger.weight_M <= 1)).all()
        and not np.isinf(ledger.score_M).any()
    )
