"""What kinds of answers there are, and whether a value is of one: a number, a sum, a day, a person, an address."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from ragmm.text.dates import MONTH_IN_FULL, days_of
from ragmm.text.patterns import late
from ragmm.text.terms import fold

__all__ = [
    "ADDRESSES",
    "AMOUNTS",
    "WHENS",
    "AskedKind",
    "fits",
    "holds",
    "is_plain",
    "is_run_of_numbers",
    "shows",
    "years",
]


class AskedKind(StrEnum):
    """What an answer must be."""

    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    """Whenever: a year, a day, a season."""
    DAY = "day"
    TIME = "time of day"
    MEASURE = "measure"
    """A length, weight, speed, age or duration."""
    PERSON = "person"
    EMAIL = "e-mail address"
    PHONE = "telephone number"
    LINK = "web address"
    CODE = "code"
    """An identifier, a registration or model number, a version."""
    YES_NO = "yes/no"
    REASON = "reason"
    ANY = "any"


WHENS = frozenset({AskedKind.DATE, AskedKind.DAY, AskedKind.TIME})

_YEAR = late(r"(?<![\d.,])(?:1[5-9]|20)\d\d(?![\d]|[.,]\d)")
_DIGIT = late(r"\d|[一二三四五六七八九十百千万两零〇]")
_NUMBER_WORD = late(
    r"\b(?:no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty"
    r"|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|hundred|thousand|million|billion|dozen|half|third|quarter|once|twice|both|single|"
    r"ein\w?|zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|elf|zwolf|zwanzig|dreissig|hundert|tausend|halb\w*|"
    r"un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve"
    r"|diez|due|tre|quattro|cinque|sette|otto|nove|dieci|dodici|dois|quatro|sete|oito|dez|doze|twee|drie|vijf|zes|zeven"
    r"|negen|tien|twaalf)(?:[- ]\w+)*\b"
)
_MONTH = late(rf"\b(?:(?i:{MONTH_IN_FULL})|(?:sept|okt|dez)\b)")
_WHEN = late(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:spring|summer|autumn|winter|century|decade"
    r"|noon|midnight|sunset|sunrise|"
    r"dawn|dusk|today|tomorrow|yesterday|morning|evening|afternoon|night|week|month|year|day|easter"
    r"|christmas|immediately|daily|weekly|monthly|"
    r"annually|hour|minute|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|fruhjahr|sommer"
    r"|herbst|ostern|lundi|mardi|mercredi|jeudi|"
    r"vendredi|samedi|dimanche)s?\b|[年月日号時时点周]|世纪|年代|星期|礼拜"
)
_SPELT = late(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,5}teen|\w{3,5}ty|hundred|dozen)\b")
_UNITED = late(r"\d\s?(?:[^\W\d_]|[°\"'′″])")
"""A number with a unit."""
_PERCENT = late(r"%|\bper ?cent\b|\bprozent\b|\bhalf\b|\bthirds?\b|\bquarters?\b|百分")
_FREE = late(r"\bfree\b|免费|免費|kostenlos|gratis")
_CLOCK = late(r"\s*\d{1,2}[:.]\d\d(?:\s?[ap]\.?m\.?)?\s*")
_COLON_CLOCK = late(r"\s*\d{1,2}(?::\d\d(?:\s?[ap]\.?m\.?)?|[:.]\d\d\s?[ap]\.?m\.?)\s*")
"""No number: 0.68 may be one."""
_BARE_YEAR = late(r"\s*(?:1[5-9]|20)\d\d\s*年?\s*")
_TIME = late(
    r"(?<![\d.])\d{1,2}\s?[:.h]\s?\d\d(?![\d.])|\d\s?[ap]\.?\s?m\b|\d\s?(?:uhr|h|uur|o'?clock|点|點|时|時)|\b(?:noon|midnight|midday|mittag|mitternacht|midi|minuit|mediodia"
    r"|medianoche|morning|evening|afternoon|night|dusk|dawn|sunset|sunrise)\b|[上下中]午"
)
_COUNTED = late(
    r"\d\s?(?:[个個本名位人次种種座条條天年月日吨辆所]|(?:kg|km|cm|mm|m|g|l|h|min|years?|days?|months?"
    r"|hours?|minutes?|weeks?|(?:kilo|centi|milli)?met(?:re|er)s?|feet|miles?|lit(?:re|er)s?|tonnes?|tons|hectares?|acres?)\b)"
)
_CURRENCY = late(
    r"[$€£¥₹]|\b(?:usd|eur|gbp|chf|dollars?|euros?|pounds?|cents?|pence|francs?|kr|yen|yuan|reais|pesos?)\b|[元块圆]"
)
_CAPITAL = late(r"[A-ZÀ-ÞЀ-Я]")
_CJK = late("[\u3040-\u30ff\u3400-\u9fff]")


def years(text: str) -> frozenset[str]:
    """The years that a text names."""
    return frozenset(_YEAR.findall(text))


def fits(kind: AskedKind, value: str) -> bool:
    """Whether a value is of the kind: a number holds a number, a date a date, a person's name a capital and no sum."""
    check = _CHECKS.get(kind)
    return check is None or check(value, fold(value))


