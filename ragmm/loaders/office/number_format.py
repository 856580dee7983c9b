"""Cell values as a spreadsheet shows them: dates, percentages, currencies, thousands, by the cell's number format."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

__all__ = ["displayed"]

Value = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None

# Quoted or escaped literals, [bracketed] colours, currencies and elapsed times, AM/PM, runs of a letter, one sign.
_TOKEN = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|AM/PM|A/P|General|y+|m+|d+|h+|s+(?:\.0+)?|[#0?.,%]+|E[+-]0+|.', re.I
)
_CURRENCY = re.compile(r"\[\$([^\-\]]*)")
_CONDITION = re.compile(r"\[([<>=]{1,2})(-?\d{1,15}(?:\.\d{1,15})?)\]")
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.I)
_DIGITS = re.compile(r"[#0?][#0?,.%]*|\.[#0?]+")
_LONGEST_FORMAT = 500
# Format 14 is "the short date of whoever looks", so it gets the one form that nobody misreads.
_LOCAL_DATE = "mm-dd-yy"


def displayed(value: Value, number_format: str = "General") -> str:
    """The text that stands in the cell; formats this cannot follow fall back to the plain value."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            return value
        case dt.datetime() | dt.date() | dt.time() | dt.timedelta():
            return _date(value, _section(number_format, 0))
        case int() | float():
            return _number(value, number_format)


def _number(value: float, number_format: str) -> str:
    section = _section(number_format, value)
    if section.lower() in ("general", "@", "") or "/" in section or len(section) > _LONGEST_FORMAT:
        return _general(value)
    if value < 0 and len(_sections(number_format)) > 1:
        value = -value
    try:
        return _formatted(value, section)
    except (InvalidOperation, ValueError, OverflowError):
        return _general(value)


def _general(value: float) -> str:
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    return f"{value:.10g}"


def _formatted(value: float, section: str) -> str:
    shown: list[str] = []
    placed = False
    for token in _tokens(section):
        if _DIGITS.fullmatch(token) or token in (".", ","):
            if not placed:
                shown.append(_digits(value, section))
            placed = True
        elif token[0] in "Ee" and len(token) > 1:
            continue  # written with the digits
        else:
            shown.append(_literal(token))
    text = "".join(shown).strip()
    return text if placed or text else _general(value)


def _digits(value: float, section: str) -> str:
    pattern = "".join(token for token in _tokens(section) if token[0] in "#0?.,%")
    exponent = next((token for token in _tokens(section) if token[0] in "Ee" and len(token) > 1), "")
    bare = pattern.replace("%", "")
    whole, _, decimals = bare.rstrip(",").partition(".")
    places = sum(decimals.count(sign) for sign in "#0?")
    if exponent:
        return f"{value:.{places}E}"
    number = Decimal(repr(value)) * 100 ** pattern.count("%")
    number /= 1000 ** (len(bare) - len(bare.rstrip(",")))
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:,f}" if "," in whole else f"{rounded:f}"
    optional = len(decimals) - len(decimals.rstrip("#"))
    if optional and places:
        text = _trimmed(text, optional)
    least = whole.count("0")
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    return sign + ("0" * (least - len(text.partition(".")[0].replace(",", "")))) + text + "%" * pattern.count("%")


def _trimmed(text: str, optional: int) -> str:
    """Without trailing zeros of optional places."""
    for _ in range(optional):
        if not text.endswith("0"):
            break
        text = text[:-1]
    return text.rstrip(".")


def _literal(token: str) -> str:
    if token[0] == '"':
        return token[1:-1]
    if token[0] == "\\":
        return token[1:]
    if token[0] in "_*":
        return ""
    if token[0] == "[":
        found = _CURRENCY.match(token)
        return found.group(1) if found else ""
    return token.removeprefix("@")


