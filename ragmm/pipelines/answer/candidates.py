"""What might be the answer: a value with where it stands, and how likely it is right."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ragmm.pipelines.answer.cell_confidence import CellSigns
from ragmm.pipelines.answer.confidence import Signs
from ragmm.types import Citation, Hit

__all__ = ["FoundValue"]


@dataclass(frozen=True, kw_only=True)
class FoundValue:
    """A value that was found for a question."""

    value: str
    """At most 80 characters; "" where a sentence answers that has no shorter value."""
    shown: str
    """The sentence, row or entry that it stands in, readable by itself."""
    quote: str
    """The same as it stands in the item."""
    hit: Hit
    confidence: float
    """How likely the value is what was asked for, in [0, 1]."""
    signs: Signs | CellSigns | None = None
    """What spoke for it; None where no weights were asked."""
    doubt: float = 1.0
    """What was taken off the confidence beside the weights, as a factor."""
    citations: tuple[Citation, ...] = ()
    """Of a value that was worked out, all that it was worked out from."""
    sides: tuple[FoundValue, ...] = ()
    """Of a comparison, what was found for each side, the winner first."""
    result: Fraction | None = None
    """Of what was worked out, the number itself."""
    lacking: str = ""
    """What was asked for and is not there: "2014 (found 2015)"."""
