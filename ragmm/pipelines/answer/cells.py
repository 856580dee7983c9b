"""Which cell of a table answers a question: row and column are scored apart, by words, years, kinds and meaning.

A reader that has learnt tables scores the rows and columns that the words speak for most. The weights are fitted by
`python -m training.cells.fit` on published questions about tables.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragmm.pipelines.answer.asked_tables import TOTAL, AskedOrder, AskedTable, has_word, label_column, words_of
from ragmm.pipelines.answer.grids import Grid, is_amount, is_unit_head
from ragmm.pipelines.answer.options import column_option, row_option
from ragmm.pipelines.query.value_kinds import AskedKind, years
from ragmm.pipelines.query.wanted import AskedFor, label_words
from ragmm.readers.base import OptionSide, Passage, Reader
from ragmm.text.dates import days_of, months_of
from ragmm.text.patterns import late
from ragmm.text.quarters import Quarter, quarters_of
from ragmm.text.terms import content_terms, numbers, terms

__all__ = [
    "COLUMN_FEATURES",
    "ROW_FEATURES",
    "CellWeights",
    "PickedCell",
    "column_features",
    "pick",
    "read_columns",
    "read_rows",
    "row_features",
    "unsaid_share",
]

Rows = NDArray[np.float32]
Scores = NDArray[np.float64]
EmbedTexts = Callable[[Sequence[str]], Rows]
ROW_FEATURES = ("share", "first", "covered", "value", "only", "total", "exact", "position", "order")
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
_WHICH = late(r"\b(?:which|what|welche\w*|quel\w*|que)\s+([\w'’-]+(?:\s[\w'’-]+)?)|哪[个個一]?(.{1,6})", re.IGNORECASE)
_NAME = late(r"(?<=\s)[A-ZÀ-Þ][\w'’-]+|\d[\w.,-]*")
_DATED = 0.4
"""What a year of the question counts that is there: it says when, not what."""
_ORDER = ROW_FEATURES.index("order")
_RATE = 3.0
"""What it counts that a column is of percentages, where one is asked for."""
_OF_DAY = 5.0
"""What it counts that a row is of the day asked about, or a column of the quarter."""
_READ_ROWS, _READ_COLUMNS = 6, 4
"""How many are read at most."""
_ROWS_WITHIN = 4.0
"""How far the words' score of a row may lie below the best; what lies lower is not read."""
_FEWEST_JOINED = 4
"""Letters of a word that a name may have joined with others: "nino" in elnino.csv."""
_EMPTY = late(r"[\s\-–—.?]*|n\.?\s?/?\s?a\.?|nan|null|nil|#n/a|tba|tbd", re.IGNORECASE)
_ASKED_THING = late(
    r"\W*(?:(?:what|which|how much|how high) (?:is|was|are|were|did|does) )?(?:the )?(?:[\w'’/-]+ ){0,4}?([\w'’-]+)"
    r" (?:of|for|in|at|on|from|by|to|per|during)\b",
    re.IGNORECASE,
)
_THING = 1.6
"""What the noun counts among the words: what stands before it says which."""
_PRICED = late(r"[$€£¥₹%]")
_ABOUT = 0.3
"""What a word counts in a list of facts that is about it as a whole."""


@dataclass(frozen=True, kw_only=True)
class CellWeights:
    """Of the features of rows and of columns, in their order."""

    row: tuple[float, ...] = (1.65, 0.95, 0.52, 0.47, 1.77, -0.62, 0.63, 1.06, 3.58)
    column: tuple[float, ...] = (4.09, 2.29, 0.24, -1.60, 1.65, -1.65, -0.26, -1.50, 2.02, 1.26, 1.52, 0.25)
    read_row: tuple[float, float] = (1.0, 1.0)
    """Where a reader scores rows too: of the words' score, and of the reader's."""
    read_column: tuple[float, float] = (1.0, 1.0)


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
    read: float | None = None
    """The reader's score of the row: above 0 it is likelier right than none."""


