"""The cells that a figure is worked out from: all of them, of one table, with one unit, or none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ragmm.pipelines.answer.asked_tables import label_column
from ragmm.pipelines.answer.cells import CellWeights, EmbedTexts, column_features
from ragmm.pipelines.answer.exact import CellNumber, exact_figure, head_unit
from ragmm.pipelines.answer.grids import Grid, is_amount, is_unit_head
from ragmm.pipelines.answer.named_cells import (
    NamedRows,
    is_total,
    named_columns,
    named_rows,
    row_label,
)
from ragmm.pipelines.answer.sum_search import Search, missing_years, unsaid_beside, unsaid_share_of
from ragmm.pipelines.query.asked_sums import Operation
from ragmm.pipelines.query.value_kinds import years
from ragmm.text.quarters import Quarter, fiscal_years_of, quarter_places, quarters_of
from ragmm.text.terms import content_terms, fold, terms
from ragmm.types import Citation

__all__ = ["Cells", "cells_for"]

Place = tuple[int, int]
_ALL = re.compile(r"\b(?:all|total|overall|every|each|per|whole|on average|average|mean)\b")
_THAN = re.compile(r"\bthan\b")
_TIMES_AS = re.compile(r"\btimes as\b.*\bas\b")
_WORKED_OUT = re.compile(r"^\W*(?:change|difference|diff|growth|variance|variation|delta|Δ|share|%)", re.IGNORECASE)
_RESULT_HEAD = re.compile(r"^(?:line )?(?:total|amount|sum|value)\b", re.IGNORECASE)
"""Of a column that the others of its row come to, as in invoices."""
_QUARTERS = re.compile(r"\bquarters\b")
_SURE_COLUMN = 0.75
_TWO = 2


@dataclass(frozen=True, kw_only=True)
class Cells:
    """What goes into a formula, in its order."""

    figures: tuple[CellNumber, ...]
    names: tuple[str, ...]
    """Of each, its row and column."""
    quotes: tuple[Citation, ...]
    """Of each, its row as it stands in the item."""
    unit: tuple[str, str]
    certainty: float


@dataclass(frozen=True, kw_only=True)
class _Columns:
    columns: tuple[int, ...]
    share: float = 1.0
    dated: bool = False
    """Whether they are those of the years asked about,"""
    named: bool = False
    """or of what the question says."""


def cells_for(search: Search, embed: EmbedTexts | None) -> Cells | None:
    """None where one of them is missing, stands for another year or thing, or has another unit."""
    unsaid = unsaid_share_of(search)
    if unsaid is None:
        return None
    named = named_rows(search.table, search.words)
    rows = _rows(search, named)
    if rows is None:
        return None
    columns = _columns(search, rows, embed)
    if columns is None:
        return None
    everything = not any(row in one.rows for one in named for row in rows)
    if everything and (unsaid_beside(search) or not (columns.named or columns.dated)):
        return None
    places = _places(search, rows, named, columns)
    return _cells(search, places, (1 - unsaid) * columns.share) if places else None


def _rows(search: Search, named: Sequence[NamedRows]) -> list[int] | None:
    """Those that the question names; all, where it asks for the whole and the table is whole."""
    operation = search.wanted.operation
    grid = search.table.grid
    totals = [number for number, row in enumerate(grid.rows) if is_total(row)]
    if operation is Operation.SHARE:
        return _part_and_whole(search, named, totals)
    if operation in (Operation.SUM, Operation.AVERAGE):
        return _summed_rows(search, named, totals)
    rows = list(dict.fromkeys(row for one in named for row in one.rows))
    return rows if rows and all(len(one.rows) == 1 for one in named) else None


def _summed_rows(search: Search, named: Sequence[NamedRows], totals: Sequence[int]) -> list[int] | None:
    """Those between the first and the last that are named, those that are named, or all."""
    if len(named) >= _TWO and search.wanted.ranged and _is_range(search, named):
        low, high = sorted((named[0].rows[0], named[-1].rows[0]))
        return list(range(low, high + 1))
    if not search.whole and (not named or any(len(one.rows) > 1 for one in named)):
        return None
    if named:
        return [row for row in dict.fromkeys(row for one in named for row in one.rows) if row not in totals] or None
    asks_all = _ALL.search(search.words.folded) is not None
    return [row for row in range(len(search.table.grid.rows)) if row not in totals] if asks_all else None


def _part_and_whole(search: Search, named: Sequence[NamedRows], totals: Sequence[int]) -> list[int] | None:
    rows = list(dict.fromkeys(row for one in named for row in one.rows))
    if any(len(one.rows) > 1 for one in named):
        return None
    wholes = [row for row in rows if row in totals]
    parts = [row for row in rows if row not in totals]
    if len(parts) == 2 and not wholes:  # "what share of income are fees": the whole is named first, behind "of"
        return [parts[1], parts[0]] if re.search(r"\bof\b", search.words.folded) else None
    if len(parts) != 1 or len(wholes) > 1:
        return None
    if wholes or len(totals) == 1:
        return [parts[0], *(wholes or totals)]
    return None if totals or not search.whole else [parts[0], -1]


def _is_range(search: Search, named: Sequence[NamedRows]) -> bool:
    """Whether two names are the first and the last of a run of rows: "from January to April"."""
    first, last = named[0], named[-1]
    if len(named) != 2 or len(first.rows) != 1 or len(last.rows) != 1:
        return False
    joined = rf"\b(?:from|between|over|von|de|van)\s[^?]*?{re.escape(fold(first.name))}"
    joined += r"\s(?:to|through|until|till|and|bis|a|tot)\s"
    return re.search(joined + re.escape(fold(last.name)), search.words.folded) is not None


def _columns(search: Search, rows: Sequence[int], embed: EmbedTexts | None) -> _Columns | None:
    """Those of the years asked about; else those whose heads are named; else the only one that can be meant."""
    grid = search.table.grid
    real = [row for row in rows if row >= 0]
    counted = [
        column
        for column in grid.columns
        if all(exact_figure(grid.rows[row][column]) for row in real)
        and not is_unit_head(grid.heads[column])
        and column > 0
    ]
    filled = [column for column in grid.columns if any(is_amount(grid.rows[row][column]) for row in real)]
    dated = {column: years(grid.heads[column]) for column in filled if years(grid.heads[column])}
    counted = [column for column in counted if len(dated.get(column, ())) < _TWO and not _is_worked_out(grid, column)]
    if not counted:
        return None
    if quarters_of(search.wanted.text) or _QUARTERS.search(search.words.folded):
        return _of_quarters(search, counted)
    if not dated:
        return _undated(search, real, counted, embed) if not missing_years(search) else None
    asked = _asked_years(search, frozenset().union(*dated.values()))
    if asked is None:
        return None
    chosen = []
    for year in asked:
        of_year = [column for column in counted if year in dated.get(column, ())]
        best = _best_of(search, of_year)
        if best is None:
            return None
        chosen.append(best)
    alike = len({re.sub(r"\d{4}", "", grid.heads[column]).strip() for column in chosen}) == 1
    return _Columns(columns=tuple(chosen), dated=True) if alike else None


def _of_quarters(search: Search, counted: Sequence[int]) -> _Columns | None:
    """Those of the quarters asked about, or of all four of a year; None where one is not there."""
    asked: list[Quarter] = sorted(quarters_of(search.wanted.text))
    of_column = {column: quarters_of(search.table.grid.heads[column]) for column in counted}
    if not asked:
        when = fiscal_years_of(search.wanted.text) | {int(year) for year in search.asked.years}
        asked = [(year, which) for year in sorted(when) for which in range(1, 5)] if len(when) == 1 else []
        if search.wanted.operation not in (Operation.SUM, Operation.AVERAGE):
            return None
    found = [[column for column, there in of_column.items() if there == {quarter}] for quarter in asked]
    if not found or any(len(columns) != 1 for columns in found):
        return None
    return _Columns(columns=tuple(columns[0] for columns in found), dated=True)


def _is_worked_out(grid: Grid, column: int) -> bool:
    """Whether a column is itself a change or a share of others."""
    return _WORKED_OUT.search(grid.heads[column]) is not None


def _asked_years(search: Search, there: frozenset[str]) -> list[str] | None:
    """In their order; with one year alone a change is one against the year before. None where one is not there."""
    wanted, asked = search.wanted, sorted(search.asked.years or years(search.wanted.text))
    if wanted.ranged and len(asked) == 2 and wanted.operation in (Operation.SUM, Operation.AVERAGE):
        asked = [str(year) for year in range(int(asked[0]), int(asked[1]) + 1)]
    if len(asked) == 1 and wanted.operation is Operation.CHANGE:
        asked = [str(int(asked[0]) - 1), asked[0]]
    if not asked or not there.issuperset(asked):
        return None
    return asked


def _best_of(search: Search, columns: Sequence[int]) -> int | None:
    """The one whose head has most of the question's words; None where that is open."""
    if len(columns) == 1:
        return columns[0]
    heads = {column: re.sub(r"\d{4}", "", search.table.grid.heads[column]) for column in columns}
    said = {
        column: sum(search.words.place(word) is not None for word in set(terms(head))) for column, head in heads.items()
    }
    best = sorted(columns, key=lambda column: -said[column])
    return best[0] if len(best) > 1 and said[best[0]] > said[best[1]] else None


