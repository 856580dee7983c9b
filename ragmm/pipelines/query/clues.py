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
    """Of what the question's words say, or of what a glossary says they mean; None without words on either side."""
    apart: float = 0.0
    """The same, what tells the items found apart counting most; see `said_words`."""
    page: float = 0.0
    """The same of its page."""
    votes: float = 0.0
    """What the lists together say of its place, from 0 to 1 for one that heads them all."""
    silent: bool = False
    """Whether it is a picture that holds no value of the kind that is asked for."""
    sought: bool = False
    """Whether it is a picture and the question names one: a chart, a photo, a map."""
    named: float = 0.0
    """How surely the question names its document, from 0 to 1."""