def pick(
    question: str,
    asked: AskedFor,
    table: AskedTable,
    weights: CellWeights,
    embed: EmbedTexts | None = None,
    reader: Reader | None = None,
) -> PickedCell | None:
    """The likeliest cell; None where no row has a word of the question, nor is the first, last or next asked for."""
    grid, words = table.grid, content_terms(question)
    looked_for = label_words(question) if grid.labelled else words
    order = AskedOrder.of(question, grid)
    features = row_features(question, looked_for, table, order)
    dated = of_day(question, grid)
    if not len(features) or max(features[:, [0, _ORDER]].max(), dated.max()) <= 0:
        return None
    by_words = features @ np.array(weights.row) + _OF_DAY * dated
    by_words += _OF_DAY * of_quarter(question, [" ; ".join(row) for row in grid.rows])
    rows, felt = read_rows(question, table, order, by_words, reader), None
    if rows is not None:
        by_words, felt = np.stack([by_words, rows], axis=1) @ np.array(weights.read_row), rows
    row_odds = _shares(by_words)
    best = int(row_odds.argmax())
    column_odds = _shares(_column_scores(question, asked, table, best, weights, (embed, reader)))
    # An empty cell and the words by which the row was found are no answer.
    said = frozenset(words)
    # A list of facts is asked for a value by its label, seldom for a label by its value.
    order_of = [1, 0] if grid.labelled else [int(column) for column in np.argsort(-column_odds)]
    telling = [column for column in order_of if _tells(grid.rows[best][column], said)]
    telling = [column for column in telling if asked.suits_plainly(grid.rows[best][column])] or telling
    telling = [column for column in telling if not is_unit_head(grid.heads[column])] or telling
    if not telling:
        return None
    column, about = telling[0], words_of(grid.about)
    # A list of facts is about one thing, whose name may stand in any of them.
    near = table.cells if grid.labelled else (table.cells[best],)
    around = about.union(words_of(grid.beside), *table.heads, *(cell for cells in near for cell in cells))
    around |= {word for word in words if len(word) >= _FEWEST_JOINED and any(word in other for other in about)}
    apart = [word for word in looked_for if not has_word(about, word)]
    return PickedCell(
        row=best,
        column=column,
        value=grid.with_unit(best, column),
        row_share=float(row_odds[best]),
        column_share=1.0 if grid.labelled else float(column_odds[column]),
        told_apart=any(has_word(cell, word) for word in apart for cell in _telling_apart(table, best)),
        unsaid=unsaid_share(question, words, around),
        read=None if felt is None else float(felt[best]),
    )


def of_quarter(question: str, texts: Sequence[str]) -> Scores:
    """Whether each is of a quarter that the question names: 1, of another: -1, or of none: 0."""
    asked, found = quarters_of(question), [quarters_of(text) for text in texts]
    return np.array([_same_quarter(asked, one) if asked and one else 0.0 for one in found])


def _same_quarter(asked: frozenset[Quarter], there: frozenset[Quarter]) -> float:
    same = any(a[1] == b[1] and (a[0] == b[0] or not (a[0] and b[0])) for a in asked for b in there)
    return 1.0 if same else -1.0


def of_day(question: str, grid: Grid) -> Scores:
    """Which rows are of a day, or else a month, that the question names, whichever way they write it: 1 or 0."""
    named_in = days_of if days_of(question) else months_of
    asked = named_in(question)
    return np.array([float(bool(asked) and bool(asked & named_in(" ; ".join(row)))) for row in grid.rows])


def _column_scores(
    question: str,
    asked: AskedFor,
    table: AskedTable,
    row: int,
    weights: CellWeights,
    aids: tuple[EmbedTexts | None, Reader | None],
) -> Scores:
    features = column_features(question, content_terms(question), asked, table, row, aids[0])
    by_words: Scores = features @ np.array(weights.column) + _OF_DAY * of_quarter(question, table.grid.heads)
    columns = None if table.grid.labelled else read_columns(question, table, row, by_words, aids[1])
    if columns is not None:
        by_words = np.stack([by_words, columns], axis=1) @ np.array(weights.read_column)
    if asked.kind is AskedKind.PERCENT:  # of "Tax (%)" and "Tax (€)" one is a rate
        cells = zip(table.grid.heads, table.grid.rows[row], strict=True)
        by_words += _RATE * np.array([float("%" in f"{head}{cell}") for head, cell in cells])
    return by_words


