"""A table in words, and what a question asks of the order of its rows: the most, the last, the one after another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ragmm.pipelines.answer.grids import Grid, is_amount
from ragmm.pipelines.query.asked_extremes import LEAST, MOST
from ragmm.text.alike import ALIKE, spelt_out
from ragmm.text.initials import Initials, initials_of
from ragmm.text.patterns import late
from ragmm.text.quarters import said_of_quarters
from ragmm.text.terms import terms

__all__ = ["TOTAL", "AskedOrder", "AskedTable", "has_word", "has_words", "label_column", "several_units", "words_of"]

TOTAL = late(r"\b(?:total|sum|overall|altogether|all|gesamt|summe)\b|合计|总计|总", re.IGNORECASE)
_FIRST = late(r"\b(?:first|earliest|top|initial)\b|第一|最早|最先|首", re.IGNORECASE)
_LAST = late(r"\b(?:last|latest|final|bottom|most recent)\b|最后|最末|最近", re.IGNORECASE)
_AFTER = late(r"\b(?:after|next|following|follow(?:s|ed)|below|since)\b|之?后|下一", re.IGNORECASE)
_BEFORE = late(r"\b(?:before|previous|prior|preced\w+|above)\b|之?前|上一", re.IGNORECASE)
_UNIT = late(r"\d\s?(?!(?:st|nd|rd|th)\b)([^\W\d_]+|%)")
_SCALES = frozenset({"thousand", "million", "billion", "k", "mn", "bn", "万", "亿"})
_NUMBER = late(r"[^\w-]*([-−–]?\d[\d,]*(?:\.\d+)?)(?![\d°º′'’:/])")


@dataclass(frozen=True, kw_only=True)
class AskedTable:
    """A grid in words, ready to be asked; made once a question."""

    grid: Grid
    names: tuple[str, ...]
    """The heads with whole words for short forms."""
    heads: tuple[frozenset[str], ...]
    cells: tuple[tuple[frozenset[str], ...], ...]

    @classmethod
    def of(cls, grid: Grid, question: str = "") -> AskedTable:
        """`question`: its words are also found by their initials."""
        initials = initials_of(question)
        names = tuple(initials.beside(spelt_out(head)) for head in grid.heads)
        return cls(
            grid=grid,
            names=names,
            heads=tuple(words_of(name) for name in names),
            cells=tuple(tuple(words_of(cell) for cell in _spelt(row, initials)) for row in grid.rows),
        )


@dataclass(frozen=True, kw_only=True)
class AskedOrder:
    """Whether the most, the least, the first or last row, or the row after or before another is asked for."""

    most: bool
    least: bool
    first: bool
    last: bool
    after: bool
    before: bool
    extremes: Mapping[tuple[int, int], str]
    """Of cells that are the "highest" or the "lowest" of their column; empty where neither is asked for."""

    @classmethod
    def of(cls, question: str, grid: Grid) -> AskedOrder:
        most, least, first, last, after, before = (
            bool(pattern.search(question)) for pattern in (MOST, LEAST, _FIRST, _LAST, _AFTER, _BEFORE)
        )
        extremes = _extremes(grid) if (most or least or first or last) and not grid.labelled else {}
        return cls(most=most, least=least, first=first, last=last, after=after, before=before, extremes=extremes)


def _extremes(grid: Grid) -> dict[tuple[int, int], str]:
    """Of columns whose cells mostly begin with a number; rows of totals aside."""
    found: dict[tuple[int, int], str] = {}
    rows = [number for number, row in enumerate(grid.rows) if not TOTAL.search(row[label_column(row)])]
    for column in grid.columns:
        values = {number: value for number in rows if (value := _leading(grid.rows[number][column])) is not None}
        filled = sum(bool(grid.rows[number][column]) for number in rows)
        if len(values) < 3 or 10 * len(values) < 6 * filled or len(set(values.values())) < 2:
            continue
        if several_units([cell for number in values if is_amount(cell := grid.rows[number][column])]):
            continue
        low, high = min(values.values()), max(values.values())
        for number, value in values.items():
            if value in {low, high}:
                found[number, column] = "highest" if value == high else "lowest"
    return found


def several_units(cells: Sequence[str]) -> bool:
    """Grams beside kilograms, millions beside plain numbers: as numbers alone they are in no order."""
    found = [match[1].casefold().removesuffix("s") if (match := _UNIT.search(cell)) else "" for cell in cells]
    units, signs = frozenset(found) - {""}, {sign for cell in cells for sign in cell if sign in "$€£¥"}
    return len(units) > 1 or len(signs) > 1 or ("" in found and not units.isdisjoint(_SCALES))


def _leading(cell: str) -> float | None:
    match = _NUMBER.match(cell)
    return float(match.group(1).replace(",", "").replace("−", "-").replace("–", "-")) if match else None


def label_column(cells: Sequence[str]) -> int:
    """The first column that says what a row is about."""
    return next((column for column, cell in enumerate(cells) if cell and not is_amount(cell)), 0)


def _spelt(row: Sequence[str], initials: Initials) -> Sequence[str]:
    """A row with its label's initials spelt out."""
    label = label_column(row)
    return [initials.beside(cell) if column == label else cell for column, cell in enumerate(row)]


@lru_cache(maxsize=1 << 14)
def words_of(text: str) -> frozenset[str]:
    """The terms of a cell, its quarters in all forms; what an underscore joins is apart."""
    return frozenset(terms(f"{text.replace('_', ' ')} {said_of_quarters(text)}"))


def has_word(there: frozenset[str] | set[str], word: str) -> bool:
    """Whether a word stands there, a longer or shorter form of it, or one that says the same."""
    if word in there or (word in ALIKE and not there.isdisjoint(ALIKE[word])):
        return True
    if len(word) < 4 or not word.isalpha():
        return False
    begins = word[:4]
    for other in there:  # noqa: SIM110 - asked ten thousand times a question, where a generator costs twice as much
        if other[:4] == begins and (other.startswith(word) or word.startswith(other)):
            return True
    return False


def has_words(there: frozenset[str] | set[str], words: Iterable[str]) -> bool:
    """Whether all of them stand there, in whatever form."""
    return all(has_word(there, word) for word in words)
