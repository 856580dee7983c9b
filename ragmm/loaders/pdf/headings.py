"""Which paragraphs are headings, and how deep: by bookmarks where there are any, else by size and weight of type."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from ragmm.loaders.pdf.base import Line, OutlineEntry
from ragmm.loaders.pdf.rows import Paragraph

__all__ = ["Headings"]

_LETTER = re.compile(r"[^\W\d_]")
_BARE = re.compile(r"\W+")
_LONGEST = 160
_MOST_ROWS = 3
_LEVELS = 4
_CAPTION = re.compile(r"(?:fig(?:ure|\.)?|tab(?:le|\.|elle)?|abb(?:ildung|\.)?|[图圖表])\s*\d", re.IGNORECASE)


class Headings:
    """Knows a document's type sizes and bookmarks; says the level of any paragraph."""

    def __init__(self, sample: Iterable[Sequence[Line]], outline: Sequence[OutlineEntry]) -> None:
        exact: defaultdict[float, int] = defaultdict(int)
        for lines in sample:
            for line in lines:
                exact[line.size] += len(line.text)
        letters: Counter[float] = Counter()
        for size, count in exact.items():
            letters[round(size * 2) / 2] += count
        self.body = letters.most_common(1)[0][0] if letters else 10.0
        self._sizes = _distinct(size for size in letters if size > 1.12 * self.body)
        self._outline: dict[int, list[OutlineEntry]] = defaultdict(list)
        for entry in outline:
            if entry.title:
                self._outline[entry.page].append(entry)
        self._deepest = max((entry.level for entry in outline), default=0)

    def entries(self, page: int) -> Sequence[OutlineEntry]:
        """The bookmarks that lead to this page, in order."""
        return self._outline.get(page, ())

    def level(self, paragraph: Paragraph, page: int) -> int:
        """1 is the outermost; 0 for what is no heading."""
        if len(paragraph.rows) > _MOST_ROWS or not paragraph.rows[0].upright:
            return 0
        text = " ".join(row.text for row in paragraph.rows)
        if len(text) > _LONGEST or not _LETTER.search(text):
            return 0
        entry = self.bookmark(text, page)
        if entry is not None:
            return entry.level
        return self._by_type(paragraph, text)

    def bookmark(self, text: str, page: int) -> OutlineEntry | None:
        """The bookmark to this page whose title this text is."""
        found = self._outline.get(page)
        if not found:
            return None
        bare = _BARE.sub("", text).casefold()
        return next((entry for entry in found if _same(bare, _BARE.sub("", entry.title).casefold())), None)

    def _by_type(self, paragraph: Paragraph, text: str) -> int:
        if (
            text[-1] in ".,;:，。；"
            or _CAPTION.match(text)
            or paragraph.is_grid
            or (paragraph.is_list and len(text) > 60)
        ):
            return 0
        if paragraph.size > 1.12 * self.body:
            rank = next((rank for rank, size in enumerate(self._sizes, 1) if paragraph.size >= 0.96 * size), _LEVELS)
            return self._deepest + min(rank, _LEVELS)
        short = len(paragraph.rows) == 1 and len(text) <= 80 and len(_LETTER.findall(text)) >= 3
        if paragraph.bold and short and paragraph.size >= 0.95 * self.body:
            return self._deepest + min(len(self._sizes) + 1, _LEVELS)
        return 0


def _same(text: str, title: str) -> bool:
    """Bookmarks often leave the number of a heading out, or the heading's line goes on."""
    if not title or not text:
        return False
    return text == title or (len(title) > 5 and (text.endswith(title) or title.endswith(text)) and len(text) > 3)


def _distinct(sizes: Iterable[float]) -> list[float]:
    """The largest sizes first, those close to each other as one."""
    kept: list[float] = []
    for size in sorted(sizes, reverse=True):
        if not kept or size < 0.92 * kept[-1]:
            kept.append(size)
    return kept
