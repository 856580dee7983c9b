"""Whether an answer gives an accepted value, and that value alone: numbers, dates, yes or no, names, lists.

What is compared is what is meant: 1.3 M is 1,300,000, 14 September 2023 is 2023-09-14, (1,234) in an account is -1234.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Final

from ragmm.evaluation.answers import tokens
from ragmm.text.amounts import APPROXIMATELY, MEGA, SCALES, Amount, amounts
from ragmm.text.moments import Moment, lowered, moments
from ragmm.text.terms import content_terms, language, terms

__all__ = ["Kind", "Likeness", "elements", "kind_of", "likeness"]

_LONGEST: Final = 20_000
"""Characters of an answer that are read."""
_LONGEST_WANTED: Final = 2_000
"""Of an accepted answer, and of a question."""
_MOST: Final = 40
"""Values of an accepted answer or a question that are compared with each of an answer."""
_PROSE: Final = 12
"""Words from which on an accepted answer is a statement, not a name; characters count a third of a word."""
_BESIDE: Final = 12
"""Words beside a name that an answer may have and still give it alone."""
_YES: Final = "yes|yeah|ja|oui|sí|是的|是|对|可以"
_NO: Final = "no|nein|non|nee|nej|否|不是|不|没有"
_LEADING: Final = re.compile(
    rf"\W*(?:(?P<yes>{_YES})|(?P<no>{_NO})(?!\.? ?\d|º|°))(?:(?![^\W_])|(?<=[\u4e00-\u9fff]))", re.IGNORECASE
)
_VERDICT: Final = re.compile(rf"\W*(?:{_YES}|{_NO})\W*(?:$|(?<=[.,;:!。，；！])(?!\s*\d))", re.IGNORECASE)
_TIMELY: Final = re.compile(
    r"\b(?:when|year|years|date|since|until|wann|jahr|datum|quand|annee|date|cuando|ano)\b|年|何时|时候|日期",
    re.IGNORECASE,
)
_BEFORE_A_YEAR: Final = re.compile(
    r"(?:\b(?:in|since|of|by|until|from|for|year|fy|early|late|to|and|im|seit|en|de)|[/-]) ?$"
)
_ASKED_SCALE: Final = re.compile(r"\bin (?:\w+ ){0,2}(thousands?|millions?|billions?)\b", re.IGNORECASE)
_LIST: Final = re.compile(r"""'([^']*)'|"([^"]*)"|([^,\s\[\]'"][^,\[\]]*)""")
_FILLING: Final = frozenset(
    {
        "on",
        "in",
        "at",
        "by",
        "since",
        "until",
        "from",
        "the",
        "of",
        "per",
        "each",
        "im",
        "am",
        "den",
        "der",
        "dem",
        "le",
        "la",
        "les",
        "du",
        "el",
        "about",
        "个",
        "人",
        "名",
        "年",
        "位",
        "岁",
        "号",
    }
)
_CAPITALISED: Final = re.compile(r"(?<=[^\W_] )[A-ZÄÖÜÉ][^\W\d_]+|(?<=[,;:] )[A-ZÄÖÜÉ][^\W\d_]+")
_GROUPED: Final = re.compile(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))")
_RAISED: Final = re.compile(r"(?<=[^\W\d_]{3})[⁰¹²³⁴-⁹]+|(?<=\d)[⁰¹²³⁴-⁹]+")
_MEGA: Final = re.compile(r"(?<=\d)( ?)M(?![^\W_])")


