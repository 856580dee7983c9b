"""What a reader points at in what was found: of each window the value of the asked kind that answers best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ragmm.pipelines.answer.grids import entry_asked_for
from ragmm.pipelines.answer.whole_values import LONGEST, whole_value
from ragmm.pipelines.answer.windows import ReadWindow
from ragmm.pipelines.query.value_kinds import AMOUNTS, AskedKind
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.readers.base import Reader, ReadsAgain, Span
from ragmm.text.patterns import late
from ragmm.text.terms import content_terms, terms

__all__ = ["Pointed", "point"]

_HEADING = late(r"\s*(?:#|(?:table|figure|fig\.|chart|abbildung|tabelle|图|表)\s*\d)", re.IGNORECASE)
_SALUTATION = late(r"\s*(?:dear|to the|sehr geehrte|liebe)\b", re.IGNORECASE)
_HOW_MANY = late(r"\bhow many (\w+s|people|children|men|women|persons)\b", re.IGNORECASE)
_A_YEAR = late(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_NO_TITLE = late(r"[\d:：|]|[.!?;,。！？；，]$|.{90}")
_ENUMERATED = late(
    r"\W*(?:(?:section|article|chapter|rule|item|step|no|art|sec|§)\b\.?\s*)?(\(?(?:\d+(?:\.\d+)*|[a-z]|[ivx]+)[.):]*)(?=\s|$)",
    re.IGNORECASE,
)
"""The number that a paragraph or an entry of a list begins with."""
_STREET = late(
    r"(?:\s+[NSEW]\.?)?(?:\s+[A-Z][\w.'’-]*){1,4}?\s+(?:st|street|ave|avenue|rd|road|blvd|boulevard|hwy|highway|lane|drive|dr"
    r"|way|court|place|square|parkway|pkwy)\b",
    re.IGNORECASE,
)
_BETWEEN = late(
    r"\b(?:between|from) (?:which|what|when)\b|\b(?:opening|office|business) hours\b|\bvon wann bis wann\b",
    re.IGNORECASE,
)
_OTHER_END = late(
    r"\s?(?:and|to|until|till|bis|à|[-–])\s?(?:the )?\d[\w.:]*(?:\s?[ap]\.?m\b\.?|\s?(?:Uhr|h)\b)?", re.IGNORECASE
)
_AGAIN = 2
"""Windows that are read again."""
_UNSEEN = -12.0
"""A value that a second opinion does not see at all."""
_NEAR = 4
"""Words behind a number among which what it counts stands."""
_ANYONE = frozenset(terms("people persons men women children employees members"))


@dataclass(frozen=True, kw_only=True)
class Pointed:
    """A value in a window, with what speaks for it."""

    value: str
    sentence: str
    """That it stands in."""
    window: ReadWindow
    certainty: float
    """The reader's."""
    behind: float
    """How much surer the reader was of the span that it would have chosen, whatever was asked for."""
    fits: bool
    heading: bool
    """Whether it stands in a heading, a caption or a salutation."""
    second: float
    """How sure a second opinion is of the value; as sure as the reader where there is none."""
    counts: float = 0.0
    """Where things are counted: 1 if the number stands before their name, -1 if not; 0 where nothing is counted."""


_NAME_BEFORE = late(r"[A-Za-z\d][-‐‑–—]\Z")
_NAME_BEHIND = late(r"(?<=\d)[-‐‑–—]\d")


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """What is asked for, told once for all windows."""

    question: str
    asked: AskedFor
    counted: str
    """What "how many" asks for."""
    ranged: bool
    """Whether both ends of a range are asked for."""


def point(question: str, asked: AskedFor, windows: Sequence[ReadWindow], reader: Reader) -> list[Pointed]:
    """Of each window the best value; surest first."""
    found = []
    said = frozenset(content_terms(question))
    match = _HOW_MANY.search(question)
    ranged = _BETWEEN.search(question) is not None
    wish = _Wish(question=question, asked=asked, counted=match.group(1).lower() if match else "", ranged=ranged)
    for window, spans in zip(windows, reader.read(question, [one.passage for one in windows]), strict=True):
        options = [_pointed(window, wish, span, spans[0].certainty) for span in spans]
        telling = [one for one in options if one.value and not _repeats(one.value, said)]
        if telling:
            found.append(max(telling, key=_preferred))
    found.sort(key=lambda one: -one.certainty)
    return [*_seen_again(question, found[:_AGAIN], reader), *found[_AGAIN:]]


