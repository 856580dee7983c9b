"""Copies of pictures as people make them: a part, a little turned, half the size, saved again with less quality."""

from __future__ import annotations

import hashlib
import io
import math
import random
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import MappingProxyType

from PIL import Image

from tools.picture_samples import Sample

__all__ = ["COPIES", "copied", "mixed"]

_ASKED = ("photograph", "chart", "drawing", "emoji", "scan")
_TURN = 5.0


def mixed(samples: Iterable[Sample], each: int) -> list[Sample]:
    """So many of each kind that copies are asked of, picked by their names' digests."""
    order = sorted(samples, key=lambda one: hashlib.sha256(one.name.encode()).digest())
    return [one for kind in _ASKED for one in islice((one for one in order if one.kind == kind), each)]


def copied(sample: Sample, copy: str) -> bytes:
    """A copy of some kind, as PNG; the same at every call."""
    with Image.open(sample.file) as opened:
        picture = opened.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    target = io.BytesIO()
    COPIES[copy](flat, random.Random(f"{copy} {sample.name}")).save(target, format="PNG")
    return target.getvalue()


def _cropped(picture: Image.Image, rng: random.Random) -> Image.Image:
    """Half of the area, from anywhere."""
    width, height = (round(side * math.sqrt(0.5)) for side in picture.size)
    left, top = rng.randint(0, picture.width - width), rng.randint(0, picture.height - height)
    return picture.crop((left, top, left + width, top + height))


def _turned(picture: Image.Image, rng: random.Random) -> Image.Image:
    return picture.rotate(rng.choice([-_TURN, _TURN]), Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def _halved(picture: Image.Image, rng: random.Random) -> Image.Image:
    del rng
    return picture.resize((max(1, picture.width // 2), max(1, picture.height // 2)), Image.Resampling.LANCZOS)


def _recompressed(picture: Image.Image, rng: random.Random) -> Image.Image:
    target = io.BytesIO()
    picture.save(target, format="JPEG", quality=rng.randint(30, 50))
    return Image.open(target)


COPIES: Mapping[str, Callable[[Image.Image, random.Random], Image.Image]] = MappingProxyType(
    {"a part (half of its area)": _cropped, "turned 5°": _turned, "half size": _halved, "recompressed": _recompressed}
)
"""By what is said of each."""
