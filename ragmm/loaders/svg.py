"""SVG drawings: rasterised without scripts, fonts from the net or any file outside; their words become the text."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.base import Probe
from ragmm.loaders.imagehead import image_size
from ragmm.loaders.office.safe_xml import Element, local_name, parse_xml
from ragmm.loaders.office.structures import one_line
from ragmm.loaders.picture import encode_image, normalise, open_image, reading
from ragmm.loaders.settings import LoaderSettings
from ragmm.optional import missing
from ragmm.text.names import display_name
from ragmm.types import Asset, Item, Modality

__all__ = ["SvgLoader", "loaders", "svg_asset", "svg_text"]

_SVG = "http://www.w3.org/2000/svg"
_LARGEST_SOURCE = 20 << 20
_MAX_ELEMENTS = 200_000
_LONGEST_TEXT = 20_000
_DEFAULT_SIDE, _LEAST_SIDE = 1024, 512
# What acts, moves, embeds another kind of document, or reads another file.
_DROPPED = frozenset(
    [
        *("script", "handler", "foreignObject", "iframe", "object", "embed", "audio", "video", "a11y", "include"),
        *("animate", "animateMotion", "animateTransform", "animateColor", "set", "discard", "mpath", "feImage"),
    ]
)
_WORDS = ("title", "desc", "text")
_INLINE = re.compile(r"data:image/(png|jpe?g|webp);base64,", re.IGNORECASE)
_OUTSIDE = re.compile(r"@import[^;]{0,2000};?|url\(\s{0,9}(?![\s\"']{0,9}#)[^)]{0,2000}\)?", re.IGNORECASE)
_LENGTH = re.compile(r"\s{0,9}(\d{1,9}(?:\.\d{1,9})?)\s{0,9}(px|pt|pc|mm|cm|in|)\s{0,9}\Z")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}


class SvgLoader:
    """One figure a file, whose text is what the drawing says in words."""

    name = "svg"
    version = 2
    reads = frozenset({"max_pixels", "max_image_side"})

    def __init__(self, settings: LoaderSettings) -> None:
        self._settings = settings

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type == "image/svg+xml"

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        name = display_name(probe.name)
        if probe.size > _LARGEST_SOURCE:
            raise LimitError(f"{name} has {probe.size:,} bytes; SVG files of at most {_LARGEST_SOURCE:,} are read")
        data = file.read_bytes()
        yield Item(
            modality=Modality.FIGURE,
            text=svg_text(data, name),
            asset=svg_asset(data, name, self._settings),
            metadata={"format": "SVG"},
        )


def loaders(settings: LoaderSettings) -> tuple[SvgLoader, ...]:
    """The loader, where the rasteriser is installed."""
    return (SvgLoader(settings),) if find_spec("resvg_py") is not None else ()


def svg_text(data: bytes, name: str) -> str:
    """Title, description and labels in the order of the file, one a line, each once."""
    root = _tree(data, name)
    found = (one_line("".join(element.itertext())) for element in root.iter(*(f"{{*}}{tag}" for tag in _WORDS)))
    return "\n".join(dict.fromkeys(text for text in found if text))[:_LONGEST_TEXT]


def svg_asset(data: bytes, name: str, settings: LoaderSettings) -> Asset:
    """The drawing on white, at its own size but legible, at most `max_image_side`."""
    try:
        import resvg_py
    except ImportError as error:
        raise missing("resvg_py", f"Drawing {name}") from error
    from lxml import etree

    root = _tree(data, name)
    _make_inert(root, settings.max_pixels)
    width, height = _size(root, settings)
    root.set("width", str(width))
    root.set("height", str(height))
    try:
        drawn = resvg_py.svg_to_bytes(
            svg_string=etree.tostring(root, encoding="unicode"), background="white", resources_dir=None
        )
    except ValueError as error:
        raise DocumentError(f"{name} cannot be drawn: {one_line(str(error))[:200]}") from error
    with reading(name), open_image(bytes(drawn), "image/png", name, settings) as image:
        return encode_image(normalise(image, settings), lossy=False)


def _tree(data: bytes, name: str) -> Element:
    root = parse_xml(_unpacked(data, name), name, recover=True)
    if local_name(root) != "svg":
        raise DocumentError(f"{name} is no SVG: its root element is <{local_name(root)}>")
    if sum(1 for _ in root.iter()) > _MAX_ELEMENTS:
        raise LimitError(f"{name} has more than {_MAX_ELEMENTS:,} elements; it is not drawn")
    if not root.tag.startswith("{"):
        for element in root.iter():  # written without a namespace, as HTML allows
            element.tag = f"{{{_SVG}}}{local_name(element)}"
    return root


def _unpacked(data: bytes, name: str) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            plain = stream.read(_LARGEST_SOURCE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DocumentError(f"{name} is damaged: it cannot be unpacked ({error})") from error
    if len(plain) > _LARGEST_SOURCE:
        raise LimitError(f"{name} unpacks to more than {_LARGEST_SOURCE:,} bytes; it is not drawn")
    return plain


def _make_inert(root: Element, most_pixels: int) -> None:
    """Leaves nothing that acts or that names anything outside the file: the rasteriser would open local paths."""
    from lxml import etree

    for element in list(root.iter()):
        if local_name(element) in _DROPPED or not _is_drawing(element):
            element.tag = "dropped"
            continue
        if local_name(element) == "style":
            element.text = _OUTSIDE.sub("", "".join(element.itertext()))
        for key, value in list(element.attrib.items()):
            _make_attribute_inert(element, key, value, most_pixels)
    etree.strip_elements(root, "dropped", with_tail=False)


def _is_drawing(element: Element) -> bool:
    return isinstance(element.tag, str) and element.tag.startswith(f"{{{_SVG}}}")


def _make_attribute_inert(element: Element, key: str, value: str, most_pixels: int) -> None:
    bare = key.rpartition("}")[2].lower()
    if bare in ("href", "src"):
        picture = local_name(element) == "image" and _is_small_picture(value.strip(), most_pixels)
        if not picture and not value.strip().startswith("#"):
            del element.attrib[key]
    elif bare.startswith("on") or bare == "base":
        del element.attrib[key]
    elif "url(" in value.lower() or "@import" in value.lower():
        element.set(key, _OUTSIDE.sub("none", value))


def _is_small_picture(address: str, most_pixels: int) -> bool:
    """Whether an inlined picture's header declares a size that can be decoded."""
    found = _INLINE.match(address)
    if found is None:
        return False
    try:
        data = base64.b64decode(address[found.end() :])
    except (binascii.Error, ValueError):
        return False
    size = image_size(f"image/{found.group(1).lower().replace('jpg', 'jpeg')}", data)
    return size is not None and 0 < size[0] * size[1] <= most_pixels


def _size(root: Element, settings: LoaderSettings) -> tuple[int, int]:
    """Pixels: as stated, else as the view box says; small drawings are enlarged, and the long side is bounded."""
    box = [_number(part) for part in re.split(r"[\s,]+", (root.get("viewBox") or "").strip()[:200])]
    width, height = _length(root.get("width")), _length(root.get("height"))
    if len(box) == 4 and box[2] > 0 and box[3] > 0:
        ratio = box[3] / box[2]
        width = width or (height / ratio if height else box[2])
        height = height or width * ratio
    elif width > 0 and height > 0:
        root.set("viewBox", f"0 0 {width} {height}")  # or enlarging would show more room, not a larger drawing
    width, height = width or height or _DEFAULT_SIDE, height or width or _DEFAULT_SIDE
    longest = max(width, height)
    wanted = min(max(longest, _LEAST_SIDE), settings.max_image_side)
    return max(1, round(width * wanted / longest)), max(1, round(height * wanted / longest))


def _length(value: str | None) -> float:
    """In pixels; 0 for none, percentages and nonsense."""
    found = _LENGTH.match(value or "")
    return float(found.group(1)) * _PIXELS[found.group(2)] if found else 0.0


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if abs(number) < 1e9 else 0.0
