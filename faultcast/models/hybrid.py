"""Kind `hybrid`: the network and its tokenizer as safetensors and tokenizer.json; pre-trained, encoder.json, too."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from tokenizers import Tokenizer
from torch import Tensor
from torch.overrides import TorchFunctionMode

from faultcast.errors import UnsafeArtifact
from faultcast.models import encoders_pretrained, sizes as sizes_, tokenizer_file, tokens
from faultcast.models.network import Network
from faultcast.models.sizes import NetworkConfig
from faultcast.models.tensors import read_header

FILE = sizes_.WEIGHTS_FILE
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
        read = tokens.encode(self.tokenizer, distinct, self.config.max_tokens, self.config.start_token)
        text_ND = np.empty((len(distinct), self.config.width), dtype=np.float32)
        order = np.argsort(read.lengths_N, kind="stable")  # so that little padding is computed
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                rows = order[start : start + _BATCH]
                text_ND[rows] = self.network.read(*cut(read, rows)).numpy()
        place = {text: i for i, text in enumerate(distinct)}
        return text_ND[[place[text] for text in texts]]

    def logits(self, features_NF: NDArray[np.float32], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logits (float64 array_N)."""
        with torch.inference_mode():
            logits_N = self.network.score(torch.from_numpy(features_NF), torch.from_numpy(text_ND))
        return logits_N.double().numpy()


def cut(texts: tokens.Tokens, rows_B: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Some rows as (tokens_BT, segments_BT), as wide as their longest text."""
    width = int(texts.lengths_N[rows_B].max(initial=1))
    tokens_BT, segments_BT = (x_NT[rows_B, :width].astype(np.int64) for x_NT in (texts.ids_NT, texts.segments_NT))
    return torch.from_numpy(tokens_BT), torch.from_numpy(segments_BT)


def to_files(network: Network, tokenizer: Tokenizer, encoder_sizes: dict[str, Any] | None = None) -> dict[str, bytes]:
    """The artifact's files; `encoder_sizes` for a pre-trained encoder."""
    weights = {name: weight.detach().cpu().contiguous() for name, weight in network.state_dict().items()}
    files = {FILE: safetensors.torch.save(weights), tokenizer_file.FILE: tokenizer.to_str().encode()}
    if encoder_sizes is not None:
        files[sizes_.ENCODER_FILE] = json.dumps(encoder_sizes, indent=1, sort_keys=True).encode()
    return files


def to_config(config: NetworkConfig) -> dict[str, Any]:
    """The sizes as the manifest keeps them."""
    return asdict(config)


def from_files(files: dict[str, bytes], config: dict[str, Any], num_columns: int) -> Hybrid:
    """A hybrid from its files, for inputs of `num_columns`.

    Raises:
        UnsafeArtifact: sizes out of bounds, an oversized header, or weights that do not fit the sizes.
    """
    sizes = sizes_.read_config(config)
    expected = {FILE, tokenizer_file.FILE} | ({sizes_.ENCODER_FILE} if sizes.encoder != "small" else set())
    if set(files) != expected:
        found = ", ".join(sorted(files)) or "none"
        raise UnsafeArtifact(f"A hybrid model of this kind has {', '.join(sorted(expected))}; found {found}")
    of_encoder = sizes_.read_encoder(files[sizes_.ENCODER_FILE]) if sizes.encoder != "small" else None
    header = read_header(FILE, files[FILE])
    try:
        # First without memory: a file of a few bytes must not ask for a network of gigabytes.
        with torch.device("meta"), _Undrawn():
            _check_shapes(_empty(sizes, num_columns, of_encoder), header)
        with _Undrawn():
            network = _empty(sizes, num_columns, of_encoder)
        network.load_state_dict(safetensors.torch.load(files[FILE]))
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        first_line = str(error).split("\n", 1)[0]
        raise UnsafeArtifact(f"{FILE} does not fit the manifest's sizes: {first_line} Train the model again") from error
    network.eval()
    return Hybrid(network, tokens.read_tokenizer(files[tokenizer_file.FILE], sizes.vocabulary), sizes)


class _Undrawn(TorchFunctionMode):
    """No first weights are drawn: they are loaded, and for one on "meta" torch would import its compiler (1.2 s)."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        del types
        kwargs = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init":
            return kwargs.get("tensor", args[0] if args else None)
        return func(*args, **kwargs)


def _empty(sizes: NetworkConfig, num_columns: int, of_encoder: dict[str, Any] | None) -> Network:
    """A network whose weights are still to be loaded."""
    if of_encoder is None:
        return Network(sizes, num_columns)
    sizes_.check_encoder(sizes, of_encoder)
    return Network(sizes, num_columns, encoders_pretrained.build(of_encoder))


def _check_shapes(network: Network, header: dict[str, Any]) -> None:
    for name, weight in network.state_dict().items():
        entry = header.get(name)
        found = entry.get("shape") if isinstance(entry, dict) else None
        if found != list(weight.shape):
            raise ValueError(f"{name} is {found}, expected {list(weight.shape)}.")
