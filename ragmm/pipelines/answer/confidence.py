"""How likely what a reader points at is the answer: one logistic function."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from ragmm.pipelines.answer.pointing import Pointed
from ragmm.pipelines.query.value_kinds import WHENS, years
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.text.terms import language, numbers

__all__ = ["ConfidenceWeights", "Signs", "confidence", "evened", "evidence_of"]

_EVENED = 0.87
"""The power by which a text counts as much as a cell that is as likely right: .40 as .45, .25 as .30. The limits from
which on a value is said, and said without a mark, are the same."""
_UNSPACED = frozenset({"CJK", "KANA", "HANGUL"})
"""Questions in these are not evened: the readers know their languages less, and agree in what is wrong."""
_CLIP = 12.0
"""Certainties beyond say no more."""


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What speaks for a value; each is weighed."""

    certainty: float
    """The reader's, in tenths."""
    second: float
    """A second opinion's, in tenths."""
    behind: float
    """How much surer it was of a span of another kind, in tenths."""
    misfit: float
    heading: float
    overlap: float
    """Of the question's words, in the window and around it."""
    rank: float
    """Logarithm of the hit's rank."""
    relevance: float
    lead: float
    """Over the best other value, in tenths; negative where it is behind."""
    agrees: float
    """Whether another passage says the same."""
    year: float
    """Whether a year that was asked for is missing while another is named."""
    counts: float
    """Whether a number stands before the name of what is counted: 1, or -1; 0 where nothing is."""


@dataclass(frozen=True, kw_only=True)
class ConfidenceWeights:
    """Of each piece of evidence, in logits.

    Fitted (`python -m tools.fit_answers`) on questions about our own documents, a hundred files of strangers and a few
    articles; but for `year`, which counted more about long reports.
    """

    bias: float = -1.22
    certainty: float = 0.36
    second: float = 1.58
    behind: float = -0.52
    misfit: float = -1.44
    heading: float = -1.15
    overlap: float = 0.49
    rank: float = -1.19
    relevance: float = 0.71
    lead: float = 0.81
    agrees: float = 2.04
    year: float = -1.0
    counts: float = 0.55


def confidence(evidence: Signs, weights: ConfidenceWeights) -> float:
    """In [0, 1]."""
    logit = weights.bias + sum(getattr(evidence, f.name) * getattr(weights, f.name) for f in fields(Signs))
    return 1 / (1 + math.exp(-logit))


def evened(question: str, likely: float) -> float:
    """On the scale on which cells are judged too."""
    return likely if language(question) in _UNSPACED else likely**_EVENED


def evidence_of(one: Pointed, others: Sequence[Pointed], asked: AskedFor) -> Signs:
    """`others`: what the reader points at in the other windows."""
    same = [other for other in others if _say_the_same(one.value, other.value)]
    rivals = [other.certainty for other in others if other not in same and other.fits >= one.fits]
    hit = one.window.hit
    lead = one.certainty - max(rivals, default=-_CLIP)
    said = years(f"{one.window.passage.text} {hit.item.context} {hit.item.uri}")
    return Signs(
        certainty=_clipped(one.certainty),
        second=_clipped(one.second),
        behind=min(_CLIP, one.behind) / 10,
        misfit=float(not one.fits),
        heading=float(one.heading and asked.kind not in WHENS),
        overlap=one.window.overlap,
        rank=math.log(hit.rank),
        relevance=hit.relevance,
        lead=_clipped(lead),
        agrees=float(bool(same)),
        year=float(bool(asked.years - said) and bool(said - asked.years)),
        counts=one.counts,
    )


def _say_the_same(one: str, other: str) -> bool:
    """In the same words, or in other ones the same numbers: 30 days and thirty (30) days."""
    figures = numbers(one)
    return one.casefold() == other.casefold() or bool(figures and figures == numbers(other))


def _clipped(certainty: float) -> float:
    return max(-_CLIP, min(_CLIP, certainty)) / 10
