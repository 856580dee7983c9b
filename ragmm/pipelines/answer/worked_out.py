"""Values that have to be worked out or compared, beside those that are looked up."""

from __future__ import annotations

from collections.abc import Sequence

from ragmm.pipelines.answer.calculations import calculated, doubted_unless_stated
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.comparisons import LookUp, compared
from ragmm.pipelines.answer.scoring import EmbedTexts
from ragmm.pipelines.query.asked_sides import asked_sides
from ragmm.pipelines.query.asked_sums import Operation, asked_sums
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.types import Hit

__all__ = ["worked_out"]

_EVERYTHING = 2.0
"""No cell is so sure that running text is not read: it may state what would be worked out."""

_IN_CELLS = (Operation.COUNT, Operation.SUM)
"""Of these a cell may well be the result: a number of rooms, a row of totals."""


def worked_out(
    question: str,
    asked: AskedFor,
    hits: Sequence[Hit],
    look_up: LookUp,
    embed: EmbedTexts | None,
    *,
    sure: float,
) -> list[FoundValue]:
    """The likeliest first: two sides compared, a figure calculated or stated, or what is looked up for any question."""
    sides = asked_sides(question)
    if sides is not None:
        return compared(sides, hits, look_up)
    wanted = next(iter(asked_sums(question)), None)
    if wanted is None:
        return look_up(question, asked, hits, sure=sure)
    found = look_up(question, asked, hits, sure=sure if wanted.operation in _IN_CELLS else _EVERYTHING)
    result = calculated(question, asked, hits, embed)
    return sorted(doubted_unless_stated(question, found, result), key=lambda one: -one.confidence)
