"""The small encoder of kind `hybrid`: a transformer that is trained from nothing.

Legend of the shape suffixes: B changes of a batch, T tokens, D width, H heads, d width of a head, S places of dropout.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from faultcast.models.sizes import NetworkConfig
from faultcast.models.text import SEGMENTS

_FAR = -1e4
"""Added to the score of a padding token: large enough to silence it, small enough for bfloat16."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What training hides of each change: drawn by row, so that no split of a batch among ranks changes it.

    A channel is dropped for all tokens of a change at once (Gal and Ghahramani 2016).
    """

    hidden_BT: Tensor  # noqa: N815  bool: tokens to hide
    kept_BSD: Tensor  # noqa: N815  float: 0 for a dropped channel, else 1 / (1 - dropout)

    def of(self, rows_B: Tensor) -> "Noise":
        """The noise of some rows of the batch."""
        return Noise(self.hidden_BT[rows_B], self.kept_BSD[rows_B])

    def to(self, device: torch.device) -> "Noise":
        """The same on another device."""
        return Noise(self.hidden_BT.to(device), self.kept_BSD.to(device))

    @staticmethod
    def draw(config: NetworkConfig, rows: int, seed: int) -> "Noise":
        """Noise of a whole global batch; the same seed gives the same on every machine."""
        generator = torch.Generator().manual_seed(seed)
        hidden_BT = torch.rand(rows, config.max_tokens, generator=generator) < config.token_dropout
        chance_BSD = torch.rand(rows, config.layers * 2 + 1, config.width, generator=generator)
        return Noise(hidden_BT, (chance_BSD >= config.dropout).float() / (1 - config.dropout))


class Layer(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm_attention = nn.LayerNorm(config.width)
        # Without biases: a key's bias has no gradient but rounding errors, which Adam would blow up.
        self.qkv = nn.Linear(config.width, 3 * config.width, bias=False)
        self.out = nn.Linear(config.width, config.width)
        self.norm_forward = nn.LayerNorm(config.width)
        self.up = nn.Linear(config.width, config.hidden)
        self.down = nn.Linear(config.hidden, config.width)

    def forward(self, x_BTD: Tensor, known_BT: Tensor, kept_B2D: Tensor | None) -> Tensor:
        B, T, D = x_BTD.shape
        qkv = self.qkv(self.norm_attention(x_BTD)).view(B, T, 3, self.heads, D // self.heads)
        q_BHTd, k_BHTd, v_BHTd = qkv.permute(2, 0, 3, 1, 4)
        mixed_BHTd = attend(q_BHTd, k_BHTd, v_BHTd, known_BT)
        mixed_BTD = self.out(mixed_BHTd.transpose(1, 2).reshape(B, T, D))
        x_BTD = x_BTD + (mixed_BTD if kept_B2D is None else mixed_BTD * kept_B2D[:, None, 0])
        forward_BTD = self.down(functional.gelu(self.up(self.norm_forward(x_BTD))))
        return torch.add(x_BTD, forward_BTD if kept_B2D is None else forward_BTD * kept_B2D[:, None, 1])


def attend(q_BHTd: Tensor, k_BHTd: Tensor, v_BHTd: Tensor, known_BT: Tensor) -> Tensor:
    """Each token's mean of the known tokens' values, weighed by how well they answer it (Vaswani et al. 2017)."""
    B, H, T, d = q_BHTd.shape
    if q_BHTd.dtype != torch.bfloat16 or q_BHTd.device.type != "cpu":
        return functional.scaled_dot_product_attention(q_BHTd, k_BHTd, v_BHTd, attn_mask=known_BT[:, None, None, :])
    # torch's fused attention is 2.5 times slower in bfloat16 on a CPU than these three products.
    far_B1T = torch.zeros(B, 1, T, dtype=q_BHTd.dtype).masked_fill(~known_BT[:, None], _FAR)
    far_N1T = far_B1T.repeat_interleave(H, dim=0)
    q_NTd, k_NTd, v_NTd = (x.reshape(B * H, T, d) for x in (q_BHTd, k_BHTd, v_BHTd))
    scores_NTT = torch.baddbmm(far_N1T, q_NTd, k_NTd.transpose(1, 2), alpha=d**-0.5)
    return torch.bmm(scores_NTT.softmax(-1), v_NTd).view(B, H, T, d)


class SmallEncoder(nn.Module):
    """Tokens and segments -> x_BTD."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.token = nn.Embedding(config.vocabulary, config.width)
        self.position = nn.Embedding(config.max_tokens, config.width)
        self.segment = nn.Embedding(SEGMENTS, config.width)
        for embedding in (self.token, self.position, self.segment):
            nn.init.normal_(embedding.weight, std=0.05)
        self.layers = nn.ModuleList([Layer(config) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(config.width)

    def forward(self, tokens_BT: Tensor, segments_BT: Tensor, kept_BSD: Tensor | None) -> Tensor:
        known_BT = segments_BT > 0
        positions_T = torch.arange(tokens_BT.shape[1], device=tokens_BT.device)
        x_BTD = self.token(tokens_BT) + self.position(positions_T) + self.segment(segments_BT)
        for i, layer in enumerate(self.layers):
            x_BTD = layer(x_BTD, known_BT, None if kept_BSD is None else kept_BSD[:, 2 * i : 2 * i + 2])
        return torch.as_tensor(self.norm(x_BTD))
