"""Which colour an entry of a chart's legend has, where that was told when the picture was read."""

from __future__ import annotations

from collections.abc import Sequence

from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.text.patterns import late
from ragmm.text.terms import content_terms, terms
from ragmm.types import IMAGE_MODALITIES, Hit

__all__ = ["colours_of_legends"]

_LINE = late(r"Colour of (.{1,60}): ([a-z]+(?: [a-z]+)?)")
_LOOKED_AT, _MOST_TEXT = 5, 20_000
_SURE, _SUREST = 0.3, 0.85
"""What is added to how well the picture fits the question, and the most that comes of it."""


def colours_of_legends(question: str, hits: Sequence[Hit]) -> list[FoundValue]:
    """The colour of the one entry that the question names; nothing where it names several of one legend."""
    asked = frozenset((*terms(question), *content_terms(question)))
    found = []
    for hit in hits[:_LOOKED_AT]:
        lines = hit.item.text[:_MOST_TEXT].splitlines() if hit.item.modality in IMAGE_MODALITIES else []
        entries = [(match, line) for line in lines if (match := _LINE.fullmatch(line))]
        named = [(match, line) for match, line in entries if asked.issuperset(terms(match[1]))]
        if len(named) == 1:
            match, line = named[0]
            likely = min(_SUREST, _SURE + hit.relevance)
            found.append(FoundValue(value=match[2], shown=line, quote=line, hit=hit, confidence=likely))
    return found
