"""Figures worked out from the cells of one table: only when every one of them was found, for what was asked."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ragmm.pipelines.answer.calculated_cells import Cells, cells_for
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.cells import EmbedTexts
from ragmm.pipelines.answer.counted_rows import count_of
from ragmm.pipelines.answer.exact import CellNumber, written
from ragmm.pipelines.answer.named_things import documents_without_name
from ragmm.pipelines.answer.sum_search import Search, search_in
from ragmm.pipelines.answer.table_parts import tables_of
from ragmm.pipelines.query.asked_sums import AskedSum, Operation, asked_sums, says_operation
from ragmm.pipelines.query.value_kinds import AskedKind, fits
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.text.terms import content_terms, terms
from ragmm.types import Hit

__all__ = ["calculated", "doubted_unless_stated", "put_together"]

_UNNAMED = 0.4
_LATER = 0.97
"""What a table is worth whose hit stands one rank lower."""
_BEST = 0.9
_NO_RESULT, _PERHAPS_RESULT = 0.3, 0.45
"""What the confidence of a value is worth that is but one of the figures to be worked with."""
_PERCENT = "%"
_CENTS = 2
"""Decimals of which a mean has no more."""
_MINUS = "−"


@dataclass(frozen=True, kw_only=True)
class _Result:
    value: Fraction
    formula: str
    places: int
    unit: tuple[str, str]
    also: str = ""
    """The same in another form."""


def calculated(question: str, asked: AskedFor, hits: Sequence[Hit], embed: EmbedTexts | None) -> FoundValue | None:
    """The likeliest result over the tables of the hits."""
    unnamed = documents_without_name(question, hits)
    tables = tables_of(hits)
    found = []
    for wanted in asked_sums(question):
        for table in tables:
            value, hit = _from_table(search_in(wanted, asked, table, hits), embed), table.hit
            if value is not None:
                worth = _LATER ** (hit.rank - 1) * (_UNNAMED if hit.item.uri in unnamed else 1.0)
                found.append(dataclasses.replace(value, confidence=value.confidence * worth))
        if found:
            break
    return max(found, key=lambda one: one.confidence, default=None)


def _from_table(search: Search, embed: EmbedTexts | None) -> FoundValue | None:
    if search.wanted.operation is Operation.COUNT:
        return count_of(search)
    cells = cells_for(search, embed)
    found = put_together(search.wanted, search.asked, cells, search.found.hit) if cells else None
    return dataclasses.replace(found, confidence=_BEST * found.confidence) if found else None


def put_together(wanted: AskedSum, asked: AskedFor, cells: Cells, hit: Hit) -> FoundValue | None:
    """The result with its formula, as sure as the figures are; None where nothing can be worked out from these."""
    result = _result(wanted, asked, cells)
    if result is None:
        return None
    short = written(result.value, result.places, result.unit)
    named = "; ".join(dict.fromkeys(cells.names))
    return FoundValue(
        value=short,
        shown=f"{result.formula} {short}{result.also}: {named}",
        quote=cells.quotes[0].quote,
        hit=hit,
        confidence=cells.certainty,
        citations=tuple(dict.fromkeys(cells.quotes)),
        result=result.value,
    )


def _result(wanted: AskedSum, asked: AskedFor, cells: Cells) -> _Result | None:
    figures = cells.figures
    if wanted.operation in (Operation.SUM, Operation.AVERAGE):
        return _summed(wanted, figures, cells.unit)
    if len(figures) != 2:
        return None
    first, second = figures
    if wanted.operation in (Operation.RATIO, Operation.SHARE):
        return _quotient(wanted, asked, first, second)
    return _difference(wanted, cells, first, second)


def _summed(wanted: AskedSum, figures: Sequence[CellNumber], unit: tuple[str, str]) -> _Result:
    total = sum((one.value for one in figures), Fraction(0))
    decimals = max(one.decimals for one in figures)
    terms_ = " + ".join(one.shown for one in figures)
    if wanted.operation is Operation.SUM:
        places = decimals if wanted.places is None else wanted.places
        return _Result(value=total, formula=f"{terms_} {_sign(total, places)}", places=places, unit=unit)
    mean = total / len(figures)
    places = (
        _few_places(mean, decimals if decimals >= _CENTS else decimals + 1) if wanted.places is None else wanted.places
    )
    return _Result(value=mean, formula=f"({terms_}) / {len(figures)} {_sign(mean, places)}", places=places, unit=unit)


def _quotient(wanted: AskedSum, asked: AskedFor, part: CellNumber, whole: CellNumber) -> _Result | None:
    if whole.value == 0:
        return None
    shared = wanted.operation is Operation.SHARE or asked.kind is AskedKind.PERCENT
    value = part.value / whole.value * (100 if shared else 1)
    places = _few_places(value, 1 if shared else 2) if wanted.places is None else wanted.places
    unit = ("", _PERCENT) if shared else ("", "")
    return _Result(
        value=value, formula=f"{part.shown} / {whole.shown} {_sign(value, places)}", places=places, unit=unit
    )


def _difference(wanted: AskedSum, cells: Cells, new: CellNumber, old: CellNumber) -> _Result | None:
    """`new` and `old` as the question orders them: what is asked how much more it is comes first."""
    gone, places = new.value - old.value, max(new.decimals, old.decimals)
    if _speaks_against(wanted, gone):
        return None
    both = f"{new.shown} {_MINUS} {old.shown}"
    base = new.value if wanted.operation is Operation.CHANGE and wanted.falls and not wanted.percent else old.value
    share = gone / abs(base) * 100 if base else None
    if wanted.operation is Operation.CHANGE and wanted.percent and cells.unit[1] != _PERCENT:
        if share is None:
            return None
        places = _few_places(share, 1) if wanted.places is None else wanted.places
        return _Result(
            value=share, formula=f"({both}) / {old.shown} {_sign(share, places)}", places=places, unit=("", _PERCENT)
        )
    unit = ("", "percentage points") if cells.unit[1] == _PERCENT else cells.unit
    moved = wanted.operation is Operation.CHANGE and share is not None and cells.unit[1] != _PERCENT
    also = f" ({written(share, 1, ('', _PERCENT))})" if moved and share is not None else ""
    places = places if wanted.places is None else wanted.places
    return _Result(value=gone, formula=f"{both} {_sign(gone, places)}", places=places, unit=unit, also=also)


def _speaks_against(wanted: AskedSum, gone: Fraction) -> bool:
    """Whether a thing that is said to have risen fell, or the other way round: they are figures of something else."""
    if wanted.operation is not Operation.CHANGE or wanted.rises == wanted.falls:
        return False
    up = gone > 0 if wanted.rises or not wanted.percent else gone < 0
    return not up and gone != 0


def _few_places(value: Fraction, most: int) -> int:
    """Fewer where that is exact."""
    return next((places for places in range(most) if value * 10**places == int(value * 10**places)), most)


def _sign(value: Fraction, places: int) -> str:
    return "=" if value * 10**places == int(value * 10**places) else "≈"


def doubted_unless_stated(
    question: str, wanted: AskedSum, found: Sequence[FoundValue], result: FoundValue | None
) -> list[FoundValue]:
    """Values beside a result: only what states it (a sentence that says what grew by how much, a row of totals) is
    worth as much as before; a figure that is merely one of those to be worked with is not the answer.
    """
    results = [result] if result else []
    if wanted.operation is Operation.COUNT:
        return [*results, *(_doubted(one, _NO_RESULT) if _is_key(one) else one for one in found)]
    named = _named_words(question, result)
    loose = wanted.operation is Operation.AVERAGE or (wanted.operation is Operation.SUM and not wanted.joins)
    worth = _PERHAPS_RESULT if loose and result is None else _NO_RESULT
    return [*results, *(one if _states(wanted, one, named) else _doubted(one, worth) for one in found)]


def _is_key(one: FoundValue) -> bool:
    """Whether it is what a row is numbered by: how many there are it does not say."""
    return one.quote.startswith("|") and one.quote.strip("| ").split("|")[0].strip() == one.value


def _doubted(one: FoundValue, worth: float) -> FoundValue:
    return dataclasses.replace(one, confidence=one.confidence * worth, doubt=one.doubt * worth)


def _states(wanted: AskedSum, one: FoundValue, named: frozenset[str]) -> bool:
    # A column of totals is that of its row alone, not of this and another.
    bare = wanted.operation is Operation.SUM and wanted.joins and one.quote.startswith("|")
    if not says_operation(wanted.operation, re.sub(re.escape(one.value), " ", one.quote if bare else one.shown)):
        return False
    if wanted.operation is Operation.CHANGE and one.quote.startswith("|"):
        return False
    if wanted.percent and not fits(AskedKind.PERCENT, one.value):
        return False
    return named <= frozenset(terms(f"{one.shown} {one.hit.item.context}"))


def _named_words(question: str, result: FoundValue | None) -> frozenset[str]:
    """What a sentence must say to state the result: the labels that the result is made of."""
    if result is None:
        return frozenset()
    labels = frozenset(terms(result.shown.rpartition(": ")[2]))
    return frozenset(word for word in content_terms(question) if word in labels)
