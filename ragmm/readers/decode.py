"""From scores of starts and ends to the best spans. NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ScoredSpan", "best_spans"]

Row = NDArray[np.float32]
LONGEST = 32
"""Pieces of a span."""
_FORBIDDEN = -1e8


@dataclass(frozen=True, kw_only=True)
class ScoredSpan:
    """A span of a passage: where it stands in the text, and how it compares with none."""

    start: int
    end: int
    score: float
    """Start and end against none; above 0 the span is likelier."""


def best_spans(
    start: Row, end: Row, offsets: list[tuple[int, int]], *, most: int = 1, text: str = "", after: int = 0
) -> list[ScoredSpan]:
    """`start` and `end`: scores for none, then of each of the passage's pieces, which stand at the offsets.

    The best end for each beginning, of these the best `most`. With the passage's `text` a span stays within its line;
    it begins at the character `after` or later.
    """
    count = len(offsets)
    if not count:
        return []
    starts, ends = start[1 : 1 + count], end[1 : 1 + count]
    steps = np.arange(count)
    reach = steps[None, :] - steps[:, None]
    allowed = (reach >= 0) & (reach < LONGEST)
    if after:
        allowed &= np.array([low >= after for low, _ in offsets])[:, None]
    if "\n" in text:
        lines = np.array([text.count("\n", 0, low) for low, _ in offsets])
        allowed &= lines[:, None] == lines[None, :]
    pairs = np.where(allowed, starts[:, None] + ends[None, :], np.float32(-1e9))
    highs = pairs.argmax(axis=1)
    values = pairs[steps, highs]
    order = np.argsort(-values, kind="stable")[:most]
    none = float(start[0] + end[0])
    return [
        ScoredSpan(start=offsets[low][0], end=offsets[highs[low]][1], score=float(values[low]) - none)
        for low in order.tolist()
        if values[low] > _FORBIDDEN
    ]