def _undated(search: Search, rows: Sequence[int], counted: Sequence[int], embed: EmbedTexts | None) -> _Columns | None:
    grid = search.table.grid
    named = named_columns([(column, grid.heads[column]) for column in counted], search.words)
    if len(named) > 1 and len(rows) > 1:  # cells of one column are put together
        named = [column for column in named if search.words.says(grid.heads[column])] or named
    if named:
        return _Columns(columns=tuple(named), named=True)
    if len(counted) == 1:
        return _Columns(columns=(counted[0],))
    results = [column for column in counted if _RESULT_HEAD.search(grid.heads[column])]
    if len(results) == 1:
        return _Columns(columns=(results[0],))
    features = column_features(
        search.wanted.text, content_terms(search.wanted.text), search.asked, search.table, rows[0], embed
    )
    scores = (features @ np.array(CellWeights().column))[list(counted)]
    odds = np.exp(scores - scores.max())
    best = int(odds.argmax())
    share = float(odds[best] / odds.sum())
    return _Columns(columns=(counted[best],), share=share) if share >= _SURE_COLUMN else None


def _places(search: Search, rows: Sequence[int], named: Sequence[NamedRows], columns: _Columns) -> list[Place] | None:
    """The cells in the formula's order."""
    operation = search.wanted.operation
    if operation in (Operation.SUM, Operation.AVERAGE):
        places = [(row, column) for row in rows for column in columns.columns]
        one_way = len(rows) == 1 or len(columns.columns) == 1
        return places if len(places) >= 2 and one_way else None
    if operation is Operation.SHARE:
        return [(row, columns.columns[0]) for row in rows] if len(columns.columns) == 1 else None
    if len(rows) * len(columns.columns) != 2:
        return None
    places = [(row, column) for row in rows for column in columns.columns]
    at = {place: _said_at(search, place, named, by_row=len(rows) == 2) for place in places}
    return _in_order(search, places, at, dated=columns.dated and len(rows) == 1)


