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

    Only contents with pictures depend on how pictures are captioned: another caption model reads those again.
    """

    def __init__(self, readings: Readings, captions: str) -> None:
        self._readings, self._captions = readings, captions

    def of(self, parsed: Parsed, items: Sequence[Item], name: str, *, lacks_captions: bool = False) -> str:
        """For the items that a file of that name gave."""
        packed = any("attachment" in item.metadata for item in items)
        parser = self._readings.reading(parsed.loader, parsed.media_type, holds_others=packed)
        if any(needs_caption(item) for item in items):
            parser += f"{_CAPTIONED}{self._captions}"
        return fingerprint_for(parser, name) + (UNFINISHED if lacks_captions else "")

    def hold(self, parser: str, name: str) -> bool:
        """Whether a whole content was read as a file of that name would be read today."""
        body, _, claimed = parser.partition(_AS)
        return claimed == claim(name) and self._is_today(body, name)

    def are(self, parser: str) -> bool:
        """Whether a content was read as today, whatever its file was called and whether or not captions are left."""
        return self._is_today(parser.removesuffix(UNFINISHED).partition(_AS)[0], "")

    def _is_today(self, body: str, name: str) -> bool:
        reading, captioned, captions = body.partition(_CAPTIONED)
        if captioned and captions != self._captions:
            return False
        return reading == self._readings.whole or self._readings.is_today(reading, name)
