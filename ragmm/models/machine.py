"""How much memory there is for models."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["fits", "memory_bytes"]

_REST: Final = 1_000
"""Megabytes that a program needs beside the weights of its model."""


def memory_bytes(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """What the machine has, or less where a control group says less."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    if limit.is_file() and (text := limit.read_text(encoding="ascii").strip()).isdigit():
        sizes.append(int(text))
    return min(sizes)


def fits(memory_mb: int, memory: int) -> bool:
    """Whether a model whose weights take so much can be loaded into this memory."""
    return (memory_mb + _REST) * 1_000_000 <= memory
