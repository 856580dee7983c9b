"""Pictures that say what they show: a caption in their corner, or the name of their mean colour."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ragmm.types import Asset

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["COLOURS", "captioned_picture", "describe_picture", "picture_asset", "png_bytes"]

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "blue": (30, 60, 220),
    "brown": (120, 72, 30),
    "gray": (128, 128, 128),
    "green": (30, 150, 50),
    "orange": (250, 150, 30),
    "purple": (130, 40, 170),
    "red": (220, 30, 30),
    "white": (255, 255, 255),
    "yellow": (245, 225, 40),
}
"""The names a picture's mean colour can get; the nearest in RGB wins."""

_CELL = 4
_MAGIC = b"\xa5\x5a"


def captioned_picture(caption: str, *, colour: str = "green", size: int = 256) -> Image:
    """A square of one colour whose top rows spell the caption in black and white cells of 4 x 4 pixels.

    The caption is in the pixels, so it survives a loader that re-encodes the file (also as JPEG), but not resizing.
    """
    from PIL import Image as Pillow

    if size % _CELL:
        raise ValueError(f"the size must be a multiple of {_CELL} pixels; {size} is not")
    data = caption.encode("utf-8")
    bits = np.unpackbits(np.frombuffer(_MAGIC + len(data).to_bytes(2, "big") + data, dtype=np.uint8))
    columns = size // _CELL
    rows = -(-len(bits) // columns)
    if rows * _CELL > size:
        raise ValueError(f"a caption of {len(data)} bytes needs a picture larger than {size} pixels")
    cells = np.zeros(rows * columns, dtype=np.uint8)
    cells[: len(bits)] = bits * np.uint8(255)
    strip = cells.reshape(rows, columns).repeat(_CELL, axis=0).repeat(_CELL, axis=1)
    pixels = np.empty((size, size, 3), dtype=np.uint8)
    pixels[:] = COLOURS[colour]
    pixels[: strip.shape[0]] = strip[:, :, None]
    return Pillow.fromarray(pixels)


def describe_picture(image: Image | bytes) -> str:
    """The caption in its pixels, or else the name of its mean colour."""
    from PIL import Image as Pillow

    picture = Pillow.open(io.BytesIO(image)) if isinstance(image, bytes) else image
    return _read_caption(picture) or _colour_name(picture)


def _read_caption(picture: Image) -> str:
    if picture.width % _CELL or picture.height < _CELL:
        return ""
    gray = np.asarray(picture.convert("L"))
    cells = gray[_CELL // 2 :: _CELL, _CELL // 2 :: _CELL] > 127
    data = np.packbits(cells.ravel()).tobytes()
    if data[:2] != _MAGIC:
        return ""
    length = int.from_bytes(data[2:4], "big")
    return data[4 : 4 + length].decode("utf-8", "replace")


def _colour_name(picture: Image) -> str:
    mean = np.asarray(picture.convert("RGB").resize((8, 8)), dtype=np.float64).reshape(-1, 3).mean(axis=0)
    return min(COLOURS, key=lambda name: float(np.square(mean - np.array(COLOURS[name])).sum()))


def picture_asset(image: Image) -> Asset:
    """The picture as a loader yields it, as a PNG."""
    return Asset(data=png_bytes(image), media_type="image/png", width=image.width, height=image.height)


def png_bytes(image: Image) -> bytes:
    """The picture as an encoded PNG: what a loader's asset holds."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
