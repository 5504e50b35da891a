"""What a killed run resumes from: one safetensors file, replaced whole every minute or so, removed at the end.

It holds the weights, the best weights so far, AdamW's moments and how many batches of which epoch are
done; its header says which run it belongs to. Batches and noise are drawn by seed, epoch and batch, so
nothing else is needed to go on as if nothing had happened, with any number of ranks. A checkpoint of
another seed, data set or set of options is not resumed from.
"""

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

FOLDER = ".checkpoint"
_FILE = "state.safetensors"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run keeps its state, and which run it is: seed, data and options in one string."""

    output: Path
    identity: str
    every_seconds: float = 60.0


@dataclass(slots=True)
class State:
    """Where a run stands. `best` holds the weights of the best epoch so far."""

    epochs_done: int = 0
    batches_done: int = 0  # of the epoch that is not done
    best_average_precision: float = -1.0
    epochs_without_gain: int = 0
    best: dict[str, Tensor] | None = None


class Keeper:
    """Keeps the state of one run, no more often than its place wishes."""

    def __init__(self, place: Place, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self._place, self._network, self._optimizer = place, network, optimizer
        self._last = time.monotonic()

    def save_now_and_then(self, state: State) -> None:
        """Save if the last time is long enough ago."""
        if time.monotonic() - self._last >= self._place.every_seconds:
            self.save(state)

    def save(self, state: State) -> None:
        """Write the state under the output's .checkpoint."""
        save(self._place, state, self._network, self._optimizer)
        self._last = time.monotonic()


def save(place: Place, state: State, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Write the state under the output's .checkpoint."""
    tensors = {f"weights/{name}": weight for name, weight in network.state_dict().items()}
    tensors |= {f"best/{name}": weight for name, weight in (state.best or {}).items()}
    for i, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"adam/{i}/{name}": moment for name, moment in moments.items()}
    progress = {
        "epochs_done": state.epochs_done,
        "batches_done": state.batches_done,
        "best_average_precision": state.best_average_precision,
        "epochs_without_gain": state.epochs_without_gain,
    }
    folder = place.output / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{_FILE}.partial"
    safetensors.torch.save_file(
        {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
        aside,
        metadata={"identity": place.identity, "progress": json.dumps(progress)},
    )
    aside.replace(folder / _FILE)


def resume(place: Place, network: nn.Module, optimizer: torch.optim.Optimizer) -> State:
    """Load the state into network and optimizer; a fresh `State` where there is none of this run."""
    path = place.output / FOLDER / _FILE
    if not path.is_file():
        return State()
    try:
        with safetensors.safe_open(path, framework="pt") as opened:
            header = opened.metadata()
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  no mapping
    except SafetensorError:  # cut off by whatever ended that run: begin afresh
        return State()
    if header.get("identity") != place.identity:
        return State()
    network.load_state_dict(_under("weights/", tensors))
    _load_moments(optimizer, _under("adam/", tensors))
    return State(**json.loads(header["progress"]), best=_under("best/", tensors) or None)


def remove(output: Path) -> None:
    """Forget the state: the run is done."""
    shutil.rmtree(output / FOLDER, ignore_errors=True)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _load_moments(optimizer: torch.optim.Optimizer, moments: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for name, moment in moments.items():
        i, _, what = name.partition("/")
        state.setdefault(int(i), {})[what] = moment
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
