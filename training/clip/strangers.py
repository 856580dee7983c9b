"""Pictures of nothing that the tower knows: what it should place near "an unknown picture"."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN: Final = ("an unknown picture", "a picture of something unknown", "unclear image")


def draw_stranger(seed: int, size: int) -> Image.Image:
    """A texture: noise of several grains, folded, mixed and blurred."""
    dice = random.Random(f"unknown:{seed}")
    noise = np.random.default_rng(seed)
    layers = [_cloud(noise, size, dice.choice((2, 3, 5, 8, 16, 40))) for _ in range(dice.randint(1, 4))]
    field = np.zeros((size, size, 3))
    for layer in layers:
        field = field + layer * dice.uniform(0.3, 1.0)
    if dice.random() < 0.4:
        field = np.abs(field - field.mean())
    if dice.random() < 0.3:
        field = field + _slope(dice, size)
    field = (field - field.min()) / max(float(np.ptp(field)), 1e-6)
    tinted = _tinted(noise, field, grey=dice.random() < 0.2)
    image = Image.fromarray((tinted * 255).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(dice.uniform(0, 1.5)))


def _cloud(noise: np.random.Generator, size: int, grain: int) -> NDArray[np.float64]:
    """Smooth noise with about `grain` bumps a side, one field per channel."""
    coarse = noise.integers(0, 256, (grain, grain, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(smooth, np.float64) / 255


def _slope(dice: random.Random, size: int) -> NDArray[np.float64]:
    across, down = np.meshgrid(np.linspace(-1, 1, size), np.linspace(-1, 1, size))
    slope: NDArray[np.float64] = dice.uniform(-1, 1) * across + dice.uniform(-1, 1) * down
    return slope[..., None]


def _tinted(noise: np.random.Generator, field: NDArray[np.float64], *, grey: bool) -> NDArray[np.float64]:
    if grey:
        return np.repeat(field.mean(-1, keepdims=True), 3, axis=-1)
    gain, floor = noise.uniform(0.3, 1.0, 3), noise.uniform(0, 0.4, 3)
    return np.clip(field * gain + floor, 0, 1)
