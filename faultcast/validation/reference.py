"""What a model was taught with, frozen: a small file in its artifact, with which later windows are compared.

It travels with the model, so that whoever serves a version, here or on a cluster, after a promotion or a rollback,
compares with that version's own past; and it is covered by the artifact's digests. Scoring never reads it.

N = rows, C = columns.
"""

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import ContractMismatch
from faultcast.validation.drift import Reference, summarise

RISK = "risk"
_SCHEMA = 1


def freeze(values_NC: NDArray[np.float64], names: Sequence[str], risk_N: NDArray[np.float64]) -> bytes:
    """A reference as JSON, about 3 KB a column.

    Args:
        values_NC: features of the training rows, NaN where missing.
        names: of the columns.
        risk_N: calibrated risks of rows that the model was not fitted to.
    """
    features = summarise({name: values_NC[:, at] for at, name in enumerate(names)})
    document = {"schema": _SCHEMA, "features": features, **summarise({RISK: risk_N})}
    return json.dumps(document, separators=(",", ":")).encode()


def thaw(content: bytes) -> Reference:
    """All columns of a reference, the risk among them.

    Raises:
        ContractMismatch: it was frozen by another version.
    """
    document = json.loads(content)
    if document.get("schema") != _SCHEMA:
        raise ContractMismatch(
            f"The model's reference has schema {document.get('schema')!r}, expected {_SCHEMA}; train the model again"
        )
    return {**document["features"], RISK: document[RISK]}