def shows(kind: AskedKind) -> bool:
    """Whether values of the kind are told by their looks."""
    return kind in _WITHIN


def holds(kind: AskedKind, text: str) -> bool:
    """Whether a text has something of the kind in it; never of kinds that cannot be told by their looks."""
    looked_for = _WITHIN.get(kind, ())
    return bool(looked_for) and any(one.search(said) for said in (text, fold(text)) for one in looked_for)


def is_plain(kind: AskedKind, value: str, *, most_words: int = 4) -> bool:
    """Whether a value is of the kind and no more than that: one number with its unit, one date."""
    if not fits(kind, value):
        return False
    words = len(_WORDS.findall(value))
    if kind in WHENS:
        dated = any(one.search(fold(value)) for one in (_YEAR, _MONTH, _WHEN, _WRITTEN_DATE))
        return dated and words <= most_words and not _DURATION.fullmatch(fold(value).strip())
    if kind not in AMOUNTS:
        return True
    if sum(not _DIGIT.match(char) for char in _CJK.findall(value)) > _MOST_CHARACTERS:
        return False
    if not _DIGIT.search(value):
        return words <= _SPELT_OUT
    return _RANGE.fullmatch(value.strip()) is None and len(_NUMBERS.findall(value)) <= 1 and words <= most_words


def is_run_of_numbers(value: str) -> bool:
    """Whether it is a row of figures that ran together: it says nothing."""
    return len(_NUMBERS.findall(value)) >= _MANY and len(_WORDS.findall(value)) < len(_NUMBERS.findall(value))


def _is_number(value: str, folded: str) -> bool:
    return bool(_DIGIT.search(value) or _NUMBER_WORD.search(folded))


def _is_count(value: str, folded: str) -> bool:
    other = _PERCENT.search(folded) or _COLON_CLOCK.fullmatch(value) or _dated(value, folded)
    return _is_number(value, folded) and not other


def _is_measure(value: str, folded: str) -> bool:
    other = _PERCENT.search(folded) or _CURRENCY.search(folded) or _YEAR.fullmatch(value)
    return _is_number(value, folded) and not other


def _is_money(value: str, folded: str) -> bool:
    other = _PERCENT.search(folded) or _COUNTED.search(value) or _dated(value, folded) or _PRECISE.search(value)
    return bool(_FREE.search(folded)) or (_is_number(value, folded) and not other)


def _is_share(value: str, folded: str) -> bool:
    if _CURRENCY.search(folded):
        return False
    if _PERCENT.search(folded):
        return True
    counts_something = any(not _ABOUT.fullmatch(word) for word in _WORDS.findall(folded))  # 96 kilometres, 12 members
    return _DIGIT.search(value) is not None and not _OVER_HUNDRED.fullmatch(value) and not counts_something


def _is_date(value: str, folded: str) -> bool:
    dated = _YEAR.search(value) or _MONTH.search(folded) or _WHEN.search(folded) or _DIGIT.search(value)
    return bool(dated) and not _PERCENT.search(folded) and not _CURRENCY.search(folded)


def _is_day(value: str, folded: str) -> bool:
    bare = _CLOCK.fullmatch(value) or _BARE_YEAR.fullmatch(value)
    named = any(form.search(folded) for form in (_MONTH, _WHEN, _WRITTEN_DATE, _CHINESE_DATE)) or bool(days_of(value))
    # From a month of one year to one of another is no day.
    spans = len(years(value)) > 1 and not days_of(value)
    return named and _is_date(value, folded) and not bare and not spans


def _is_time(value: str, folded: str) -> bool:  # noqa: ARG001
    return _TIME.search(folded) is not None


def _is_person(value: str, folded: str) -> bool:  # noqa: ARG001
    return bool(_CAPITAL.search(value) or _CJK.search(value)) and not _DIGIT.search(value)


def _is_email(value: str, folded: str) -> bool:  # noqa: ARG001
    return "@" in value


def _is_phone(value: str, folded: str) -> bool:  # noqa: ARG001
    return _PHONE.fullmatch(value.strip()) is not None and sum(char.isdigit() for char in value) >= _FEWEST_DIGITS


def _is_link(value: str, folded: str) -> bool:
    return _LINK.search(folded) is not None and "@" not in value


def _is_code(value: str, folded: str) -> bool:  # noqa: ARG001
    words = value.split()
    coded = len(words) <= _SPELT_OUT and bool(_DIGIT.search(value) or value.isupper())
    return coded and not _STATE_AND_ZIP.fullmatch(value)


def _is_reason(value: str, folded: str) -> bool:  # noqa: ARG001
    return len(value.split()) > 1 or len(_CJK.findall(value)) > 3


