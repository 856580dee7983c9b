"""Numbers in running text with their scale and unit: 1.3 M, 1,300,000, 1,3 Mio. and 130万 are one amount."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ragmm.text.patterns import late

__all__ = ["APPROXIMATELY", "MEGA", "SCALES", "Amount", "amounts"]

SCALES: Final = {
    "hundred": 1e2, "百": 1e2, "thousand": 1e3, "thousands": 1e3, "tausend": 1e3, "tsd": 1e3, "mille": 1e3, "千": 1e3,
    "k": 1e3, "万": 1e4, "萬": 1e4, "lakh": 1e5, "million": 1e6, "millions": 1e6, "millionen": 1e6, "millones": 1e6,
    "mio": 1e6, "mln": 1e6, "mn": 1e6, "百万": 1e6, "百萬": 1e6, "crore": 1e7, "千万": 1e7, "亿": 1e8, "億": 1e8,
    "billion": 1e9, "billions": 1e9, "bn": 1e9, "mrd": 1e9, "milliarde": 1e9, "milliarden": 1e9, "milliard": 1e9,
    "milliards": 1e9, "十亿": 1e9, "trillion": 1e12, "tn": 1e12, "万亿": 1e12, "兆": 1e12,
}  # fmt: skip
_UNITS: Final[dict[str, tuple[str, float]]] = {
    name: (dimension, factor)
    for dimension, factor, names in (
        ("share", 1, "%|percent|per cent|pct|prozent|pour cent|por ciento|percentage points|percentage point"),
        ("dollar", 1, "$|us$|usd|dollar|dollars|us dollars|美元"), ("euro", 1, "€|eur|euro|euros|欧元"),
        ("sterling", 1, "£|gbp|pounds sterling|英镑"), ("yen", 1, "jpy|yen|日元"),
        ("yuan", 1, "元|人民币|rmb|cny|yuan"), ("franc", 1, "chf|franken|swiss francs"),
        ("rupee", 1, "₹|inr|rs|rupees|rupee"), ("krone", 1, "kr|nok|sek|dkk"), ("cent", 1, "cents|cent|¢"),
        ("time", 1, "seconds|second|sec|sekunden|secondes|秒"), ("time", 60, "minutes|minute|min|mins|minuten|分钟"),
        ("time", 3600, "hours|hour|hrs|hr|h|stunden|stunde|heures|小时"),
        ("time", 86400, "days|day|tage|tag|tagen|jours|jour|天"),
        ("time", 604800, "weeks|week|wochen|woche|semaines|周"), ("months", 1, "months|month|monate|monat|mois|个月"),
        ("months", 12, "years|year|yrs|jahre|jahr|ans|annees|años|年"),
        ("length", 0.001, "mm|millimetres|millimeters|毫米"), ("length", 0.01, "cm|centimetres|centimeters|厘米"),
        ("length", 1, "m|metres|metre|meters|meter|metern|米"),
        ("length", 1000, "km|kilometres|kilometers|kilometer|公里|千米"), ("length", 1609.344, "miles|mile|mi"),
        ("length", 0.3048, "feet|foot|ft"), ("length", 0.0254, "inches|inch"), ("mass", 1, "g|grams|gram|gramm|克"),
        ("mass", 1000, "kg|kilograms|kilos|公斤|千克"), ("mass", 1e6, "t|tonnes|tonne|tonnen|吨"),
        ("volume", 1, "l|litres|litre|liters|liter|升"), ("volume", 0.001, "ml|millilitres|毫升"),
        ("area", 1, "m2|square metres|square meters|平方米"), ("area", 1e6, "km2|square kilometres|平方公里"),
        ("area", 1e4, "ha|hectares"), ("energy", 1, "kwh"), ("energy", 1000, "mwh"), ("energy", 1e6, "gwh"),
        ("power", 1, "w|watts|watt|瓦"), ("power", 1000, "kw"), ("power", 1e6, "mw"), ("power", 1e9, "gw"),
        ("volt", 1, "v|volts|volt"), ("degree", 1, "°c|°"), ("speed", 1, "km/h|kph"), ("speed", 1.609344, "mph"),
        ("speed", 1.852, "knots|knot|kn"), ("points", 1, "basis points|bps"),
    )
    for name in names.split("|")
}  # fmt: skip
_SMALL: Final = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen"
)
_OTHERS: Final = (
    "null|eins|zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|elf|zwolf",
    "zero|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze",
)
_TENS: Final = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ORDINALS: Final = "zeroth|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth"
_WORDS: Final = {name: value for value, name in enumerate(_SMALL.split("|"))} | {
    name: value for row in _OTHERS for value, name in enumerate(row.split("|"))
}
_TEN_WORDS: Final = {name: 10 * value for value, name in enumerate(_TENS.split("|"), start=2)}
_ORDINAL_WORDS: Final = {name: value for value, name in enumerate(_ORDINALS.split("|"))}
_HAN_DIGITS: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2, "〇": 0}
_HAN_SCALES: Final = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_LONGEST: Final = 30
"""Digits; a longer run is a code, not an amount."""


def _either(names: Sequence[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


_SIGN: Final = r"us\$|(?<![^\W\d_])(?:usd|eur|gbp|chf|rs\.?|inr|rmb|cny|jpy)(?![^\W\d_])|[$€£¥₹]"
_FIGURE: Final = (
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d{1,3}(?:\.\d{3})+(?:,\d+)?(?!\d)|\d{1,3}(?:['’]\d{3})+(?:[.,]\d+)?(?!\d)"
    r"|\d{1,3}(?: \d{3}){2,9}(?:[.,]\d+)?(?!\d)|\d{1,3} \d{3}(?:,\d+)?(?= ?(?:€|eur|kr))|\d+(?:[.,]\d+)?|\.\d+"
)
_NUMBER: Final = late(
    rf"(?P<bracket>\()? ?(?P<currency>{_SIGN})? ?(?P<minus>(?<![\w)])[-−–]|\bminus )? ?(?P<currency2>{_SIGN})? ?"
    rf"(?:(?P<hundredths>百分之) ?)?"
    rf"(?:(?:(?<![\d_a-z])|(?<=usd|eur|gbp|chf|rmb|cny))(?P<digits>{_FIGURE})(?P<ordinal>(?:st|nd|rd|th|er|ère|º|ª)(?![^\W_]))?"
    rf"|(?<![^\W\d_])(?P<tens>{_TENS})(?:[- ](?P<ones>{_SMALL}))?(?![^\W\d_])"
    rf"|(?<![^\W\d_])(?P<word>{_either(list(_WORDS))})(?![^\W\d_])"
    rf"|(?<![^\W\d_])(?P<nth>{_ORDINALS})(?![^\W\d_])"
    r"|(?P<di>第)?(?P<han>[零〇一二三四五六七八九两兩十百千][零〇一二三四五六七八九两兩十百千万萬亿億]{0,20}))"
)
_LATIN_SCALES: Final = [name for name in SCALES if name.isascii()]
_HAN_SCALE_NAMES: Final = [name for name in SCALES if not name.isascii()]
_SCALE: Final = late(rf"[ -]?(?:(?P<latin>{_either(_LATIN_SCALES)})(?![^\W_])\.?|(?P<han>{_either(_HAN_SCALE_NAMES)}))")
_LATIN_UNITS: Final = [name for name in _UNITS if re.fullmatch(r"[a-z].*[a-z\d]|[a-z]|[a-z ]+", name)]
_SIGN_UNITS: Final = [name for name in _UNITS if name not in _LATIN_UNITS]
_UNIT: Final = late(rf"[ -]?(?:(?P<latin>{_either(_LATIN_UNITS)})(?![^\W\d_])|(?P<sign>{_either(_SIGN_UNITS)}))")
APPROXIMATELY: Final = late(
    r"(?:about|approximately|approx\.?|around|nearly|almost|roughly|over|some|circa|ca\.?|c\.|rund|etwa|environ|大约|约|近|"
    r"up to|at least|more than|less than|only|just|~|≈)\s*"
)
_NO_UNIT: Final = ("", 1.0)
MEGA: Final = "\x01"
"""Stands for a capital M behind a number once everything is in lower case."""
_LETTER: Final = late(rf" ?([mb{MEGA}])(?![^\W_])")


@dataclass(frozen=True, kw_only=True)
class Amount:
    """One number of a text and where it stands."""

    start: int
    end: int
    values: tuple[float, ...]
    """What it may mean: 1.300 is 1.3 or 1300. Scale and the factor of its unit are in it."""
    bare: tuple[float, ...] = ()
    """The same without the factor of its unit: what 21 days and 21 have in common."""
    dimension: str = ""
    """What it is of, where a known unit stands beside it: "share", "euro", "length" …"""
    scaled: bool = False
    ordinal: bool = False
    weak: bool = False
    """The word "one", which is mostly no number."""
    yearlike: bool = False
    """Four digits as bare as a year."""

    def is_like(self, wanted: Amount) -> bool:
        """The same amount; units count only where both state one."""
        if self.dimension and wanted.dimension and self.dimension != wanted.dimension:
            return False
        if self.ordinal and not wanted.ordinal:
            return False
        if _near(self.values, wanted.values):
            return True
        return bool(self.dimension) != bool(wanted.dimension) and _near(self.bare, wanted.bare)


def _near(ours: tuple[float, ...], theirs: tuple[float, ...]) -> bool:
    return any(math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) for one in ours for other in theirs)


def amounts(text: str) -> Iterator[Amount]:
    """The numbers of a normalised text in lower case, in order. Linear in its length."""
    place = 0
    while match := _NUMBER.search(text, place):
        amount = _amount(text, match)
        place = max(match.end(), amount.end if amount else 0)
        if amount:
            yield amount


def _amount(text: str, match: re.Match[str]) -> Amount | None:
    if len(match["digits"] or "") > _LONGEST:
        return None
    raw = _raw(match)
    scale, end = _scale(text, match)
    (dimension, factor), end = _unit(text, end, match)
    currency = match["currency"] or match["currency2"]
    if currency and not dimension:
        dimension, factor = _UNITS.get(currency.rstrip("."), _NO_UNIT)
    if match["hundredths"]:
        dimension, factor = "share", 1
    signs = _signs(text, match, end)
    bare = tuple(sign * value * scale for sign in signs for value in raw)
    values = tuple(value * factor for value in bare)
    digits = match["digits"] or ""
    return Amount(
        start=match.start(),
        end=end,
        values=values,
        bare=bare,
        dimension=dimension,
        scaled=scale != 1,
        ordinal=bool(match["ordinal"] or match["nth"] or match["di"]),
        weak=(match["word"] or match["han"]) in ("one", "eins", "une", "一"),
        yearlike=scale == 1 and not dimension and bool(re.fullmatch(r"(?:1[5-9]|20)\d\d|210\d", digits)),
    )


def _raw(match: re.Match[str]) -> tuple[float, ...]:
    if match["digits"]:
        return _readings(match["digits"])
    if match["tens"]:
        return (float(_TEN_WORDS[match["tens"]] + _WORDS.get(match["ones"] or "", 0)),)
    if match["word"]:
        return (float(_WORDS[match["word"]]),)
    if match["nth"]:
        return (float(_ORDINAL_WORDS[match["nth"]]),)
    return (_chinese(match["han"]),)


def _readings(digits: str) -> tuple[float, ...]:
    """1,234.5 and 1.234,5 say which they are; 1.300 does not."""
    plain = re.sub(r"['’ ]", "", digits)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        return (float(plain.replace(",", "")),)
    if re.fullmatch(r"\d{1,3}\.\d{3}", plain):
        return (float(plain),) if plain.startswith("0") else (float(plain), float(plain.replace(".", "")))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", plain):
        return (float(plain.replace(".", "").replace(",", ".")),)
    return (float(plain.replace(",", ".")),)


def _chinese(written: str) -> float:
    """三千五百 is 3,500; a row of digits such as 二三 is read as one."""
    if all(char in _HAN_DIGITS for char in written):
        return float("".join(str(_HAN_DIGITS[char]) for char in written))
    total = part = digit = 0
    for char in written:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
        elif _HAN_SCALES[char] >= 10**4:
            total, part, digit = (total + part + digit) * _HAN_SCALES[char], 0, 0
        else:
            part, digit = part + (digit or 1) * _HAN_SCALES[char], 0
    return float(total + part + digit)


def _scale(text: str, match: re.Match[str]) -> tuple[float, int]:
    """The factor of the words behind a number ("hundred thousand"), and where they end."""
    scale, end = 1.0, match.end()
    if match["ordinal"] or match["nth"]:
        return scale, end
    for _ in range(2):
        if not (found := _SCALE.match(text, end)):
            break
        scale, end = scale * SCALES[found["latin"] or found["han"]], found.end()
    if scale == 1:
        return _letter_scale(text, end, match)
    return scale, end


def _letter_scale(text: str, end: int, match: re.Match[str]) -> tuple[float, int]:
    """The letters m and b, which are millions and billions beside a currency only; a capital M is always millions."""
    currency = match["currency"] or match["currency2"]
    found = _LETTER.match(text, end)
    if found and (currency or found[1] == MEGA):
        return (1e9 if found[1] == "b" else 1e6), found.end()
    return 1.0, end


def _unit(text: str, end: int, match: re.Match[str]) -> tuple[tuple[str, float], int]:
    found = None if match["ordinal"] or match["nth"] else _UNIT.match(text, end)
    return (_UNITS[found["latin"] or found["sign"]], found.end()) if found else (_NO_UNIT, end)


def _signs(text: str, match: re.Match[str], end: int) -> tuple[int, ...]:
    """(1,234) is negative in accounts and an aside in prose: alone it is the one, in a sentence it may be either."""
    if match["minus"]:
        return (-1,)
    closed = bool(match["bracket"]) and text[end : end + 2].strip().startswith(")")
    if not closed:
        return (1,)
    return (-1,) if text.strip() == text[match.start() : end + 2].strip() else (1, -1)
