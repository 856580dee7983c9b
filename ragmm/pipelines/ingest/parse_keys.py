"""Under which fingerprint a content is stored: what made its items, and what its file's name had to do with it.

Contents are shared by all files with the same bytes, so they may hold nothing of a name. The one thing that a name
decides is how bytes are read that do not say what they are: prices.csv and prices.txt are two contents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ragmm.indexes.cache_contract import Parsed
from ragmm.loaders.probe import claim
from ragmm.pipelines.ingest.captioning import needs_caption
from ragmm.types import Item

__all__ = ["UNFINISHED", "Parsers", "Readings", "fingerprint_for"]

UNFINISHED = ", unfinished"
"""At the end of a fingerprint: the content still lacks captions that a budget did not allow."""
_AS = ", as "
_CAPTIONED = "|"
_LOOKED_AT = "~"


class Readings(Protocol):
    """How documents are read today: `Fingerprints`, or a stand-in for it."""

    whole: str
    """Of all loaders and settings in one: marks what was read before loaders had fingerprints of their own."""

    def reading(self, loader: str, media_type: str, *, holds_others: bool = False) -> str:
        """The mark of a document that this loader read."""
        ...

    def is_today(self, reading: str, name: str) -> bool:
        """Whether a file of that name would be read in the same way today."""
        ...


def fingerprint_for(parser: str, name: str) -> str:
    """The fingerprint of reading a file of that name."""
    claimed = claim(name)
    return f"{parser}{_AS}{claimed}" if claimed else parser


class Parsers:
    """Under which fingerprints a content counts as read the way it would be read today.

    Only contents with pictures depend on how pictures are captioned: another caption model reads those again. Who
    looked at their photographs is asked by a refresh alone (`strictly`): without it they stand as they are.
    """

    def __init__(self, readings: Readings, captions: str, photos: str = "", *, strict: bool = False) -> None:
        self._readings, self._captions, self._photos, self._strict = readings, captions, photos, strict

    def strictly(self) -> Parsers:
        """The same, for which photographs that today's eyes have not seen are to be read again."""
        return Parsers(self._readings, self._captions, self._photos, strict=True)

    def of(self, parsed: Parsed, items: Sequence[Item], name: str, *, lacks_captions: bool = False) -> str:
        """For the items that a file of that name gave."""
        packed = any("attachment" in item.metadata for item in items)
        parser = self._readings.reading(parsed.loader, parsed.media_type, holds_others=packed)
        if any(needs_caption(item) for item in items):
            parser += f"{_CAPTIONED}{self._captions}" + (f"{_LOOKED_AT}{self._photos}" if self._photos else "")
        return fingerprint_for(parser, name) + (UNFINISHED if lacks_captions else "")

    def hold(self, parser: str, name: str) -> bool:
        """Whether a whole content was read as a file of that name would be read today."""
        body, _, claimed = parser.partition(_AS)
        return claimed == claim(name) and self._is_today(body, name)

    def are(self, parser: str) -> bool:
        """Whether a content was read as today, whatever its file was called and whether or not captions are left."""
        return self._is_today(parser.removesuffix(UNFINISHED).partition(_AS)[0], "")

    def unseen(self, parser: str) -> bool:
        """Whether a content that holds as it is has pictures that today's eyes have not looked at."""
        return bool(self._photos) and self.are(parser) and not self.strictly().are(parser)

    def _is_today(self, body: str, name: str) -> bool:
        reading, captioned, seen = body.partition(_CAPTIONED)
        captions, _, photos = seen.partition(_LOOKED_AT)
        unlooked = self._strict and self._photos and photos != self._photos
        if captioned and (captions != self._captions or unlooked):
            return False
        return reading == self._readings.whole or self._readings.is_today(reading, name)
