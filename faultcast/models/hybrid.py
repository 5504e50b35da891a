"""Kind `hybrid`: the network with its tokenizer, stored as safetensors and tokenizer.json."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from tokenizers import Tokenizer
from torch import Tensor

from faultcast.errors import UnsafeArtifact
from faultcast.models import tokens
from faultcast.models.network import Network, NetworkConfig
from faultcast.models.tensors import read_header

FILE = "weights.safetensors"
_MAX_SIZES = NetworkConfig(vocabulary=1 << 17, max_tokens=4096, width=4096, heads=64, layers=64, hidden=16384)
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Hybrid:
    """Scores by text and features."""

    network: Network
    tokenizer: Tokenizer
    config: NetworkConfig

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """Texts -> vectors (float32 array_ND). Equal texts are read once."""
        distinct = list(dict.fromkeys(texts))
        read = tokens.encode(self.tokenizer, distinct, self.config.max_tokens)
        text_ND = np.empty((len(distinct), self.config.width), dtype=np.float32)
        # By length, so that little padding is computed.
        order = sorted(range(len(read)), key=lambda i: len(read[i].ids_T))
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                rows = order[start : start + _BATCH]
                text_ND[rows] = self.network.read(*pad([read[i] for i in rows])).numpy()
        place = {text: i for i, text in enumerate(distinct)}
        return text_ND[[place[text] for text in texts]]

    def logits(self, features_NF: NDArray[np.float32], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logits (float64 array_N)."""
        with torch.inference_mode():
            logits_N = self.network.score(torch.from_numpy(features_NF), torch.from_numpy(text_ND))
        return logits_N.double().numpy()


def pad(batch: list[tokens.Tokens]) -> tuple[Tensor, Tensor]:
    """Tokens of unequal length -> (tokens_BT, segments_BT), zeros behind the end."""
    tokens_BT = torch.zeros(len(batch), max(len(one.ids_T) for one in batch), dtype=torch.int64)
    segments_BT = torch.zeros_like(tokens_BT)
    for i, one in enumerate(batch):
        tokens_BT[i, : len(one.ids_T)] = torch.from_numpy(one.ids_T)
        segments_BT[i, : len(one.segments_T)] = torch.from_numpy(one.segments_T)
    return tokens_BT, segments_BT


def to_files(network: Network, tokenizer: Tokenizer) -> dict[str, bytes]:
    """The artifact's files."""
    weights = {name: weight.detach().contiguous() for name, weight in network.state_dict().items()}
    return {FILE: safetensors.torch.save(weights), tokens.FILE: tokenizer.to_str().encode()}


def to_config(config: NetworkConfig) -> dict[str, Any]:
    """The sizes as the manifest keeps them."""
    return asdict(config)


def from_files(files: dict[str, bytes], config: dict[str, Any], num_columns: int) -> Hybrid:
    """A hybrid from its files, for inputs of `num_columns`.

    Raises:
        UnsafeArtifact: sizes out of bounds, an oversized header, or weights that do not fit the sizes.
    """
    if set(files) != {FILE, tokens.FILE}:
        raise UnsafeArtifact(f"A hybrid model has {FILE} and {tokens.FILE}, found {', '.join(sorted(files)) or 'none'}")
    sizes = _check_config(config)
    read_header(FILE, files[FILE])
    network = Network(sizes, num_columns)
    try:
        network.load_state_dict(safetensors.torch.load(files[FILE]))
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        first_line = str(error).split("\n", 1)[0]
        raise UnsafeArtifact(f"{FILE} does not fit the manifest's sizes: {first_line} Train the model again") from error
    network.eval()
    return Hybrid(network, tokens.read_tokenizer(files[tokens.FILE], sizes.vocabulary), sizes)


def _check_config(config: dict[str, Any]) -> NetworkConfig:
    limits = asdict(_MAX_SIZES)
    try:
        sizes = NetworkConfig(**config)
        sound = all(
            type(value) is int and 0 < value <= limits[name]
            for name, value in asdict(sizes).items()
            if not name.endswith("dropout")
        )
        sound = sound and 0 <= sizes.dropout < 1 and sizes.width % sizes.heads == 0
    except TypeError as error:
        raise UnsafeArtifact(f"The manifest's sizes are none of a hybrid: {error}; train the model again") from error
    if not sound:
        raise UnsafeArtifact(f"The manifest's sizes are out of bounds: {config}; train the model again")
    return sizes
