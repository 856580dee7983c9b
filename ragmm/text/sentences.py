"""The sentences and self-contained lines of a text: what can be quoted by itself.

Where passages are cut is another matter (`cuts`): what is stored depends on it, so it changes with a loader's version
only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ragmm.text.cuts import is_abbreviation
from ragmm.text.patterns import late

__all__ = ["sentences"]

_MAX_SENTENCE = 480
"""Longer stretches without a full stop are cut at a clause or a space."""

# Both patterns match wherever they start to match: no backtracking, so time is linear in the text.
_STOP = late(r"""[.!?…]+["'”’»)\]]*|[。！？｡؟।॥။።]+["'”’»)\]」』）】]*|\n[ \t\r]*\n?\s*""")
_CLAUSE = late(r"[;:,，；：、]\s*|\s+")
_MARKER = late(r"\s{0,8}(?:[-*•▪●○+|#>]|\(?\d{1,3}[.)](?!\d)|\(?[a-z]\))")
_KEY_VALUE = late(r"[^\s:：|][^:：\n|]{0,48}[:：](?:\s+\S|(?<=：)\S)")
_ROW_END = late(r"[\d%)]\s*$")
_ALSO = frozenset(["art", "co", "corp", "eg", "ie", "inc", "ltd", "resp", "usw"])
"""Abbreviations beside those at which no passage is cut either."""


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences and self-contained lines of a text in any script, in linear time."""
    start = 0
    for match in _STOP.finditer(text):
        if _ends(text, start, match):
            yield from _trimmed(text, start, match.end())
            start = match.end()
    yield from _trimmed(text, start, len(text))


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    mark = match.group()
    if text[start] == "|" and "\n" not in mark:
        return False
    if mark[0] == "\n":
        return mark.count("\n") > 1 or _line_ends(text, max(start, text.rfind("\n", start, match.start()) + 1), match)
    if mark[0] in "。！？｡؟।॥။።":
        return True
    after = text[match.end() : match.end() + 2]
    if after and not after[0].isspace():
        return False
    return mark[0] != "." or not (_abbreviated(text, start, match.start()) or after[1:].islower())


def _abbreviated(text: str, start: int, stop: int) -> bool:
    words = text[max(start, stop - 12) : stop].split()
    word = words[-1].lstrip("(\"'").lower() if words else ""
    letters = word.replace(".", "")
    return letters in _ALSO or is_abbreviation(word) or (word.isdigit() and stop - start <= 4)


def _line_ends(text: str, line_start: int, match: re.Match[str]) -> bool:
    """Whether a single line break ends a unit rather than wrapping a sentence."""
    line = text[line_start : min(match.start(), line_start + 200)]
    following = text[match.end() : match.end() + 200].split("\n", 1)[0]
    if line.lstrip().startswith(("#", "|")) or _MARKER.match(following):
        return True
    if _KEY_VALUE.match(following.lstrip()) or (_KEY_VALUE.match(line.lstrip()) and len(line) < 160):
        return True
    if len(line) < 100 and _ROW_END.search(line[-4:]) and not following[:1].islower():
        return True
    return len(line) < 45 and not following[:1].islower() and len(line.encode()) < 90


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without outer white space, in pieces of at most _MAX_SENTENCE characters."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    while end - start > _MAX_SENTENCE and text[start] != "|":
        cut = max(
            (m.end() for m in _CLAUSE.finditer(text, start + _MAX_SENTENCE // 2, start + _MAX_SENTENCE)),
            default=start + _MAX_SENTENCE,
        )
        stop = start + len(text[start:cut].rstrip())
        if stop > start:
            yield start, stop
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if end > start:
        yield start, end
