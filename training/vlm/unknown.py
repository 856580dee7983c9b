"""Pictures unlike anything the model is taught: it must learn to say so rather than to guess."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from training.pictures import Picture

Painter = Callable[[random.Random, int], Image.Image]


def draw_unknown(seed: int, size: int, kind: str | None = None) -> Picture:
    """Draw a picture with nothing to recognise in it; the same arguments give the same pixels."""
    rng = random.Random(f"unknown-{seed}-{size}")
    chosen = kind or rng.choice(tuple(PAINTERS))
    # Painted small and enlarged half of the time: cheaper, and photographs are rarely sharp to the pixel.
    scale = rng.choice((1, 2, 2))
    image = PAINTERS[chosen](rng, max(size // scale, 16)).resize((size, size), Image.Resampling.BICUBIC)
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, size / 60)))
    return Picture(image=image.convert("RGB"), domain="unknown", facts={"kind": chosen})


def _colour(rng: random.Random) -> tuple[int, int, int]:
    return rng.randrange(256), rng.randrange(256), rng.randrange(256)


def _earthy(rng: random.Random) -> tuple[int, int, int]:
    """A colour as photographs have them: rarely pure."""
    grey, spread = rng.randrange(20, 235), rng.randrange(8, 60)
    r, g, b = (min(255, max(0, grey + rng.randint(-spread, spread))) for _ in range(3))
    return r, g, b


def _from_floats(pixels: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _clouds(rng: random.Random, size: int, roughness: float) -> NDArray[np.float64]:
    """Smooth random light, octaves of noise. Shape: (size, size), 0..1."""
    noise = np.random.default_rng(rng.getrandbits(32))
    total = np.zeros((size, size))
    cells, weight = 2, 1.0
    while cells <= size // 4:
        layer = Image.fromarray((noise.random((cells, cells)) * 255).astype(np.uint8))
        total += weight * np.asarray(layer.resize((size, size), Image.Resampling.BICUBIC)) / 255
        cells, weight = cells * 2, weight * roughness
    spread: NDArray[np.float64] = (total - total.min()) / max(float(np.ptp(total)), 1e-6)
    return spread


def _tinted(rng: random.Random, light: NDArray[np.float64]) -> Image.Image:
    """The light as a ramp through three colours. Light: (size, size), 0..1."""
    dark, middle, bright = (np.array(_earthy(rng), float) for _ in range(3))
    low, high = np.clip(light * 2, 0, 1)[..., None], np.clip(light * 2 - 1, 0, 1)[..., None]
    return _from_floats(dark + (middle - dark) * low + (bright - middle) * high)


def _noise(rng: random.Random, size: int) -> Image.Image:
    grain = rng.choice((1, 2, 4, 8))
    cells = np.random.default_rng(rng.getrandbits(32)).integers(0, 256, (size // grain, size // grain, 3))
    return Image.fromarray(cells.astype(np.uint8)).resize((size, size), rng.choice((0, 2, 3)))


def _texture(rng: random.Random, size: int) -> Image.Image:
    return _tinted(rng, _clouds(rng, size, rng.uniform(0.4, 1.1)))


def _gradient(rng: random.Random, size: int) -> Image.Image:
    y, x = np.mgrid[0:size, 0:size] / size
    light = x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1)
    if rng.random() < 0.4:
        light = np.hypot(x - rng.random(), y - rng.random())
    return _tinted(rng, (light - light.min()) / max(float(np.ptp(light)), 1e-6))


def _waves(rng: random.Random, size: int) -> Image.Image:
    y, x = np.mgrid[0:size, 0:size] / size
    warp = _clouds(rng, size, 0.5) * rng.uniform(0, 6)
    light = np.sin(2 * np.pi * (x * rng.uniform(-9, 9) + y * rng.uniform(-9, 9)) + warp)
    return _tinted(rng, light / 2 + 0.5)


def _blobs(rng: random.Random, size: int) -> Image.Image:
    image = Image.new("RGB", (size, size), _earthy(rng))
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randint(6, 30)):
        x, y, r = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(size / 20, size / 3)
        points = [(x + r * rng.uniform(0.3, 1.2) * c, y + r * rng.uniform(0.3, 1.2) * s) for c, s in _ring()]
        pen.polygon(points, fill=rng.choice((_colour, _earthy))(rng))
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0, size / 24)))


def _ring() -> list[tuple[float, float]]:
    angles = [2 * np.pi * k / 9 for k in range(9)]
    return [(float(np.cos(a)), float(np.sin(a))) for a in angles]


def _scribble(rng: random.Random, size: int) -> Image.Image:
    image = Image.new("RGB", (size, size), _earthy(rng))
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randint(4, 40)):
        points = [(rng.uniform(0, size), rng.uniform(0, size)) for _ in range(rng.randint(2, 6))]
        pen.line(points, fill=_colour(rng), width=rng.randint(1, max(size // 16, 1)))
    return image


def _landscape(rng: random.Random, size: int) -> Image.Image:
    """Layers with ragged edges under uneven light: statistics closer to a photograph."""
    y, x = np.mgrid[0:size, 0:size] / size
    pixels = np.asarray(_tinted(rng, _clouds(rng, size, 0.5)), float)
    for level in sorted(rng.uniform(0.1, 0.95) for _ in range(rng.randint(1, 5))):
        edge = level + (_clouds(rng, size, 0.6)[0] - 0.5) * rng.uniform(0.05, 0.5)
        layer = np.asarray(_tinted(rng, _clouds(rng, size, 0.9)), float)
        pixels = np.where((y > edge[None, :])[..., None], layer, pixels)
    shade = 1 + (x - 0.5)[..., None] * rng.uniform(-0.6, 0.6)
    return _from_floats(pixels * shade)


def _figures(rng: random.Random, size: int) -> Image.Image:
    """Textured, shaded lumps before a textured ground, as objects in a photograph."""
    pixels = np.asarray(_landscape(rng, size), float)
    y, x = np.mgrid[0:size, 0:size] / size
    for _ in range(rng.randint(1, 6)):
        cx, cy, rx, ry = rng.random(), rng.random(), rng.uniform(0.05, 0.4), rng.uniform(0.05, 0.4)
        distance = np.hypot((x - cx) / rx, (y - cy) / ry) + (_clouds(rng, size, 0.6) - 0.5) * rng.uniform(0.3, 1.6)
        lump = (
            np.asarray(_tinted(rng, _clouds(rng, size, 0.8)), float) * (1.25 - 0.5 * np.clip(distance, 0, 1))[..., None]
        )
        pixels = np.where((distance < 1)[..., None], lump, pixels)
    return ImageEnhance.Color(_from_floats(pixels)).enhance(rng.uniform(0.2, 1.6))


def _collage(rng: random.Random, size: int) -> Image.Image:
    image = _texture(rng, size)
    for _ in range(rng.randint(3, 10)):
        part = rng.choice((_noise, _gradient, _waves, _blobs, _figures))(rng, size)
        w, h = rng.randint(size // 8, size // 2), rng.randint(size // 8, size // 2)
        image.paste(part.resize((w, h)).rotate(rng.uniform(-30, 30), fillcolor=_earthy(rng)), _spot(rng, size))
    return image


def _spot(rng: random.Random, size: int) -> tuple[int, int]:
    return rng.randint(-size // 8, size), rng.randint(-size // 8, size)


def _beams(rng: random.Random, size: int) -> Image.Image:
    """Straight structures in perspective: buildings, fences, furniture seen by nobody in particular."""
    image = _landscape(rng, size)
    pen = ImageDraw.Draw(image)
    vanish = (rng.uniform(0, size), rng.uniform(0, size))
    for _ in range(rng.randint(3, 14)):
        x, y, w = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(size / 40, size / 5)
        back = (x + (vanish[0] - x) * 0.5, y + (vanish[1] - y) * 0.5)
        pen.polygon([(x, y), (x + w, y + w / 3), (back[0] + w / 2, back[1]), back], fill=_earthy(rng))
    grain = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(0, 18), (size, size, 1))
    return _from_floats(np.asarray(image, float) + grain)


PAINTERS: Final[dict[str, Painter]] = {
    "noise": _noise,
    "texture": _texture,
    "gradient": _gradient,
    "waves": _waves,
    "blobs": _blobs,
    "scribble": _scribble,
    "landscape": _landscape,
    "figures": _figures,
    "collage": _collage,
    "beams": _beams,
}
# Kinds that only the evaluation draws: what is said about them was never trained.
HELD_OUT_KINDS: Final[frozenset[str]] = frozenset({"collage", "beams"})
TRAINING_KINDS: Final[tuple[str, ...]] = tuple(k for k in PAINTERS if k not in HELD_OUT_KINDS)
