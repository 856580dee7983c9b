"""A value cut out of a sentence made whole: numbers with their sign, scale and unit, names with all their parts."""

from __future__ import annotations

import re

from ragmm.pipelines.query.value_kinds import WHENS, AskedKind
from ragmm.text.dates import MONTH_IN_FULL
from ragmm.text.patterns import late

__all__ = ["LONGEST", "whole_value"]

LONGEST = 80
"""Characters of a short answer."""
_LEFT_OF_NUMBER = late(r"(?:[$€£¥₹]|US\$|(?:USD|EUR|GBP|CHF)\s|[-−+±~≈<>≤≥]\s?|(?<![\w.,])\d[\d.,]*)$")
_RIGHT_OF_NUMBER = late(r"[\d]*(?:[.,]\d+)*")
_SCALE = late(
    r"\s?(?:%|‰|°\s?[CF]?|(?:per ?cent|percent|percentage points|thousand|million|billion|trillion|hundred"
    r"|dozen|mn|bn|Mio\.?|Mrd\.?|"
    r"Millionen|Milliarden|Tausend|Prozent|millions?|milliards?|万亿|万|亿|千|百)(?![A-Za-z]))|[mk](?![A-Za-z])"
)
_MONEY = late(r"\s?(?:€|EUR|euros?|dollars?|pounds?|cents?|pence|USD|GBP|Euro|元|美元|人民币)(?![A-Za-z])")
_REST_OF_DATE = late(
    rf"\s?(?:of |de |di )?{MONTH_IN_FULL}\.?|,?\s(?:del? |of )?(?:1[5-9]|20)\d\d(?!\d)"
    rf"|年(?:\d{{1,2}}月)?(?:\d{{1,2}}日)?"
    rf"|月(?:\d{{1,2}}日)?|日|:\d\d|\s?(?:a\.?m\.?|p\.?m\.?|Uhr|uur)\b"
)
_HEAD_OF_DATE = late(
    rf"(?:(?<!\d)\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s(?:of |de |di )?|{MONTH_IN_FULL}\s(?:de )?|\d{{4}}年|\d{{1,2}}月"
    rf"|\d{{1,2}}:|\b(?:first|second|third|fourth|last|every|each)\s)$"
)
_UNIT = late(r"\s?[A-Za-zµμΩ°/²³]+(?:/[A-Za-z²³]+)?")
_NO_UNIT = frozenset(
    [
        *[
            "a",
            "an",
            "and",
            "are",
            "as",
            "at",
            "been",
            "but",
            "by",
            "for",
            "from",
            "had",
            "has",
            "have",
            "he",
            "her",
            "his",
            "if",
            "in",
            "into",
            "is",
            "it",
            "its",
            "members",
            "more",
            "of",
            "on",
            "or",
            "out",
            "over",
            "people",
            "she",
            "so",
            "than",
            "that",
            "the",
            "their",
            "then",
            "there",
            "they",
            "this",
            "to",
            "under",
            "until",
            "up",
            "was",
            "we",
            "were",
            "when",
            "where",
            "which",
            "while",
            "who",
            "will",
            "with",
            "ago",
            "after",
            "before",
            "only",
            "per",
            "each",
        ],
    ]
)
_WORDS = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty"
    r"|sixty|seventy|eighty|ninety|hundred|"
    r"thousand|million|billion"
)
_NAME_LEFT = late(r"(?:\b[A-ZÀ-Þ][\w'’.-]*\s(?:(?:van|von|de|der|da|di|la|le|of)\s)*)$")
_NAME_RIGHT = late(r"\s(?:(?:van|von|de|der|da|di|la|le)\s)*[A-ZÀ-Þ][\w'’-]*\b(?!\s?[:：])")
"""Not the label of what follows."""
_NO_NAME = late(
    r"^(?:The|A|An|In|On|At|By|For|From|And|But|It|He|She|They|We|This|That|When|Dear|Signed|As|Of|To|With)\s$"
)
_EDGE = " \t\n.,;:!?，。；：！？、\"“”'‘’()[]（）「」『』*_|>•–—-"
_OPENING = late(
    r"^(?:是|为|為|在|由|于|於|the amount of|about|around|approximately|roughly|only|just|is|was|are|were)\s?(?=\S)",
    re.IGNORECASE,
)
_TOKENS = frozenset({AskedKind.LINK, AskedKind.EMAIL, AskedKind.CODE})
"""Kinds of values that no space cuts."""
_JOINED_AHEAD, _JOINED_BEHIND = late(r"(?<![\w.@-])(?:\w[\w.]*[-@])+\Z"), late(r"(?:[-@]\w+(?:\.\w+)*)+")
_DIGITS_LEFT, _DIGITS_RIGHT = late(r"(?<![\w.,])\d{2,}[ -]$"), late(r"[ -]\d{2,}(?![\w.,]\w)")
"""Of a number that is written in groups: 869 1664 1575."""
_SPELT_BEFORE = late(rf"\b(?:{_WORDS})(?:[\s-](?:{_WORDS}))*\s?\($", re.IGNORECASE)
"""A number in words, whose figures follow in brackets: thirty (30) days."""
_BEFORE_TOKEN, _BEHIND_TOKEN = "([<{\"'=|,;", ")]>}\"'|,;"
_SUBSCRIBER, _AREA_CODE = late(r"\d{3,4}[ .-]\d{2,4}(?:[ .-]\d{2,4})*"), late(r"(?:\+\d{1,3} ?)?\(\d{2,5}\) ?[-/]?\Z")
"""Of a telephone number."""
_CLAUSE = late(r"[，；]|(?<=[a-z]);\s")


