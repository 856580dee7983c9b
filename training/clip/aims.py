"""Vectors that the tower is taught, computed from texts alone: of every emoji, and of every two things together.

An emoji should lie within reach of its name and of every keyword it has.

One caption at a time pulls a picture to its name and now and then to one of its keywords; most keywords then find
others. Where all of them find it can be computed from the texts alone, and is what the tower is taught.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from training.pictures.emoji import TRAIN, emoji_folder, load_glyphs
from training.pictures.vocabulary import COLOURS, SHAPES, with_article

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from training.clip.text import TextTower

# Few rounds keep an aim near what its words mean; more would only serve the words that are listed.
ROUNDS: Final = 60
RATE: Final = 3e-3
SHARPNESS: Final = 30.0
# A picture is asked for by its name more often than by one of its keywords.
NAME_WEIGHT: Final = 2.0
EVERY_WORD: Final = 0.3


@lru_cache(maxsize=1)
def emoji_names() -> tuple[str, ...]:
    """The names of the emoji that training may use; an emoji's number is its place here."""
    return tuple(sorted({glyph.name for glyph in load_glyphs(emoji_folder(), TRAIN)}))


def kept_aims(folder: Path, tower: TextTower) -> NDArray[np.float32]:
    """The aims, computed once and kept in `folder`. Shape: (names, 384)."""
    path = folder / "aims.npy"
    if not path.exists():
        np.save(path, aims(emoji_names(), _words(), tower))
    kept: NDArray[np.float32] = np.load(path)
    return kept


def kept_pairs(folder: Path, tower: TextTower) -> NDArray[np.float32]:
    """What "a red circle and a blue square" means for every two things, in either order; kept in `folder`.

    Shape: (things, things, 384), by the numbers that shards give to things.
    """
    path = folder / "pairs.npy"
    if not path.exists():
        names = [with_article(f"{colour} {shape}") for colour in COLOURS for shape in SHAPES]
        told = tower.embed([f"{one} and {other}" for one in names for other in names])
        ordered = told.reshape(len(names), len(names), -1)
        np.save(path, ((ordered + ordered.transpose(1, 0, 2)) / 2).astype(np.float16))
    kept: NDArray[np.float32] = np.load(path).astype(np.float32)
    return kept


def _words() -> list[set[str]]:
    """The keywords of each name, over all its drawings."""
    found: dict[str, set[str]] = {name: set() for name in emoji_names()}
    for glyph in load_glyphs(emoji_folder(), TRAIN):
        found[glyph.name].update(glyph.keywords)
    return list(found.values())


def aims(names: tuple[str, ...], keywords: list[set[str]], tower: TextTower) -> NDArray[np.float32]:
    """Unit vectors that each name and keyword finds among the first. Shape: (names, 384)."""
    import torch
    from torch.nn import functional

    words = sorted({*names, *(word for some in keywords for word in some)})
    texts = torch.from_numpy(tower.embed(words))
    true = _true(names, keywords, {word: row for row, word in enumerate(words)})
    mixed = true.T.float()
    middle = functional.normalize(mixed @ texts / mixed.sum(1, keepdim=True), dim=1)
    weights = torch.tensor([NAME_WEIGHT if word in set(names) else 1.0 for word in words])
    moved = torch.nn.Parameter(middle.clone())
    adam = torch.optim.Adam([moved], lr=RATE)
    for _ in range(ROUNDS):
        adam.zero_grad()
        _misses(SHARPNESS * texts @ functional.normalize(moved, dim=1).T, true, weights).backward()  # type: ignore[no-untyped-call]
        adam.step()
    found: NDArray[np.float32] = functional.normalize(moved.detach(), dim=1).numpy()
    return found


def _true(names: tuple[str, ...], keywords: list[set[str]], rows: dict[str, int]) -> torch.Tensor:
    """Which word belongs to which name. Shape: (words, names)."""
    import torch

    true = torch.zeros(len(rows), len(names), dtype=torch.bool)
    for column, (name, some) in enumerate(zip(names, keywords, strict=True)):
        true[[rows[name], *(rows[word] for word in some)], column] = True
    return true


def _misses(scores: torch.Tensor, true: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """How far each word is from finding one of its own, and each of its own from being found by it."""
    import torch

    every = torch.logsumexp(scores, 1)
    own = torch.logsumexp(scores.masked_fill(~true, -1e9), 1)
    one = ((every - own) * weights).sum() / weights.sum()
    each = ((every[:, None] - scores) * true).sum() / true.sum()
    return one + EVERY_WORD * each
