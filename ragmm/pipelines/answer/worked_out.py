"""Values that have to be worked out or compared, beside those that are looked up."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from ragmm.pipelines.answer.calculations import calculated, doubted_unless_stated
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.comparisons import LookUp, compared
from ragmm.pipelines.answer.paired import decided, paired
from ragmm.pipelines.answer.scoring import EmbedTexts
from ragmm.pipelines.query.asked_pairs import asked_pair
from ragmm.pipelines.query.asked_sides import asked_sides
from ragmm.pipelines.query.asked_sums import Operation, asked_sums
from ragmm.pipelines.query.value_kinds import AskedKind
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.types import Hit

__all__ = ["worked_out"]

_EVERYTHING = 2.0
"""No cell is so sure that running text is not read: it may state what would be worked out."""
_MARKED = 0.44
"""How likely a result may be at most where what is asked for is mostly stated."""
_SAID_OF = {
    Operation.SHARE: re.compile(
        r"\bof (?:the |all |our |its )*(?:total|whole|overall|entire|sum|all)\b|\bas an? \w+ of\b", re.IGNORECASE
    ),
    Operation.COUNT: re.compile(r"\b(?:rows?|entries|lines|records|listed|lists?|table|sheet)\b", re.IGNORECASE),
    Operation.SUM: re.compile(r"\b(?:together|combined|sum|added|add up)\b", re.IGNORECASE),
    Operation.AVERAGE: re.compile(r"\b(?:over|from|between|of (?:the )?(?:years?|all))\b", re.IGNORECASE),
}
"""What says of an operation whose results are mostly stated that this one is to be worked out."""
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
    if asked.kind is AskedKind.YES_NO and (verdict := decided(question, hits, look_up, embed)) is not None:
        return verdict
    wanted = next(iter(asked_sums(question)), None)
    if wanted is None:
        return look_up(question, asked, hits, sure=sure)
    found = look_up(question, asked, hits, sure=sure if wanted.operation in _IN_CELLS else _EVERYTHING)
    result = calculated(question, asked, hits, embed)
    if result is None and (pair := asked_pair(question)) is not None:
        result = paired(pair, asked, hits, look_up)
    joined = wanted.operation is Operation.SUM and wanted.joins and result is not None and len(result.citations) > 1
    if not (joined or _must_be_worked_out(wanted.operation, question)):
        # Such figures are mostly stated: what is looked up is worth as much as ever, and a result is marked.
        marked = [dataclasses.replace(result, confidence=min(result.confidence, _MARKED))] if result else []
        return sorted([*found, *marked], key=lambda one: -one.confidence)
    return sorted(doubted_unless_stated(question, wanted, found, result), key=lambda one: -one.confidence)


def _must_be_worked_out(operation: Operation, question: str) -> bool:
    """Whether a question says so clearly that a figure is to be worked out that a cell alone is no answer."""
    words = _SAID_OF.get(operation)
    return words is None or words.search(question) is not None