def _date(value: dt.datetime | dt.date | dt.time | dt.timedelta, section: str) -> str:
    if isinstance(value, dt.timedelta):
        return _elapsed(value, section)
    if section == _LOCAL_DATE or not re.search(
        "[ymdhs]", re.sub(r'"[^"]*"|\[[^\]]*\]|General', "", section, flags=re.I), re.I
    ):
        return _iso(value)
    moment = value if isinstance(value, dt.datetime) else _moment(value)
    tokens = _tokens(section)
    halved = any(token.upper() in ("AM/PM", "A/P") for token in tokens)
    shown = []
    for index, token in enumerate(tokens):
        letter = token[0].lower()
        if letter == "m" and _is_minutes(tokens, index):
            shown.append(f"{moment.minute:0{min(len(token), 2)}d}")
        elif letter in _DATE_LETTERS and token.upper() not in ("AM/PM", "A/P"):
            shown.append(_date_field(moment, token, halved))
        elif token.upper() in ("AM/PM", "A/P"):
            shown.append("AM" if moment.hour < 12 else "PM")
        else:
            shown.append(_literal(token))
    text = "".join(shown).strip()
    return _MIDNIGHT.sub("", text) if isinstance(value, dt.datetime) and value.time() == dt.time() else text


_DATE_LETTERS = "ymdhs"
_MIDNIGHT = re.compile(r"(?<=\S)[ T](?:00?:00(?::00(?:\.0+)?)?|12:00(?::00)? AM)$", re.IGNORECASE)
"""What a day without a time of its own is shown with."""


def _date_field(moment: dt.datetime, token: str, halved: bool) -> str:
    letter, width = token[0].lower(), len(token)
    hour = (moment.hour - 1) % 12 + 1 if halved else moment.hour
    two = min(width, 2)
    match letter:
        case "y":
            return f"{moment.year:04d}" if width > 2 else f"{moment.year % 100:02d}"
        case "m":
            return moment.strftime("%B" if width == 4 else "%b") if width > 2 else f"{moment.month:0{two}d}"
        case "d":
            return moment.strftime("%A" if width > 3 else "%a") if width > 2 else f"{moment.day:0{two}d}"
        case "h":
            return f"{hour:0{two}d}"
    return f"{moment.second:0{min(len(token.partition('.')[0]), 2)}d}"


def _is_minutes(tokens: tuple[str, ...], index: int) -> bool:
    before = next((t for t in reversed(tokens[:index]) if t[0].lower() in "hsymd" or _ELAPSED.match(t)), "")
    behind = next((t for t in tokens[index + 1 :] if t[0].lower() in "hsymd"), "")
    return before[:1].lower() == "h" or bool(_ELAPSED.match(before)) or behind[:1].lower() == "s"


def _moment(value: dt.date | dt.time) -> dt.datetime:
    if isinstance(value, dt.time):
        return dt.datetime.combine(dt.date(1900, 1, 1), value)
    return dt.datetime.combine(value, dt.time())


def _iso(value: dt.datetime | dt.date | dt.time) -> str:
    midnight = isinstance(value, dt.datetime) and value.time() == dt.time()
    return value.date().isoformat() if isinstance(value, dt.datetime) and midnight else value.isoformat()


def _elapsed(value: dt.timedelta, section: str) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    short = not re.search("s", section, re.I)
    text = f"{seconds // 3600}:{seconds // 60 % 60:02d}"
    return sign + (text if short and section else f"{text}:{seconds % 60:02d}")


def _section(number_format: str, value: float) -> str:
    sections = _sections(number_format or "General")
    if conditional := [(section, found) for section in sections if (found := _CONDITION.search(section))]:
        met = (section for section, found in conditional if _holds(value, found.group(1), float(found.group(2))))
        return next(met, sections[-1])
    if value < 0 and len(sections) > 1:
        return sections[1]
    if value == 0 and len(sections) > 2:
        return sections[2]
    return sections[0]


def _holds(value: float, sign: str, bound: float) -> bool:
    outcomes = {"<": value < bound, ">": value > bound, "=": value == bound}
    return any(outcomes[one] for one in sign) if sign != "<>" else value != bound


@lru_cache(maxsize=512)
def _sections(number_format: str) -> tuple[str, ...]:
    parts, start, quoted = [], 0, False
    text = number_format[:_LONGEST_FORMAT]
    for index, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif sign == ";" and not quoted:
            parts.append(text[start:index])
            start = index + 1
    return (*parts, text[start:])


@lru_cache(maxsize=512)
def _tokens(section: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(section))