def _said_at(search: Search, place: Place, named: Sequence[NamedRows], *, by_row: bool) -> int:
    if by_row:
        return next(one.place for one in named if place[0] in one.rows)
    head = search.table.grid.heads[place[1]]
    quarters = quarter_places(search.wanted.text)
    if told := [at for quarter, at in quarters.items() if quarter in quarters_of(head)]:
        return min(told)
    asked = years(head) & years(search.wanted.text)
    words = asked or set(terms(head))
    found = [at for word in words if (at := search.words.place(word)) is not None]
    return min(found, default=0)


def _in_order(search: Search, places: Sequence[Place], at: dict[Place, int], *, dated: bool) -> list[Place]:
    """First what the other is taken from: the later year, what stands before "than", what a ratio is of."""
    wanted, folded = search.wanted, search.words.folded
    mentioned = sorted(places, key=lambda place: at[place])
    first, second = mentioned
    if wanted.operation is Operation.RATIO:
        found = _TIMES_AS.search(folded)
        under = next((place for place in mentioned if found and at[place] >= found.end() - 3), second)
        return [place for place in mentioned if place != under] + [under]
    if wanted.operation is Operation.CHANGE:
        new, old = (places[1], places[0]) if dated else (second, first)
        return [old, new] if wanted.falls and not wanted.percent else [new, old]
    if _THAN.search(folded):
        than = _THAN.search(folded)
        before = [place for place in mentioned if than and at[place] < than.start()]
        if len(before) == 1:
            more = before[0]
            less = next(place for place in mentioned if place != more)
            return [less, more] if wanted.falls else [more, less]
        return [second, first] if wanted.falls else [first, second]
    figures = {place: exact_figure(search.table.grid.rows[place[0]][place[1]]) for place in places}
    return sorted(places, key=lambda place: -(one.value if (one := figures[place]) else 0))


