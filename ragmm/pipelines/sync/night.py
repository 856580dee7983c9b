"""What a night did: the outcome that reports, metrics and the exit code are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ragmm.errors import MassDeleteError
from ragmm.indexes.records import Collected
from ragmm.pipelines.sync.plan import Plan
from ragmm.types import Report

__all__ = ["Night"]

DOCUMENTS_FAILED = 10


@dataclass(frozen=True, kw_only=True)
class Night:
    """One finished, or interrupted, night."""

    number: int
    """Grows by one with every night that came to its end."""
    plan: Plan
    report: Report
    """What `ingest` reports too; `report.documents` counts what really happened."""
    started: float
    ended: float
    """Seconds since the epoch, by the collection's clock."""
    stages: Mapping[str, float] = field(default_factory=dict)
    """Seconds spent in "list", "compare", "rehash", "ingest", "delete" and "maintain"."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Measured tonight, for later estimates: "documents", "bytes", "items" and "captions" a second, "usd" a caption."""
    rehashed: int = 0
    changed_unseen: int = 0
    """Files that only the re-hash found changed: same size, times and inode, other bytes."""
    left: int = 0
    """Documents that the night's budget did not allow any more; the next night goes on with them."""
    collected: Collected | None = None
    """What compaction and collection of garbage freed; None where they did not run."""

    @property
    def refused(self) -> str:
        """Why deletions were not made; everything else of the night was."""
        return self.plan.refused

    @property
    def exit_code(self) -> int:
        """0 done, 10 some documents failed, 31 the guard refused the deletions. A signal's code is the caller's."""
        if self.refused:
            return MassDeleteError.exit_code
        return DOCUMENTS_FAILED if self.report.failures else 0
