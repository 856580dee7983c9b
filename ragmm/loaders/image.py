"""Image files: photos, charts, screenshots, scans; pages of a TIFF and key frames of an animation are items each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import PIL.Image

from ragmm.errors import LimitError
from ragmm.loaders.base import Probe
from ragmm.loaders.image_facts import image_facts
from ragmm.loaders.ocr import ocr_items, warm_ocr
from ragmm.loaders.picture import (
    FORMATS,
    check_size,
    encode_image,
    heif_ready,
    is_lossy,
    normalise,
    open_image,
    reading,
)
from ragmm.loaders.settings import PICTURES, LoaderSettings
from ragmm.text.names import display_name
from ragmm.types import Asset, Item, Locator, Modality

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ImageLoader"]

_KEY_FRAMES = 8
_SUBFILE_TYPE = 254
_MANY_FRAMES = frozenset({"AVIF", "GIF", "PNG", "TIFF", "WEBP"})


class ImageLoader:
    """Photos, with what OCR reads in them as text, charts as rows; the file's own description is their context."""

    name = "image"
    version = 4
    reads = PICTURES | {"max_frames"}

    def __init__(self, settings: LoaderSettings) -> None:
        self.settings = settings

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type in FORMATS and (probe.media_type != "image/heif" or heif_ready())

    def warm(self) -> None:
        """Imports what every image needs; for a parser process that forks per document."""
        PIL.Image.init()
        heif_ready()
        warm_ocr(self.settings)

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        return ocr_items(self._items(file, probe), self.settings)

    def _items(self, file: Path, probe: Probe) -> Iterator[Item]:
        name = display_name(probe.name)
        with reading(name):
            image = open_image(file, probe.media_type, name, self.settings)
        with image:
            with reading(name):
                facts = image_facts(image)
                total, frames = self._frames(image, name)
            description = facts.get("description", "")
            for page, asset in self._assets(image, probe, frames):
                locator = Locator(page=page if total > 1 else None)
                yield Item(modality=Modality.PHOTO, asset=asset, locator=locator, context=description, metadata=facts)

    def _frames(self, image: Image, name: str) -> tuple[int, list[int]]:
        """How many there are, and which become items: every page, but of an animation a few, evenly spread."""
        total = int(getattr(image, "n_frames", 1)) if image.format in _MANY_FRAMES else 1
        if total > self.settings.max_frames:
            raise LimitError(
                f"{name} has {total:,} frames; at most {self.settings.max_frames:,} are read (loaders.max_frames)"
            )
        if image.format == "TIFF" or total <= _KEY_FRAMES:
            return total, list(range(total))
        return total, [round(index * (total - 1) / (_KEY_FRAMES - 1)) for index in range(_KEY_FRAMES)]

    def _assets(self, image: Image, probe: Probe, frames: list[int]) -> Iterator[tuple[int, Asset]]:
        """The pictures that differ, with the 1-based numbers of their frames."""
        name, lossy = display_name(probe.name), is_lossy(probe.media_type, probe.head[:16])
        seen: set[str] = set()
        for frame in frames:
            with reading(name):
                if frame:
                    image.seek(frame)
                    check_size(image.size, f"{name}, frame {frame + 1}", self.settings)
                    if _is_preview(image):
                        continue
                asset = encode_image(normalise(image, self.settings), lossy=lossy)
            if asset.sha256 not in seen:
                seen.add(asset.sha256)
                yield frame + 1, asset


def _is_preview(image: Image) -> bool:
    """Whether a TIFF says that this page is a smaller copy of another one."""
    return bool(getattr(image, "tag_v2", {}).get(_SUBFILE_TYPE, 0) & 1)