def whole_value(text: str, start: int, end: int, kind: AskedKind, counted: str = "") -> tuple[int, int]:
    """Where the value at these places really begins and ends; `counted`: what "how many" asks for."""
    start, end = _trimmed(text, start, end)
    if kind in _TOKENS:
        start, end = _whole_token(text, start, end)
    elif kind is AskedKind.ANY:
        start, end = _whole_word(text, start, end)
    start, end = _whole_number(text, start, end, kind)
    if kind is AskedKind.NUMBER and counted and text[end:].lower().startswith(f" {counted}"):
        end += 1 + len(counted)
    if kind in WHENS:
        start, end = _whole_date(text, start, end)
    if kind is AskedKind.PERSON:
        start, end = _whole_name(text, start, end)
    start, end = _trimmed(text, start, end)
    if _SUBSCRIBER.fullmatch(text, start, end) and (area := _AREA_CODE.search(text, max(0, start - 16), start)):
        start = area.start()
    return start, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    value = text[start:end]
    if clause := _CLAUSE.search(value):
        end = start + clause.start()
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE and not _closes(text, start, end):
        end -= 1
    if (opening := _OPENING.match(text[start:end])) and opening.end() < end - start:
        start += opening.end()
    return start, end


def _closes(text: str, start: int, end: int) -> bool:
    """A bracket that belongs to the value, and the full stop of an abbreviation."""
    last, before = text[end - 1], text[start : end - 1]
    if last in ")）":
        return before.count("(" if last == ")" else "（") > before.count(last)
    return (
        last == "."
        and re.search(r"(?:^|[\s.])[A-Za-z]{1,3}$", before) is not None
        and re.search(r"\b(?:Mio|Mrd|Jr|Sr|Inc|Ltd|Co|St|Dr|m|a|p|[A-Z])$", before) is not None
    )


def _whole_token(text: str, start: int, end: int) -> tuple[int, int]:
    """To the spaces around it, and with all groups of its digits."""
    while start > 0 and "!" <= text[start - 1] <= "~" and text[start - 1] not in _BEFORE_TOKEN:
        start -= 1
    while end < len(text) and "!" <= text[end] <= "~" and text[end] not in _BEHIND_TOKEN:
        end += 1
    if text[start:end].replace(" ", "").replace("-", "").isdigit():
        while found := _DIGITS_LEFT.search(text[:start]):
            start = found.start()
        while found := _DIGITS_RIGHT.match(text, end):
            end = found.end()
    return start, end


def _whole_word(text: str, start: int, end: int) -> tuple[int, int]:
    """With what a hyphen or the sign of an address joins to it: hp-check, not hp."""
    if start < end and text[start].isalpha() and (ahead := _JOINED_AHEAD.search(text, max(0, start - LONGEST), start)):
        start = ahead.start()
    if start < end and text[end - 1].isalpha() and (behind := _JOINED_BEHIND.match(text, end)):
        end = behind.end()
    return start, end


def _whole_number(text: str, start: int, end: int, kind: AskedKind) -> tuple[int, int]:
    if text[start : start + 1].isdigit():
        start = _number_start(text, start)
    if spelt := _SPELT_BEFORE.search(text[:start]):
        start = spelt.start()
    if text[end - 1 : end].isdigit():
        end = _RIGHT_OF_NUMBER.match(text, end).end()  # type: ignore[union-attr]
    if not re.search(rf"(?:\d|\b(?:{_WORDS}))$", text[start:end], re.IGNORECASE):
        return start, end
    for pattern in (_SCALE, _MONEY):
        if found := pattern.match(text, end):
            end = found.end()
    unit = _UNIT.match(text, end) if kind is AskedKind.MEASURE and text[end - 1].isalnum() else None
    if unit and unit.group().strip().lower() not in _NO_UNIT:
        end = unit.end()
    return start, end


def _number_start(text: str, start: int) -> int:
    while found := _LEFT_OF_NUMBER.search(text[:start]):
        if found.group()[0] in "-−" and found.start() and text[found.start() - 1].isalnum():
            break  # a range or a compound, no sign
        start = found.start()
    return start


def _whole_date(text: str, start: int, end: int) -> tuple[int, int]:
    while found := _REST_OF_DATE.match(text, end):
        if found.end() == end:
            break
        end = found.end()
    while found := _HEAD_OF_DATE.search(text[:start]):
        start = found.start()
    return start, end


def _whole_name(text: str, start: int, end: int) -> tuple[int, int]:
    if text[start : start + 1].isupper():
        while found := _NAME_LEFT.search(text[:start]):
            if _NO_NAME.match(found.group()) or (re.search(r"[.!?]\s$", found.group()) and len(found.group()) > 4):
                break
            start = found.start()
    while re.search(r"\b[A-ZÀ-Þ][\w'’.-]*$", text[start:end]) and (found := _NAME_RIGHT.match(text, end)):
        end = found.end()
    return start, end
