"""Near-duplicates among hits: the same figure in ten reports, a template's passage, successive versions of a page.

Folded are pictures that look the same and texts that say the same with the same numbers: last year's table in this
year's words is another one. Nothing is stored for it; only what would be shown anyway is compared.
"""

from __future__ import annotations

import io
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import RagmmError
from ragmm.indexes.contracts import Snapshot
from ragmm.pipelines.query.fusion import Vote
from ragmm.text.words import words_of
from ragmm.types import IMAGE_MODALITIES, StoredItem

__all__ = ["Folds"]

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NO_DIGITS = bytes(range(ord("0"))) + bytes(range(ord("9") + 1, 256))
_SHINGLE = 3
_SAME_WORDS = 0.85
"""The share of three-word sequences that two texts must have in common."""
_SAME_LENGTH = 1.5
"""Texts that differ more in length do not have so much in common: seen before any word is."""
_PIECES, _PIECE = 9, 24
"""How many, of so many characters."""
_FEWEST_WORDS = 8
"""Shorter texts are the same only if they are equal."""
_SIDE, _TILE = 64, 8
_SAME_TILE = 10.0
"""Of 255: the most that any tile of two pictures' thumbnails may differ on average."""
_SAME_COSINE = 0.01
"""Copies of a picture are about equally far from any question; pictures that are not are not looked at."""
_LARGEST_ASSET = 20 << 20

Thumbnail = NDArray[np.int16]


@dataclass(eq=False)
class _Seen:
    """What is compared of a hit, worked out when it is first needed."""

    item: StoredItem
    votes: Sequence[Vote]
    thumbnail: Thumbnail | None = None

    @property
    def pictured(self) -> bool:
        return self.item.asset is not None and self.item.modality in IMAGE_MODALITIES

    @property
    def digits(self) -> bytes:
        """Found at once, and enough to tell most texts apart."""
        return self.item.text.encode("utf-8", "replace").translate(None, _NO_DIGITS)

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        return tuple(_NUMBER.findall(self.item.text))

    @cached_property
    def even(self) -> str:
        """The text whatever its case and line breaks."""
        return " ".join(self.item.text.casefold().split())

    @cached_property
    def pieces(self) -> list[str]:
        """A few words from all over the text: of texts that say the same, some stand in both."""
        step = max(1, (len(self.even) - _PIECE) // (_PIECES - 1))
        return [self.even[at : at + _PIECE] for at in range(0, max(1, len(self.even) - _PIECE + 1), step)]

    @cached_property
    def words(self) -> list[str]:
        return words_of(self.item.text)

    @cached_property
    def shingles(self) -> frozenset[Hashable]:
        return frozenset(tuple(self.words[at : at + _SHINGLE]) for at in range(len(self.words) - _SHINGLE + 1))

    @cached_property
    def cosines(self) -> dict[str, float]:
        return {leg: score for leg, _, score in self.votes if leg.endswith("/image")}


@dataclass(eq=False)
class Folds:
    """The hits of one search so far, and which of them a further item repeats."""

    snapshot: Snapshot
    _seen: dict[tuple[bool, bytes], list[tuple[int, _Seen]]] = field(default_factory=dict)
    """Hits with their positions; only those that hold the same digits can be the same."""
    _hits: int = 0

    def place(self, item: StoredItem, votes: Sequence[Vote], *, remember: bool = True) -> int | None:
        """The position of the hit that says the same; None for an item that is new, which is a hit if remembered."""
        here = _Seen(item, votes)
        alike = self._seen.setdefault((here.pictured, here.digits), [])
        for position, other in alike:
            if self._same(here, other):
                return position
        if remember:
            alike.append((self._hits, here))
            self._hits += 1
        return None

    def _same(self, a: _Seen, b: _Seen) -> bool:
        if a.numbers != b.numbers:
            return False
        if a.pictured:
            return a.item.asset == b.item.asset or (_same_distance(a, b) and self._look_same(a, b))
        return _same_words(a, b)

    def _look_same(self, a: _Seen, b: _Seen) -> bool:
        one, other = self._thumbnail(a), self._thumbnail(b)
        if not one.size or not other.size:
            return False
        tiles = np.abs(one - other).reshape(_SIDE // _TILE, _TILE, _SIDE // _TILE, _TILE).mean(axis=(1, 3))
        return float(tiles.max()) <= _SAME_TILE

    def _thumbnail(self, seen: _Seen) -> Thumbnail:
        if seen.thumbnail is None:
            seen.thumbnail = _thumbnail(self.snapshot, seen.item.asset or "")
        return seen.thumbnail


def _same_words(a: _Seen, b: _Seen) -> bool:
    if a.item.text == b.item.text:
        return bool(a.item.text) and a.item.context == b.item.context
    shorter, longer = sorted((a, b), key=lambda seen: len(seen.even))
    if len(longer.even) > _SAME_LENGTH * len(shorter.even) or not any(piece in longer.even for piece in shorter.pieces):
        return False
    if min(len(a.words), len(b.words)) < _FEWEST_WORDS:
        return False
    shared = len(a.shingles & b.shingles)
    return shared >= _SAME_WORDS * len(a.shingles | b.shingles)


def _same_distance(a: _Seen, b: _Seen) -> bool:
    """Whether some search over images put both equally near; words alone do not make two pictures one."""
    return any(abs(score - b.cosines.get(leg, -2.0)) <= _SAME_COSINE for leg, score in a.cosines.items())


def _thumbnail(snapshot: Snapshot, asset: str) -> Thumbnail:
    """Shape: (64, 64); (0,) for a picture that cannot be read: verify will name it."""
    from PIL import Image

    try:
        data, _ = snapshot.asset(asset)
        if len(data) > _LARGEST_ASSET:
            return np.empty(0, np.int16)
        with Image.open(io.BytesIO(data)) as image:
            image.draft("L", (_SIDE * 2, _SIDE * 2))
            small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    except (RagmmError, OSError, ValueError, Image.DecompressionBombError):
        return np.empty(0, np.int16)
    return np.asarray(small, np.int16)
