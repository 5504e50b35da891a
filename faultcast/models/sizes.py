"""The sizes of a hybrid's network, read from an artifact and checked. No torch here: who serves reads them too."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from faultcast.errors import UnsafeArtifact

ENCODER_FILE, WEIGHTS_FILE = "encoder.json", "weights.safetensors"
KINDS = ("bert", "roberta")
_FIELDS: Mapping[str, tuple[float, float]] = {
    "vocab_size": (8, 1 << 18),
    "hidden_size": (8, 4096),
    "num_hidden_layers": (1, 64),
    "num_attention_heads": (1, 64),
    "intermediate_size": (8, 1 << 14),
    "max_position_embeddings": (16, 1 << 13),
    "type_vocab_size": (1, 16),
    "layer_norm_eps": (1e-12, 1e-2),
    "pad_token_id": (0, 1 << 18),
}
"""Every number of an encoder's sizes with its bounds, both included."""
_ACTIVATIONS = ("gelu", "gelu_new", "relu")


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes; they travel in the manifest. `encoder`: "small", or the architecture of a pre-trained one."""

    encoder: str = "small"
    vocabulary: int = 4096
    max_tokens: int = 192
    width: int = 96
    heads: int = 2
    layers: int = 2
    hidden: int = 192
    dropout: float = 0.1  # share of channels of a change that training silences
    token_dropout: float = 0.1  # share of tokens that training hides, so that no single name is learnt by heart
    start_token: int = -1  # put before every text; -1: none
    hidden_token: int = 1  # what stands for a hidden token


_MAX_SIZES = NetworkConfig(
    vocabulary=1 << 18,
    max_tokens=4096,
    width=4096,
    heads=64,
    layers=64,
    hidden=16384,
    start_token=1 << 18,
    hidden_token=1 << 18,
)
_MAY_BE_NONE = ("start_token", "hidden_token")


def read_config(config: Mapping[str, Any]) -> NetworkConfig:
    """The sizes from a manifest's `config`.

    Raises:
        UnsafeArtifact: they are none, or out of bounds.
    """
    limits = asdict(_MAX_SIZES)
    try:
        sizes = NetworkConfig(**config)
    except TypeError as error:
        raise UnsafeArtifact(f"The manifest's sizes are none of a hybrid: {error}; train the model again") from error
    for name, value in asdict(sizes).items():
        if name == "encoder":
            sound = value in ("small", *KINDS)
        elif name in ("dropout", "token_dropout"):
            sound = isinstance(value, int | float) and math.isfinite(value) and 0 <= value < 1
        else:
            sound = type(value) is int and (-1 if name in _MAY_BE_NONE else 1) <= value <= limits[name]
        if not sound:
            raise UnsafeArtifact(f"The manifest's sizes are out of bounds: {name} {value!r}; train the model again")
    if sizes.width % sizes.heads or max(sizes.start_token, sizes.hidden_token) >= sizes.vocabulary:
        raise UnsafeArtifact(f"The manifest's sizes are out of bounds: {config}; train the model again")
    return sizes


def read_sizes(raw: Any) -> dict[str, Any]:
    """The sizes of an encoder from its JSON, every field checked, others dropped.

    Raises:
        UnsafeArtifact: it is of another architecture, or a field is absent, out of bounds or no number.
    """
    if not isinstance(raw, dict) or raw.get("model_type") not in KINDS:
        found = raw.get("model_type") if isinstance(raw, dict) else type(raw).__name__
        raise UnsafeArtifact(f"The encoder is of architecture {str(found)[:40]!r}; expected one of {', '.join(KINDS)}")
    for name, (low, high) in _FIELDS.items():
        value = raw.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise UnsafeArtifact(f"The encoder's {name} is {str(value)[:40]!r}; expected a number from {low} to {high}")
    if raw["hidden_size"] % raw["num_attention_heads"] or raw["pad_token_id"] >= raw["vocab_size"]:
        raise UnsafeArtifact("The encoder's width is no multiple of its heads, or its padding no token of its own")
    activation = raw.get("hidden_act", "gelu")
    if activation not in _ACTIVATIONS:
        raise UnsafeArtifact(f"The encoder's hidden_act is {str(activation)[:40]!r}; expected one of {_ACTIVATIONS}")
    return {"model_type": raw["model_type"], "hidden_act": activation, **{name: raw[name] for name in _FIELDS}}


def longest(sizes: Mapping[str, Any]) -> int:
    """Tokens that its positions reach: RoBERTa counts from behind the padding token on."""
    spare = sizes["pad_token_id"] + 1 if sizes["model_type"] == "roberta" else 0
    return int(sizes["max_position_embeddings"]) - spare


def read_encoder(content: bytes) -> dict[str, Any]:
    """The sizes as the artifact keeps them.

    Raises:
        UnsafeArtifact: they are none.
    """
    try:
        return read_sizes(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise UnsafeArtifact(f"{ENCODER_FILE} is no JSON ({error}); fetch or train the model again") from error


def check_encoder(config: NetworkConfig, of_encoder: Mapping[str, Any]) -> None:
    """Refuse a pre-trained encoder's sizes that do not fit the network's.

    Raises:
        UnsafeArtifact: it is another encoder, or reads fewer tokens.
    """
    found = tuple(of_encoder[name] for name in ("model_type", "hidden_size", "num_attention_heads"))
    if found != (config.encoder, config.width, config.heads) or of_encoder["num_hidden_layers"] != config.layers:
        raise UnsafeArtifact(f"{ENCODER_FILE} is of another encoder than the manifest's sizes; train the model again")
    if config.max_tokens > longest(of_encoder):
        raise UnsafeArtifact(
            f"{ENCODER_FILE}: the encoder reads {longest(of_encoder)} tokens at most, not {config.max_tokens}"
        )