class Kind(StrEnum):
    """What sort of value an accepted answer is."""

    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes/no"
    NAME = "name"
    LIST = "list"
    PROSE = "prose"


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How an answer stands to the accepted ones."""

    right: bool
    """An accepted value occurs in it."""
    alone: bool
    """And no second value of the same kind beside it."""


def likeness(said: str, accepted: Iterable[str], question: str = "") -> Likeness:
    """The best over the accepted answers. What the question itself says is no second value. Linear in their lengths."""
    answer, asked = _Read(said[:_LONGEST]), _Read(question[:_LONGEST_WANTED])
    right = alone = False
    for one in accepted:
        wanted = _Accepted(one[:_LONGEST_WANTED], asked)
        if wanted.within(answer):
            right = True
            alone = alone or wanted.alone_in(answer)
    return Likeness(right=right, alone=alone)


def kind_of(accepted: str, question: str = "") -> Kind:
    """By the form of the accepted answer; a bare 1950 is a year unless the question asks for something else."""
    return _Accepted(accepted[:_LONGEST_WANTED], _Read(question[:_LONGEST_WANTED])).kind


def elements(accepted: str) -> tuple[str, ...]:
    """Of a list written as `['a', 'b']` or `a; b`; of anything else the whole, as of a sentence with a semicolon."""
    text = accepted.strip()
    if text.startswith("[") and text.endswith("]"):
        found = [next(filter(None, groups), "") for groups in _LIST.findall(text[1:-1])]
    else:
        found = text.split(";")
        if any(len(part.split()) > _PROSE for part in found):
            found = [text]
    return tuple(one.strip() for one in found if one.strip())


class _Read:
    """A text with what can be compared in it; each part is read when it is first asked for."""

    def __init__(self, text: str) -> None:
        plain = unicodedata.normalize("NFKC", _GROUPED.sub("'", _RAISED.sub("", text)))
        self.text = text
        self.low = lowered(_MEGA.sub(rf"\1{MEGA}", plain))

    @cached_property
    def moments(self) -> list[Moment]:
        """Dates and times, bare years among them."""
        years = [Moment(start=one.start, end=one.end, year=int(one.values[-1])) for one in self.amounts if one.yearlike]
        return [*self._dated, *years]

    @cached_property
    def _dated(self) -> list[Moment]:
        return moments(self.low)

    @cached_property
    def amounts(self) -> list[Amount]:
        """Numbers outside dates."""
        pieces, last = [], 0
        for one in self._dated:
            pieces += [self.low[last : one.start], "\x00" * (one.end - one.start)]
            last = one.end
        return list(amounts("".join([*pieces, self.low[last:]])))

    @cached_property
    def tokens(self) -> list[str]:
        return tokens(self.text)

    @cached_property
    def line(self) -> str:
        """Its words with a space around each, to look for others in."""
        return f" {' '.join(self.tokens)} "

    @cached_property
    def yes(self) -> bool | None:
        """What it says first; None where that is neither."""
        found = _LEADING.match(self.text)
        return bool(found["yes"]) if found else None

    def beside(self, spans: Sequence[tuple[int, int]]) -> tuple[str, list[str]]:
        """What stands before the first of these places, and the words behind and between them."""
        first = APPROXIMATELY.sub("", self.low[: spans[0][0]])
        rest = "".join(
            self.low[one[1] : other[0]] + " "
            for one, other in zip(spans, [*spans[1:], (len(self.low), 0)], strict=True)
        )
        return first, tokens(rest)


class _Accepted:
    """One accepted answer."""

    def __init__(self, accepted: str, asked: _Read, *, whole: bool = True) -> None:
        self.read, self.asked = _Read(accepted), asked
        self.parts = [_Accepted(part, asked, whole=False) for part in elements(accepted)[:_MOST]] if whole else []
        self.listed = bool(self.parts[1:]) or (whole and accepted.lstrip().startswith("["))
        self.kind = self._kind()

    def _kind(self) -> Kind:
        if self.listed:
            return Kind.LIST
        if _VERDICT.match(self.read.text):
            return Kind.YES_NO
        if self._only(self.read.moments) and (self.read._dated or self._asks_for_time()):
            return Kind.DATE
        if self._only(self.read.amounts):
            return Kind.NUMBER
        return Kind.PROSE if _words(self.read.tokens) > _PROSE else Kind.NAME

    def _asks_for_time(self) -> bool:
        return not self.asked.text or bool(_TIMELY.search(self.asked.low))

    def _only(self, found: Sequence[Moment | Amount]) -> bool:
        """Whether the accepted answer is these and at most a word of what they count."""
        if not found:
            return False
        first, rest = self.read.beside(sorted((one.start, one.end) for one in found))
        before = [word for word in tokens(first) if word not in _FILLING]
        behind = [word for word in rest if word not in _FILLING]
        named = re.search(r"\d\W+[A-Z][a-z]", self.read.text) and language(self.read.text) != "de"
        if any(isinstance(one, Amount) and one.ordinal for one in found):
            return not before and not behind
        return not before and (len(behind) <= 1 or (len(behind) <= 2 and not named) or _words(behind) <= 1)

    @cached_property
    def _amounts(self) -> list[Amount]:
        """The accepted numbers; bare ones also in the scale that the question asks for."""
        return [self._in_scale(one) for one in self.read.amounts[:_MOST]]

    def _in_scale(self, one: Amount) -> Amount:
        scale = _ASKED_SCALE.search(self.asked.text)
        if not scale:
            return one
        factor = SCALES[scale[1].lower()]
        return replace(
            one, values=(*one.values, *(value * factor if not one.scaled else value / factor for value in one.values))
        )

    # Whether it is there ---------------------------------------------------------------------------------------------

    def within(self, said: _Read) -> bool:
        """Whether the answer gives it."""
        match self.kind:
            case Kind.LIST:
                return bool(self.parts) and all(part.within(said) for part in self.parts)
            case Kind.YES_NO:
                return said.yes is not None and said.yes == self.read.yes
            case Kind.DATE:
                return all(
                    any(self._dated(one, wanted) for one in said.moments) for wanted in self.read.moments[:_MOST]
                )
            case Kind.NUMBER:
                return all(any(self._counted(said, one, wanted) for one in said.amounts) for wanted in self._amounts)
            case Kind.PROSE:
                return self._told(said)
        return self._named(said)

    def _named(self, said: _Read) -> bool:
        """Word by word."""
        if not self.read.tokens:  # "A", which is no article where it is all there is: the letter of a choice
            letter = self.read.text.strip()
            return letter.isalnum() and bool(re.match(rf"\W*{re.escape(letter)}(?!\w)", said.text))
        return self.read.line in said.line

    def _dated(self, one: Moment, wanted: Moment) -> bool:
        if one.says(wanted):
            return True
        told = any(moment.year == wanted.year for moment in self.asked.moments[:_MOST])
        return told and one.year is None and wanted.day is not None and one.says(replace(wanted, year=None))

    def _counted(self, said: _Read, one: Amount, wanted: Amount) -> bool:
        """A share is also said as 0.12; a year is no amount."""
        if (
            one.yearlike
            and not wanted.yearlike
            and _BEFORE_A_YEAR.search(said.low[max(0, one.start - 8) : one.start + 1])
        ):
            return False
        if one.is_like(wanted):
            return True
        return wanted.dimension == "share" and not one.dimension and one.is_like(_hundredth(wanted))

    def _told(self, said: _Read) -> bool:
        """Of a statement half the numbers, and half the words that matter."""
        numbers = [one for one in self._amounts if not one.yearlike and not one.weak]
        found = sum(any(one.is_like(wanted) for one in said.amounts) for wanted in numbers)
        if 2 * found < len(numbers):
            return False
        wanted, there = set(content_terms(self.read.text)), set(terms(said.text))
        return 2 * len(wanted & there) >= len(wanted)

    # Whether it is there alone ---------------------------------------------------------------------------------------

    def alone_in(self, said: _Read) -> bool:
        """Of an answer that gives it: whether nothing else of its kind does."""
        match self.kind:
            case Kind.YES_NO | Kind.PROSE:
                return True
            case Kind.DATE:
                return not any(self._another_date(one) for one in said.moments)
            case Kind.NUMBER:
                return not any(self._another_amount(one) for one in said.amounts)
        parts = self.parts if self.kind is Kind.LIST else [self]
        if all(part.kind is Kind.NUMBER for part in parts):
            return all(any(not part._another_amount(one) for part in parts) for one in said.amounts)
        return self._named_alone(said, parts)

    def _another_date(self, one: Moment) -> bool:
        """Times of day beside dates, and the year of a date beside the date, are no second value."""
        known = [*self.read.moments[:_MOST], *self.asked.moments[:_MOST]]
        timed = any(wanted.minutes is not None for wanted in self.read.moments[:_MOST])
        return (one.minutes is not None) == timed and not any(one.says(it) or it.says(one) for it in known)

    def _another_amount(self, one: Amount) -> bool:
        if one.weak or one.ordinal or one.yearlike:
            return False
        apart = all(one.dimension and it.dimension and one.dimension != it.dimension for it in self._amounts)
        alike = any(
            one.is_like(it) or (it.dimension == "share" and one.is_like(_hundredth(it))) for it in self._amounts
        )
        return not apart and not alike and not any(one.is_like(it) for it in self.asked.amounts[:_MOST])

    def _named_alone(self, said: _Read, parts: Sequence[_Accepted]) -> bool:
        """No other name, where it is one, and few words beside it."""
        own = Counter(token for part in parts for token in part.read.tokens)
        known = own | Counter(self.asked.tokens)
        if any(char.isupper() for char in self.read.text) and language(said.text) != "de":
            others = {token for name in _CAPITALISED.findall(said.text) for token in tokens(name)}
            if others - set(known):
                return False
        beside = Counter(said.tokens) - own
        return _words([token for token in beside.elements() if token not in self.asked.tokens]) <= _BESIDE


def _words(found: Sequence[str]) -> float:
    """How many; a character of a script without spaces is a third of one."""
    return sum(1 if len(one) > 1 or one.isascii() else 1 / 3 for one in found)


def _hundredth(share: Amount) -> Amount:
    return replace(share, values=tuple(value / 100 for value in share.values), dimension="")
