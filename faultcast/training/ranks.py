"""The processes of one training run, which may be one.

torchrun (or Kubeflow Trainer) starts every rank and tells each who it is in the environment that
torch defines: WORLD_SIZE, RANK, MASTER_ADDR, MASTER_PORT. Gloo carries CPU tensors; without those
variables the same code runs as the only rank.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

_PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among all processes of the run."""

    rank: int = 0
    world_size: int = 1

    @property
    def is_first(self) -> bool:
        """The one that writes files and reports."""
        return self.rank == 0

    def wrap(self, network: nn.Module) -> nn.Module:
        """Average gradients over ranks after each backward pass."""
        return DistributedDataParallel(network) if self.world_size > 1 else network

    def sum(self, tensor: Tensor) -> Tensor:
        """Sum over ranks, in place."""
        if self.world_size > 1:
            dist.all_reduce(tensor)
        return tensor

    def wait(self) -> None:
        """Until every rank has come this far."""
        if self.world_size > 1:
            dist.barrier()


@contextmanager
def joined(rank: int = 0, world_size: int = 1, store: str = "") -> Iterator[Ranks]:
    """Join the run's other ranks; leave when done.

    Args:
        rank: which of the processes this is, from 0.
        world_size: processes of the run; 1 joins nobody.
        store: a file through which the ranks of one machine find each other, so that no port is
            opened for it; empty: MASTER_ADDR and MASTER_PORT (``env://``).
    """
    if world_size == 1:
        yield Ranks()
        return
    torch.set_num_threads(1)  # the ranks share the machine's cores
    where = f"file://{store}" if store else "env://"
    dist.init_process_group("gloo", init_method=where, rank=rank, world_size=world_size, timeout=_PATIENCE)
    try:
        yield Ranks(rank, world_size)
    finally:
        dist.destroy_process_group()
