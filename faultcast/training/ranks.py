"""The processes of one training run, which may be one.

torchrun (or Kubeflow Trainer) starts every rank and tells each who it is in the environment that
torch defines: WORLD_SIZE, RANK, MASTER_ADDR, MASTER_PORT. Where there are GPUs each rank takes one and
NCCL carries the tensors; elsewhere gloo carries those of the CPU. Without those variables the same
code runs as the only rank.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

_PATIENCE = timedelta(minutes=5)


def device_of(rank: int = 0) -> torch.device:
    """The rank's GPU, counted on from the first of its machine; the CPU where there is none."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", rank % torch.cuda.device_count())


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among all processes of the run, and where it computes."""

    rank: int = 0
    world_size: int = 1
    device: torch.device = field(default_factory=device_of)

    @property
    def is_first(self) -> bool:
        """The one that writes files and reports."""
        return self.rank == 0

    def wrap(self, network: nn.Module) -> nn.Module:
        """Average gradients over ranks after each backward pass."""
        return DistributedDataParallel(network) if self.world_size > 1 else network

    @staticmethod
    def alone(wrapped: nn.Module, *, last: bool) -> AbstractContextManager[None]:
        """Within it gradients are only added up here; they are averaged over ranks once, behind the `last` part."""
        if last or not isinstance(wrapped, DistributedDataParallel):
            return nullcontext()
        return wrapped.no_sync()

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
    device = device_of(rank)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    else:
        torch.set_num_threads(1)  # the ranks share the machine's cores
    backend = "nccl" if device.type == "cuda" else "gloo"
    where = f"file://{store}" if store else "env://"
    dist.init_process_group(backend, init_method=where, rank=rank, world_size=world_size, timeout=_PATIENCE)
    try:
        yield Ranks(rank, world_size, device)
    finally:
        dist.destroy_process_group()
