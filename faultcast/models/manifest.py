"""`manifest.json`: what a model is, what it may be fed, and the digests of its files."""

import json
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any

from faultcast.errors import ContractMismatch, UnsafeArtifact
from faultcast.features import catalogue
from faultcast.models.bands import Bands
from faultcast.models.calibration import Calibration, read_calibration
from faultcast.models.normaliser import Column, Normaliser

FORMAT = 4
"""1 kept forests by skops; 2 knew one way to calibrate; 3 had no ONNX."""
KINDS = ("simple", "hybrid", "incremental")


def current_features() -> tuple[tuple[str, str, str], ...]:
    """(name, dtype, unit) of the catalogue, in order: what a model is trained and asked with."""
    return tuple((f.name, f.dtype, f.unit) for f in catalogue.CATALOGUE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Instants are unix seconds. `files` maps each file's name to its SHA-256 (hex)."""

    kind: str
    name: str
    normaliser: Normaliser
    calibration: Calibration
    bands: Bands
    training_window: tuple[int, int]  # first and last change learnt from
    label_as_of: int  # what was known after this taught nothing
    ripening_days: float
    data_fingerprint: str
    code_version: str
    seed: int
    metrics: dict[str, float]  # on validation data
    config: dict[str, Any] = field(default_factory=dict)  # the kind's own shape
    export: dict[str, float] = field(default_factory=dict)  # rows asked, largest difference in risk (`onnx_export`)
    files: dict[str, str] = field(default_factory=dict)
    features: tuple[tuple[str, str, str], ...] = field(default_factory=current_features)
    fingerprint: str = field(default_factory=catalogue.fingerprint)
    format: int = FORMAT

    def to_json(self) -> str:
        """One readable JSON document."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, allow_nan=False) + "\n"


def from_json(text: str) -> Manifest:
    """Read a manifest without yet trusting what it names.

    Raises:
        ContractMismatch: it is of another format, as an earlier version of this program wrote.
        UnsafeArtifact: it is no manifest, or holds numbers that training does not write.
    """
    try:
        raw = json.loads(text, parse_float=_finite, parse_constant=_finite)
        found = (raw["format"], raw["kind"])
        if found[0] != FORMAT or found[1] not in KINDS:
            raise ContractMismatch(
                f"The manifest is of format {found[0]!r} and kind {found[1]!r}; "
                f"this version reads format {FORMAT} and the kinds {', '.join(KINDS)}. Train the model again"
            )
        return Manifest(
            normaliser=_normaliser(raw.pop("normaliser")),
            calibration=read_calibration(raw.pop("calibration")),
            bands=Bands(**{name: _number(raw["bands"].pop(name)) for name in ("medium", "high")}, **raw.pop("bands")),
            training_window=tuple(raw.pop("training_window")),
            features=tuple((name, dtype, unit) for name, dtype, unit in raw.pop("features")),
            **raw,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnsafeArtifact(f"manifest.json is not a model's manifest ({error!r}); train the model again") from error


def _normaliser(raw: dict[str, Any]) -> Normaliser:
    """Raises ValueError, TypeError or KeyError where it is not what `fit_normaliser` makes."""
    columns = tuple(Column(**column) for column in raw["columns"])
    for column in columns:
        if column.kind not in ("value", "missing") or type(column.log) is not bool or _number(column.scale) <= 0:
            raise ValueError(f"column {str(column.feature)[:40]!r} of the normaliser")
        _number(column.fill), _number(column.mean)
    typical = {name: None if value is None else _number(value) for name, value in raw["typical"].items()}
    return Normaliser(columns, typical)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{str(value)[:40]!r} instead of a number")
    return float(value)


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text[:40]} is no finite number")
    return value


def check_contract(manifest: Manifest) -> None:
    """Refuse a model that was trained on other features than this code computes.

    Raises:
        ContractMismatch: names every feature that differs and how.
    """
    theirs = {name: (dtype, unit) for name, dtype, unit in manifest.features}
    ours = {name: (dtype, unit) for name, dtype, unit in current_features()}
    differences = [f"{name} is unknown here" for name in theirs if name not in ours]
    differences += [f"{name} is new" for name in ours if name not in theirs]
    differences += [
        f"{name} was {theirs[name]}, is {ours[name]}" for name in theirs if name in ours and theirs[name] != ours[name]
    ]
    if not differences and manifest.features != current_features():
        pairs = zip(manifest.features, current_features(), strict=True)
        differences = [f"{a[0]} stands where {b[0]} belongs" for a, b in pairs if a != b]
    if not differences and manifest.fingerprint != catalogue.fingerprint():
        differences = [f"fingerprint {manifest.fingerprint[:12]}, expected {catalogue.fingerprint()[:12]}"]
    known = set(catalogue.NAMES)
    differences += [
        f"{c.feature} is normalised but no feature" for c in manifest.normaliser.columns if c.feature not in known
    ]
    if differences:
        raise ContractMismatch(
            f"The model {manifest.name!r} does not fit the features of this version: {'; '.join(differences)}. "
            "Train it again, or serve it with the version that trained it "
            f"({manifest.code_version})"
        )
