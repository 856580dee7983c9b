"""Figures of cells as exact numbers with their unit, and results written as the cells are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ragmm.text.patterns import late

__all__ = ["CellNumber", "exact_figure", "head_unit", "rounded", "written"]

_CELL = late(
    r"\s*(?P<open>\()?\s*(?P<minus>[-−–])?\s*(?P<before>US\$|[$€£¥₹]|[A-Z]{3}(?=\s?\d))?\s*(?P<minus2>[-−–])?"
    r"(?P<digits>\d[\d.,'’\s]*)(?P<after>%|[A-Za-zµ°€$£][A-Za-zµ°²³€$£/]*\d?(?:\s[a-zA-Z]+)?)?\s*(?P<close>\))?\s*"
)
_LONGEST = 60
"""Characters of a cell that is a number and no more."""
_GROUPED = late(r"\d{1,3}(?:[,'’\s.]\d{3})+")
_SCALES = r"thousands?|millions?|billions?"
_MONEY = r"US\$|[$€£¥₹]|USD|EUR|GBP|CHF|JPY|dollars?|euros?|pounds?"
_MASSES = r"kilotonnes|megatonnes|tonnes|tons|kg|kWh|MWh|GWh"
_THINGS = rf"{_MASSES}|km|hectares|days|hours|minutes|weeks|months|litres|metres|miles|%|per ?cent"
_IN = late(
    rf"(?:\bin |^|\()\s*(?P<before>{_MONEY})?\s?(?P<scale>{_SCALES})?"
    rf"(?:\s?(?:of )?(?P<after>{_MONEY}|{_THINGS}))?(?=\W|$)",
    re.IGNORECASE,
)
_HEAD = late(
    r"\(([^()]{1,16})\)\s*$|_(m|m2|kg|km|usd|eur|kwh|t|min|h|days)$|,?\s(?:in )([\w$€£%/²³ ]{1,16})$", re.IGNORECASE
)
_PREFIXED = late(r"US\$|[$€£¥₹]|USD|EUR|GBP|CHF|JPY", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class CellNumber:
    """A number as a cell gives it."""

    value: Fraction
    shown: str
    """As it is written there, without its unit."""
    before: str = ""
    """A sign of money."""
    after: str = ""
    """The unit, or scale and unit."""
    decimals: int = 0

    @property
    def unit(self) -> tuple[str, str]:
        return self.before, self.after


def exact_figure(cell: str) -> CellNumber | None:
    """None where a cell holds no single number."""
    bare = " ".join(cell.split()).rstrip("*")
    found = _CELL.fullmatch(bare) if len(bare) <= _LONGEST else None
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    plain = _plain(found["digits"].strip())
    if plain is None:
        return None
    below = bool(found["open"] or found["minus"] or found["minus2"])
    value = Fraction(Decimal(plain))
    return CellNumber(
        value=-value if below else value,
        shown=("−" if below else "") + found["digits"].strip(),
        before=found["before"] or "",
        after=(found["after"] or "").strip(),
        decimals=len(plain.partition(".")[2]),
    )


def _plain(digits: str) -> str | None:
    """1,234.5 and 1.234,5 as 1234.5; a lone comma before three digits groups, a lone point does not."""
    digits = digits.rstrip(".,")
    bare = re.sub(r"['’\s]", "", digits)
    commas, points = bare.count(","), bare.count(".")
    if commas and points:
        last = max(bare.rfind(","), bare.rfind("."))
        whole, rest = re.sub(r"[.,]", "", bare[:last]), bare[last + 1 :]
        return f"{whole}.{rest}"
    if commas:
        return bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare.replace(",", ".") if commas == 1 else None
    if points > 1:
        return bare.replace(".", "") if _GROUPED.fullmatch(bare) else None
    return bare if bare[:1].isdigit() else None


def head_unit(head: str, *, whole: bool = False) -> tuple[str, str]:
    """What a head says its cells are in: ("", "kWh") of "Gas (kWh)"; of a title (`whole`) ("EUR ", " million")."""
    if not whole:
        found = _HEAD.search(head)
        head = next(filter(None, found.groups()), "") if found else ""
        if not head:
            return "", ""
    for one in _IN.finditer(head):
        if one["scale"] or one["before"] or one["after"]:
            money = next((word for word in (one["before"], one["after"]) if word and _PREFIXED.fullmatch(word)), "")
            rest = [one["scale"], *(word for word in (one["before"], one["after"]) if word and word != money)]
            return money, " ".join(filter(None, rest))
    return ("", head) if not whole else ("", "")


def rounded(value: Fraction, places: int) -> Decimal:
    """To so many decimals, halves away from zero."""
    scaled = abs(value) * 10**places
    steps = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(-steps if value < 0 else steps).scaleb(-places)


def written(value: Fraction, places: int, unit: tuple[str, str] = ("", "")) -> str:
    """With thousands grouped, and its unit where it is written."""
    number = f"{abs(rounded(value, places)):,.{places}f}"
    sign = "−" if value < 0 and rounded(value, places) != 0 else ""
    before, after = unit
    gap = " " if before and before[-1].isalpha() else ""
    behind = f" {after}" if after else ""
    return f"{sign}{before}{gap}{number}{behind}"
