"""The end of a night: space that nothing needs comes back, within a time."""

from __future__ import annotations

import time

from ragmm.indexes.contracts import Writer
from ragmm.indexes.records import Collected, Retention

__all__ = ["upkeep"]


def upkeep(writer: Writer, retention: Retention, minutes: float) -> Collected | None:
    """Collect what no retained generation needs; what the time does not allow is left to the next night."""
    if not minutes or not writer.generation:
        return None
    until = time.monotonic() + 60 * minutes

    def expired() -> bool:
        return time.monotonic() > until

    collected = writer.reclaim(retention, expired)
    writer.tidy(expired)
    return collected
