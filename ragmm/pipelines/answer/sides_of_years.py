"""Whether a value that was found is of the year that was asked about: by its column, its row, its clause, its title."""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise

from ragmm.pipelines.answer.asked_tables import has_words
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.grids import grid_of
from ragmm.pipelines.answer.sum_search import FILLERS
from ragmm.pipelines.query.value_kinds import years
from ragmm.text.amounts import amounts
from ragmm.text.moments import lowered
from ragmm.text.terms import content_terms, terms

__all__ = ["of_year", "says_all"]

_MONEY = ("dollar", "euro", "sterling", "yen", "yuan", "franc", "rupee", "krone", "cent")
_SAID_BY = {
    **dict.fromkeys([*terms("price cost costs fee"), "prices"], _MONEY),
    **dict.fromkeys(terms("length long height high tall distance far width wide depth deep"), ("length",)),
    **dict.fromkeys(terms("weight heavy mass"), ("mass",)),
    **dict.fromkeys(terms("speed fast"), ("speed",)),
    **dict.fromkeys(terms("area size large"), ("area",)),
    **dict.fromkeys(terms("duration long"), ("time", "length")),
}
"""Dimensions that say as much as these words."""
_FIGURE = re.compile(r"(?<![\w.,])(?:US\$|[$€£¥₹])?\s?\d(?:[\d,.]*\d)?(?:\s?(?:thousand|million|billion|%))?(?!\w)")
_CLAUSES = re.compile(r"[,;:.]\s|\s(?:and|but|while|whereas|after|to|from|against|compared with)\s")


def says_all(asked: str, there: frozenset[str], value: str) -> bool:
    """Whether all that is asked is said, but for words that say no more than that there is a figure, and for what a
    unit says: £12 is a price, 48 km a length.
    """
    found = next(amounts(lowered(value)), None)
    unit = found.dimension if found else ""
    words = [word for word in content_terms(asked) if word not in FILLERS and not years(word)]
    words = [word for word in words if not (unit and unit in _SAID_BY.get(word, ())) and not word.isdigit()]
    return bool(words) and has_words(there, words)


def of_year(one: FoundValue, year: str) -> FoundValue | None:
    """The value, if it is of the year; else the only other figure of its sentence that is: "93,000, after 88,500 in
    2022". None where there is none.
    """
    if _is_of_year(one, year):
        return one
    if one.quote.startswith("|"):
        return None
    clauses = [clause for clause in _clauses(one.quote) if years(clause) == frozenset([year])]
    figures = [found for clause in clauses for found in _FIGURE.findall(clause) if not years(found)]
    return dataclasses.replace(one, value=figures[0]) if len(figures) == 1 else None


def _is_of_year(one: FoundValue, year: str) -> bool:
    """Nothing said of another year is, wherever the document's title puts it."""
    found = _years_of_cell(one) if one.quote.startswith("|") else _years_of_clause(one.quote, one.value)
    if found:
        return found == frozenset([year])
    item = one.hit.item
    own = years(f"{item.context} {' '.join(item.locator.section)} {item.text.splitlines()[0] if item.text else ''}")
    return (own or years(_name(item.uri))) == frozenset([year])


def _name(uri: str) -> str:
    return re.sub(r"[-_.]", " ", uri.rsplit("/", 1)[-1])


def _years_of_cell(one: FoundValue) -> frozenset[str]:
    """Of the head of its column, else of its row."""
    grid = grid_of(one.hit.item)
    if grid is None or one.quote not in grid.quotes:
        return frozenset()
    row = grid.rows[grid.quotes.index(one.quote)]
    heads = [grid.heads[column] for column, cell in enumerate(row) if cell == one.value and column < len(grid.heads)]
    found = frozenset().union(*(years(head) for head in heads)) if heads else frozenset()
    return found or frozenset().union(*(years(cell) for cell in row if cell != one.value))


def _clauses(sentence: str) -> list[str]:
    cuts = [0, *(cut.end() for cut in _CLAUSES.finditer(sentence)), len(sentence)]
    return [sentence[low:high] for low, high in pairwise(cuts)]


def _years_of_clause(sentence: str, value: str) -> frozenset[str]:
    """Of the clause that the value stands in, else of the nearest before it, else of the nearest behind it."""
    at = sentence.find(value)
    if at < 0:
        return frozenset()
    clauses, start, mine = _clauses(sentence), 0, 0
    for place, clause in enumerate(clauses):
        mine = place if start <= at else mine
        start += len(clause)
    order = [mine, *range(mine - 1, -1, -1), *range(mine + 1, len(clauses))]
    return next((found for place in order if (found := years(clauses[place]))), frozenset())
