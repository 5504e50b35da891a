"""Kind `hybrid`: from a data set to an artifact. How to run it: `faultcast.training.__main__`; the loop: `loop.py`.

Every number that decides about a weight is drawn by seed, epoch and batch, so that one rank and many, one
go and a resumed run learn the same.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from tokenizers import Tokenizer
from torch import nn

from faultcast.errors import UsageError
from faultcast.models import encoders_pretrained, hybrid, sizes as sizes_, tokenizer_file, tokens
from faultcast.models.manifest import Manifest
from faultcast.models.network import Network
from faultcast.models.normaliser import Normaliser, fit_normaliser
from faultcast.models.sizes import NetworkConfig
from faultcast.training import checkpoint, mutation
from faultcast.training.finish import Learnt, finish
from faultcast.training.inputs import Split, make_split
from faultcast.training.loop import Loop
from faultcast.training.ranks import Ranks
from faultcast.training.rows import Report, Rows, TrainingData, silent

_ROW_PASSES = 20_000
_WEIGHTS = "encoder.safetensors"


@dataclass(frozen=True, slots=True)
class Options:
    """How to train. `batch_size` counts the rows of all ranks and of all accumulated parts together."""

    encoder: str = "small"  # trained from nothing; or "folder:PATH", or a name on the Hugging Face hub
    revision: str = "main"  # of that name; pin a commit for runs that can be repeated
    frozen: bool = False  # a pre-trained encoder stays as it is
    encoder_learning_rate: float = 5e-5  # of a pre-trained encoder that does not
    width: int = 96  # the next five are sizes of the small encoder
    heads: int = 2
    layers: int = 2
    hidden: int = 192
    vocabulary: int = 4096
    max_tokens: int = 192
    dropout: float = 0.1  # share of channels of a change that training silences
    token_dropout: float = 0.1  # share of tokens that training hides
    mutations: float = 0.0  # share of training rows told in other words, anew each epoch
    faults: float = 0.0  # share of clean training rows that come back once more with a planted fault
    epochs: int = 0  # 0: chosen by the number of rows, 5 to 10
    batch_size: int = 0  # 0: 16 below 1,500 rows, so that few rows still make many steps, else 32
    accumulate: int = 1  # parts in which a rank computes its share of a batch, to save memory
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    warm_up: float = 0.1  # share of all steps
    clip: float = 1.0  # largest norm of the gradient
    patience: int = 3  # epochs without a better average precision on validation
    max_class_weight: float = 10.0
    bf16: bool = False  # faster where the processor computes bfloat16; the weights stay float32
    checkpoint_seconds: float = 60.0

    @property
    def network(self) -> NetworkConfig:
        """The sizes of the small encoder's network."""
        names = ("width", "heads", "layers", "hidden", "vocabulary", "max_tokens", "dropout", "token_dropout")
        return NetworkConfig(**{name: getattr(self, name) for name in names})


def train_hybrid(
    data: TrainingData,
    output: Path,
    seed: int,
    *,
    ranks: Ranks | None = None,
    options: Options | None = None,
    report: Report = silent,
) -> Manifest | None:
    """Fit, calibrate and write the artifact to `output` (rank 0, which alone returns a manifest).

    Raises:
        UsageError: an option is out of bounds, or the encoder's folder is none.
        UnsafeArtifact, Unavailable: from reading a pre-trained encoder.
    """
    ranks, options = ranks or Ranks(), _chosen(options or Options(), len(data.train))
    _check(options)
    # On a GPU attention's backward pass has no deterministic form: say so instead of refusing to run.
    torch.use_deterministic_algorithms(mode=True, warn_only=ranks.device.type == "cuda")
    parts = _prepare(data, output, options, ranks, seed)
    loop = Loop(parts.network.to(ranks.device), parts.config, options, ranks, seed)
    identity = repr((seed, data.info.data_fingerprint, asdict(options)))
    place = checkpoint.Place(output, identity, options.checkpoint_seconds)
    of_epoch, validation = _splits(data, parts, options, ranks.device, seed)
    logits_N = loop.fit(of_epoch, validation, place, report)
    if not ranks.is_first:
        return None
    checkpoint.remove(output)
    files = hybrid.to_files(parts.network, parts.tokenizer, parts.encoder_sizes)
    manifest = finish(
        output, data, Learnt("hybrid", files, hybrid.to_config(parts.config), parts.normaliser), logits_N, seed
    )
    report({"event": "done", "model": "hybrid", **manifest.metrics})
    return manifest


