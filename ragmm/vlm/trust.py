"""What a model's own card says about when to believe it: the bundled one knows little, and knows that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

from ragmm.vlm.base import Vlm

__all__ = ["Trust", "trust_in"]


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Which replies of a model say something."""

    least_confidence: float = 0.0
    """Replies of a smaller mean token probability are guesses."""
    admissions: tuple[str, ...] = ()
    """What replies begin with where the model saw nothing that it knows."""

    @classmethod
    def of_card(cls, card: Mapping[str, Any]) -> Self:
        """From a model.json; one that says nothing of the kind leaves every reply to stand."""
        threshold = (card.get("calibration") or {}).get("threshold") or {}
        replies = card.get("replies") or {}
        return cls(
            least_confidence=float(threshold.get("confidence", 0.0)),
            admissions=tuple(str(reply).casefold() for reply in replies.values()),
        )

    def holds(self, text: str, confidence: float | None, least: float = 0.0) -> bool:
        """Whether a reply is neither an admission nor a guess; `least` is a stricter caller's own bound."""
        sure = confidence is None or confidence >= max(least, self.least_confidence)
        return sure and not text.strip().casefold().startswith(self.admissions)


@runtime_checkable
class _Carded(Protocol):
    """A model that came with a card."""

    @property
    def trust(self) -> Trust: ...


def trust_in(vlm: Vlm) -> Trust:
    """What the model's card says; without one every reply stands."""
    return vlm.trust if isinstance(vlm, _Carded) else Trust()
