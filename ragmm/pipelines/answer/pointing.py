"""What a reader points at in what was found: of each window the value of the asked kind that answers best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ragmm.pipelines.answer.whole_values import LONGEST, whole_value
from ragmm.pipelines.answer.windows import ReadWindow
from ragmm.pipelines.query.wanted import AskedFor, fits
from ragmm.readers.base import Reader, Span
from ragmm.text.terms import content_terms, terms

__all__ = ["Pointed", "point"]

_HEADING = re.compile(r"\s*(?:#|(?:table|figure|fig\.|chart|abbildung|tabelle|图|表)\s*\d)", re.IGNORECASE)
_SALUTATION = re.compile(r"\s*(?:dear|to the|sehr geehrte|liebe)\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"\bhow many (\w+s|people|children|men|women|persons)\b", re.IGNORECASE)


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


def point(question: str, asked: AskedFor, windows: Sequence[ReadWindow], reader: Reader) -> list[Pointed]:
    """Of each window the best value; surest first."""
    found = []
    said = frozenset(content_terms(question))
    match = _HOW_MANY.search(question)
    counted = match.group(1).lower() if match else ""
    for window, spans in zip(windows, reader.read(question, [one.passage for one in windows]), strict=True):
        options = [_pointed(window, asked, counted, span, spans[0].certainty) for span in spans]
        telling = [one for one in options if one.value and not _repeats(one.value, said)]
        if telling:
            found.append(max(telling, key=lambda one: one.certainty - 4.0 * (not one.fits) - 3.0 * one.heading))
    return sorted(found, key=lambda one: -one.certainty)


def _pointed(window: ReadWindow, asked: AskedFor, counted: str, span: Span, best: float) -> Pointed:
    text = window.passage.text
    low, high = whole_value(text, span.start, span.end, asked.kind, counted)
    value = text[max(low, window.passage.prefix) : high]
    sentence = window.sentence_at(max(low, window.passage.prefix))
    return Pointed(
        value=" ".join(value.split()) if len(value) <= LONGEST else "",
        sentence=sentence,
        window=window,
        certainty=span.certainty,
        behind=best - span.certainty,
        fits=fits(asked.kind, value),
        heading=bool(_HEADING.match(sentence) or _SALUTATION.match(sentence)),
    )


def _repeats(value: str, said: frozenset[str]) -> bool:
    """Whether a value says nothing that the question does not say."""
    mine = list(terms(value))
    return all(term in said for term in mine)
