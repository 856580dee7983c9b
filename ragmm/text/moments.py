"""Dates and times of day in running text, as people write them in a handful of languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ragmm.text.patterns import late
from ragmm.text.terms import fold

__all__ = ["Moment", "lowered", "moments"]

_MONTHS: Final = (
    "jan|january|januar|janner|janvier|janv|enero|ene|gennaio|gen|januari|janeiro",
    "feb|february|februar|fevrier|fevr|febrero|febbraio|februari|fevereiro",
    "mar|march|marz|mrz|mars|marzo|maart|marco",
    "apr|april|avril|avr|abril|aprile",
    "may|mai|mayo|maggio|mei|maj|maio",
    "jun|june|juni|juin|junio|giugno|junho",
    "jul|july|juli|juillet|juil|julio|luglio|julho",
    "aug|august|aout|agosto|ago|augustus|augusti",
    "sep|sept|september|septembre|septiembre|settembre|setembro",
    "oct|october|okt|oktober|octobre|octubre|ottobre|outubro",
    "nov|november|novembre|noviembre|novembro",
    "dec|december|dez|dezember|decembre|diciembre|dic|dicembre|dezembro",
)
_NUMBER_OF: Final = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split("|")}
_MONTH: Final = rf"(?<![^\W\d_])(?:{'|'.join(sorted(_NUMBER_OF, key=len, reverse=True))})(?![^\W\d_])\.?"
_DIGITS: Final = {char: digit for digit, chars in enumerate(("〇零", *"一二三四五六七八九")) for char in chars}
_HAN: Final = "[〇零一二三四五六七八九十]"
_YEAR: Final = r"(?:1[0-9]|20|21)\d\d"
_END: Final = r"(?!\d|[.,]\d)"
_PATTERNS: Final = tuple(
    late(pattern)
    for pattern in (
        rf"(?<![\d.,/-])(?P<y>{_YEAR})([-/.])(?P<m>0?[1-9]|1[0-2])\2(?P<d>[0-2]?\d|3[01]){_END}",
        rf"(?<![\d.,/-])(?P<a>[0-2]?\d|3[01])([-/.]) ?(?P<b>[0-2]?\d|3[01])\2 ?(?P<y>{_YEAR}){_END}",
        rf"(?<![\d.,])(?P<d>[0-2]?\d|3[01])(?:st|nd|rd|th|er|\.)? ?(?:of |de )?(?P<n>{_MONTH}),? ?"
        rf"(?:of |de )?(?P<y>{_YEAR}){_END}",
        rf"(?P<n>{_MONTH}) (?P<d>[0-2]?\d|3[01])(?:st|nd|rd|th)?,? (?P<y>{_YEAR}){_END}",
        rf"(?P<n>{_MONTH}),? (?:of |de )?(?P<y>{_YEAR}){_END}",
        rf"(?<![\d.,])(?P<d>[0-2]?\d|3[01])(?:st|nd|rd|th|er|\.)? ?(?:of |de )?(?P<n>{_MONTH})",
        rf"(?P<n>{_MONTH}) (?P<d>[0-2]?\d|3[01])(?:st|nd|rd|th)?{_END}",
        rf"(?<!\d)(?P<y>\d{{4}}|{_HAN}{{4}}) ?年 ?(?:(?P<m>\d{{1,2}}|{_HAN}{{1,3}}) ?月 ?"
        rf"(?:(?P<d>\d{{1,2}}|{_HAN}{{1,3}}) ?[日号號])?)?",
        rf"(?<!\d)(?P<m>\d{{1,2}}|{_HAN}{{1,3}}) ?月 ?(?P<d>\d{{1,2}}|{_HAN}{{1,3}}) ?[日号號]",
    )
)
_CLOCK: Final = late(
    r"(?P<cn>上午|下午|晚上|中午)? ?(?<![\d.,:])(?P<h>[01]?\d|2[0-4])"
    r"(?:(?:[:.h] ?(?P<min>[0-5]\d)(?![\d:%]|\.\d)) ?(?P<half>[ap]\.?m\b\.?|uhr\b)?| ?(?P<alone>[ap]\.?m\b\.?|uhr\b)"
    r"|(?P<dian>[点點])(?:(?P<fen>\d{1,2})分?|(?P<ban>半))?)"
)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A date, a part of one, or a time of day, and where it stands in the text that was read."""

    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    minutes: int | None = None
    """Since midnight, where it is a time of day."""
    swapped: bool = False
    """Whether day and month may be meant the other way round, as in 03/04/2023."""

    def says(self, wanted: Moment) -> bool:
        """Whether everything that `wanted` states is stated here too, and the same."""
        pairs = ((wanted.year, self.year), (wanted.minutes, self.minutes))
        if any(theirs is not None and theirs != ours for theirs, ours in pairs):
            return False
        day_and_month = [(wanted.month, wanted.day)]
        if wanted.swapped or self.swapped:
            day_and_month.append((wanted.day, wanted.month))
        return any(month in (None, self.month) and day in (None, self.day) for month, day in day_and_month)


