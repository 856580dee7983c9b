"""Batches: sorted by length, bounded in tokens and memory, halved when memory runs out, decoded ahead of the model."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BatchPlan",
    "available_cores",
    "batched",
    "embed_sorted",
    "halving",
    "is_out_of_memory",
    "length_sorted",
    "prefetch",
    "stream_sorted",
]

_Input = TypeVar("_Input")
_Output = TypeVar("_Output")
Rows = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class BatchPlan:
    """How large a batch may get."""

    size: int = 16
    tokens: int = 8_192
    """Padded: the longest input's length times the number of inputs."""
    window: int = 2_048
    """Inputs sorted among each other at a time; what bounds the memory of a stream."""


def available_cores() -> int:
    """The cores this process may use: its affinity, cut to the container's quota."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota(Path("/sys/fs/cgroup/cpu.max")) or cores))


def _quota(file: Path) -> int | None:
    try:
        quota, period = file.read_text("ascii").split()[:2]
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):  # no cgroup, or "max": no quota
        return None


def batched(inputs: Iterable[_Input], size: int) -> Iterator[list[_Input]]:
    """Lists of `size` inputs in order, the last one shorter."""
    source = iter(inputs)
    while batch := list(islice(source, size)):
        yield batch


def length_sorted(lengths: Sequence[int], plan: BatchPlan) -> Iterator[list[int]]:
    """Positions in batches of similar length, longest first, so that the largest batch fails first if any does."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda p: (-lengths[p], p)):
        widest = lengths[batch[0]] if batch else lengths[position]
        if batch and (len(batch) >= plan.size or widest * (len(batch) + 1) > plan.tokens):
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def embed_sorted(
    inputs: Sequence[_Input],
    lengths: Sequence[int],
    embed: Callable[[Sequence[_Input]], Rows],
    *,
    dim: int,
    plan: BatchPlan | None = None,
) -> Rows:
    """Shape: (len(inputs), dim), in the inputs' order. A batch that does not fit in memory is halved, down to one."""
    rows = np.empty((len(inputs), dim), dtype=np.float32)
    for positions in length_sorted(lengths, plan or BatchPlan()):
        rows[positions] = np.concatenate(list(halving(embed, [inputs[position] for position in positions])))
    return rows


def stream_sorted(
    inputs: Iterable[_Input],
    length: Callable[[_Input], int],
    embed: Callable[[Sequence[_Input]], Rows],
    *,
    dim: int,
    plan: BatchPlan | None = None,
) -> Iterator[Rows]:
    """As `embed_sorted` over any iterable, in memory bounded by the plan's window; rows in the inputs' order."""
    plan = plan or BatchPlan()
    for window in batched(inputs, plan.window):
        yield embed_sorted(window, [length(item) for item in window], embed, dim=dim, plan=plan)


def halving(call: Callable[[Sequence[_Input]], _Output], inputs: Sequence[_Input]) -> Iterator[_Output]:
    """The outputs of one call, or of ever smaller ones while memory runs out; a single input's failure is raised."""
    try:
        output = call(inputs)
    except (MemoryError, RuntimeError) as error:
        if len(inputs) < 2 or not is_out_of_memory(error):
            raise
    else:
        yield output
        return
    # Outside the except block: its traceback would keep the failed batch's tensors alive.
    _release_cuda_memory()
    middle = len(inputs) // 2
    yield from halving(call, inputs[:middle])
    yield from halving(call, inputs[middle:])


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error is Python's, CUDA's or PyTorch's CPU allocator's way of saying that memory ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error)
    return isinstance(error, RuntimeError) and ("can't allocate memory" in said or "out of memory" in said)


def _release_cuda_memory() -> None:
    import sys

    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def prefetch(
    inputs: Iterable[_Input],
    prepare: Callable[[_Input], _Output],
    pool: ThreadPoolExecutor,
    *,
    ahead: int,
) -> Iterator[_Output]:
    """The prepared inputs in order, at most `ahead` of them prepared before they are asked for."""
    source = iter(inputs)
    waiting: deque[Future[_Output]] = deque()
    try:
        waiting.extend(pool.submit(prepare, item) for item in islice(source, ahead))
        while waiting:
            ready = waiting.popleft().result()
            waiting.extend(pool.submit(prepare, item) for item in islice(source, 1))
            yield ready
    finally:
        for future in waiting:
            future.cancel()
