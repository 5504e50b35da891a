"""What the hybrid's loop works on: one split as token ids and tensors, one part of a batch of it.

Legend: N rows, B rows of a part of a batch, T tokens, F feature columns.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from faultcast.models import hybrid
from faultcast.models.normaliser import Normaliser
from faultcast.models.sizes import NetworkConfig
from faultcast.models.tokens import Tokens, encode
from faultcast.training.rows import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One split ready for the network; tensors are float32 on the rank's device, ids stay where they are."""

    tokens: Tokens
    features_NF: torch.Tensor  # noqa: N815
    labels_N: torch.Tensor  # noqa: N815
    weights_N: torch.Tensor  # noqa: N815

    def __len__(self) -> int:
        return len(self.tokens)

    def take(self, rows_B: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(tokens_BT, segments_BT, features_BF) of some rows, on the device of the features."""
        tokens_BT, segments_BT = hybrid.cut(self.tokens, rows_B)
        device = self.features_NF.device
        return tokens_BT.to(device), segments_BT.to(device), self.features_NF[rows_B]

    def retold(self, rows_M: NDArray[np.int64], told: Tokens) -> "Split":
        """The same split with other texts for some rows."""
        ids_NT, segments_NT = self.tokens.ids_NT.copy(), self.tokens.segments_NT.copy()
        lengths_N = self.tokens.lengths_N.copy()
        ids_NT[rows_M], segments_NT[rows_M], lengths_N[rows_M] = told.ids_NT, told.segments_NT, told.lengths_N
        return replace(self, tokens=Tokens(ids_NT, segments_NT, lengths_N))


def make_split(
    rows: Rows, tokenizer: Tokenizer, normaliser: Normaliser, config: NetworkConfig, device: torch.device | None = None
) -> Split:
    """Rows -> token ids and tensors."""
    return Split(
        encode(tokenizer, rows.texts, config.max_tokens, config.start_token),
        torch.from_numpy(normaliser.apply(rows.values_NC)).to(device),
        torch.from_numpy(rows.labels_N).float().to(device),
        torch.from_numpy(rows.weights_N).float().to(device),
    )
