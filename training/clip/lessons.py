"""What the tower is taught beside the captions: which coloured shapes a scene shows, and where an emoji belongs.

Captions that exchange two colours differ by a cosine of 0.004: a tower learns far sooner which colour belongs to which
shape when it is asked for the pairs themselves. What answers is thrown away after training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import nn
from torch.nn import functional

from training.pictures.vocabulary import COLOURS, SHAPES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from training.clip.pool import Shard

PAIRS: Final = len(COLOURS) * len(SHAPES)
PAIRS_WEIGHT: Final = 0.15
AIM_WEIGHT: Final = 0.4
NEARNESS: Final = 3.0
SWAP_WEIGHT: Final = 2.0
# Captions of exchanged things are so near each other that a margin of a hundredth is a large one.
SWAP_SHARPNESS: Final = 400.0
SHARPNESS: Final = 30.0
# A scene shows one to three of all pairs: this is where the answers begin.
RARE: Final = -4.5


class Lessons(nn.Module):
    """Asks the pooled features for things, and the vectors for nearness to what an emoji or two things mean."""

    aims: torch.Tensor
    together: torch.Tensor

    def __init__(self, width: int, aims: torch.Tensor, together: torch.Tensor) -> None:
        """`aims` of the emoji (names, 384); `together` what any two things mean (things, things, 384)."""
        super().__init__()
        self.pairs = nn.Linear(width, PAIRS)
        nn.init.constant_(self.pairs.bias, RARE)
        self.register_buffer("aims", aims)
        self.register_buffer("together", together, persistent=False)

    def forward(
        self, pooled: torch.Tensor, vectors: torch.Tensor, shard: Shard, rows: NDArray[np.int64]
    ) -> torch.Tensor:
        """The loss of a batch; pictures that neither lesson is about count nothing."""
        things = torch.from_numpy(shard.things[rows]).long().to(pooled.device)
        glyphs = torch.from_numpy(shard.glyphs[rows]).long().to(pooled.device)
        told = PAIRS_WEIGHT * self._pairs(pooled, things) + AIM_WEIGHT * self._aims(vectors, glyphs)
        return told + SWAP_WEIGHT * self._swaps(vectors, things)

    def _pairs(self, pooled: torch.Tensor, things: torch.Tensor) -> torch.Tensor:
        scenes = (things >= 0).any(1)
        shown = torch.zeros(len(things), PAIRS + 1, device=pooled.device)
        # What a scene does not show is told to a column that nobody reads.
        shown.scatter_(1, torch.where(things >= 0, things, PAIRS), 1.0)
        said = self.pairs(pooled[scenes].float())
        lost = functional.binary_cross_entropy_with_logits(said, shown[scenes, :PAIRS], reduction="sum")
        return lost / scenes.sum().clamp_min(1)

    def _swaps(self, vectors: torch.Tensor, things: torch.Tensor) -> torch.Tensor:
        """Two things rather than the same two with their colours exchanged."""
        (one, other), two = things[:, :2].T, (things >= 0).sum(1) == 2
        shapes = len(SHAPES)
        first, second = one - one % shapes + other % shapes, other - other % shapes + one % shapes
        two &= (first != one) & (second != one)
        true, swapped = (self.together[a[two], b[two]] for a, b in ((one, other), (first, second)))
        margin = (vectors[two] * (true - swapped)).sum(1)
        return functional.softplus(-SWAP_SHARPNESS * margin).sum() / two.sum().clamp_min(1)

    def _aims(self, vectors: torch.Tensor, glyphs: torch.Tensor) -> torch.Tensor:
        emoji = glyphs >= 0
        near = vectors[emoji] @ self.aims.T
        own = near.gather(1, glyphs[emoji, None])
        lost = functional.cross_entropy(SHARPNESS * near, glyphs[emoji], reduction="sum")
        return (lost + NEARNESS * (1 - own).sum()) / emoji.sum().clamp_min(1)
