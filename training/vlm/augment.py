"""What happens to a picture on its way to a user's folder: letterbox bars, compression, blur, faded colours."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

if TYPE_CHECKING:
    from training.pictures import Picture

# The mean that the image processor pads with; the same grey is shown in training.
PAD: Final[tuple[int, int, int]] = (127, 127, 127)
MIN_SQUEEZE: Final[float] = 0.6


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An augmented picture and how much its content was squeezed towards the middle (x, y)."""

    image: Image.Image
    squeeze: tuple[float, float]


def augment(picture: Picture, rng: random.Random) -> Seen:
    """A variant of the picture with the same truth."""
    image, squeeze = picture.image, (1.0, 1.0)
    if rng.random() < 0.35:
        image, squeeze = _letterboxed(picture, rng)
    return Seen(image=weathered(image, rng), squeeze=squeeze)


def _letterboxed(picture: Picture, rng: random.Random) -> tuple[Image.Image, tuple[float, float]]:
    """Bars on two sides, as the processor makes them for pictures that are not square."""
    axis = rng.randrange(2)
    if picture.domain == "scene":
        # A squeezed square would be a rectangle: bars may only cover empty strips.
        return _barred(picture, rng, axis), (1.0, 1.0)
    size = picture.image.width
    by = rng.uniform(MIN_SQUEEZE, 0.98)
    squeeze = (by, 1.0) if axis == 0 else (1.0, by)
    small = picture.image.resize((round(size * squeeze[0]), round(size * squeeze[1])), Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (size, size), PAD)
    canvas.paste(small, ((size - small.width) // 2, (size - small.height) // 2))
    return canvas, squeeze


def _barred(picture: Picture, rng: random.Random, axis: int) -> Image.Image:
    reach = {"small": 0.11, "medium": 0.18, "large": 0.41}
    ends = [(thing["xy"[axis]], reach[thing["size"]]) for thing in picture.facts["objects"]]
    free = min(min(at - r, 1 - at - r) for at, r in ends)
    bar = round(picture.image.width * rng.uniform(0, max(free, 0)))
    if bar <= 0:
        return picture.image
    pixels = np.array(picture.image)
    along = pixels.swapaxes(0, 1) if axis == 0 else pixels
    along[:bar] = PAD
    along[-bar:] = PAD
    return Image.fromarray(pixels)


def weathered(image: Image.Image, rng: random.Random) -> Image.Image:
    """The picture after light, blur, compression and grain have had their chance."""
    if rng.random() < 0.5:
        image = ImageEnhance.Brightness(image).enhance(rng.uniform(0.82, 1.15))
    if rng.random() < 0.3:
        image = ImageEnhance.Contrast(image).enhance(rng.uniform(0.8, 1.15))
    if rng.random() < 0.15:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.7)))
    if rng.random() < 0.1:
        packed = io.BytesIO()
        image.save(packed, "JPEG", quality=rng.randint(45, 90))
        image = Image.open(packed).convert("RGB")
    if rng.random() < 0.15:
        grain = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(1, 7), (*image.size[::-1], 3))
        image = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    return image
