"""Quarters of years, whichever way they are written: Q1 FY25, 1Q25, the first quarter of fiscal 2025, 2025-Q1."""

from __future__ import annotations

from ragmm.text.dates import whole_year
from ragmm.text.patterns import late
from ragmm.text.terms import fold

__all__ = ["Quarter", "fiscal_years_of", "quarter_places", "quarters_of", "said_of_quarters"]

Quarter = tuple[int, int]
"""Year, and which of its quarters; the year 0 where none is said."""
_ORDINALS = ("first", "second", "third", "fourth")
_WHICH_QUARTER = {name: n for n, name in enumerate(_ORDINALS, 1)} | {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_FISCAL = r"(?:of )?(?:the )?(?:fy|fiscal(?: year)?|year)?\s?['’]?"
_QUARTERS = (
    late(rf"\bq([1-4])\b,?\s?(?:{_FISCAL}((?:19|20)?\d\d)(?!\d))?"),
    late(rf"\b([1-4])q\s?(?:{_FISCAL}((?:19|20)?\d\d)(?!\d))?"),
    late(rf"\b({'|'.join(_WHICH_QUARTER)})[- ]quarter\b,?\s?(?:{_FISCAL}((?:19|20)\d\d)(?!\d))?"),
    late(r"(?<!\d)((?:19|20)\d\d|fy\s?\d\d)\s?[-/ ]?\s?q([1-4])\b"),
)

_YEARS = late(r"\b(?:fy|fiscal(?: year)?)\s?['’]?((?:19|20)?\d\d)(?!\d)")


def quarters_of(text: str) -> frozenset[Quarter]:
    """The quarters that a text names: Q1 FY25, 1Q25, the first quarter of fiscal 2025, 2025-Q1, or Q1 alone."""
    return frozenset(quarter_places(text))


def quarter_places(text: str) -> dict[Quarter, int]:
    """The same, each with where it is first named in the folded text."""
    folded = fold(text)
    if "q" not in folded:
        return {}
    found: dict[Quarter, int] = {}
    for number, form in enumerate(_QUARTERS):
        for one in form.finditer(folded):
            which, year = one.groups() if number < 3 else one.groups()[::-1]
            when = whole_year(year.removeprefix("fy").strip()) if year else 0
            quarter = when, _WHICH_QUARTER.get(which) or int(which)
            found[quarter] = min(one.start(), found.get(quarter, one.start()))
    dated = {which for year, which in found if year}
    return {one: at for one, at in found.items() if one[0] or one[1] not in dated}


def fiscal_years_of(text: str) -> frozenset[int]:
    """The years that a text calls fiscal: FY24, fiscal 2024."""
    return frozenset(whole_year(one.group(1)) for one in _YEARS.finditer(fold(text)))


def said_of_quarters(text: str) -> str:
    """The quarters of a text in the other ways to write them, as words."""
    said = []
    for year, which in sorted(quarters_of(text)):
        dated = f"FY {year % 100:02} fiscal year {year}" if year else ""
        said.append(f"Q{which} {_ORDINALS[which - 1]} quarter {dated}")
    return " ".join(said)
