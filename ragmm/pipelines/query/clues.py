"""What is known about a hit and a question."""

from __future__ import annotations

from dataclasses import dataclass

from ragmm.types import MediaKind

__all__ = ["Evidence"]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The signs that a hit holds what was asked for."""

    kind: MediaKind
    """Of the list that its words belong to."""
    distance: float | None = None
    """Deviations above the middle of its list; None where no vector tells."""
    share: float | None = None
    """Of what the question's words say; None for a question without words."""