def _seen_again(question: str, found: Sequence[Pointed], reader: Reader) -> list[Pointed]:
    """The surest values with a second opinion of them."""
    passages = [one.window.passage for one in found]
    again = reader.read_again(question, passages) if isinstance(reader, ReadsAgain) else None
    if again is None:
        return list(found)
    return [
        replace(one, second=_certainty_of(one.value, one.window.passage.text, spans))
        for one, spans in zip(found, again, strict=True)
    ]


def _certainty_of(value: str, text: str, spans: Sequence[Span]) -> float:
    """The surest span's that is part of the value, or has it in it."""
    said = [(" ".join(text[span.start : span.end].split()), span.certainty) for span in spans]
    return max((sure for other, sure in said if other and (other in value or value in other)), default=_UNSEEN)


def _preferred(one: Pointed) -> float:
    return one.certainty - 4.0 * (not one.fits) - 3.0 * one.heading + one.counts


def _pointed(window: ReadWindow, wish: _Wish, span: Span, best: float) -> Pointed:
    text, asked = window.passage.text, wish.asked
    low, high = whole_value(text, span.start, span.end, asked.kind, wish.counted)
    low = max(low, window.passage.prefix)
    other = _OTHER_END.match(text, high) if wish.ranged else None
    high = other.end() if other else high
    value = text[low:high]
    sentence = window.sentence_at(low)
    if asked.kind is AskedKind.ANY and value in (entry := entry_asked_for(wish.question, sentence)):
        value = entry
    idle = len(value) > LONGEST or _enumerates(text, low, high, sentence)
    idle = idle or _of_street(asked, text, high) or (asked.kind in AMOUNTS and _of_name(text, low, high))
    return Pointed(
        value="" if idle else " ".join(value.split()),
        sentence=sentence,
        window=window,
        certainty=span.certainty,
        second=span.certainty,
        behind=best - span.certainty,
        fits=asked.suits(value),
        heading=bool(_HEADING.match(sentence) or _SALUTATION.match(sentence)) or _is_title(sentence, window),
        counts=_counts(wish.counted, text[low : high + 60], value),
    )


def _is_title(sentence: str, window: ReadWindow) -> bool:
    """Whether it is the first line of what was found, ends like no sentence, and gives no number but a year."""
    first, _, rest = window.hit.item.text.strip().partition("\n")
    bare = sentence.strip()
    return bool(rest) and bare == first.strip() and _NO_TITLE.search(_A_YEAR.sub("", bare)) is None


def _enumerates(text: str, low: int, high: int, sentence: str) -> bool:
    """Whether a value is no more than the number that its paragraph begins with."""
    begins = _ENUMERATED.match(sentence)
    start = text.find(sentence, max(0, low - len(sentence)))
    return begins is not None and start >= 0 and low >= start and high <= start + begins.end()


def _of_street(asked: AskedFor, text: str, end: int) -> bool:
    """Whether a number that is asked for is a house's."""
    return asked.kind in AMOUNTS and _STREET.match(text, end) is not None


def _of_name(text: str, low: int, high: int) -> bool:
    """Whether a number is cut out of a name that is written with dashes: the 8 of 737-8, the 51 of 2018-23-51."""
    return _NAME_BEFORE.search(text, max(0, low - 12), low) is not None or _NAME_BEHIND.match(text, high) is not None


def _counts(counted: str, rest: str, value: str) -> float:
    wanted = frozenset(terms(counted))
    if not wanted or not any(char.isdigit() for char in value) or wanted & _ANYONE:
        return 0.0
    behind = list(terms(rest))[: _NEAR + len(list(terms(value)))]
    return 1.0 if wanted.intersection(behind) else -1.0


def _repeats(value: str, said: frozenset[str]) -> bool:
    """Whether a value says nothing that the question does not say."""
    mine = list(terms(value))
    return all(term in said for term in mine)
