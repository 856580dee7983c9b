"""Places where a text may be cut: between sentences, clauses, lines, words and, at worst, graphemes.

Everything here is linear in the length of the text: patterns are possessive and anchored so that none is tried twice
over the same characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from ragmm.text.patterns import late

__all__ = [
    "clause_starts",
    "grapheme_cut",
    "is_abbreviation",
    "is_boundary",
    "line_starts",
    "sentence_starts",
    "sentences",
    "word_starts",
]

_SPACES = late(r"\s*")
# Terminators that need white space after them, and those of scripts that do not.
_SENTENCE_END = late(
    r"""(?<![.!?…])[.!?…]++["'”’»)\]}]*+(?=\s)|[。！？｡।॥؟۔։።᙮។။]++["'”’»)\]}」』）】〉》]*+|\n[^\S\n]*+\n"""
)
_CLAUSE_END = late(r"[,;:–—)\]](?=\s)|[，；：、،؛]|\r\n?+|[\n\v\f\x85\u2028\u2029]")
_LINE_END = late(r"(?:\r\n?+|\n)(?:[^\S\r\n]*+(?:\r\n?+|\n))*+")
# A word begins after white space; ideographs, kana and the like are words of their own, except that
# closing marks stay with what they close and nothing is cut off after an opening one.
_WORD = late(
    r"(?<=\s)\S|(?<![「『（【〈《“‘\s])[\u2e80-\u2fff\u3040-\ua4cf\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)
_LAST_WORD = late(r"[^\W\d_]+(?:\.[^\W\d_]+)*\Z")
_LONGEST_ABBREVIATION = 8
_ABBREVIATIONS = late(
    r"(?:al|approx|apr|aug|bzw|ca|capt|cf|ch|col|dec|dept|dr|e\.g|eds?|eqs?|esp|est|etc|feb|figs?|gen|i\.e|jan|jr|jul"
    r"|jun|lt|mar|max|min|mrs?|ms|mt|nos?|nov|nr|oct|op|p|para|pp|prof|ref|rev|s|sect?|sept?|sr|st|tab|u\.[as]|vgl|vol"
    r"|vs|z\.b|[^\W\dI_])\Z",
    re.IGNORECASE,
)
_LONGEST_CLUSTER = 64
"""Unicode's stream-safe format allows 30 marks; what is longer is no character that anyone reads."""


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans that cover the text; white space belongs to the sentence before it."""
    return pairwise([0, *sentence_starts(text, 0, len(text)), len(text)]) if text else iter(())


def sentence_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets p, start < p < end, where a sentence begins."""
    last = start
    for match in _SENTENCE_END.finditer(text, start, min(end + 1, len(text))):
        if match.end() <= last:  # inside white space that has been skipped
            continue
        last = _after_spaces(text, match.end())
        if last >= end:
            return
        if not _stops_short(text, match, last):
            yield last


def clause_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets p, start < p < end, after a comma, a colon, a bracket or a line end."""
    return _starts(_CLAUSE_END, text, start, end)


def line_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets p, start < p < end, where a line that is not blank begins, before its indentation."""
    return (m.end() for m in _LINE_END.finditer(text, start, end) if start < m.end() < end)


def word_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets p, start < p < end, where a word or an ideograph begins."""
    return (match.start() for match in _WORD.finditer(text, start + 1, end))


def grapheme_cut(text: str, at: int, floor: int) -> int:
    """The last offset in [floor, at] that lies between two graphemes; `at` itself where there is none near."""
    for offset in range(at, max(floor, at - _LONGEST_CLUSTER) - 1, -1):
        if is_boundary(text, offset):
            return offset
    return at


def is_boundary(text: str, at: int) -> bool:
    """Whether a reader would see the characters on both sides of the offset as separate."""
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    if after < "\u0300":
        return not (before == "\r" and after == "\n")
    return not (
        _extends(after)
        or before == "\u200d"
        or _is_prefix(before)
        or (unicodedata.combining(before) == 9 and unicodedata.category(after) == "Lo")
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff")
        or _joins_hangul(before, after)
        or _joins_flag(text, at)
    )


def _starts(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[int]:
    last = start
    for match in pattern.finditer(text, start, min(end + 1, len(text))):
        if match.end() <= last:  # inside white space that has been skipped
            continue
        last = _after_spaces(text, match.end())
        if last >= end:
            return
        yield last


def _after_spaces(text: str, at: int) -> int:
    match = _SPACES.match(text, at)
    return match.end() if match else at


def _stops_short(text: str, match: re.Match[str], following: int) -> bool:
    """Of a stop: what follows in lower case goes on with the sentence."""
    if match.group()[0] not in ".…":
        return False
    if text[following].islower():
        return True
    if match.group() != ".":
        return False
    word = _LAST_WORD.search(text[max(0, match.start() - _LONGEST_ABBREVIATION) : match.start()])
    return word is not None and is_abbreviation(word.group())


def is_abbreviation(word: str) -> bool:
    """Whether a stop behind this word, which is given without it, ends no sentence."""
    return _ABBREVIATIONS.match(word) is not None


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character)[0] == "M"
        or character in "\u200c\u200d\u0e33\u0eb3\uff9e\uff9f"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_prefix(character: str) -> bool:
    return "\u0600" <= character <= "\u0605" or character in "\u06dd\u070f\u0890\u0891\u08e2"


def _joins_hangul(before: str, after: str) -> bool:
    if "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7ff":
        return "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7ff" or "\ua960" <= before <= "\ua97f"
    leading = "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97f"
    return leading and ("\u1100" <= after <= "\u115f" or "\ua960" <= after <= "\ua97f" or "\uac00" <= after <= "\ud7a3")


def _joins_flag(text: str, at: int) -> bool:
    """Flags are pairs of regional indicators: count those before the offset."""
    if not (_is_regional(text[at]) and _is_regional(text[at - 1])):
        return False
    first = at - 1
    while first > 0 and at - first < _LONGEST_CLUSTER and _is_regional(text[first - 1]):
        first -= 1
    return (at - first) % 2 == 1


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