def read_rows(
    question: str, table: AskedTable, order: AskedOrder, by_words: Scores, reader: Reader | None
) -> Scores | None:
    """The reader's scores of rows; those that the words speak for least are not read and get the lowest of the others.

    None where no reader has learnt tables.
    """
    words = content_terms(question)
    best = [int(row) for row in np.argsort(-by_words, kind="stable")[:_READ_ROWS]]
    best = [row for row in best if by_words[row] >= by_words[best[0]] - _ROWS_WITHIN]
    options = [row_option(words, order, table, row) for row in best]
    return _read(question, options, best, len(by_words), OptionSide.ROW, reader)


def read_columns(question: str, table: AskedTable, row: int, by_words: Scores, reader: Reader | None) -> Scores | None:
    """The same for the filled columns of a row."""
    filled = [column for column in table.grid.columns if table.grid.rows[row][column]]
    best = sorted(filled, key=lambda column: -by_words[column])[:_READ_COLUMNS]
    options = [column_option(table, row, column) for column in best]
    return _read(question, options, best, len(by_words), OptionSide.COLUMN, reader)


def _read(
    question: str,
    options: Sequence[Passage],
    places: Sequence[int],
    count: int,
    side: OptionSide,
    reader: Reader | None,
) -> Scores | None:
    scores = reader.score(question, options, side) if reader is not None and options else None
    if scores is None:
        return None
    out = np.full(count, min(scores))
    out[list(places)] = scores
    return out


def _telling_apart(table: AskedTable, row: int) -> Sequence[frozenset[str]]:
    """The cells by which a row may be told from others: in a list of facts its label alone."""
    return table.cells[row][:1] if table.grid.labelled else table.cells[row]


def _tells(cell: str, said: frozenset[str]) -> bool:
    """Whether a cell says anything that the question does not say."""
    return _EMPTY.fullmatch(cell) is None and not all(has_word(said, term) for term in content_terms(cell))


def unsaid_share(question: str, words: Sequence[str], there: frozenset[str]) -> float:
    """Share of the question's words that are not there; names and numbers count twice, a year that is there little."""
    names = {term for name in _NAME.findall(question) for term in terms(name)}
    dated = {year for year in years(question) if year in there}
    weigh = {word: _DATED if word in dated else 2.0 if word in names or word[0].isdigit() else 1.0 for word in words}
    return sum(weigh[word] for word in words if not has_word(there, word)) / max(1.0, sum(weigh.values()))


def row_features(question: str, words: Sequence[str], table: AskedTable, order: AskedOrder) -> Rows:
    """Shape: (rows, ROW_FEATURES)."""
    wanted = set(words)
    counts: Counter[str] = Counter()
    has = []
    for cells in table.cells:
        row = frozenset().union(*cells) if cells else frozenset()
        found = {word for word in wanted if has_word(row, word)}
        has.append(found)
        counts.update(found)
    count = len(table.cells)
    about = words_of(table.grid.about) if table.grid.labelled else frozenset()
    weigh = {
        word: math.log(1 + count / (0.5 + counts[word])) * (_ABOUT if has_word(about, word) else 1.0)
        for word in wanted
        if counts[word]
    }
    total = sum(weigh.values()) or 1.0
    said = numbers(question) - years(question)
    asks_total = bool(TOTAL.search(question))
    out = np.zeros((count, len(ROW_FEATURES)), np.float32)
    for number, cells in enumerate(table.cells):
        values = table.grid.rows[number]
        label = label_column(values)
        first = cells[label]
        matched = {word for word in wanted if has_word(first, word)}
        out[number] = (
            sum(weigh[word] for word in has[number]) / total,
            sum(weigh[word] for word in matched) / total,
            sum(has_word(wanted, term) for term in first) / len(first) if first else 0.0,
            float(any(numbers(value) & said for value in values if is_amount(value))),
            max((1.0 / counts[word] for word in has[number]), default=0.0),
            float(bool(TOTAL.search(values[label]))) * (1.0 if asks_total else -1.0),
            float(bool(first) and bool(values[label]) and values[label].casefold() in question.casefold()),
            1.0 / (1 + number),
            _ordered(number, wanted, table, order, has),
        )
    return out


