"""Quarters of years, whichever way they are written: Q1 FY25, 1Q25, the first quarter of fiscal 2025, 2025-Q1."""

from __future__ import annotations

from ragmm.text.dates import whole_year
from ragmm.text.patterns import late
from ragmm.text.terms import fold

__all__ = ["Quarter", "quarters_of", "said_of_quarters"]

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


def quarters_of(text: str) -> frozenset[Quarter]:
    """The quarters that a text names: Q1 FY25, 1Q25, the first quarter of fiscal 2025, 2025-Q1, or Q1 alone."""
    folded = fold(text)
    if "q" not in folded:
        return frozenset()
    found: set[Quarter] = set()
    for number, form in enumerate(_QUARTERS):
        for one in form.finditer(folded):
            which, year = one.groups() if number < 3 else one.groups()[::-1]
            found.add(
                (whole_year(year.removeprefix("fy").strip()) if year else 0, _WHICH_QUARTER.get(which) or int(which))
            )
    dated = {which for year, which in found if year}
    return frozenset(one for one in found if one[0] or one[1] not in dated)


def said_of_quarters(text: str) -> str:
    """The quarters of a text in the other ways to write them, as words."""
    said = []
    for year, which in sorted(quarters_of(text)):
        dated = f"FY {year % 100:02} fiscal year {year}" if year else ""
        said.append(f"Q{which} {_ORDINALS[which - 1]} quarter {dated}")
    return " ".join(said)
