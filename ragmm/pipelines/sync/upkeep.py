"""The end of a night: space that nothing needs comes back, within a time."""

from __future__ import annotations

import time

from ragmm.indexes.store.generations import Retention
from ragmm.indexes.store.maintenance import Collected, collect
from ragmm.indexes.store.tidying import tidy
from ragmm.indexes.store.writer import Writer

__all__ = ["upkeep", "wants_more"]


def upkeep(writer: Writer, retention: Retention, minutes: float) -> Collected | None:
    """Collect what no retained generation needs; what the time does not allow is left to the next night."""
    if not minutes or not writer.generation:
        return None
    until = time.monotonic() + 60 * minutes

    def expired() -> bool:
        return time.monotonic() > until

    collected = collect(writer, retention, expired)
    tidy(writer, expired)
    return collected


def wants_more(writer: Writer) -> bool:
    """Whether something waits to be given back: a night without changes then collects too."""
    row = writer.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM blocks b JOIN generations g ON g.id = b.died) "
        "OR EXISTS (SELECT 1 FROM packs WHERE retired IS NOT NULL)"
    ).fetchone()
    return bool(row[0])