def _check(options: Options) -> None:
    if min(options.width, options.heads, options.layers, options.accumulate) < 1 or options.width % options.heads:
        raise UsageError(f"width {options.width} is no multiple of heads {options.heads}, or one of the sizes is 0")
    for name in ("dropout", "token_dropout", "mutations", "faults"):
        if not 0 <= getattr(options, name) < 1:
            raise UsageError(f"Option {name}={getattr(options, name)}: expected a share from 0 to below 1")


def _chosen(options: Options, n: int) -> Options:
    """The options with what depends on the number of rows filled in."""
    return replace(
        options,
        epochs=options.epochs or min(10, max(5, _ROW_PASSES // n)),
        batch_size=options.batch_size or (16 if n < 1_500 else 32),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What a run trains and what goes with it; the same on every rank."""

    network: Network
    config: NetworkConfig
    tokenizer: Tokenizer
    normaliser: Normaliser
    encoder_sizes: dict[str, Any] | None


def _prepare(data: TrainingData, output: Path, options: Options, ranks: Ranks, seed: int) -> _Parts:
    """Rank 0 makes or fetches what all ranks share, into the checkpoint's folder; all read it there."""
    folder = output / checkpoint.FOLDER
    if ranks.is_first:
        folder.mkdir(parents=True, exist_ok=True)
        _share(data, folder, options)
    ranks.wait()
    told = json.loads((folder / sizes_.ENCODER_FILE).read_text(encoding="utf-8"))
    config = NetworkConfig(**told["config"])
    tokenizer = tokens.read_tokenizer((folder / tokenizer_file.FILE).read_bytes(), config.vocabulary)
    normaliser = fit_normaliser(data.train.values_NC)
    torch.manual_seed(seed)  # the same first weights on every rank
    encoder: nn.Module | None = None
    if told["sizes"] is not None:
        encoder = encoders_pretrained.build(told["sizes"])
        encoder.load_state_dict(safetensors.torch.load_file(folder / _WEIGHTS))
        encoder.get_submodule("body").requires_grad_(requires_grad=not options.frozen)
    return _Parts(Network(config, len(normaliser.columns), encoder), config, tokenizer, normaliser, told["sizes"])


def _share(data: TrainingData, folder: Path, options: Options) -> None:
    if options.encoder == "small":
        config, sizes = options.network, None
        tokenizer = tokens.fit_tokenizer(data.train.texts, config.vocabulary)
    else:
        fetched = encoders_pretrained.fetch(options.encoder, options.revision)
        tokenizer, sizes = fetched.tokenizer, fetched.sizes
        safetensors.torch.save_model(fetched.encoder, str(folder / _WEIGHTS))
        config = replace(
            options.network,
            encoder=sizes["model_type"],
            vocabulary=sizes["vocab_size"],
            max_tokens=min(options.max_tokens, sizes_.longest(sizes)),
            width=sizes["hidden_size"],
            heads=sizes["num_attention_heads"],
            layers=sizes["num_hidden_layers"],
            hidden=sizes["intermediate_size"],
            start_token=fetched.start_token,
            hidden_token=fetched.hidden_token,
        )
    (folder / tokenizer_file.FILE).write_text(tokenizer.to_str(), encoding="utf-8")
    told = json.dumps({"config": asdict(config), "sizes": sizes})
    (folder / sizes_.ENCODER_FILE).write_text(told, encoding="utf-8")


def _splits(
    data: TrainingData, parts: _Parts, options: Options, device: torch.device, seed: int
) -> tuple[Callable[[int], Split], Split]:
    """The training rows by epoch, with mutations where they are wished for, and the validation rows, never changed."""

    def ready(rows: Rows) -> Split:
        return make_split(rows, parts.tokenizer, parts.normaliser, parts.config, device)

    rows = mutation.with_faults(data.train, options.faults, seed)
    train, validation = ready(rows), ready(data.validation)

    def of_epoch(epoch: int) -> Split:
        if not options.mutations:
            return train
        rng = np.random.default_rng([seed, epoch, len(rows)])
        chosen = np.flatnonzero(rng.random(len(rows)) < options.mutations)
        told = [mutation.reword(rows.texts[row], rng) for row in chosen]
        return train.retold(
            chosen, tokens.encode(parts.tokenizer, told, parts.config.max_tokens, parts.config.start_token)
        )

    return of_epoch, validation
