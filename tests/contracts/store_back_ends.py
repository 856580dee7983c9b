"""Every store under one name, made the way each is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ragmm.indexes import contracts
from ragmm.indexes.store.store import Store

__all__ = ["STORES", "Clock", "Look", "Make"]


class Clock:
    """Shows the time that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


Make = Callable[[Path, Clock], contracts.Store]
Look = Callable[..., contracts.Snapshot]
"""Opens a snapshot of a store, and of a generation of it where one is given."""


def _embedded(folder: Path, clock: Clock) -> contracts.Store:
    return Store(folder, clock=clock)


STORES: dict[str, Make] = {"embedded": _embedded}
