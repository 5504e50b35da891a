"""Kind `hybrid`: the training loop. How to run it: `faultcast.training.__main__`.

Legend: N rows, B rows of a batch on this rank, T tokens, F feature columns.
"""

import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from faultcast.models import hybrid, tokens
from faultcast.models.manifest import Manifest
from faultcast.models.network import Network, NetworkConfig
from faultcast.models.normaliser import Normaliser, fit_normaliser
from faultcast.training import checkpoint
from faultcast.training.batches import epoch_batches, even_batches, share_of
from faultcast.training.finish import Learnt, finish
from faultcast.training.ranks import Ranks
from faultcast.training.rows import Report, Rows, TrainingData, silent

_ROW_PASSES = 20_000


@dataclass(frozen=True, slots=True)
class Options:
    """How to train. `batch_size` counts the rows of all ranks together."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    epochs: int = 0  # 0: chosen by the number of rows, 5 to 10
    batch_size: int = 0  # 0: 16 below 1,500 rows, so that few rows still make many steps, else 32
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    warm_up: float = 0.1  # share of all steps
    clip: float = 1.0  # largest norm of the gradient
    patience: int = 3  # epochs without a better average precision on validation
    max_class_weight: float = 10.0
    bf16: bool = False  # 1.1x at width 96 without AMX; worth it on wider networks


@dataclass(frozen=True, slots=True)
class Split:
    """One split ready for the network."""

    tokens_N: list[tokens.Tokens]  # noqa: N815
    features_NF: torch.Tensor  # noqa: N815
    labels_N: torch.Tensor  # noqa: N815
    weights_N: torch.Tensor  # noqa: N815

    @property
    def lengths_N(self) -> NDArray[np.int64]:
        """Tokens of each row."""
        return np.array([len(one.ids_T) for one in self.tokens_N], dtype=np.int64)


def train_hybrid(
    data: TrainingData,
    output: Path,
    seed: int,
    *,
    ranks: Ranks | None = None,
    options: Options | None = None,
    report: Report = silent,
) -> Manifest | None:
    """Fit, calibrate and write the artifact to `output` (rank 0, which alone returns a manifest)."""
    ranks, options = ranks or Ranks(), _chosen(options or Options(), len(data.train))
    torch.use_deterministic_algorithms(mode=True)
    tokenizer = _shared_tokenizer(data, output, ranks, options.network)
    normaliser = fit_normaliser(data.train.values_NC)
    train, validation = (
        make_split(rows, tokenizer, normaliser, options.network) for rows in (data.train, data.validation)
    )
    torch.manual_seed(seed)  # the same first weights on every rank
    network = Network(options.network, len(normaliser.columns))
    identity = repr((seed, data.info.data_fingerprint, asdict(options)))
    place = checkpoint.Place(output, identity)
    logits_N = fit(network, train, validation, place, seed=seed, ranks=ranks, options=options, report=report)
    if not ranks.is_first:
        return None
    checkpoint.remove(output)
    learnt = Learnt("hybrid", hybrid.to_files(network, tokenizer), hybrid.to_config(options.network), normaliser)
    manifest = finish(output, data, learnt, logits_N, seed)
    report({"event": "done", "model": "hybrid", **manifest.metrics})
    return manifest


def _chosen(options: Options, n: int) -> Options:
    """The options with what depends on the number of rows filled in."""
    return replace(
        options,
        epochs=options.epochs or min(10, max(5, _ROW_PASSES // n)),
        batch_size=options.batch_size or (16 if n < 1_500 else 32),
    )


def fit(
    network: Network,
    train: Split,
    validation: Split,
    place: checkpoint.Place,
    *,
    seed: int,
    ranks: Ranks,
    options: Options,
    report: Report = silent,
) -> NDArray[np.float64]:
    """Train `network` in place; it ends with its best epoch's weights. Returns their validation logits."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay)
    state = checkpoint.resume(place, network, optimizer)
    ranks.wait()  # no rank may write a checkpoint before all have read the last one
    wrapped = ranks.wrap(network)
    labels_N = validation.labels_N.numpy()
    while state.epochs_done < options.epochs and state.epochs_without_gain < options.patience:
        epoch = state.epochs_done
        loss = _train_epoch(wrapped, optimizer, train, seed=seed, epoch=epoch, ranks=ranks, options=options)
        found = float(average_precision_score(labels_N, predict(network, validation, ranks, options)))
        state.epochs_done += 1
        state.epochs_without_gain += 1
        if found > state.best_average_precision:
            state.best_average_precision, state.epochs_without_gain = found, 0
            state.best = {name: weight.detach().clone() for name, weight in network.state_dict().items()}
        if ranks.is_first:
            checkpoint.save(place, state, network, optimizer)
            report({
                "event": "epoch", "model": "hybrid", "epoch": epoch + 1, "of": options.epochs,
                "loss": loss, "average_precision": found,
            })  # fmt: skip
    if state.best is not None:
        network.load_state_dict(state.best)
    return predict(network, validation, ranks, replace(options, bf16=False))


