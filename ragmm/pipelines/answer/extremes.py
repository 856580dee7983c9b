"""Which row of a table has the most or the least: "which harbour has the fewest moorings"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ragmm.pipelines.answer.asked_tables import (
    AskedOrder,
    AskedTable,
    has_word,
    label_column,
    several_units,
    words_of,
)
from ragmm.pipelines.answer.cells import PickedCell, unsaid_share
from ragmm.pipelines.answer.grids import is_amount
from ragmm.pipelines.query.asked_extremes import asks_for_extreme, asks_for_thing, without_order_words
from ragmm.pipelines.query.value_kinds import AskedKind
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.text.patterns import late
from ragmm.text.terms import content_terms, terms

__all__ = ["asks_ranking", "pick_extreme"]

_OVERALL = re.compile(
    r"\b(?:total|sum|overall|all|average|mean|median|other|others|net|gesamt)\b|合计|总", re.IGNORECASE
)
_WHAT_IS = re.compile(r"\bwhat(?:'s| is| was| were| are) the \w+ ((?:[\w-]+ ?){1,4})", re.IGNORECASE)
_UNKNOWN = late(r"\s*(?:n\.?\s?[da]\.?|not available|no data|k\.?\s?a\.?|[.…–—-]+|\*+|x)\s*", re.IGNORECASE)
"""No figure is known for it: it wins nothing and loses nothing."""
_FEWEST, _LONGEST = 3, 40
"""Rows: of fewer nothing stands out, more may be but a part of a table."""
_COUNTED = frozenset({AskedKind.NUMBER, AskedKind.MONEY, AskedKind.PERCENT, AskedKind.MEASURE})


@dataclass(frozen=True, kw_only=True)
class _Ranking:
    """The rows of a table by the column that a question asks the most or the least of, the winner first."""

    words: Sequence[str]
    column: int
    rows: Sequence[int]
    undecided: bool
    """Whether two rows have the same, or amounts are of several units: then none of them wins."""

    @classmethod
    def of(cls, question: str, table: AskedTable, most_rows: int) -> _Ranking | None:
        rows = table.grid.rows
        words = without_order_words(question, content_terms(question))
        if not asks_for_extreme(question) or not _FEWEST <= len(rows) <= most_rows:
            return None
        column = _column(words, table)
        if column is None:
            return None
        grouping = _grouping([row[column] for row in rows])
        amounts = ((row, _amount(table, row, column, grouping)) for row in range(len(rows)))
        found = {row: value for row, value in amounts if value is not None}
        aside = sum(_stands_aside(row, column) for row in rows)
        if len(found) < max(_FEWEST, len(rows) - aside - 1):
            return None
        ranked = sorted(found, key=lambda row: found[row], reverse=AskedOrder.of(question, table.grid).most)
        undecided = found[ranked[0]] == found[ranked[1]] or several_units([rows[row][column] for row in found])
        return cls(words=words, column=column, rows=ranked, undecided=undecided)


def asks_ranking(question: str, table: AskedTable, *, most_rows: int = _LONGEST) -> bool:
    """Whether the question asks for the first of a table's rows in some order, also where several are."""
    return _Ranking.of(question, table, most_rows) is not None


def pick_extreme(question: str, asked: AskedFor, table: AskedTable, *, most_rows: int = _LONGEST) -> PickedCell | None:
    """The label of the row that has the most or the least, or its value where a value was asked for."""
    ranking, rows = _Ranking.of(question, table, most_rows), table.grid.rows
    if ranking is None or ranking.undecided:
        return None
    words, row, column = ranking.words, ranking.rows[0], ranking.column
    label = label_column(rows[row])
    if label == column:
        return None
    named = (cells[label] for cells in table.cells if len(cells) > label)
    about = frozenset(terms(f"{table.grid.about} {table.grid.beside}")).union(*table.heads, *named)
    joined = {word for pair in pairwise(words) if "".join(pair) in table.heads[column] for word in pair}
    counted = asked.kind in _COUNTED and not asks_for_thing(question)
    answer = column if counted or _asks_value(question, table.heads[label]) else label
    return PickedCell(
        row=row,
        column=answer,
        value=rows[row][answer],
        row_share=1.0,
        column_share=1.0,
        told_apart=True,
        unsaid=unsaid_share(question, [word for word in words if word not in joined], about),
    )


def _asks_value(question: str, label: frozenset[str]) -> bool:
    """ "What is the highest premium?" asks for a premium; "what is the largest state?" for a state."""
    named = next((words_of(match[1]) for match in _WHAT_IS.finditer(question)), frozenset())
    return bool(named) and bool(label) and not any(has_word(label, word) for word in named)


def _column(words: Sequence[str], table: AskedTable) -> int | None:
    """The only column of amounts, or the one whose head the question names."""
    rows = table.grid.rows
    counted = [
        column
        for column in table.grid.columns
        if 2 * sum(is_amount(row[column]) for row in rows) > len(rows) and column != label_column(rows[0])
    ]
    if len(counted) == 1:
        return counted[0]
    # "win percent" is the head "winpercent" too.
    asked = [*words, *(first + second for first, second in pairwise(words))]
    named = {column: sum(has_word(table.heads[column], word) for word in asked) for column in counted}
    best = sorted(counted, key=lambda column: -named[column])
    if len(best) >= 2 and named[best[0]] > named[best[1]]:
        return best[0]
    said = frozenset(words)
    # "oppose votes" is "Oppose", not "No vote".
    most = [column for column in best if named[column] and named[column] == named[best[0]]]
    whole = [column for column in most if all(has_word(said, word) for word in table.heads[column])]
    return whole[0] if len(whole) == 1 else None


def _stands_aside(cells: Sequence[str], column: int) -> bool:
    """Whether a row is a sum over others, or nothing is known of it."""
    return _UNKNOWN.fullmatch(cells[column]) is not None or _OVERALL.search(cells[label_column(cells)]) is not None


def _amount(table: AskedTable, row: int, column: int, grouping: str) -> float | None:
    """What a cell comes to; None for what stands aside and for what is no single amount."""
    cells = table.grid.rows[row]
    if _stands_aside(cells, column) or not is_amount(cells[column]):
        return None
    return _plain(cells[column], grouping)


def _grouping(cells: Sequence[str]) -> str:
    """The signs that only ever stand before three digits in a column, and group them: of 34.722 beside 66.97 none."""
    return "".join(
        sign
        for sign in ".,"
        if not any(re.search(rf"(?<!\d)0\{sign}\d|\{sign}(?:\d{{1,2}}|\d{{4,}})(?!\d)", cell) for cell in cells)
    )


def _plain(cell: str, grouping: str) -> float | None:
    """A number without its unit; None where it is not plain which number that is."""
    digits = re.findall(r"\d[\d.,]*", cell)
    if len(digits) != 1:
        return None
    bare = re.sub(rf"[{grouping}](?=\d{{3}}(?:\D|$))", "", digits[0]) if grouping else digits[0]
    bare = bare.replace(",", ".").rstrip(".")
    if bare.count(".") > 1:
        return None
    below = re.search(r"[-−–(]\s?[$€£¥]?\s?\d", cell) is not None
    return -float(bare) if below else float(bare)
