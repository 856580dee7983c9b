"""What the thousand classes of a photograph's network are called: words to search by, and vectors among texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragmm.models.finding import bundled_folder

if TYPE_CHECKING:
    from ragmm.embedders.photo_net import Sight

__all__ = ["PhotoLabel", "PhotoLabels", "photo_labels"]

Rows = NDArray[np.float32]
_LEAST, _MOST = 0.05, 5
"""Of the chances of a class that is named, and of the classes."""
_TEMPERATURE, _MIXED = 3.0, 100
"""How a vector is mixed: of so many classes, the unlikely with more weight than the network gives them."""
_LOUDNESS = 0.5
"""Of a photograph's cosines, beside those of drawings, which stand out from their kind by half as much."""


@dataclass(frozen=True, kw_only=True)
class PhotoLabel:
    """One thing that a photograph is likely to show."""

    names: tuple[str, ...]
    wider: tuple[str, ...]
    """From the nearest kind of thing to the widest."""
    chance: float


class PhotoLabels:
    """Names, wider terms and vectors of the classes."""

    def __init__(self, names: list[tuple[str, ...]], wider: list[tuple[str, ...]], labels: Rows, quiet: Rows) -> None:
        self._names, self._wider = names, wider
        self._labels, self._quiet = labels / np.linalg.norm(labels, axis=1, keepdims=True), quiet
        self._middle = self._labels.mean(axis=0)

    def likely(self, sight: Sight) -> list[PhotoLabel]:
        """The likeliest first; none where the network is sure of nothing."""
        chances = sight.chances()
        best = [int(one) for one in np.argsort(-chances)[:_MOST] if chances[one] >= _LEAST]
        return [PhotoLabel(names=self._names[n], wider=self._wider[n], chance=float(chances[n])) for n in best]

    def wider_of(self, number: int) -> tuple[str, ...]:
        """What kinds of things a class is, the nearest first."""
        return self._wider[number]

    def row(self, sight: Sight) -> Rows:
        """Among the texts of all-MiniLM-L6-v2: the vectors of the classes, each as likely as it is, from their middle.

        The rest of its unit length points where no text does, so that cosines are as loud as those of drawings. Shape:
        (384,).
        """
        chances = sight.chances(_TEMPERATURE)
        best = np.argsort(-chances)[:_MIXED]
        mixed = chances[best] @ self._labels[best] / chances[best].sum() - self._middle
        mixed -= (mixed @ self._quiet) * self._quiet
        heard = _LOUDNESS * mixed / max(float(np.linalg.norm(mixed)), 1e-6)
        row: Rows = (heard + np.sqrt(1 - _LOUDNESS**2) * self._quiet).astype(np.float32)
        return row


@lru_cache(maxsize=1)
def photo_labels() -> PhotoLabels:
    """Those that ship with ragmm, made by tools/make_photo_labels.py."""
    folder = bundled_folder("photo-labels")
    lines = (folder / "labels.tsv").read_text(encoding="utf-8").splitlines()
    columns = [[tuple(filter(None, part.split(", "))) for part in line.split("\t")] for line in lines]
    with np.load(folder / "vectors.npz", allow_pickle=False) as stored:
        vectors = stored["labels"].astype(np.float32), stored["quiet"]
    return PhotoLabels([names for names, _ in columns], [wider for _, wider in columns], *vectors)
