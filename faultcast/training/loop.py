"""The hybrid's training loop: the same weights for one rank or many, in one go or resumed.

Legend: N rows, B rows of a part of a batch on this rank.
"""

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score
from torch import nn
from torch.nn import functional

from faultcast.models.encoders import Noise
from faultcast.models.network import Network
from faultcast.models.sizes import NetworkConfig
from faultcast.training import checkpoint
from faultcast.training.batches import epoch_batches, even_batches, parts_of, share_of
from faultcast.training.inputs import Split
from faultcast.training.ranks import Ranks
from faultcast.training.rows import Report, silent

_STABLE = 1e-6
"""Adam's epsilon: above the rounding errors in gradients, which otherwise decide about weights that have none."""
_ASKED_AT_ONCE = 64


class LoopOptions(Protocol):
    """What the loop needs of the kind's `Options`; units are told there."""

    @property
    def epochs(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def accumulate(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def encoder_learning_rate(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def warm_up(self) -> float: ...
    @property
    def clip(self) -> float: ...
    @property
    def patience(self) -> int: ...
    @property
    def max_class_weight(self) -> float: ...
    @property
    def bf16(self) -> bool: ...


class Loop:
    """One run of training of one network."""

    def __init__(self, network: Network, config: NetworkConfig, options: LoopOptions, ranks: Ranks, seed: int) -> None:
        self.network, self.config, self.options, self.ranks, self.seed = network, config, options, ranks, seed
        self.optimizer = make_optimizer(network, options)

    def fit(
        self,
        of_epoch: Callable[[int], Split],
        validation: Split,
        place: checkpoint.Place,
        report: Report = silent,
    ) -> NDArray[np.float64]:
        """Train the network in place; it ends with its best epoch's weights. Returns their validation logits.

        Args:
            of_epoch: the training rows as an epoch sees them (their texts may differ by epoch).
            validation: the rows that decide which epoch was best, and when to stop.
            place: where the state is kept.
            report: told about every epoch, on the first rank.
        """
        state = checkpoint.resume(place, self.network, self.optimizer)
        self.ranks.wait()  # no rank may write a checkpoint before all have read the last one
        wrapped = self.ranks.wrap(self.network)
        keeper = checkpoint.Keeper(place, self.network, self.optimizer) if self.ranks.is_first else None
        labels_N = validation.labels_N.cpu().numpy()
        while state.epochs_done < self.options.epochs and state.epochs_without_gain < self.options.patience:
            loss = self._epoch(wrapped, of_epoch(state.epochs_done), state, keeper)
            found = float(average_precision_score(labels_N, self.predict(validation, bf16=self.options.bf16)))
            self._note(state, found)
            if keeper:
                keeper.save(state)
                report({
                    "event": "epoch", "model": "hybrid", "epoch": state.epochs_done, "of": self.options.epochs,
                    "loss": loss, "average_precision": found,
                })  # fmt: skip
        if state.best is not None:
            self.network.load_state_dict(state.best)
        return self.predict(validation)

    def _note(self, state: checkpoint.State, found: float) -> None:
        state.epochs_done, state.batches_done = state.epochs_done + 1, 0
        state.epochs_without_gain += 1
        if found > state.best_average_precision:
            state.best_average_precision, state.epochs_without_gain = found, 0
            state.best = {name: weight.detach().clone() for name, weight in self.network.state_dict().items()}

    def _epoch(
        self, wrapped: nn.Module, train: Split, state: checkpoint.State, keeper: checkpoint.Keeper | None
    ) -> float:
        """What is left of one pass over the training rows; returns its mean loss over all ranks."""
        options, epoch = self.options, state.epochs_done
        inducing = float(train.labels_N.mean())
        class_weight = torch.tensor(min(options.max_class_weight, (1 - inducing) / max(inducing, 1e-6)))
        batches = epoch_batches(train.tokens.lengths_N, options.batch_size, self.seed, epoch)
        total = torch.zeros(2, device=self.ranks.device)  # losses, rows
        wrapped.train()
        for i in range(state.batches_done, len(batches)):
            rate = rate_at(epoch * len(batches) + i, options.epochs * len(batches), options.warm_up)
            for group in self.optimizer.param_groups:
                group["lr"] = group["initial_lr"] * rate
            total += self._step(wrapped, train, batches[i], (self.seed * 1_009 + epoch) * 1_000_003 + i, class_weight)
            state.batches_done = i + 1
            if keeper:
                keeper.save_now_and_then(state)
        losses, rows = self.ranks.sum(total).tolist()
        return float(losses / max(rows, 1))

    def _step(
        self, wrapped: nn.Module, train: Split, batch: NDArray[np.int64], seed: int, class_weight: torch.Tensor
    ) -> torch.Tensor:
        """One step of the optimizer; returns (sum of losses, rows) of this rank."""
        noise = Noise.draw(self.config, len(batch), seed)
        total = torch.zeros(2, device=self.ranks.device)
        self.optimizer.zero_grad()
        places = share_of(np.arange(len(batch)), self.ranks.rank, self.ranks.world_size)
        counts = float(len(places) > 0)  # a rank without a share computes along, for nothing
        parts = parts_of(places if counts else np.zeros(1, dtype=np.int64), self.options.accumulate)
        for part, places_B in enumerate(parts):
            rows_B = batch[places_B]
            with self.ranks.alone(wrapped, last=part + 1 == len(parts)):
                logits_B = self._forward(wrapped, train, rows_B, noise.of(torch.from_numpy(places_B)))
                losses_B = counts * functional.binary_cross_entropy_with_logits(
                    logits_B,
                    train.labels_N[rows_B],
                    weight=train.weights_N[rows_B],
                    pos_weight=class_weight.to(logits_B.device),
                    reduction="none",
                )
                # Ranks average their gradients: this makes the average the mean over the global batch.
                (losses_B.sum() * (self.ranks.world_size / len(batch))).backward()  # type: ignore[no-untyped-call]
            total += torch.stack([losses_B.detach().sum(), torch.tensor(counts * len(rows_B), device=total.device)])
        nn.utils.clip_grad_norm_(wrapped.parameters(), self.options.clip)
        self.optimizer.step()
        return total

    def predict(self, split: Split, *, bf16: bool = False) -> NDArray[np.float64]:
        """Logits of every row (float64 array_N), the same on every rank."""
        self.network.eval()
        logits_N = torch.zeros(len(split), device=self.ranks.device)
        with torch.no_grad(), torch.autocast(self.ranks.device.type, torch.bfloat16, enabled=bf16):
            for batch in even_batches(np.argsort(split.tokens.lengths_N, kind="stable"), _ASKED_AT_ONCE):
                rows_B = share_of(batch, self.ranks.rank, self.ranks.world_size)
                if len(rows_B):
                    logits_N[rows_B] = self.network(*split.take(rows_B)).float()
        return self.ranks.sum(logits_N).cpu().double().numpy()

    def _forward(self, wrapped: nn.Module, split: Split, rows_B: NDArray[np.int64], noise: Noise) -> torch.Tensor:
        device = self.ranks.device
        with torch.autocast(device.type, torch.bfloat16, enabled=self.options.bf16):
            logits_B: torch.Tensor = wrapped(*split.take(rows_B), noise.to(device))
        return logits_B.float()


def make_optimizer(network: Network, options: LoopOptions) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019); a pre-trained encoder learns at a rate of its own."""
    trained = [(name, weight) for name, weight in network.named_parameters() if weight.requires_grad]
    body = [weight for name, weight in trained if name.startswith("encoder.body.")]
    rest = [weight for name, weight in trained if not name.startswith("encoder.body.")]
    groups = [{"params": rest, "initial_lr": options.learning_rate}]
    if body:
        groups.append({"params": body, "initial_lr": options.encoder_learning_rate})
    return torch.optim.AdamW(
        groups, lr=options.learning_rate, weight_decay=options.weight_decay, eps=_STABLE, fused=True
    )


def rate_at(step: int, steps: int, warm_up: float) -> float:
    """Share of the learning rate at a step: linear warm-up, then half a cosine down to 5 %."""
    warm = max(1, round(steps * warm_up))
    if step < warm:
        return (step + 1) / warm
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))