def _ordered(row: int, words: set[str], table: AskedTable, order: AskedOrder, has: Sequence[Collection[str]]) -> float:
    """How far a row is the highest, the last or the next, if such a one is asked for: 0 to 1."""
    best = float((order.first and row == 0) or (order.last and row == len(has) - 1)) / 2
    sought = {"highest": (order.most, order.last), "lowest": (order.least, order.first)}
    for column, head in enumerate(table.heads):
        surely, perhaps = sought.get(order.extremes.get((row, column), ""), (False, False))
        if surely or perhaps:
            named = any(has_word(head, word) for word in words)
            best = max(best, (1.0 if surely else 0.5) * (1.0 if named else 0.25))
    for asked, near in ((order.after, row - 1), (order.before, row + 1)):
        if asked and 0 <= near < len(has):
            best = max(best, len(has[near]) / max(1, len(words)))
    return best


def column_features(
    question: str, words: Sequence[str], asked: AskedFor, table: AskedTable, row: int, embed: EmbedTexts | None
) -> Rows:
    """Shape: (columns, COLUMN_FEATURES)."""
    grid, cells = table.grid, table.cells[row]
    in_row = {word for word in words if any(has_word(cell, word) for cell in cells)}
    left = [word for word in words if word not in in_row] or list(words)
    counts = Counter(word for head in table.heads for word in set(words) if has_word(head, word))
    noun = _thing(question)
    weigh = {word: (_THING if word in noun else 1.0) / (1 + math.log(max(1, counts[word]))) for word in left}
    total = sum(weigh.values()) or 1.0
    named = _named(question)
    label = label_column(grid.rows[row])
    near = _meanings(question, in_row, table.names, embed)
    out = np.zeros((len(grid.heads), len(COLUMN_FEATURES)), np.float32)
    for column, head in enumerate(table.heads):
        value = grid.rows[row][column]
        head_years = years(grid.heads[column])
        fitting = asked.suits(value) and bool(value) and not (asked.counts and _PRICED.search(value))
        typed = asked.kind is not AskedKind.ANY
        out[column] = (
            sum(weigh[word] for word in left if has_word(head, word)) / total,
            sum(has_word(frozenset(words), term) for term in head) / len(head) if head else 0.0,
            float(bool(head_years & asked.years)),
            float(bool(head_years) and not head_years & asked.years and bool(asked.years)),
            float(typed and fitting),
            float(typed and not fitting),
            float(is_amount(value)),
            max((1.0 for word in in_row if has_word(cells[column], word)), default=0.0),
            near[column],
            float(column == label),
            float(bool(named) and any(has_word(head, term) for term in named)),
            float(column == len(grid.heads) - 1),
        )
    return out


def _thing(question: str) -> frozenset[str]:
    """The noun of what is asked for: the rate of "hourly rate for labour"."""
    found = _ASKED_THING.match(question)
    return words_of(found[1]) if found else frozenset()


def _named(question: str) -> frozenset[str]:
    """What follows "which": "which harbour", "what year"."""
    found = _WHICH.search(question)
    return words_of(found.group(1) or found.group(2) or "") if found else frozenset()


def _meanings(question: str, in_row: set[str], heads: Sequence[str], embed: EmbedTexts | None) -> Sequence[float]:
    """How near each head is in meaning to what the question asks beside the row's words."""
    if embed is None or not any(heads):
        return [0.0] * len(heads)
    kept = [word for word in re.findall(r"\w+", question) if not in_row.intersection(terms(word))]
    rows = embed([" ".join(kept) or question, *(head or "-" for head in heads)])
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return [float(value) for value in rows[1:] @ rows[0]]


def _shares(scores: Scores) -> Scores:
    odds: Scores = np.exp(scores - scores.max())
    odds /= odds.sum()
    return odds
