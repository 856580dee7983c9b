"""Texts longer than a model's context: cut into windows of equal length, embedded, averaged by length."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Span", "Window", "average", "cut"]

Span = tuple[int, int]
"""A token's first character and the one after its last."""
Tokenise = Callable[[Sequence[str]], list[list[Span]]]
"""The spans of each text's tokens, without special ones."""

_MAX_CUTS = 8
"""A window cut this often and still too long has a tokenizer whose spans do not say where its tokens are."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of one text that fits the context."""

    owner: int
    """The text's position."""
    text: str
    tokens: int


def cut(texts: Sequence[str], tokenise: Tokenise, capacity: int) -> list[Window]:
    """At least one window for each text, in order, none above the capacity; every character is in a window."""
    windows: list[Window] = []
    for owner, (text, spans) in enumerate(zip(texts, tokenise(texts), strict=True)):
        if len(spans) <= capacity:
            windows.append(Window(owner=owner, text=text, tokens=len(spans)))
        else:
            windows.extend(_cut_one(owner, text, spans, tokenise, capacity))
    return windows


def _cut_one(owner: int, text: str, spans: list[Span], tokenise: Tokenise, capacity: int) -> list[Window]:
    """A piece tokenised by itself can have more tokens than it had inside its text: then it is cut again."""
    pending = [(piece, 1) for piece in _pieces(text, spans, capacity)]
    windows: list[Window] = []
    while pending:
        piece, depth = pending.pop(0)
        inside = tokenise([piece])[0]
        if len(inside) <= capacity or len(piece) < 2 or depth > _MAX_CUTS:
            windows.append(Window(owner=owner, text=piece, tokens=len(inside)))
        else:
            pending[:0] = [(part, depth + 1) for part in _pieces(piece, inside, capacity)]
    return windows


def _pieces(text: str, spans: list[Span], capacity: int) -> list[str]:
    """Equal shares rather than full windows and a stump; cut before a word where one starts near the share's end."""
    shares = -(-len(spans) // capacity)
    starts = [start for start, _ in spans]
    cuts = [0]
    for share in range(1, shares):
        cuts.append(_near_word_start(text, starts[share * len(spans) // shares], floor=cuts[-1]))
    cuts.append(len(text))
    return [text[a:b] for a, b in pairwise(cuts) if b > a]


def _near_word_start(text: str, position: int, *, floor: int) -> int:
    """The last word start at or before the position, unless that is more than 40 characters back."""
    reach = max(floor, position - 40)
    for candidate in range(position, reach, -1):
        if text[candidate - 1].isspace():
            return candidate
    return max(position, floor)


def average(rows: NDArray[np.float32], windows: Sequence[Window], texts: int) -> NDArray[np.float32]:
    """Shapes: (len(windows), dim) of unit length to (texts, dim) of unit length, weighted by the windows' tokens."""
    if len(windows) == texts:
        return rows
    owners = np.array([window.owner for window in windows])
    weights = np.array([max(1, window.tokens) for window in windows], dtype=np.float32)
    total = np.zeros((texts, rows.shape[1]), dtype=np.float32)
    np.add.at(total, owners, rows * weights[:, None])
    first = [bisect_right(owners, owner - 1) for owner in range(texts)]
    single = np.bincount(owners, minlength=texts) == 1
    norms = np.linalg.norm(total, axis=1, keepdims=True)
    total /= np.where(norms > 0, norms, 1)
    total[single] = rows[np.array(first)[single]]  # untouched by the averaging's rounding
    return total