def _cells(search: Search, places: Sequence[Place], certainty: float) -> Cells | None:
    grid = search.table.grid
    figures, names, quotes = [], [], []
    units = set()
    for row, column in places:
        if row < 0:
            whole = _whole(search, column)
            if whole is None:
                return None
            figures.append(whole[0])
            names.append("all rows")
            quotes += whole[1]
            continue
        figure = exact_figure(grid.rows[row][column])
        if figure is None:
            return None
        figures.append(figure)
        names.append(", ".join(filter(None, (row_label(grid.rows[row]), grid.heads[column]))))
        quotes.append(search.quote(row))
        units.add(_unit(search, figure, row, column))
    plain = {unit for unit in units if any(unit)}
    related = search.wanted.operation in (Operation.RATIO, Operation.SHARE)
    if len(units) > 1 and not (related and len(plain) <= 1) and search.wanted.operation is not Operation.RATIO:
        return None
    return Cells(
        figures=tuple(figures),
        names=tuple(names),
        quotes=tuple(quotes),
        unit=next(iter(units)) if len(units) == 1 else ("", ""),
        certainty=certainty,
    )


def _whole(search: Search, column: int) -> tuple[CellNumber, list[Citation]] | None:
    """What a column comes to, if each of its cells is a figure and no share of the column."""
    grid = search.table.grid
    figures = [exact_figure(row[column]) for row in grid.rows]
    if not all(figures):
        return None
    present = [one for one in figures if one is not None]
    total = sum((one.value for one in present), Fraction(0))
    if any("%" in one.after for one in present) or abs(total - 100) <= 1:
        return None  # they are shares already
    shown = f"({' + '.join(one.shown for one in present)})"
    return CellNumber(value=total, shown=shown, decimals=max(one.decimals for one in present)), [
        search.quote(row) for row in range(len(grid.rows))
    ]


def _unit(search: Search, figure: CellNumber, row: int, column: int) -> tuple[str, str]:
    """The cell's own, else that of its row's unit column, its head, the head of the labels, the title."""
    grid = search.table.grid
    if any(figure.unit):
        return figure.unit
    beside = next((grid.rows[row][one] for one in grid.columns if is_unit_head(grid.heads[one])), "")
    if beside:
        return "", beside
    if any(unit := head_unit(grid.heads[column])):
        return unit
    label = grid.heads[label_column(grid.rows[row])]
    if any(unit := head_unit(label, whole=True)):
        return unit
    context = " ".join(line for line in search.found.hit.item.context.splitlines() if not line.startswith("|"))
    title = f"{search.found.hit.item.metadata.get('caption', '')} {context}"
    return head_unit(title, whole=True) if years(grid.heads[column]) or grid.labelled else ("", "")
