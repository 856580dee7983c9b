"""A picture that is asked, in words: what it is likely to show, and what can be read in it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from ragmm.embedders.picture_kinds import PictureKind
from ragmm.embedders.preprocess import ResizeMode, decode
from ragmm.errors import DocumentError, RagmmError
from ragmm.loaders.settings import LoaderSettings
from ragmm.vlm.images import picture

if TYPE_CHECKING:
    from ragmm.embedders.eyes import Eyes

__all__ = ["AskedPicture"]

_BARE = frozenset({PictureKind.PHOTOGRAPH, PictureKind.DRAWING, PictureKind.EMOJI})
"""Kinds in which there is nothing or little to read: a second of OCR is not spent on them."""
_LONGEST = 2000
"""Pixels of the side that is read, at most."""
_MOST_LINES, _MOST_WORDS = 24, 120
"""Of what is read, from all over a page: more say no better which page it is, and each line costs a twentieth of a
second."""


@dataclass(frozen=True, kw_only=True)
class AskedPicture:
    """Puts a picture into words. It is never wrong to say nothing: the picture's vectors are searched with anyway."""

    eyes: Eyes
    settings: LoaderSettings

    def told(self, image: bytes) -> str:
        """The names of what a photograph is likely to show, or of the shapes of a drawing."""
        try:
            look = self.eyes.look(picture(image))
        except DocumentError:
            return ""
        return ", ".join(chain((one.names[0] for one in look.likely), look.drawn))

    def read(self, image: bytes) -> str:
        """The words in a picture of which they are the point: a page, a screenshot, a chart."""
        from ragmm.loaders.ocr import joined_text, ocr_available, ocr_reader
        from ragmm.loaders.text_likeness import likely_has_text

        try:
            if self.eyes.look(picture(image)).kind in _BARE or not ocr_available():
                return ""
            pixels = decode(image, reduce_to=(_LONGEST, _LONGEST), mode=ResizeMode.LONGEST)
            reader = ocr_reader(self.settings, most=_MOST_LINES)
            if reader is None or not likely_has_text(pixels):
                return ""
            pixels.thumbnail((_LONGEST, _LONGEST))
            return " ".join(joined_text(list(reader(pixels))).split()[:_MOST_WORDS])
        except RagmmError:
            return ""
