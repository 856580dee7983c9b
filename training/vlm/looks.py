"""Endless training pictures for the tower: every index is a new picture, the same in every run."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from training.pictures import Picture, draw
from training.pictures.vocabulary import COLOURS
from training.vlm.augment import augment
from training.vlm.concepts import targets
from training.vlm.unknown import TRAINING_KINDS, draw_unknown

if TYPE_CHECKING:
    from training.vlm.model import Shape

SHARES: Final[dict[str, float]] = {
    "scene": 0.50,
    "chart": 0.24,
    "page": 0.08,
    "diagram": 0.05,
    "map": 0.03,
    "screenshot": 0.04,
    "unknown": 0.06,
}
# Over so many pictures the share of easy ones falls to nothing.
EASY_PICTURES: Final[int] = 20_000
# Seeds from here on are never drawn in training; the evaluation starts there.
FIRST_TEST_SEED: Final[int] = 1_000_000_000


def sketch(
    seed: int, size: int, shares: Mapping[str, float] = SHARES, scenes: Mapping[str, float] | None = None
) -> Picture:
    """The training picture of this seed, of a domain drawn by its share, and of a kind where it is a scene."""
    rng = random.Random(f"sketch-{seed}")
    domain = rng.choices(tuple(shares), tuple(shares.values()))[0]
    if domain == "unknown":
        return draw_unknown(seed, size, rng.choice(TRAINING_KINDS))
    if domain == "scene" and scenes:
        return draw(domain, seed, size, kind=rng.choices(tuple(scenes), tuple(scenes.values()))[0])
    return draw(domain, seed, size)


def _easy(seed: int, size: int, rng: random.Random) -> Picture:
    """One kind of shape on white paper."""
    colour = rng.choice([name for name in COLOURS if name != "white"])
    kind = rng.choice(("single", "single", "equal"))
    return draw("scene", seed, size, kind=kind, colour=colour, background="white")


class Looks:
    """Pictures with their targets; `done` of them were seen before a resumed run."""

    def __init__(self, shape: Shape, start: int, done: int, many: int) -> None:
        self.shape = shape
        self.start = start + done
        self.done = done
        self.many = many

    def __len__(self) -> int:
        return self.many

    def __getitem__(self, index: int) -> dict[str, Any]:
        seed = self.start + index
        rng = random.Random(f"easy-{seed}")
        # Against one ground every edge has the same sign; shapes first come within reach there.
        easy = rng.random() > (self.done + index) / EASY_PICTURES
        picture = _easy(seed, self.shape.image, rng) if easy and rng.random() < 0.6 else sketch(seed, self.shape.image)
        seen = augment(picture, random.Random(f"augment-{seed}"))
        truth = targets(picture, self.shape.grid, seen.squeeze)
        return {"pixels": np.array(seen.image), "picture": truth.picture, "patch": truth.patch}
