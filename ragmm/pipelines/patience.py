"""How long whoever asked is willing to wait: until a time, or until they say otherwise."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

__all__ = ["ENDLESS", "Flag", "Patience"]


class Flag(Protocol):
    """What says that nobody waits any more: a threading.Event, say."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Asked between steps; what takes long stops where it is over, and says why."""

    until: float | None = None
    """On the monotonic clock."""
    cancel: Flag | None = None

    @property
    def over(self) -> str:
        """Why to stop, or an empty string."""
        if self.cancel is not None and self.cancel.is_set():
            return "it was cancelled"
        return "its time was up" if self.until is not None and time.monotonic() >= self.until else ""

    @property
    def seconds(self) -> float | None:
        """Left, or None where there is no limit."""
        return None if self.until is None else max(0.0, self.until - time.monotonic())


ENDLESS = Patience()
