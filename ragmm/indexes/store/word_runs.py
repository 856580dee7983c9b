"""Runs of letters in texts, many texts at once: what stands between ASCII separators.

A run of at most sixteen bytes is two machine words, and those that were seen before are known by them without becoming
a string again; all others are looked up one by one. So the numbers are exact whatever the words are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Runs"]

_SLOT_BITS: Final = 18
_SLOTS: Final = 1 << _SLOT_BITS
_AT_ONCE: Final = 1 << 14
"""Runs: what the first of them teach is known to the next."""
_WORD: Final = 8
_MIXED: Final = (np.uint64(0x9E37_79B9_7F4A_7C15), np.uint64(0xC2B2_AE3D_27D4_EB4F))
_MASKS: Final = np.array([(1 << 8 * size) - 1 for size in range(_WORD + 1)], np.uint64)
_INSIDE: Final = np.array([code >= 0x80 or chr(code).isalnum() for code in range(256)], bool)
"""Which bytes of UTF-8 belong to a run."""

Numbers = NDArray[np.uint32]


class Runs:
    """Numbers for runs, given when each is first seen."""

    def __init__(self) -> None:
        self.numbers: dict[bytes, int] = {}
        # One run a slot, the first that came: its two words, 0 where none came, and its number.
        self._heads, self._tails = np.zeros(_SLOTS, np.uint64), np.zeros(_SLOTS, np.uint64)
        self._numbered = np.zeros(_SLOTS, np.uint32)

    def of(self, texts: Sequence[str]) -> tuple[Numbers, NDArray[np.int64]]:
        """The runs of all texts, and where each text's begin and the last's end. Shapes: (runs,), (texts + 1,)."""
        parts = [text.encode() for text in texts]
        blob = b"\0".join([*parts, b"\0" * 2 * _WORD])
        inside = np.append(False, _INSIDE[np.frombuffer(blob, np.uint8)])
        edges = np.flatnonzero(inside[1:] != inside[:-1])
        starts, sizes = edges[0::2], edges[1::2] - edges[0::2]
        begins = np.cumsum([0, *(len(part) + 1 for part in parts)])
        words = np.ndarray((len(blob) - _WORD + 1,), "<u8", blob, strides=(1,))
        pieces = range(0, len(starts), _AT_ONCE)
        found = [self._look_up(blob, words, starts[at : at + _AT_ONCE], sizes[at : at + _AT_ONCE]) for at in pieces]
        return np.concatenate([np.empty(0, np.uint32), *found]), np.searchsorted(starts, begins)

    def _look_up(
        self, blob: bytes, words: NDArray[np.uint64], starts: NDArray[np.int64], sizes: NDArray[np.int64]
    ) -> Numbers:
        """`words`: of the text, one at every byte."""
        heads = words[starts] & _MASKS[np.minimum(sizes, _WORD)]
        tails = words[np.minimum(starts + _WORD, len(words) - 1)] & _MASKS[np.clip(sizes - _WORD, 0, _WORD)]
        slots = (heads * _MIXED[0] ^ tails * _MIXED[1]) * _MIXED[0] >> np.uint64(64 - _SLOT_BITS)
        found: Numbers = self._numbered[slots]
        known = (self._heads[slots] == heads) & (self._tails[slots] == tails) & (sizes <= 2 * _WORD)
        strange = np.flatnonzero(~known)
        for at, start, size in zip(strange.tolist(), starts[strange].tolist(), sizes[strange].tolist(), strict=True):
            found[at] = self.numbers.setdefault(blob[start : start + size], len(self.numbers))
        kept = strange[(sizes[strange] <= 2 * _WORD) & (self._heads[slots[strange]] == 0)]
        _, first = np.unique(slots[kept], return_index=True)
        kept = kept[first]
        self._heads[slots[kept]], self._tails[slots[kept]] = heads[kept], tails[kept]
        self._numbered[slots[kept]] = found[kept]
        return found
