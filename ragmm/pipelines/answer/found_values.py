"""The values that might answer a question, each with its confidence: from running text, from tables, or yes and no."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from ragmm.pipelines.answer.asked_tables import AskedTable, has_word, words_of
from ragmm.pipelines.answer.bill_fields import values_of_bills
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.cell_confidence import CellConfidence, cell_confidence, signs_of_cell
from ragmm.pipelines.answer.cells import CellWeights, PickedCell, of_quarter, pick
from ragmm.pipelines.answer.confidence import ConfidenceWeights, Signs, confidence, evened, evidence_of
from ragmm.pipelines.answer.counted_things import counted_thing, speaks_of_counted
from ragmm.pipelines.answer.extremes import pick_extreme
from ragmm.pipelines.answer.grids import Grid, grid_of, labelled_otherwise
from ragmm.pipelines.answer.legend_colours import colours_of_legends
from ragmm.pipelines.answer.named_things import documents_without_name, names_asked
from ragmm.pipelines.answer.pointing import Pointed, point
from ragmm.pipelines.answer.reasons import given_reasons, is_cell_of_reason, reasoned
from ragmm.pipelines.answer.scoring import EmbedTexts
from ragmm.pipelines.answer.towns import town_of
from ragmm.pipelines.answer.whole_tables import whole_cell_of
from ragmm.pipelines.answer.whole_values import LONGEST
from ragmm.pipelines.answer.windows import windows_of
from ragmm.pipelines.answer.yes_or_no import verdict_of, verdicts
from ragmm.pipelines.query.asked_colours import asks_for_colour, names_colour
from ragmm.pipelines.query.quantities import states_other_quantity
from ragmm.pipelines.query.value_kinds import ADDRESSES, AMOUNTS, WHENS, AskedKind, is_run_of_numbers, years
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.readers.base import Reader
from ragmm.text.dates import days_of, months_of
from ragmm.text.patterns import late
from ragmm.types import IMAGE_MODALITIES, Hit

__all__ = ["TableWeights", "TextReading", "values_in_tables", "values_in_text"]

_OPEN = 0.6
"""Share of a column below which it is open which one is meant."""
_READ_TABLES = 2
"""How many are read at most."""
_NO_AMOUNT = 0.3
_MOST_WORDS = 7
"""Beside an amount in running text."""
_MARKED, _FEW_UNSAID = 0.3, 0.34
"""What it adds that a cell says yes or no, where no more of the question is left open: few cells do so by chance."""
_UNNAMED = 0.4
"""What it is worth where the part or person that a question names stands nowhere around."""
_UNCOUNTED = 0.4
"""What a number is worth where nothing around it speaks of what the question counts."""
_OTHER_DAY = 0.3
"""What a cell is worth whose row, head or table is of another day or month than the one asked about."""
_NO_REASON = 0.4
"""What a cell is worth to who asks why, where nothing says that it gives a reason."""
_LONE_LINE, _FEW_WORDS = 0.6, 4
"""What a line of few words of a picture is worth as a whole: of a poster or an advertisement, each might be meant."""
_NAMED_NUMBER = late(r"[A-ZÀ-Þ][\w.&'’-]{2,}\s\d[\d,.-]*\s[A-ZÀ-Þ][a-zà-þ]{2,}.*")
"""A number that stands in the midst of a name: no sum of money."""
_SUM = late(
    r"(?:[$€£¥₹]|(?:USD|EUR|GBP|CHF|INR|Rs\.?|RM)\s?)\s?\d[\d.,'’ ]*|\d[\d.,'’ ]*\s?(?:[$€£¥₹]|USD|EUR|GBP|CHF)"
)
"""A sum of money: no code."""
_OTHER_LABEL = 0.5
"""What the confidence is worth where a value stands behind a label that the question does not name."""


@dataclass(frozen=True, kw_only=True)
class TableWeights:
    """By what cells are picked, and how likely they then are right."""

    cells: CellWeights = field(default_factory=CellWeights)
    confidence: CellConfidence = field(default_factory=CellConfidence)


@dataclass(frozen=True, kw_only=True)
class TextReading:
    """How much running text is read, and how likely what is pointed at then is right."""

    windows: int = 4
    """Stretches of text that a reader reads for one question."""
    confidence: ConfidenceWeights = field(default_factory=ConfidenceWeights)


def values_in_text(
    question: str,
    asked: AskedFor,
    hits: Sequence[Hit],
    reader: Reader,
    settings: TextReading,
    *,
    embed: EmbedTexts | None = None,
) -> list[FoundValue]:
    """One for each window that was read, the likeliest first."""
    chosen = windows_of(question, hits, kind=asked.kind, most=settings.windows)
    if asked.kind is AskedKind.YES_NO:
        return verdicts(question, chosen, embed)
    unnamed = documents_without_name(question, hits)
    thing = counted_thing(question)
    pointed = [
        dataclasses.replace(one, value=town_of(question, one.value, one.sentence))
        for one in point(question, asked, chosen, reader)
    ]
    found = []
    for one in pointed:
        evidence = evidence_of(one, [other for other in pointed if other is not one], asked)
        doubt = _doubt(question, asked, one.value, most_words=_MOST_WORDS)
        doubt *= _OTHER_LABEL if labelled_otherwise(question, one.sentence) else 1.0
        doubt *= _UNNAMED if one.window.hit.item.uri in unnamed else 1.0
        doubt *= _LONE_LINE if asked.kind is AskedKind.ANY and _is_lone_line(one) else 1.0
        doubt *= _UNCOUNTED if thing and not speaks_of_counted(thing, one.window.hit.item) else 1.0
        said = _said(one, asked, evidence, evened(question, confidence(evidence, settings.confidence) * doubt), doubt)
        found.append(reasoned(said) if asked.kind is AskedKind.REASON else said)
    if asked.kind is AskedKind.REASON:
        found += given_reasons(question, chosen)
    return sorted(found, key=lambda one: -one.confidence)


def values_in_tables(
    question: str,
    asked: AskedFor,
    hits: Sequence[Hit],
    weights: TableWeights,
    *,
    embed: EmbedTexts | None = None,
    reader: Reader | None = None,
) -> list[FoundValue]:
    """A cell of each table among the hits, the likeliest first.

    The words pick a cell of each. The likeliest table is then read, and the next one where the reader finds no row of
    the first right. Without a reader that has learnt tables, the meaning of the heads decides where the words leave
    open which column of the likeliest table is meant.
    """
    if asked.kind is AskedKind.YES_NO:
        return _marked(question, hits, weights)
    found = _picked_by_words(question, asked, hits, weights)
    for place, one in enumerate(found[:_READ_TABLES]):
        if one.extreme:
            break
        cell = pick(question, asked, one.table, weights.cells, reader=reader) if reader is not None else None
        if cell is None or cell.read is None:
            if embed is not None and place == 0 and one.cell.column_share < _OPEN:
                meant = pick(question, asked, one.table, weights.cells, embed)
                found[0] = dataclasses.replace(one, cell=meant or one.cell)
            break
        found[place] = dataclasses.replace(one, cell=cell)
        if cell.read > 0:
            break
    values = [*(one.value(asked, weights) for one in found), *values_of_bills(question, asked, hits)]
    values += colours_of_legends(question, hits) if asks_for_colour(question) else []
    return sorted((one for one in values if 0 < len(one.value) <= LONGEST), key=lambda one: -one.confidence)


def _picked_by_words(question: str, asked: AskedFor, hits: Sequence[Hit], weights: TableWeights) -> list[_Picked]:
    """A cell of each table, the likeliest first."""
    found: list[_Picked] = []
    unnamed, thing = documents_without_name(question, hits), counted_thing(question)
    for hit in hits:
        grid = grid_of(hit.item)
        table = AskedTable.of(grid, question) if grid is not None else None
        whole = whole_cell_of(hit)
        extreme = whole.cell if whole else pick_extreme(question, asked, table) if table else None
        cell = extreme or (pick(question, asked, table, weights.cells) if table and not whole else None)
        if table is not None and cell is not None:
            found.append(
                _Picked(
                    question=question,
                    cell=cell,
                    hit=hit,
                    standing=whole.best if whole else hit,
                    table=table,
                    extreme=extreme is not None,
                    unnamed=hit.item.uri in unnamed,
                    thing=thing,
                )
            )
    found = _doubting_unnamed(found, names_asked(question))
    return sorted(found, key=lambda one: -one.value(asked, weights).confidence)


def _doubting_unnamed(found: Sequence[_Picked], names: frozenset[str]) -> list[_Picked]:
    """A row without a name that is asked for is doubted, where another of its document has all that it has and that."""
    said = [one.says(names) for one in found]
    return [
        dataclasses.replace(one, unnamed=True)
        if any(mine < its and one.hit.item.uri == other.hit.item.uri for other, its in zip(found, said, strict=True))
        else one
        for one, mine in zip(found, said, strict=True)
    ]


def _marked(question: str, hits: Sequence[Hit], weights: TableWeights) -> list[FoundValue]:
    """Yes or no by the cell that says so of what is asked: "x", "no", 1."""
    anything = AskedFor(kind=AskedKind.ANY, years=years(question))
    found = []
    for one in _picked_by_words(question, anything, hits, weights):
        told = one.value(anything, weights)
        if one.cell.told_apart and (said := verdict_of(question, told.value)):
            surer = _MARKED if one.cell.unsaid <= _FEW_UNSAID else 0.0
            found.append(dataclasses.replace(told, value=said, confidence=min(1.0, told.confidence + surer)))
    return found


@dataclass(frozen=True, kw_only=True)
class _Picked:
    """A cell with the table it stands in."""

    question: str
    cell: PickedCell
    hit: Hit
    standing: Hit
    """The best ranked part of its table, where all of it was looked through."""
    table: AskedTable
    extreme: bool
    unnamed: bool
    """Whether what the question names stands nowhere in what was found of its document, or in another of its rows."""
    thing: str
    """What the question counts."""

    def says(self, names: frozenset[str]) -> frozenset[str]:
        """Those that its row, its head or its table has."""
        grid = self.table.grid
        # A list of facts is about one thing.
        there = words_of(f"{grid.shown(self.cell.row)} {grid.about} {grid.beside if grid.labelled else ''}")
        return frozenset(name for name in names if has_word(there, name))

    def value(self, asked: AskedFor, weights: TableWeights) -> FoundValue:
        grid = self.table.grid
        shown = grid.shown(self.cell.row)
        signs = signs_of_cell(self.cell, asked, self.standing, f"{shown} {grid.about}", labelled=grid.labelled)
        doubt = _doubt(self.question, asked, self.cell.value)
        doubt *= _UNNAMED if self.unnamed else 1.0
        doubt *= _UNCOUNTED if self.thing and not speaks_of_counted(self.thing, self.hit.item) else 1.0
        doubt *= _OTHER_DAY if _is_of_other_time(self.question, grid, self.cell) else 1.0
        if asked.kind is AskedKind.REASON and not is_cell_of_reason(self.cell.value, f"{shown} {grid.about}"):
            doubt *= _NO_REASON
        return FoundValue(
            value=self.cell.value,
            shown=shown,
            quote=grid.quotes[self.cell.row],
            hit=self.hit,
            confidence=cell_confidence(signs, weights.confidence) * doubt,
            signs=signs,
            doubt=doubt,
        )


def _is_of_other_time(question: str, grid: Grid, cell: PickedCell) -> bool:
    """Whether the row is of another day, quarter or month; or, where it is of none, the head, or else the table."""
    row, head = " ; ".join(grid.rows[cell.row]), grid.heads[cell.column]
    asked, there = days_of(question), days_of(row)
    if asked and there:
        return not asked & there
    if of_quarter(question, [f"{row} ; {head}"]).min() < 0:
        return True
    months = months_of(question)
    if said := months_of(row) or months_of(head):
        return bool(months) and not months & said
    # What is said of a table may be when it was printed: months of one year alone speak against each other.
    about = months_of(grid.about)
    return len(about) == 1 and bool(months) and not months & about and {y for y, _ in months} == {y for y, _ in about}


def _doubt(question: str, asked: AskedFor, value: str, *, most_words: int = 4) -> float:
    """What the confidence is worth where an amount or a date was asked for and the value is none, many or another."""
    if states_other_quantity(question, value) or (asks_for_colour(question) and not names_colour(value)):
        return _NO_AMOUNT
    if asked.kind is AskedKind.MONEY and _NAMED_NUMBER.fullmatch(value):
        return _NO_AMOUNT
    if asked.kind is AskedKind.CODE and _SUM.fullmatch(value.strip()):
        return _NO_AMOUNT
    if asked.kind not in WHENS and is_run_of_numbers(value):
        return _NO_AMOUNT
    strict = asked.kind in AMOUNTS | ADDRESSES | WHENS | {AskedKind.PERSON}
    return _NO_AMOUNT if strict and not asked.suits_plainly(value, most_words=most_words) else 1.0


def _is_lone_line(one: Pointed) -> bool:
    sentence = one.sentence.strip()
    return (
        one.window.hit.item.modality in IMAGE_MODALITIES
        and len(sentence.split()) <= _FEW_WORDS
        and one.value.strip() == " ".join(sentence.split())
    )


def _said(one: Pointed, asked: AskedFor, signs: Signs, likely: float, doubt: float) -> FoundValue:
    """`likely`: with its doubt."""
    return FoundValue(
        value=one.value,
        shown=" ".join(one.sentence.split()).lstrip("#>*•- "),
        quote=one.sentence,
        hit=one.window.hit,
        confidence=likely,
        signs=signs,
        doubt=doubt,
        lacking=_lacking(one, asked) if signs.year > 0 else "",
    )


def _lacking(one: Pointed, asked: AskedFor) -> str:
    said = years(f"{one.window.passage.text} {one.window.hit.item.context}")
    there, gone = sorted(said - asked.years)[-3:], sorted(asked.years - said)
    return f"found {', '.join(there)}, not {', '.join(gone)}" if there else ""
