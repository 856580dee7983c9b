"""Under which fingerprint a content is stored: what made its items, and what its file's name had to do with it.

Contents are shared by all files with the same bytes, so they may hold nothing of a name. The one thing that a name
decides is how bytes are read that do not say what they are: prices.csv and prices.txt are two contents.
"""

from __future__ import annotations

from collections.abc import Sequence

from ragmm.loaders.probe import claim
from ragmm.pipelines.ingest.captioning import needs_caption
from ragmm.types import Item

__all__ = ["UNFINISHED", "Parsers", "fingerprint_for"]

UNFINISHED = ", unfinished"
"""At the end of a fingerprint: the content still lacks captions that a budget did not allow."""
_AS = ", as "


def fingerprint_for(parser: str, name: str) -> str:
    """The fingerprint of reading a file of that name."""
    claimed = claim(name)
    return f"{parser}{_AS}{claimed}" if claimed else parser


class Parsers:
    """Under which fingerprints a content counts as read the way it would be read today.

    Only contents with pictures depend on how pictures are captioned: another caption model reads those again.
    """

    def __init__(self, parser: str, captions: str) -> None:
        self._plain, self._pictured = parser, f"{parser}|{captions}"

    def of(self, items: Sequence[Item], name: str, *, lacks_captions: bool = False) -> str:
        """For the items of a file of that name."""
        parser = self._pictured if any(needs_caption(item) for item in items) else self._plain
        return fingerprint_for(parser, name) + (UNFINISHED if lacks_captions else "")

    def named(self, name: str) -> tuple[str, ...]:
        """Every one under which a whole content of a file of that name may be stored."""
        return fingerprint_for(self._plain, name), fingerprint_for(self._pictured, name)

    def are(self, parser: str) -> bool:
        """Whether a content was read as today, whatever its file was called and whether or not captions are left."""
        return parser.removesuffix(UNFINISHED).partition(_AS)[0] in {self._plain, self._pictured}
