"""Days that a text names, whichever way they are written: 12 August 2014, 2014-8-12, 8/12/14, 12.08.2014."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ragmm.text.patterns import late
from ragmm.text.terms import fold

__all__ = [
    "MONTH_IN_FULL",
    "MONTH_NAME",
    "Day",
    "Month",
    "date_phrases",
    "days_of",
    "in_words",
    "months_of",
    "whole_year",
]

Day = tuple[int, int, int]
"""Year, month, day."""
Month = tuple[int, int]
"""Year, month."""
_MONTHS = (
    ("january", "januar", "janvier", "enero", "gennaio", "janeiro", "januari"),
    ("february", "februar", "fevrier", "febrero", "febbraio", "fevereiro", "februari"),
    ("march", "marz", "mars", "marzo", "marco", "maart"),
    ("april", "avril", "abril", "aprile"),
    ("may", "mai", "mayo", "maggio", "maio", "mei"),
    ("june", "juni", "juin", "junio", "giugno", "junho"),
    ("july", "juli", "juillet", "julio", "luglio", "julho"),
    ("august", "aout", "agosto", "augustus"),
    ("september", "septembre", "septiembre", "settembre", "setembro", "sept"),
    ("october", "oktober", "octobre", "octubre", "ottobre", "outubro"),
    ("november", "novembre", "noviembre", "novembro"),
    ("december", "dezember", "decembre", "diciembre", "dicembre", "dezembro"),
)
_NUMBER_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_NUMBER_OF |= {name[:3]: number for name, number in _NUMBER_OF.items() if name not in ("juin", "juillet")}
_NAME = "|".join(sorted(_NUMBER_OF, key=len, reverse=True))
MONTH_NAME = rf"(?:{_NAME})\b\.?"
"""A pattern, for folded text or one that heeds no case."""
_ACCENTED = ("märz", "février", "août", "décembre", "março")
_LOWER = {*_ACCENTED, *(name for names in _MONTHS for name in names)} - {"may", "march"}
_CAPITAL = {name.capitalize() for name in (*_LOWER, "may", "march", *(names[0][:3] for names in _MONTHS))}
MONTH_IN_FULL = rf"(?:{'|'.join(sorted(_LOWER | _CAPITAL, key=len, reverse=True))})\b"
"""A pattern for text as it is written; short forms are English ones alone, others are words too (out, set)."""
_YEAR = r"((?:1[5-9]|20)\d\d)"
_DAY = r"(\d{1,2})(?:st|nd|rd|th|er)?\.?"
_FORMS = (
    late(rf"(?<!\d){_DAY}\s(?:of |de |di )?({_NAME})\b\.?,?\s(?:de |of )?{_YEAR}(?!\d)"),
    late(rf"\b({_NAME})\b\.?\s{_DAY},?\s{_YEAR}(?!\d)"),
    late(rf"(?<!\d){_YEAR}[-/.](\d{{1,2}})[-/.](\d{{1,2}})(?!\d)"),
    late(rf"(?<![\d.,/-])(\d{{1,2}})[-/.](\d{{1,2}})[-/.](?:{_YEAR}|(\d\d))(?![\d/-])"),
    late(rf"{_YEAR}年(\d{{1,2}})月(\d{{1,2}})日"),
)
_OF_MONTHS = (
    late(rf"\b({_NAME})\b\.?\s?(?:(?:of|de|del|-|–|/|,)\s?)?{_YEAR}(?!\d)"),
    late(rf"\b({_NAME})\.?[-–'’](\d\d)(?!\d)"),
    late(rf"(?<![\d/.-]){_YEAR}[-/](0[1-9]|1[0-2])(?![\d/-])"),
    late(rf"{_YEAR}年(\d{{1,2}})月"),
)
_THIS_CENTURY = 50
"""Of years of two digits, those below lie in this century."""


def days_of(text: str) -> frozenset[Day]:
    """Every day that a text names with its year; of 8/12/2014 both readings."""
    if not any(map(str.isdigit, text)):
        return frozenset()
    folded = fold(text)
    return frozenset(
        day
        for form, read in zip(_FORMS, _READ, strict=True)
        for m in form.finditer(folded)
        for day in read(m)
        if _is_day(day)
    )


def months_of(text: str) -> frozenset[Month]:
    """Every month that a text names with its year, those of its days among them: December 2015, Dec-2015, 2015-12."""
    if not any(map(str.isdigit, text)):
        return frozenset()
    folded = fold(text)
    found = {(year, month) for year, month, _ in days_of(text)}
    for number, form in enumerate(_OF_MONTHS):
        for one in form.finditer(folded):
            month, year = one.groups() if number < 2 else one.groups()[::-1]
            found.add((whole_year(year), _NUMBER_OF[month] if number < 2 else int(month)))
    return frozenset(found)


def date_phrases(text: str) -> str:
    """The days of a text in the other ways to write them, as phrases to search for; "" where it names none."""
    phrases = dict.fromkeys(phrase for day in sorted(days_of(text)) for phrase in _written(day))
    return " ".join(f'"{phrase}"' for phrase in phrases)


def in_words(day: Day) -> str:
    """As 14 July 2023."""
    year, month, number = day
    return f"{number} {_MONTHS[month - 1][0].capitalize()} {year}"


def _written(day: Day) -> Iterator[str]:
    year, month, number = day
    name = _MONTHS[month - 1][0]
    yield from (f"{number} {name} {year}", f"{name} {number} {year}", f"{name[:3]} {number} {year}")
    yield from (f"{number} {name[:3]} {year}", f"{year} {month} {number}", f"{year} {month:02} {number:02}")
    for written in (f"{year}", f"{year % 100:02}"):
        yield from (f"{month} {number} {written}", f"{month:02} {number:02} {written}")
        yield from (f"{number} {month} {written}", f"{number:02} {month:02} {written}")


def whole_year(written: str) -> int:
    """2012 for 12 too, and 1998 for 98."""
    year = int(written)
    return year if len(written) > 2 else year + (2000 if year < _THIS_CENTURY else 1900)


def _is_day(day: Day) -> bool:
    return 1 <= day[1] <= len(_MONTHS) and 1 <= day[2] <= 31


def _by_name(found: re.Match[str]) -> list[Day]:
    return [(int(found[3]), _NUMBER_OF[found[2]], int(found[1]))]


def _by_name_first(found: re.Match[str]) -> list[Day]:
    return [(int(found[3]), _NUMBER_OF[found[1]], int(found[2]))]


def _year_first(found: re.Match[str]) -> list[Day]:
    return [(int(found[1]), int(found[2]), int(found[3]))]


def _year_last(found: re.Match[str]) -> list[Day]:
    year = whole_year(found[3] or found[4])
    one, other = int(found[1]), int(found[2])
    return [(year, one, other), (year, other, one)]


_READ = (_by_name, _by_name_first, _year_first, _year_last, _year_first)
