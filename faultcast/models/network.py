"""The network of kind `hybrid`: a small transformer over a change's text, joined with its features.

Legend of the shape suffixes: B changes of a batch, T tokens, D width, H heads, F feature columns.

    tokens_BT, segments_BT -> embed -> layers x (attention, feed-forward) -> means and max -> text_BD
    features_BF -> feed-forward -> table_BD
    gate_BD = sigmoid(text, table);  logit_B = head(gate * text) + head(table)

The gate lets the features decide how much the text counts, and keeps a plain path for the features:
text alone is weaker than the features on small histories (CC2Vec and DeepJIT, re-examined by Zeng et
al. 2021).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from faultcast.models.text import MESSAGE, SEGMENTS


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes; they travel in the manifest."""

    vocabulary: int = 4096
    max_tokens: int = 192
    width: int = 96
    heads: int = 4
    layers: int = 2
    hidden: int = 192
    dropout: float = 0.1
    token_dropout: float = 0.1  # share of tokens that training hides, so that no single name is learnt by heart


class Layer(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm_attention = nn.LayerNorm(config.width)
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.norm_forward = nn.LayerNorm(config.width)
        self.up = nn.Linear(config.width, config.hidden)
        self.down = nn.Linear(config.hidden, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_BTD: Tensor, mask_B11T: Tensor) -> Tensor:
        B, T, D = x_BTD.shape
        qkv = self.qkv(self.norm_attention(x_BTD)).view(B, T, 3, self.heads, D // self.heads)
        q_BHTd, k_BHTd, v_BHTd = qkv.permute(2, 0, 3, 1, 4)
        mixed_BHTd = functional.scaled_dot_product_attention(q_BHTd, k_BHTd, v_BHTd, attn_mask=mask_B11T)
        x_BTD = x_BTD + self.dropout(self.out(mixed_BHTd.transpose(1, 2).reshape(B, T, D)))
        forward_BTD = self.down(functional.gelu(self.up(self.norm_forward(x_BTD))))
        return torch.add(x_BTD, self.dropout(forward_BTD))


class Network(nn.Module):
    """`read` the text once, then ask `score` for any features beside it."""

    def __init__(self, config: NetworkConfig, num_columns: int) -> None:
        super().__init__()
        D = config.width
        self.token_dropout = config.token_dropout
        self.token = nn.Embedding(config.vocabulary, D)
        self.position = nn.Embedding(config.max_tokens, D)
        self.segment = nn.Embedding(SEGMENTS, D)
        for embedding in (self.token, self.position, self.segment):
            nn.init.normal_(embedding.weight, std=0.05)
        self.layers = nn.ModuleList([Layer(config) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(D)
        self.pool = nn.Linear(3 * D, D)
        self.table = nn.Sequential(
            nn.Linear(num_columns, D), nn.GELU(), nn.Dropout(config.dropout), nn.Linear(D, D), nn.GELU()
        )
        self.gate = nn.Linear(2 * D, D)
        self.head_text = nn.Linear(D, 1)
        self.head_table = nn.Linear(D, 1)

    def read(self, tokens_BT: Tensor, segments_BT: Tensor) -> Tensor:
        """int64 ids and segments (0 = padding) -> text_BD."""
        known_BT = segments_BT > 0
        if self.training and self.token_dropout:
            hidden_BT = torch.rand(tokens_BT.shape) < self.token_dropout
            tokens_BT = tokens_BT.masked_fill(hidden_BT, 1)
        positions_T = torch.arange(tokens_BT.shape[1])
        x_BTD = self.token(tokens_BT) + self.position(positions_T) + self.segment(segments_BT)
        for layer in self.layers:
            x_BTD = layer(x_BTD, known_BT[:, None, None, :])
        x_BTD = self.norm(x_BTD)
        message_BT = segments_BT == MESSAGE
        # Apart, because a message of five tokens would drown in the mean of two hundred of the diff.
        means = [_mean(x_BTD, message_BT), _mean(x_BTD, known_BT & ~message_BT)]
        max_BD = x_BTD.masked_fill(~known_BT[:, :, None], -1e4).amax(1)
        return torch.tanh(self.pool(torch.cat([*means, max_BD], dim=1)))

    def score(self, features_BF: Tensor, text_BD: Tensor) -> Tensor:
        """Features (float32) and text vectors -> logits_B."""
        table_BD = self.table(features_BF)
        gate_BD = torch.sigmoid(self.gate(torch.cat([text_BD, table_BD], dim=1)))
        logits_B1: Tensor = self.head_text(gate_BD * text_BD) + self.head_table(table_BD)
        return logits_B1.squeeze(1)

    def forward(self, tokens_BT: Tensor, segments_BT: Tensor, features_BF: Tensor) -> Tensor:
        return self.score(features_BF, self.read(tokens_BT, segments_BT))


def _mean(x_BTD: Tensor, chosen_BT: Tensor) -> Tensor:
    """Mean over the chosen tokens; zeros where none is."""
    chosen_BT1 = chosen_BT[:, :, None].to(x_BTD.dtype)
    return (x_BTD * chosen_BT1).sum(1) / chosen_BT1.sum(1).clamp(min=1)