def _dated(value: str, folded: str) -> bool:
    """Whether a value is a day, a month or a year and no other number."""
    rest = _MONTH.sub("", folded)
    named = rest != folded and re.fullmatch(r"\W*\d{0,2}(?:st|nd|rd|th)?\W*(?:\d{4})?\W*", rest)
    return bool(named) or bool(re.fullmatch(r"\d{4}年(?:\d+月)?(?:\d+日)?", value))


ADDRESSES = frozenset({AskedKind.EMAIL, AskedKind.PHONE, AskedKind.LINK, AskedKind.CODE})
"""Kinds of which a value has a form of its own."""
AMOUNTS = frozenset({AskedKind.NUMBER, AskedKind.MONEY, AskedKind.PERCENT, AskedKind.MEASURE})
"""Kinds of which a value is a number with at most a unit."""
_NUMBERS = late(r"\d+(?:[.,'’ ]\d{3}(?!\d))*(?:[.,]\d+)?")
_RANGE = late(r"\d+\s?[-–]\s?\d+|\d+\+|[<>]\s?\d+")
_WORDS = late(r"[^\W\d_]{2,}")
_WRITTEN_DATE = late(
    r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}-\d\d\b|\b\d{1,2}\.\d{1,2}\.(?!\d)|\b\d{1,2}:\d\d"
    r"|\d ?[ap]\.?m\b|\d uhr\b|\d(?:st|nd|rd|th)\b|\bweek(?:day|end)s?\b"
)
_DURATION = late(r"(?:about |around )?[\d.,]+ (?:hours?|minutes?|seconds?|days?|weeks?|months?|years?|std|min|h)")
_SPELT_OUT, _MANY = 3, 3
_MOST_CHARACTERS = 6
"""Of Chinese or Japanese beside a number."""
_ABOUT = late(
    r"of|out|in|about|around|nearly|approximately|roughly|over|under|less|more|than|up|to|at|least|most|between|and|some|almost|just|from|only|von|etwa|rund|circa|ca"
)
"""Words beside a number that name nothing it counts."""
_OVER_HUNDRED = late(r"\s*(?:[1-9]\d{0,2}(?:[,' ]\d{3})+|[1-9]\d{3,}|[2-9]\d\d|1(?!00)\d\d)(?:[.,]\d+)?\s*")
"""No share without a sign of it."""
_PRECISE = late(r"\d[.,]\d{4,}")
"""More decimals than a sum of money has: a coordinate, a ratio."""
_PHONE = late(r"[+(]?\d[\d\s()./–-]+\d(?:\s?(?:ext|x)\W{0,2}\d+)?")
_FEWEST_DIGITS = 5
_STATE_AND_ZIP = late(r"[A-Z]{2}\s\d{5}(?:-\d{4})?")
_LINK = late(r"[^\s.]\.[a-z]{2,}\b|https?://|\b10\.\d{4,}/")
_CHECKS: Mapping[AskedKind, Callable[[str, str], bool]] = {
    AskedKind.NUMBER: _is_count,
    AskedKind.MEASURE: _is_measure,
    AskedKind.MONEY: _is_money,
    AskedKind.PERCENT: _is_share,
    AskedKind.DATE: _is_date,
    AskedKind.DAY: _is_day,
    AskedKind.TIME: _is_time,
    AskedKind.PERSON: _is_person,
    AskedKind.EMAIL: _is_email,
    AskedKind.PHONE: _is_phone,
    AskedKind.LINK: _is_link,
    AskedKind.CODE: _is_code,
    AskedKind.REASON: _is_reason,
}
_CHINESE_DATE = late(r"[\d一二三四五六七八九十〇]\s?[年月日号號]|(?:星期|周|礼拜)[一二三四五六日天末]|世纪|朝|年代")
_WITHIN: Mapping[AskedKind, tuple[re.Pattern[str], ...]] = {
    AskedKind.NUMBER: (_DIGIT, _SPELT),
    AskedKind.MEASURE: (_UNITED, late("[一二三四五六七八九十百千万两][米公厘千吨克斤岁年月天小分秒升度里]")),
    AskedKind.MONEY: (_CURRENCY, _FREE),
    AskedKind.PERCENT: (_PERCENT,),
    AskedKind.DATE: (_YEAR, _MONTH, _WRITTEN_DATE, _CHINESE_DATE),
    AskedKind.DAY: (_YEAR, _MONTH, _WRITTEN_DATE, _CHINESE_DATE),
    AskedKind.TIME: (_TIME,),
    AskedKind.EMAIL: (late("@"),),
    AskedKind.PHONE: (late(r"\d[\d ()./-]{5,}\d"),),
    AskedKind.LINK: (_LINK,),
    AskedKind.CODE: (late(r"\b(?=[\w./-]{0,30}\d)[\w./-]{4,}"),),
}
"""What tells that a text has one, tried on it as it is and folded."""
