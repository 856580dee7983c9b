"""The text of one page, with the place of every row in it, so that each passage knows its box."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.geometry import union
from ragmm.loaders.pdf.rows import PageRow, Paragraph
from ragmm.types import Box

__all__ = ["PageText", "compounds", "is_gibberish"]

_COMPOUND = re.compile(r"[^\W\d_]{2,}-[^\W\d_]{2,}")
_LAST_WORD = re.compile(r"[^\W\d_]+\Z")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_IDEOGRAPHIC = re.compile(r"[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]")
# Control characters, the private areas, surrogates, what is no character, and the sign for an unknown one.
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\uf8ff\ufff0-\uffff\U000e0000-\U0010ffff]+")
_SAMPLE = 2_000
_GOES_ON = frozenset(",-\u2010\u00ad&/(")
"""At a row's end: more follows."""


@dataclass(frozen=True, kw_only=True)
class PageText:
    """A page's paragraphs as one text."""

    text: str
    paragraphs: tuple[Paragraph, ...]
    bounds: tuple[tuple[int, int], ...]
    """Where each paragraph stands in the text."""
    _row_starts: tuple[int, ...]
    _row_boxes: tuple[Box, ...]

    @classmethod
    def build(cls, paragraphs: Iterable[Paragraph], known: frozenset[str]) -> PageText:
        """`known` are words that the document itself writes with a hyphen."""
        kept = tuple(paragraphs)
        parts: list[str] = []
        bounds: list[tuple[int, int]] = []
        starts: list[int] = []
        boxes: list[Box] = []
        at = 0
        for paragraph in kept:
            text, offsets = _flow(paragraph, known)
            bounds.append((at, at + len(text)))
            starts.extend(at + offset for offset in offsets)
            boxes.extend(row.box for row in paragraph.rows)
            parts.append(text)
            at += len(text) + 2
        return cls(
            text="\n\n".join(parts),
            paragraphs=kept,
            bounds=tuple(bounds),
            _row_starts=tuple(starts),
            _row_boxes=tuple(boxes),
        )

    def box(self, start: int, end: int) -> Box | None:
        """Around every row of text[start:end]."""
        first = max(0, bisect_right(self._row_starts, start) - 1)
        last = bisect_left(self._row_starts, end)
        return union(self._row_boxes[first:last]) if last > first else None


def compounds(lines: Iterable[Line]) -> set[str]:
    """Words that are written with a hyphen inside a line, where it cannot be the line's end that put it there."""
    hyphened = " ".join([line.text for line in lines if "-" in line.text]).split()
    return {match.lower() for word in hyphened if "-" in word for match in _COMPOUND.findall(word)}


def is_gibberish(lines: Sequence[Line]) -> bool:
    """Whether fonts do not say which letters they draw: the text layer is noise, and only the picture can be read."""
    text = _beginning(lines)
    # Nearly every page is settled by this, which is far quicker than the expression.
    if text.replace("\u00a0", " ").isprintable() and "\ufffc" not in text and "\ufffd" not in text:
        return False
    bad = sum(map(len, _UNREADABLE.findall(text)))
    return bad > 0.3 * (len(text) - text.count(" ")) and len(text) >= 20


def _beginning(lines: Sequence[Line]) -> str:
    parts: list[str] = []
    length = 0
    for line in lines:
        parts.append(line.text)
        length += len(line.text)
        if length >= _SAMPLE:
            break
    return "".join(parts)[:_SAMPLE]


def _flow(paragraph: Paragraph, known: frozenset[str]) -> tuple[str, list[int]]:
    rows = paragraph.rows
    if len(rows) == 1:
        return rows[0].text, [0]
    text, offsets = rows[0].text, [0]
    pieces: list[str] = []
    length = 0
    grid, right = paragraph.is_grid, paragraph.box[2]
    for before, row in pairwise(rows):
        joint = "\n" if grid or _stops_short(before, row, right) else _joint(text, row.text, known)
        if joint is None:
            text, joint = text[:-1], ""
        pieces.append(text + joint)
        length += len(text) + len(joint)
        offsets.append(length)
        text = row.text
    return "".join(pieces) + text, offsets


def _stops_short(row: PageRow, following: PageRow, right: float) -> bool:
    """Whether a row ends where the next one's first word still had room: a step, an entry, a line of an address.

    Text that flows would have put the word there. What is centred or goes on in small letters is left together.
    """
    first = following.text.split(" ", 1)[0]
    if not (first[0].isupper() or first[0].isdigit()) or row.text[-1] in _GOES_ON or not row.upright:
        return False
    size = max(row.size, following.size)
    letter = (row.box[2] - row.box[0]) / len(row.text)
    aligned = abs(row.box[0] - following.box[0]) < 0.4 * size
    return aligned and right - row.box[2] > (len(first) + 1) * letter + size


def _joint(before: str, after: str, known: frozenset[str]) -> str | None:
    """What stands between two rows; None where the hyphen at the end goes."""
    last = before[-1]
    if last == "\u00ad":
        return None
    if last in "-\u2010":
        return _after_hyphen(before, after, known)
    if _IDEOGRAPHIC.match(last) and _IDEOGRAPHIC.match(after[0]):
        return ""
    return " "


def _after_hyphen(before: str, after: str, known: frozenset[str]) -> str | None:
    left, right = _LAST_WORD.search(before[-60:-1]), _FIRST_WORD.match(after)
    if not before[-2:-1].isalnum():
        return " "
    if not left or not right or not after[0].islower():
        return ""
    return "" if f"{left.group()}-{right.group()}".lower() in known else None
