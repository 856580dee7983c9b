"""From image bytes of any make to the pixels that are kept: upright, sRGB, opaque, not too large."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.settings import LoaderSettings
from ragmm.optional import install_line
from ragmm.types import Asset

__all__ = [
    "FORMATS",
    "check_size",
    "decoded",
    "encode_image",
    "heif_ready",
    "image_asset",
    "normalise",
    "open_image",
    "reading",
]

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/avif": "AVIF",
    "image/heif": "HEIF",
}
"""Media types and the one decoder that each is given to: Pillow is never left to guess."""

_LARGEST_PNG = 1_500_000
_JPEG_QUALITY = 92
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LONGEST_DETAIL = 160
# What decoders raise at damaged files, besides OSError: they index, unpack and look up unchecked.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Whatever a decoder raises becomes a DocumentError that names the file and what was seen."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is checked here, and of broken metadata
            yield
    except DocumentError:
        raise
    except Image.DecompressionBombError as error:
        raise LimitError(f"{name} declares more pixels than can be decoded safely: {_detail(error)}") from error
    except MemoryError as error:
        raise LimitError(f"{name} needs more memory to decode than there is") from error
    except _BROKEN as error:
        raise DocumentError(f"{name} is damaged and cannot be decoded: {_detail(error)}; replace the file") from error


def open_image(source: Path | bytes, media_type: str, name: str, settings: LoaderSettings) -> Image.Image:
    """Reads the header only, and refuses more than `max_pixels` before anything is decoded."""
    if media_type == "image/heif" and not heif_ready():
        raise DocumentError(f"{name} is HEIF, which needs an optional package: {install_line('heif')}")
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    image = Image.open(stream, formats=[FORMATS[media_type]])
    try:
        check_size(image.size, name, settings)
    except DocumentError:
        image.close()
        raise
    return image


def check_size(size: tuple[int, int], name: str, settings: LoaderSettings) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise DocumentError(f"{name} declares {width} x {height} pixels; it holds no picture")
    if width * height > settings.max_pixels:
        raise LimitError(
            f"{name} declares {width:,} x {height:,} pixels; at most {settings.max_pixels:,} are decoded "
            "(loaders.max_pixels)"
        )


def heif_ready() -> bool:
    """Whether pillow-heif is installed; if so it is registered."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


def image_asset(data: bytes, media_type: str, name: str, settings: LoaderSettings) -> Asset:
    """An image found inside a document, as it is kept; `name` is for errors."""
    if media_type not in FORMATS:
        raise DocumentError(f"{name} is {media_type}, which is not decoded")
    with reading(name), open_image(data, media_type, name, settings) as image:
        return encode_image(normalise(image, settings), lossy=is_lossy(media_type, data[:16]))


def is_lossy(media_type: str, head: bytes) -> bool:
    if media_type == "image/webp":
        return head[12:16] != b"VP8L"
    return media_type in {"image/jpeg", "image/avif", "image/heif"}


def normalise(image: Image.Image, settings: LoaderSettings) -> Image.Image:
    """RGB or greyscale of at most `max_image_side`, turned as EXIF says, sRGB, on white where it was transparent."""
    side = settings.max_image_side
    turn = _turn(image)
    image.draft(None, (side, side))  # a JPEG is halved while it is decoded; nothing happens to others
    image.load()
    profile = image.info.get("icc_profile")
    flat = _flatten(_eight_bit(image))
    if max(flat.size) > side:
        scale = side / max(flat.size)
        size = (max(1, round(flat.width * scale)), max(1, round(flat.height * scale)))
        flat = flat.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    flat = _as_srgb(flat, profile)
    return flat if turn is None else flat.transpose(turn)


def _turn(image: Image.Image) -> Image.Transpose | None:
    with suppress(*_BROKEN):  # damaged metadata turns nothing
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    return None


def encode_image(image: Image.Image, *, lossy: bool) -> Asset:
    """JPEG for what was lossy or would be a large PNG, else PNG; the same pixels always give the same bytes."""
    kind, data = "PNG", b"" if lossy else _encoded(image, "PNG")
    if not 0 < len(data) <= _LARGEST_PNG:
        kind, data = "JPEG", _encoded(image, "JPEG")
    asset = Asset(data=data, media_type=f"image/{kind.lower()}", width=image.width, height=image.height)
    _newest[:] = [(asset, image)]
    return asset


_newest: list[tuple[Asset, Image.Image]] = []
"""The picture that was encoded last: whoever reads it next needs not decode it again. Of a worker, which ends soon."""


def decoded(asset: Asset) -> Image.Image:
    """The pixels of a picture, those it was made of if it has just been made."""
    if _newest and _newest[0][0] is asset:
        return _newest[0][1]
    image = Image.open(io.BytesIO(asset.data))
    image.load()
    return image


def _encoded(image: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    bare = image.copy()
    bare.info = {}
    if kind == "JPEG":
        # Full colour resolution: thin coloured lines of charts blur otherwise.
        bare.save(stream, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    else:
        bare.save(stream, "PNG")
    return stream.getvalue()


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit and floating-point greys scaled to 8 bits: conversion alone would clip them to white."""
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image

    values = np.nan_to_num(np.asarray(image).astype(np.float32), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 65535 and image.mode != "F":
        low, high = 0.0, 65535.0 if high > 255 else 255.0
    scaled = (values - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode in {"RGB", "L", "CMYK"}:
        return image if "transparency" not in image.info else _on_white(image.convert("RGBA"))
    if image.mode == "1":
        return image.convert("L")
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        return _on_white(image.convert("RGBA"))
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(image, mask=image.getchannel("A"))
    return canvas


def _as_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and image.mode in {"RGB", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return converted or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken or foreign profile: the numbers are taken as sRGB
    return image if image.mode in {"RGB", "L"} else image.convert("RGB")


def _detail(error: BaseException) -> str:
    if isinstance(error, UnidentifiedImageError):  # its text names a path or an address
        return "its header makes no sense"
    text = " ".join(str(error).split())[:_LONGEST_DETAIL]
    return text or type(error).__name__
