"""Pictures as the models' contracts take them."""

from __future__ import annotations

import io

from PIL import Image

from ragmm.testing import picture_asset
from ragmm.types import Asset
from ragmm.vlm.images import picture

__all__ = ["shown"]


def shown(source: Image.Image | bytes) -> Asset:
    """As a PNG where that can hold the picture, else as a TIFF; bytes as they are."""
    if isinstance(source, bytes):
        return picture(source)
    return picture_asset(source) if source.mode not in {"CMYK", "F", "I", "YCbCr"} else _tiff(source)


def _tiff(image: Image.Image) -> Asset:
    out = io.BytesIO()
    image.save(out, "TIFF")
    return Asset(data=out.getvalue(), media_type="image/tiff", width=image.width, height=image.height)
