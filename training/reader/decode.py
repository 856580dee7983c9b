"""From scores of starts and ends to the best span. NumPy alone, shared with the runtime."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float32]
LONGEST = 32
"""Pieces of a span."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """The best span of a passage: where it stands in the text, how it compares with none, and whether there is one."""

    start: int
    end: int
    score: float
    """Start and end against none; above 0 the span is likelier."""
    there: float
    """Logit of there being an answer."""


def best_span(start: Row, end: Row, *, first: int, offsets: list[tuple[int, int]], there: float = 0.0) -> Span:
    """`start` and `end`: scores of one row, place 0 for none; `first`: the passage's first piece."""
    count = len(offsets)
    starts, ends = start[first : first + count], end[first : first + count]
    pairs = starts[:, None] + ends[None, :]
    steps = np.arange(count)
    reach = steps[None, :] - steps[:, None]
    pairs = np.where((reach >= 0) & (reach < LONGEST), pairs, -np.inf)
    low, high = np.unravel_index(int(np.argmax(pairs)), pairs.shape)
    score = float(pairs[low, high] - start[0] - end[0])
    return Span(start=offsets[low][0], end=offsets[high][1], score=score, there=there)
