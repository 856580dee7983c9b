"""How much a confined job may use, and how much of its time is left."""

from __future__ import annotations

import math
import resource
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SLOW_MARK", "Limits", "seconds_left", "start_clock", "take_slow_work"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much one document may use, and how much it may reply."""

    memory_mb: int = 2048
    cpu_seconds: int = 60
    """For a document that is not read by OCR; one that is may use as much as it may take."""
    wall_seconds: float = 120.0
    slow_seconds: float = 1800.0
    """In all, for a document that is read by OCR: as long as each page of it takes less than `wall_seconds`."""
    file_mb: int = 256
    """Largest file a worker may write."""
    open_files: int = 64
    scratch_mb: int = 2048
    document_mb: int = 4096
    """Largest source file that is read at all."""
    items: int = 50_000
    text_bytes: int = 50_000_000
    assets: int = 2_000
    asset_bytes: int = 1_000_000_000


SLOW_MARK = "slow"
"""The file in a worker's scratch folder that says, by its time, when the worker last began a step of slow work."""


@dataclass(frozen=True, kw_only=True)
class _Clock:
    """How long this process, a worker, may go on."""

    end: float
    """On the monotonic clock; before that, a step of slow work may take `step` seconds."""
    step: float
    mark: Path


_clock: list[_Clock] = []


def start_clock(scratch: Path, limits: Limits) -> None:
    """This process is a worker from now on."""
    end = time.monotonic() + max(limits.wall_seconds, limits.slow_seconds)
    _clock.append(_Clock(end=end, step=limits.wall_seconds, mark=scratch / SLOW_MARK))


def seconds_left() -> float:
    """For slow work, until this process runs into a limit on time; infinite outside a worker."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    cpu = math.inf if hard == resource.RLIM_INFINITY else hard - time.process_time()
    wall = _clock[-1].end - time.monotonic() if _clock else math.inf
    return min(cpu, wall)


def take_slow_work() -> None:
    """Begin a step of slow work, such as reading one page of a scan: the limits on time count from here on."""
    if not _clock:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(time.process_time() + _clock[-1].step)
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
    _clock[-1].mark.touch()
