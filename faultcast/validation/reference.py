"""What a model was taught with, frozen: a small file in its artifact, with which later windows are compared.

It travels with the model, so that whoever serves a version, here or on a cluster, after a promotion or a rollback,
compares with that version's own past; and it is covered by the artifact's digests. Scoring never reads it.

A history never stands still: authors come and go, files age, a project has its phases. So the reference also keeps how
far the history moved by itself: windows of its rows against all rows before a cut, at three cuts. `usual` is the
farthest of these for each column, and for the mean over all columns the ninth of ten: the farthest of many is a phase
that will not come again, and the longer a history is, the more of them it had.

N = rows in the order of time, C = columns, W = rows of a window.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import UnsafeArtifact
from faultcast.validation.drift import MIN_PRESENT, Reference, psi, summarise

RISK = "risk"
WINDOW = 200
"""Rows of a window of the history; fewer where that has fewer than five of them."""
_SCHEMA = 1
_CUTS = (0.3, 0.5, 0.7)
_USUAL = 0.9
_MOST_WINDOWS = 20
"""A cut."""
_SUMMARY = {"n", "missing", "points", "cumulative", "edges", "counts", "scale"}


@dataclass(frozen=True, slots=True)
class Usual:
    """How far a history moved by itself: the mean PSI of nine in ten of `windows` windows, each column's largest."""

    windows: int
    mean_psi: float
    columns: dict[str, float]

    def mean_psi_of(self, names: Collection[str]) -> float:
        """The usual mean PSI over some of the columns, as far as can be told: exact for all of them, at most for one.

        No window's mean is above the mean of the columns' own largest. How far it stays below, since not all columns
        move at once, is known of all columns together; the fewer there are, the less of that is counted on.

        >>> usual = Usual(3, 0.2, {"a": 0.3, "b": 0.5})
        >>> usual.mean_psi_of(["a", "b"]), usual.mean_psi_of(["b"])
        (0.2, 0.5)
        """
        others = len(self.columns) - len(names)
        if others == 0:
            return self.mean_psi
        at_most = sum(self.columns[name] for name in names) / len(names)
        of_all = sum(self.columns.values()) / len(self.columns)
        below = self.mean_psi / of_all if of_all > 0 else 1.0
        return at_most * (below + (1 - below) * others / (len(self.columns) - 1))


@dataclass(frozen=True, slots=True)
class Frozen:
    """A reference: summaries of the features and of the risk, and what was usual (None: too short a history)."""

    features: Reference
    risk: Reference
    usual: Usual | None


def freeze(
    taught_NC: NDArray[np.float64],
    later_NC: NDArray[np.float64],
    names: Sequence[str],
    risk_N: NDArray[np.float64],
) -> bytes:
    """A reference as JSON, about 3 KB a column.

    Args:
        taught_NC: features of the training rows, NaN where missing.
        later_NC: those of the rows behind them that the model was judged on.
        names: of the columns.
        risk_N: calibrated risks of rows that the model was not fitted to.
    """
    usual = _usual(np.concatenate([taught_NC, later_NC]), names)
    document = {
        "schema": _SCHEMA,
        "features": summarise({name: taught_NC[:, at] for at, name in enumerate(names)}),
        "risk": summarise({RISK: risk_N}),
        "usual": {"windows": usual.windows, "mean_psi": usual.mean_psi, "columns": usual.columns} if usual else None,
    }
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def thaw(content: bytes) -> Frozen:
    """Read what `freeze` wrote.

    Raises:
        UnsafeArtifact: it is none, or of another version.
    """
    try:
        document = json.loads(content)
        _check_schema(document["schema"])
        usual = document["usual"]
        return Frozen(
            _checked(document["features"]),
            _checked(document["risk"]),
            None if usual is None else Usual(int(usual["windows"]), float(usual["mean_psi"]), dict(usual["columns"])),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnsafeArtifact(
            f"The model's reference is none that training writes ({error!r}); train it again"
        ) from error


def _check_schema(found: object) -> None:
    if found != _SCHEMA:
        raise ValueError(f"schema {found!r}, expected {_SCHEMA}")


def _checked(found: Reference) -> Reference:
    """Every summary complete, of finite numbers, its parts as long as one another."""
    for name, one in found.items():
        points, edges, counts = (np.array(one[part], dtype=np.float64) for part in ("points", "edges", "counts"))
        sound = set(one) == _SUMMARY and len(counts) == len(edges) + 2 and len(points) == len(one["cumulative"])
        if not (sound and all(np.isfinite(part).all() for part in (points, edges, counts))):
            raise ValueError(f"the summary of {str(name)[:40]!r} is not whole")
    return found


def _usual(values_NC: NDArray[np.float64], names: Sequence[str]) -> Usual | None:
    psis_WC = np.array(list(_moves(values_NC, names)))
    if not len(psis_WC):
        return None
    farthest_C = psis_WC.max(axis=0)
    return Usual(
        windows=len(psis_WC),
        mean_psi=float(np.quantile(psis_WC.mean(axis=1), _USUAL)),
        columns={name: float(most) for name, most in zip(names, farthest_C, strict=True)},
    )


def _moves(values_NC: NDArray[np.float64], names: Sequence[str]) -> Iterator[list[float]]:
    """PSI of each column, for windows of the history against all rows before a cut."""
    rows = len(values_NC)
    size = min(WINDOW, rows // 5)
    if size < MIN_PRESENT:
        return
    for cut in (int(share * rows) for share in _CUTS):
        before = summarise({name: values_NC[:cut, at] for at, name in enumerate(names)})
        step = max(size // 2, (rows - size - cut) // _MOST_WINDOWS)
        for start in range(cut, rows - size + 1, step):
            yield [psi(before[name], values_NC[start : start + size, at]) for at, name in enumerate(names)]