def _train_epoch(
    wrapped: nn.Module,
    optimizer: torch.optim.Optimizer,
    train: Split,
    *,
    seed: int,
    epoch: int,
    ranks: Ranks,
    options: Options,
) -> float:
    """One pass over the training rows; returns the mean loss over all ranks."""
    # Anew each epoch, so that a resumed run drops what an uninterrupted one would have dropped.
    torch.manual_seed((seed * 1_009 + epoch) * 1_009 + ranks.rank)
    inducing = float(train.labels_N.mean())
    class_weight = torch.tensor(min(options.max_class_weight, (1 - inducing) / max(inducing, 1e-6)))
    batches = epoch_batches(train.lengths_N, options.batch_size, seed, epoch)
    total = torch.zeros(())
    wrapped.train()
    for i, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * rate_at(
                epoch * len(batches) + i, options.epochs * len(batches), options
            )
        rows_B = share_of(batch, ranks.rank, ranks.world_size)
        logits_B = _forward(wrapped, train, rows_B, bf16=options.bf16)
        losses_B = functional.binary_cross_entropy_with_logits(
            logits_B, train.labels_N[rows_B], weight=train.weights_N[rows_B], pos_weight=class_weight, reduction="none"
        )
        # Ranks average their gradients: this makes the average the mean over the global batch.
        loss = losses_B.sum() * (ranks.world_size / len(batch))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(wrapped.parameters(), options.clip)
        optimizer.step()
        total += losses_B.detach().sum()
    return float(ranks.sum(total)) / len(train.tokens_N)


def rate_at(step: int, steps: int, options: Options) -> float:
    """Share of the learning rate at a step: linear warm-up, then half a cosine down to 5 %."""
    warm = max(1, round(steps * options.warm_up))
    if step < warm:
        return (step + 1) / warm
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def predict(network: Network, split: Split, ranks: Ranks, options: Options) -> NDArray[np.float64]:
    """Logits of every row (float64 array_N), the same on every rank."""
    network.eval()
    logits_N = torch.zeros(len(split.tokens_N))
    with torch.no_grad():
        for batch in even_batches(np.argsort(split.lengths_N, kind="stable"), 64):
            rows_B = share_of(batch, ranks.rank, ranks.world_size)
            if len(rows_B):
                logits_N[rows_B] = _forward(network, split, rows_B, bf16=options.bf16)
    return ranks.sum(logits_N).double().numpy()


def make_split(rows: Rows, tokenizer: Tokenizer, normaliser: Normaliser, config: NetworkConfig) -> Split:
    """Rows -> tokens and tensors."""
    return Split(
        tokens.encode(tokenizer, rows.texts, config.max_tokens),
        torch.from_numpy(normaliser.apply(rows.values_NC)),
        torch.from_numpy(rows.labels_N).float(),
        torch.from_numpy(rows.weights_N).float(),
    )


def _forward(network: nn.Module, split: Split, rows_B: NDArray[np.int64], *, bf16: bool) -> torch.Tensor:
    tokens_BT, segments_BT = hybrid.pad([split.tokens_N[row] for row in rows_B])
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        logits_B: torch.Tensor = network(tokens_BT, segments_BT, split.features_NF[rows_B])
    return logits_B.float()


def _shared_tokenizer(data: TrainingData, output: Path, ranks: Ranks, config: NetworkConfig) -> Tokenizer:
    """Rank 0 trains the tokenizer on the training split; all read the one it wrote."""
    path = output / checkpoint.FOLDER / tokens.FILE
    if ranks.is_first:
        path.parent.mkdir(parents=True, exist_ok=True)
        fitted = tokens.fit_tokenizer(data.train.texts, config.vocabulary)
        path.write_text(fitted.to_str(), encoding="utf-8")
    ranks.wait()
    return tokens.read_tokenizer(path.read_bytes(), config.vocabulary)
