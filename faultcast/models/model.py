"""`Model`: one loaded artifact. `Explainable`: what `reasons` and the steps need of any model.

Shapes: N changes, C catalogue columns, F input columns, D width of a text's vector.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from faultcast.features.catalogue import NAMES
from faultcast.models.bands import Bands
from faultcast.models.calibration import Calibration
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import Normaliser, values_of
from faultcast.records import Band

if TYPE_CHECKING:  # tables belong to training; who scores rows pays for no pandas
    import pandas as pd

_SOURCE_FILES = NAMES.index("source_files")
GENERAL = "general"
"""Name and basis of a model that was learnt across projects, for histories too small to learn from."""


class Scorer(Protocol):
    """The learnt part: one of `forest.Forest`, `hybrid.Hybrid`."""

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """Texts -> vectors (float32 array_ND; D is 0 for a scorer that reads no text)."""

    def logits(self, features_NF: NDArray[np.float32], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raw scores (float64 array_N)."""


class Explainable(Protocol):
    """A model, or the baseline that stands in for one."""

    @property
    def name(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def reads_text(self) -> bool: ...
    @property
    def typical_C(self) -> NDArray[np.float64]: ...
    def read(self, texts: list[str]) -> NDArray[np.float32]: ...
    def risk_of(self, values_NC: NDArray[np.float64], text_ND: NDArray[np.float32]) -> NDArray[np.float64]: ...
    def risk(self, table: "pd.DataFrame") -> NDArray[np.float64]: ...
    def band(self, risk: float) -> Band: ...


@dataclass(frozen=True, slots=True)
class Model:
    """A learnt model with everything it needs to be asked. Made by `faultcast.models.load`."""

    manifest: Manifest
    scorer: Scorer

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def basis(self) -> str:
        """What a risk rests on: "model" (a calibrated probability), or "general" (one learnt on other projects)."""
        return GENERAL if self.name == GENERAL else "model"

    @property
    def uses(self) -> tuple[str, ...]:
        """Features that can change a risk, in catalogue order."""
        return tuple(dict.fromkeys(column.feature for column in self.normaliser.columns))

    @property
    def reads_text(self) -> bool:
        return self.manifest.kind == "hybrid"

    @property
    def normaliser(self) -> Normaliser:
        return self.manifest.normaliser

    @property
    def calibration(self) -> Calibration:
        return self.manifest.calibration

    @property
    def bands(self) -> Bands:
        """Absolute thresholds; how they were chosen is told in `bands.py`."""
        return self.manifest.bands

    @property
    def typical_C(self) -> NDArray[np.float64]:
        """Training median of each feature that can change a risk, in its own unit; NaN for all others."""
        return self.normaliser.typical_C

    def risk(self, table: "pd.DataFrame") -> NDArray[np.float64]:
        """Risks (float64 array_N, 0..1) of changes with the catalogue's columns and `text`.

        Raises:
            ContractMismatch: a feature is absent or no number.
        """
        return self.risk_of(values_of(table), self.read(texts_of(table) if self.reads_text else [""] * len(table)))

    def band(self, risk: float) -> Band:
        """How a risk reads."""
        return self.bands.of(risk)

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """Texts -> vectors, so that one text read once serves many questions."""
        return self.scorer.read(texts)

    def risk_of(self, values_NC: NDArray[np.float64], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Risks of raw catalogue values and text vectors; 0 for a change that touches no source code."""
        if not len(values_NC):
            return np.empty(0)
        risk_N = self.calibration.apply(self.scorer.logits(self.normaliser.apply(values_NC), text_ND))
        return np.where(touches_no_source(values_NC), 0.0, risk_N)


def touches_no_source(values_NC: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Changes to which no fault can be traced: a label is traced through source code alone (bool array_N)."""
    return np.asarray(values_NC[:, _SOURCE_FILES] == 0)


def texts_of(table: "pd.DataFrame") -> list[str]:
    """The `text` column; absent or null reads as no text."""
    if "text" not in table.columns:
        return [""] * len(table)
    return [text if isinstance(text, str) else "" for text in table["text"]]