def moments(text: str) -> list[Moment]:
    """Those of a text that `lowered` gave, in order, none within another. Linear in its length."""
    found: list[Moment] = []
    left = text
    for pattern in _PATTERNS:
        found += filter(None, map(_moment, pattern.finditer(left)))
        left = _without(left, found)
    found += _clock(left)
    return sorted(found, key=lambda one: one.start)


def lowered(text: str) -> str:
    """Folded letter by letter, so that places stay what they are."""
    return text.lower() if text.isascii() else "".join(_letter(char) for char in text)


def _letter(char: str) -> str:
    folded = char if char.isascii() else fold(char)
    return folded.lower() if len(folded) == 1 else char


def _without(text: str, found: list[Moment]) -> str:
    pieces, last = [], 0
    for one in sorted(found, key=lambda one: one.start):
        pieces += [text[last : one.start], "\x00" * (one.end - one.start)]
        last = one.end
    return "".join([*pieces, text[last:]])


def _moment(match: re.Match[str]) -> Moment | None:
    parts = match.groupdict()
    start, end = match.span()
    year = _figure(parts.get("y"))
    if parts.get("a"):
        day, month = int(parts["a"]), int(parts["b"])
        if day <= 12 < month:
            day, month = month, day
        swapped = day <= 12 and month <= 12 and day != month and "." not in match[0]
        return Moment(start=start, end=end, year=year, month=month, day=day, swapped=swapped) if month <= 12 else None
    month_number = _NUMBER_OF[parts["n"].rstrip(".")] if parts.get("n") else _figure(parts.get("m"))
    return Moment(start=start, end=end, year=year, month=month_number, day=_figure(parts.get("d")))


def _figure(written: str | None) -> int | None:
    """The number, in digits or in Chinese."""
    if not written:
        return None
    if written.isdecimal():
        return int(written)
    if "十" in written:
        tens, _, ones = written.partition("十")
        return 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)
    return int("".join(str(_DIGITS[char]) for char in written))


def _clock(text: str) -> Iterator[Moment]:
    for match in _CLOCK.finditer(text):
        half = (match["half"] or match["alone"] or match["cn"] or "").replace(".", "")
        if match["min"] and text[match.end("h")] == "." and not half:
            continue  # 8.30 without a word beside it is a number
        hour, minute = int(match["h"]), int(match["min"] or match["fen"] or (30 if match["ban"] else 0))
        if half in ("pm", "下午", "晚上") and hour < 12:
            hour += 12
        elif half in ("am", "上午") and hour == 12:
            hour = 0
        start = match.start("cn") if match["cn"] else match.start("h")
        yield Moment(start=start, end=match.end(), minutes=60 * hour + minute)
