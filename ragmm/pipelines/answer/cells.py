"""Which cell of a table answers a question: row and column are scored apart, by words, years, kinds and meaning.

The weights are fitted by `python -m training.cells.fit` on published questions about tables.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragmm.pipelines.answer.grids import Grid, is_amount
from ragmm.pipelines.query.wanted import AskedFor, AskedKind, fits, label_words, years
from ragmm.text.terms import content_terms, numbers, terms

__all__ = ["COLUMN_FEATURES", "ROW_FEATURES", "AskedTable", "CellWeights", "PickedCell", "pick"]

Rows = NDArray[np.float32]
EmbedTexts = Callable[[Sequence[str]], Rows]
ROW_FEATURES = ("share", "first", "covered", "value", "only", "total", "exact", "position")
COLUMN_FEATURES = (
    "share",
    "covered",
    "year",
    "other_year",
    "fits",
    "misfit",
    "amount",
    "matched",
    "meaning",
    "first",
    "named",
    "last",
)
_WHICH = re.compile(
    r"\b(?:which|what|welche\w*|quel\w*|que)\s+([\w'’-]+(?:\s[\w'’-]+)?)|哪[个個一]?(.{1,6})", re.IGNORECASE
)
_TOTAL = re.compile(r"\b(?:total|sum|overall|altogether|all|gesamt|summe)\b|合计|总计|总", re.IGNORECASE)
_NAME = re.compile(r"(?<=\s)[A-ZÀ-Þ][\w'’-]+|\d[\w.,-]*")
_ABOUT = 0.3
"""What a word counts in a list of facts that is about it as a whole."""


@dataclass(frozen=True, kw_only=True)
class CellWeights:
    """Of the features of rows and of columns, in their order."""

    row: tuple[float, ...] = (1.49, 0.93, 0.43, 0.08, 1.87, -0.49, 0.61, 1.40)
    column: tuple[float, ...] = (3.36, 2.03, 0.46, -1.59, 1.82, -1.82, -0.37, -1.50, 2.02, 1.26, 1.49, 0.25)


@dataclass(frozen=True, kw_only=True)
class AskedTable:
    """A grid in words, ready to be asked; made once a question."""

    grid: Grid
    heads: tuple[frozenset[str], ...]
    cells: tuple[tuple[frozenset[str], ...], ...]

    @classmethod
    def of(cls, grid: Grid) -> AskedTable:
        return cls(
            grid=grid,
            heads=tuple(_terms(head) for head in grid.heads),
            cells=tuple(tuple(_terms(cell) for cell in row) for row in grid.rows),
        )


@dataclass(frozen=True, kw_only=True)
class PickedCell:
    """A cell with how likely its row and its column are those asked for, among the table's."""

    row: int
    column: int
    value: str
    row_share: float
    column_share: float
    told_apart: bool
    """Whether the row has a word of the question that is not said of the table as a whole."""
    unsaid: float
    """Share of the question's words that neither the row, the heads nor what is said about the table has."""


def pick(
    question: str, asked: AskedFor, table: AskedTable, weights: CellWeights, embed: EmbedTexts | None = None
) -> PickedCell | None:
    """The likeliest cell; None where no row has a word of the question."""
    words = content_terms(question)
    looked_for = label_words(question) if table.grid.labelled else words
    rows = row_features(question, looked_for, table)
    if not len(rows) or rows[:, 0].max() <= 0:
        return None
    row_odds = _shares(rows @ np.array(weights.row))
    best = int(row_odds.argmax())
    columns = column_features(question, words, asked, table, best, embed)
    column_odds = _shares(columns @ np.array(weights.column))
    # An empty cell and the words by which the row was found are no answer.
    grid = table.grid
    said = frozenset(words)
    order = [1] if grid.labelled else [int(column) for column in np.argsort(-column_odds)]
    telling = [column for column in order if _tells(grid.rows[best][column], said)]
    if not telling:
        return None
    column = telling[0]
    about = _terms(grid.about)
    # A list of facts is about one thing, whose name may stand in any of them.
    near = table.cells if grid.labelled else (table.cells[best],)
    around = about.union(*table.heads, *(cell for cells in near for cell in cells))
    return PickedCell(
        row=best,
        column=column,
        value=grid.rows[best][column],
        row_share=float(row_odds[best]),
        column_share=1.0 if grid.labelled else float(column_odds[column]),
        told_apart=any(_has(cell, word) for word in looked_for if not _has(about, word) for cell in table.cells[best]),
        unsaid=_unsaid(question, words, around),
    )


def _tells(cell: str, said: frozenset[str]) -> bool:
    """Whether a cell says anything that the question does not say."""
    return bool(cell.strip(" -–—")) and not all(_has(said, term) for term in content_terms(cell))


def _unsaid(question: str, words: Sequence[str], there: frozenset[str]) -> float:
    """Share of the question's words that are not there; names and numbers count twice."""
    names = {term for name in _NAME.findall(question) for term in terms(name)}
    weigh = {word: 2.0 if word in names or word[0].isdigit() else 1.0 for word in words}
    return sum(weigh[word] for word in words if not _has(there, word)) / max(1.0, sum(weigh.values()))


