"""The network of kind `hybrid`: an encoder over a change's text, joined with its features.

Legend of the shape suffixes: B changes of a batch, T tokens, D width, F feature columns, S places of dropout.

    tokens_BT, segments_BT -> encoder -> means of message, added and deleted lines, and max -> text_BD
    features_BF -> feed-forward -> table_BD
    gate_BD = sigmoid(text, table);  logit_B = head(gate * text) + head(table)

The gate lets the features decide how much the text counts, and keeps a plain path for the features:
text alone is weaker than the features on small histories (CC2Vec and DeepJIT, re-examined by Zeng et
al. 2021).
"""

import torch
from torch import Tensor, nn

from faultcast.models.encoders import Noise, SmallEncoder
from faultcast.models.sizes import NetworkConfig
from faultcast.models.text import ADDED, DELETED, MESSAGE

_POOLED = (MESSAGE, ADDED, DELETED)
"""Apart, because five tokens of a message would drown in two hundred of a diff, and added lines in deleted ones."""


class Network(nn.Module):
    """`read` the text once, then ask `score` for any features beside it."""

    def __init__(self, config: NetworkConfig, num_columns: int, encoder: nn.Module | None = None) -> None:
        """`encoder` (default: a new small one) is called with tokens, segments and what dropout keeps."""
        super().__init__()
        D = config.width
        self.hidden_token = config.hidden_token
        self.encoder = encoder if encoder is not None else SmallEncoder(config)
        self.pool = nn.Linear((len(_POOLED) + 1) * D, D)
        self.table_in = nn.Linear(num_columns, D)
        self.table_out = nn.Linear(D, D)
        self.gate = nn.Linear(2 * D, D)
        self.head_text = nn.Linear(D, 1)
        self.head_table = nn.Linear(D, 1)

    def read(self, tokens_BT: Tensor, segments_BT: Tensor, noise: Noise | None = None) -> Tensor:
        """int64 ids and segments (0 = padding) -> text_BD."""
        if noise is not None:
            tokens_BT = tokens_BT.masked_fill(noise.hidden_BT[:, : tokens_BT.shape[1]], self.hidden_token)
        x_BTD = self.encoder(tokens_BT, segments_BT, None if noise is None else noise.kept_BSD)
        means = [_mean(x_BTD, segments_BT == kind) for kind in _POOLED]
        max_BD = x_BTD.masked_fill((segments_BT == 0)[:, :, None], -1e4).amax(1)
        return torch.tanh(self.pool(torch.cat([*means, max_BD], dim=1)))

    def score(self, features_BF: Tensor, text_BD: Tensor, noise: Noise | None = None) -> Tensor:
        """Features (float32) and text vectors -> logits_B."""
        table_BD = nn.functional.gelu(self.table_in(features_BF))
        if noise is not None:
            table_BD = table_BD * noise.kept_BSD[:, -1]
        table_BD = nn.functional.gelu(self.table_out(table_BD))
        gate_BD = torch.sigmoid(self.gate(torch.cat([text_BD, table_BD], dim=1)))
        logits_B1: Tensor = self.head_text(gate_BD * text_BD) + self.head_table(table_BD)
        return logits_B1.squeeze(1)

    def forward(
        self, tokens_BT: Tensor, segments_BT: Tensor, features_BF: Tensor, noise: Noise | None = None
    ) -> Tensor:
        return self.score(features_BF, self.read(tokens_BT, segments_BT, noise), noise)


def _mean(x_BTD: Tensor, chosen_BT: Tensor) -> Tensor:
    """Mean over the chosen tokens; zeros where none is."""
    chosen_BT1 = chosen_BT[:, :, None].to(x_BTD.dtype)
    return (x_BTD * chosen_BT1).sum(1) / chosen_BT1.sum(1).clamp(min=1)
