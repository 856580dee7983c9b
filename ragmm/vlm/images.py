"""Images on their way to a model: checked, made smaller by area averaging, encoded."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from ragmm.errors import ModelError
from ragmm.types import Asset

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["data_url", "fit_image", "media_type_of", "open_image", "picture"]

_MAX_PIXELS = 100_000_000


def picture(data: bytes) -> Asset:
    """An encoded picture from elsewhere, of the type that its first bytes say."""
    return Asset(data=data, media_type=media_type_of(data))


def open_image(data: bytes) -> Image:
    """An RGB image, transparency on white; raises ModelError for what cannot be decoded."""
    from PIL import Image as Pillow

    try:
        image = Pillow.open(io.BytesIO(data))
        if image.width * image.height > _MAX_PIXELS:
            raise ModelError(
                f"an image of {image.width} x {image.height} pixels is too large for a model; at most {_MAX_PIXELS}"
            )
        return _on_white(image)
    except (OSError, ValueError, SyntaxError, EOFError, Pillow.DecompressionBombError) as error:
        raise ModelError(f"an image for the model cannot be decoded: {error}; ingest its document again") from error


def fit_image(data: bytes, max_side: int, max_bytes: int = 0) -> bytes:
    """The same bytes where they fit; else the image at most `max_side` pixels long, by area averaging.

    Area averaging is the one scaling that cannot bring out text planted for another one. With `max_bytes` (0: no
    limit) an image that is still too heavy becomes a JPEG, then a smaller one.
    """
    from PIL import Image as Pillow

    image = open_image(data)
    side, kind = max(image.size), media_type_of(data)
    if side <= max_side and kind in {"image/png", "image/jpeg"} and not 0 < max_bytes < len(data):
        return data
    while True:
        scale = min(1.0, max_side / side)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        scaled = image.resize(size, Pillow.Resampling.BOX) if scale < 1 else image
        encoded = _encoded(scaled, "JPEG" if kind == "image/jpeg" else "PNG")
        if max_bytes and len(encoded) > max_bytes:
            encoded = _encoded(scaled, "JPEG")
        if not max_bytes or len(encoded) <= max_bytes or max_side <= 32:
            return encoded
        max_side = min(max_side, side) * 3 // 4


def media_type_of(data: bytes) -> str:
    """By the first bytes; "image/*" for what models do not take as it is."""
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if data.startswith(b"GIF8") else "image/*"


def data_url(data: bytes) -> str:
    """The image as a data: URL, as servers take it."""
    return f"data:{media_type_of(data)};base64,{base64.b64encode(data).decode('ascii')}"


def _on_white(image: Image) -> Image:
    from PIL import Image as Pillow

    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Pillow.new("RGBA", layer.size, "white")
        return Pillow.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _encoded(image: Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **({"quality": 90} if form == "JPEG" else {}))
    return out.getvalue()