def row_features(question: str, words: Sequence[str], table: AskedTable) -> Rows:
    """Shape: (rows, ROW_FEATURES)."""
    wanted = set(words)
    counts: Counter[str] = Counter()
    has = []
    for cells in table.cells:
        row = frozenset().union(*cells) if cells else frozenset()
        found = {word for word in wanted if _has(row, word)}
        has.append(found)
        counts.update(found)
    count = len(table.cells)
    about = _terms(table.grid.about) if table.grid.labelled else frozenset()
    weigh = {
        word: math.log(1 + count / (0.5 + counts[word])) * (_ABOUT if _has(about, word) else 1.0)
        for word in wanted
        if counts[word]
    }
    total = sum(weigh.values()) or 1.0
    said = numbers(question) - years(question)
    asks_total = bool(_TOTAL.search(question))
    out = np.zeros((count, len(ROW_FEATURES)), np.float32)
    for number, cells in enumerate(table.cells):
        values = table.grid.rows[number]
        label = _label(values)
        first = cells[label]
        matched = {word for word in wanted if _has(first, word)}
        out[number] = (
            sum(weigh[word] for word in has[number]) / total,
            sum(weigh[word] for word in matched) / total,
            sum(_has(wanted, term) for term in first) / len(first) if first else 0.0,
            float(any(numbers(value) & said for value in values if is_amount(value))),
            max((1.0 / counts[word] for word in has[number]), default=0.0),
            float(bool(_TOTAL.search(values[label]))) * (1.0 if asks_total else -1.0),
            float(bool(first) and bool(values[label]) and values[label].casefold() in question.casefold()),
            1.0 / (1 + number),
        )
    return out


def column_features(
    question: str, words: Sequence[str], asked: AskedFor, table: AskedTable, row: int, embed: EmbedTexts | None
) -> Rows:
    """Shape: (columns, COLUMN_FEATURES)."""
    grid, cells = table.grid, table.cells[row]
    in_row = {word for word in words if any(_has(cell, word) for cell in cells)}
    left = [word for word in words if word not in in_row] or list(words)
    counts = Counter(word for head in table.heads for word in set(words) if _has(head, word))
    weigh = {word: 1.0 / (1 + math.log(max(1, counts[word]))) for word in left}
    total = sum(weigh.values()) or 1.0
    named = _named(question)
    label = _label(grid.rows[row])
    near = _meanings(question, in_row, grid.heads, embed)
    out = np.zeros((len(grid.heads), len(COLUMN_FEATURES)), np.float32)
    for column, head in enumerate(table.heads):
        value = grid.rows[row][column]
        head_years = years(grid.heads[column])
        fitting = fits(asked.kind, value) and bool(value)
        typed = asked.kind is not AskedKind.ANY
        out[column] = (
            sum(weigh[word] for word in left if _has(head, word)) / total,
            sum(_has(frozenset(words), term) for term in head) / len(head) if head else 0.0,
            float(bool(head_years & asked.years)),
            float(bool(head_years) and not head_years & asked.years and bool(asked.years)),
            float(typed and fitting),
            float(typed and not fitting),
            float(is_amount(value)),
            max((1.0 for word in in_row if _has(cells[column], word)), default=0.0),
            near[column],
            float(column == label),
            float(bool(named) and any(_has(head, term) for term in named)),
            float(column == len(grid.heads) - 1),
        )
    return out


def _label(cells: Sequence[str]) -> int:
    """The first column that says what a row is about."""
    return next((column for column, cell in enumerate(cells) if cell and not is_amount(cell)), 0)


def _named(question: str) -> frozenset[str]:
    """What follows "which": "which harbour", "what year"."""
    found = _WHICH.search(question)
    return _terms(found.group(1) or found.group(2) or "") if found else frozenset()


def _meanings(question: str, in_row: set[str], heads: Sequence[str], embed: EmbedTexts | None) -> Sequence[float]:
    """How near each head is in meaning to what the question asks beside the row's words."""
    if embed is None or not any(heads):
        return [0.0] * len(heads)
    kept = [word for word in re.findall(r"\w+", question) if not in_row.intersection(terms(word))]
    rows = embed([" ".join(kept) or question, *(head or "-" for head in heads)])
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return [float(value) for value in rows[1:] @ rows[0]]


def _terms(text: str) -> frozenset[str]:
    return frozenset(terms(text.replace("_", " ")))


def _has(there: frozenset[str] | set[str], word: str) -> bool:
    """Whether a word stands there, or a longer or shorter form of it."""
    if word in there:
        return True
    if len(word) < 4 or not word.isalpha():
        return False
    return any(len(other) >= 4 and (other.startswith(word) or word.startswith(other)) for other in there)


def _shares(scores: Rows) -> Rows:
    odds: Rows = np.exp(scores - scores.max())
    odds /= odds.sum()
    return odds
