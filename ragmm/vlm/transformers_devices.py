"""Where a VLM runs, in which number format, and whether its weights fit there."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ragmm.errors import ModelError, UsageError
from ragmm.models.weights import read_header, safetensors_files

if TYPE_CHECKING:
    import torch

__all__ = ["Placement", "free_bytes", "place", "weight_parameters"]

Placement = tuple[str, "torch.dtype"]
"""A device name and a number format."""

_DEVICES = ("auto", "cpu", "cuda", "mps")
_DTYPES = ("auto", "float32", "bfloat16", "float16")
_SMALL = 200_000_000
"""Models below this many parameters run in float32 on a CPU: they are quick anyway, and their replies reproducible."""
_OVERHEAD = 1.2
"""Activations and caches of a short prompt, beside the weights."""
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


def place(folder: Path, device: str, dtype: str, memory_gb: float | None) -> Placement:
    """Chooses device and number format; `auto` takes a GPU if the weights fit there.

    Raises ModelError when they fit nowhere, with the sizes seen; `memory_gb` is the most that may be used.
    """
    import torch

    kind = device.partition(":")[0]
    if kind not in _DEVICES or dtype not in _DTYPES:
        raise UsageError(f"device {device!r} or dtype {dtype!r} is unknown; allowed: {_DEVICES} and {_DTYPES}")
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True, "auto": True}
    if not there[kind]:
        raise ModelError(f"the device {device} is not available to this PyTorch; set device = auto or cpu")
    parameters = weight_parameters(folder)
    candidates = [name for name in ("cuda", "mps", "cpu") if there[name]] if device == "auto" else [device]
    refused: list[str] = []
    for candidate in candidates:
        chosen = _dtype(dtype, candidate, parameters)
        needed = parameters * chosen.itemsize * _OVERHEAD
        limit = min(free_bytes(candidate), (memory_gb or float("inf")) * 1e9)
        if needed <= limit:
            return candidate, chosen
        refused.append(f"{candidate}: {needed / 1e9:.1f} GB needed, {limit / 1e9:.1f} GB free or allowed")
    raise ModelError(
        f"the model in {folder} does not fit ({'; '.join(refused)}); choose a smaller model, "
        "close what else uses the memory, or set dtype = bfloat16"
    )


def weight_parameters(folder: Path) -> int:
    """Numbers in the folder's weights, from the files' headers."""
    return sum(read_header(file).parameters for file in safetensors_files(folder))


def free_bytes(device: str) -> float:
    """Free memory of a device; unlimited where it cannot be told."""
    import torch

    if device.startswith("cuda"):
        return float(torch.cuda.mem_get_info(torch.device(device))[0])
    try:
        lines = Path("/proc/meminfo").read_text("ascii", "replace").splitlines()
    except OSError:
        return float("inf")
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return float(found[0]) * 1024 if found else float("inf")


def _dtype(name: str, device: str, parameters: int) -> torch.dtype:
    import torch

    if name != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]
    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device == "mps":
        return torch.float16
    return torch.bfloat16 if parameters > _SMALL and _cpu_multiplies_bfloat16() else torch.float32


@cache
def _cpu_multiplies_bfloat16() -> bool:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return not _BF16_FLAGS.isdisjoint(flags.partition(":")[2].split())
