"""Pictures found inside documents, brought to the form that is kept."""

from __future__ import annotations

from ragmm.errors import DocumentError
from ragmm.loaders.picture import image_asset
from ragmm.loaders.settings import LoaderSettings
from ragmm.types import Asset

__all__ = ["figure_asset", "sniff"]

_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"BM", "image/bmp"),
    (8, b"heic", "image/heif"),
    (8, b"avif", "image/avif"),
    (40, b" EMF", "image/emf"),
    (0, b"\xd7\xcd\xc6\x9a", "image/wmf"),
    (0, b"\x1f\x8b", "a compressed metafile"),
)
_SMALLEST_SIDE = 16
_SMALLEST_AREA = 32 * 32


def figure_asset(data: bytes, settings: LoaderSettings) -> Asset | None:
    """The picture as it is kept; None for bullets, lines and other decoration.

    Raises DocumentError for metafiles and damaged images, LimitError for those that are too large.
    """
    media_type = sniff(data)
    if media_type == "image/svg+xml":
        from ragmm.loaders.svg import svg_asset

        asset = svg_asset(data, "a figure", settings)
    else:
        asset = image_asset(data, media_type, "a figure", settings)
    wide, high = asset.width or 0, asset.height or 0
    small = min(wide, high) < _SMALLEST_SIDE or wide * high < _SMALLEST_AREA
    return None if small else asset


def sniff(data: bytes) -> str:
    """The media type by content alone; raises DocumentError for what is no picture."""
    for offset, signature, media_type in _SIGNATURES:
        if data.startswith(signature, offset):
            return media_type
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in data[:65536]:
        return "image/svg+xml"
    raise DocumentError(f"a figure is no picture of a known kind: it begins {data[:8].hex(' ')}")
