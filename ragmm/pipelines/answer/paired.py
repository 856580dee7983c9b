"""Two figures that stand apart put together, each looked up by itself: a difference, a ratio, a sum, or yes or no."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from fractions import Fraction

from ragmm.pipelines.answer.asked_tables import words_of
from ragmm.pipelines.answer.calculated_cells import Cells
from ragmm.pipelines.answer.calculations import calculated, put_together
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.cells import EmbedTexts
from ragmm.pipelines.answer.comparisons import LookUp, both_sides, figure_of, lacks_side, weighed
from ragmm.pipelines.answer.exact import CellNumber, written
from ragmm.pipelines.answer.sides_of_years import says_all
from ragmm.pipelines.query.asked_limits import AskedLimit, Bound, asked_limit
from ragmm.pipelines.query.asked_pairs import AskedPair, pair_compared
from ragmm.pipelines.query.asked_sides import AskedSides
from ragmm.pipelines.query.asked_sums import AskedSum, Operation
from ragmm.pipelines.query.value_kinds import years
from ragmm.pipelines.query.wanted import AskedFor, wanted
from ragmm.text.amounts import Amount, amounts
from ragmm.text.dates import days_of
from ragmm.text.moments import lowered
from ragmm.types import Citation, Hit

__all__ = ["decided", "paired"]

_LIKELY = 0.3
"""How likely a figure must be that is held against a limit."""
_SURE = 0.75
_MOST = 4_000
"""Characters of an item that are looked at."""
_MARKED = 0.44
_COMPARES = re.compile(
    r"\b(?:than|exceed\w*|surpass\w*|outnumber\w*|outpac\w*|overt[ao]ken?|compared|gain\w*)\b", re.IGNORECASE
)
_LESS = re.compile(r"\b(?:less|fewer|lower|smaller|shorter|cheaper|worse|below|behind)\b", re.IGNORECASE)
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}


def paired(pair: AskedPair, asked: AskedFor, hits: Sequence[Hit], look_up: LookUp) -> FoundValue | None:
    """The result, where both figures were found and are of one unit."""
    if pair.sides is None or pair.wanted is None:
        return None
    first, second = both_sides(pair.sides, hits, look_up)
    if first is None or second is None or _is_same_place(first, second):
        return None
    if pair.sides.timed:
        return _years_between(pair.sides, pair.wanted, first, second)
    figures = _alike(figure_of(first.value), figure_of(second.value))
    if figures is None:
        return None
    both = (first, second)
    order = (1, 0) if pair.wanted.operation is Operation.DIFFERENCE and pair.wanted.falls else (0, 1)
    cells = Cells(
        figures=tuple(figures[place] for place in order),
        names=tuple(_said_of(pair.sides.sides[place], both[place]) for place in order),
        quotes=tuple(quote for place in order for quote in _cited(both[place])),
        unit=figures[0].unit,
        certainty=min(first.confidence, second.confidence),
    )
    return put_together(pair.wanted, asked, cells, first.hit)


def _is_same_place(first: FoundValue, second: FoundValue) -> bool:
    """Whether one value of one sentence or row was taken for both."""
    return first.hit.item.id == second.hit.item.id and first.quote == second.quote and first.value == second.value


def _said_of(side: str, one: FoundValue) -> str:
    return f"{side}: {one.value} ({one.shown})"


def _cited(one: FoundValue) -> tuple[Citation, ...]:
    return one.citations or (Citation(rank=one.hit.rank, quote=one.quote),)


def _alike(first: CellNumber | None, second: CellNumber | None) -> tuple[CellNumber, CellNumber] | None:
    """Both, if they are of one unit; a unit that stands beside one alone holds for both unless it is a scale."""
    if first is None or second is None:
        return None
    units = {one.unit for one in (first, second) if any(one.unit)}
    if len(units) > 1 or (len(units) == 1 and first.unit != second.unit and _is_scaled(*units)):
        return None
    before, after = next(iter(units), ("", ""))
    one, other = (dataclasses.replace(figure, before=before, after=after) for figure in (first, second))
    return one, other


def _is_scaled(unit: tuple[str, str]) -> bool:
    return any(word in _SCALES for word in unit[1].lower().split())


def _years_between(sides: AskedSides, wanted_: AskedSum, first: FoundValue, second: FoundValue) -> FoundValue | None:
    began = [_year_of(one.value) for one in (first, second)]
    if began[0] is None or began[1] is None or wanted_.operation is not Operation.DIFFERENCE:
        return None
    new, old = (began[0], began[1]) if not sides.least else (began[1], began[0])
    gone = Fraction(new - old)
    between = written(gone, 0, ("", "year" if abs(gone) == 1 else "years"))
    return FoundValue(
        value=between,
        shown=f"{new} − {old} = {between}: "
        + "; ".join(_said_of(side, one) for side, one in zip(sides.sides, (first, second), strict=True)),
        quote=first.quote,
        hit=first.hit,
        confidence=min(first.confidence, second.confidence),
        citations=(*_cited(first), *_cited(second)),
        result=gone,
    )


def _year_of(value: str) -> int | None:
    day = min(days_of(value), default=None)
    named = sorted(years(value))
    return day[0] if day and day[0] else int(named[0]) if len(named) == 1 else None


def decided(question: str, hits: Sequence[Hit], look_up: LookUp, embed: EmbedTexts | None) -> list[FoundValue] | None:
    """Yes or no by two figures, or by one and a limit; empty where they are missing, None where none are asked for."""
    limit = asked_limit(question)
    if limit is not None:
        return _held_to(limit, hits, look_up)
    pair = pair_compared(question)
    if pair is None:
        return None
    if pair.difference:
        result = calculated(pair.difference, wanted(pair.difference), hits, embed)
        if result is not None and result.result is not None:
            return [_answered(result, yes=result.result > 0, negated=pair.negated)]
    return _by_sides(pair, hits, look_up) or _stated(question, hits, look_up)


def _stated(question: str, hits: Sequence[Hit], look_up: LookUp) -> list[FoundValue]:
    """Sentences that compare the same way as the question; which of the two they name first is not looked at."""
    less = _LESS.search(question) is not None
    return [
        dataclasses.replace(one, confidence=min(one.confidence, _MARKED))
        for one in look_up(question, wanted(question), hits, sure=_SURE)
        if _COMPARES.search(one.shown) and (_LESS.search(one.shown) is not None) == less
    ]


def _by_sides(pair: AskedPair, hits: Sequence[Hit], look_up: LookUp) -> list[FoundValue]:
    sides = pair.sides
    if sides is None:
        return []
    found = both_sides(sides, hits, look_up)
    if found[0] is None or found[1] is None:
        return lacks_side(sides, found)
    if _is_same_place(found[0], found[1]):
        return []
    won = weighed(sides, found[0], found[1])
    return [_answered(won, yes=won.value == sides.sides[0], negated=pair.negated)] if won else []


def _answered(one: FoundValue, *, yes: bool, negated: bool) -> FoundValue:
    return dataclasses.replace(one, value="yes" if yes != negated else "no")


def _held_to(limit: AskedLimit, hits: Sequence[Hit], look_up: LookUp) -> list[FoundValue]:
    """The likeliest figure that says what is asked for, in the limit's unit."""
    asked = wanted(limit.question)
    bound = next(amounts(lowered(limit.limit)), None)
    for one in look_up(limit.question, asked, hits, sure=_SURE):
        figure = next(amounts(lowered(one.value)), None)
        said = words_of(f"{one.shown} {one.hit.item.context} {one.hit.item.uri} {one.hit.item.text[:_MOST]}")
        if one.confidence < _LIKELY:
            break
        if bound is not None and figure is not None and says_all(limit.about, said, one.value):
            yes = _is_within(figure, bound, limit.bound)
            return [] if yes is None else [_answered(one, yes=yes, negated=limit.negated)]
    return []


def _is_within(figure: Amount, bound: Amount, kind: Bound) -> bool | None:
    """None where the two are of different things."""
    if figure.dimension and bound.dimension and figure.dimension != bound.dimension:
        return None
    apart = bool(figure.dimension) != bool(bound.dimension)
    value, limit = ((one.bare if apart and one.bare else one.values)[0] for one in (figure, bound))
    match kind:
        case Bound.OVER:
            return value > limit
        case Bound.UNDER:
            return value < limit
        case Bound.AT_LEAST:
            return value >= limit
        case Bound.AT_MOST:
            return value <= limit
