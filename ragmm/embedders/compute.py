"""Choosing the device, the precision and the threads that a model computes with."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ragmm.embedders.batching import available_cores
from ragmm.embedders.settings import Device, Dtype, EmbedderSettings
from ragmm.errors import ModelError

if TYPE_CHECKING:
    import torch

__all__ = [
    "cpu_has_fast_bfloat16",
    "cpu_sums_bytes",
    "decode_threads",
    "gpu_in_sight",
    "resolve_device",
    "resolve_dtype",
    "set_threads",
    "torch_installed",
]

_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""AVX512-BF16, AMX, and ARM's name for its own."""
_BYTE_FLAGS = frozenset({"avx512_vnni", "avx_vnni"})


def resolve_device(device: Device) -> str:
    """Raises ModelError when the device asked for is not there."""
    import torch

    if device is Device.CPU:
        return "cpu"
    has = {Device.CUDA: torch.cuda.is_available(), Device.MPS: torch.backends.mps.is_available()}
    if device is Device.AUTO:
        return next((str(found) for found, there in has.items() if there), "cpu")
    if not has[device]:
        raise ModelError(f"the device {device} is not available to this PyTorch; set device = auto or cpu")
    return str(device)


def resolve_dtype(dtype: Dtype, device: str, *, exact_on_cpu: bool = False) -> torch.dtype:
    """What `auto` means here: bfloat16 where the processor is good at it, unless exactness on a CPU is wanted."""
    import torch

    if dtype is not Dtype.AUTO:
        return torch.bfloat16 if dtype is Dtype.BFLOAT16 else torch.float32
    if device == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = device == "cpu" and not exact_on_cpu and cpu_has_fast_bfloat16()
    return torch.bfloat16 if fast else torch.float32


def cpu_has_fast_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 itself; elsewhere it is slower than float32."""
    return not _BF16_FLAGS.isdisjoint(_cpu_flags())


def cpu_sums_bytes() -> bool:
    """Whether the CPU sums products of eight bits in thirty-two by itself: exact, and twice as fast as float32."""
    return not _BYTE_FLAGS.isdisjoint(_cpu_flags())


@cache
def _cpu_flags() -> frozenset[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:  # not Linux
        return frozenset()
    flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return frozenset(flags.partition(":")[2].split())


def gpu_in_sight() -> bool:
    """Whether the system has a GPU driver and a torch that could use it, asked without starting torch."""
    return torch_installed() and any(Path(device).exists() for device in ("/dev/nvidiactl", "/dev/kfd"))


def torch_installed() -> bool:
    """Whether torch can be imported; the default profile does without."""
    return find_spec("torch") is not None


def set_threads(settings: EmbedderSettings) -> None:
    """Applies the one knob to PyTorch; OMP_NUM_THREADS is honoured where the knob is left at 0."""
    import torch

    if settings.threads or "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(settings.threads or available_cores())


def decode_threads(settings: EmbedderSettings) -> int:
    """Decoders beside the model. They release the interpreter's lock and mostly wait for the model, not the reverse."""
    return settings.threads or available_cores()
