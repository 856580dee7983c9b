"""Words in SQLite's FTS5: its tables, and how a question becomes a query that cannot be misread as syntax.

There are two tables of words. `lexicon` holds items: which passage says it? `stretches` holds what stands together, a
page's items or a few thousand characters where there are no pages: its words may be spread over several passages, and
long questions are found by the page rather than by any one of them.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ragmm.text.words import NO_WORDS, is_pair, segment, words_of

__all__ = [
    "Sought",
    "StretchItem",
    "grouped",
    "has_stretches",
    "held_stretches",
    "lines_above",
    "match_expression",
    "search",
    "search_stretches",
    "sought",
    "stored_items",
    "stored_stretches",
    "stretches",
]


_QUOTED = re.compile(r"[\"“„«](.{2,200}?)[\"”“»]")
# Both begin where a run of letters does: else a word without end is gone through from each of its letters.
_PREFIX = re.compile(r"(?<![^\W_])([^\W_]{2,})\*(?!\w)")
# Codes, numbers with separators and hyphenated words: INV-2024-00317, 1,250.00, R&D, ISO/IEC.
_CODE = re.compile(r"(?<![^\W_])[^\W_]+(?:[-./,:&'’+#][^\W_]+)+")
_MAX_QUERY_TOKENS = 64
_MAX_PHRASES = 32
_RANKED = "bm25(1.0, 0.5)"
"""The weight of an item's own words, and of the title and headings above it."""
_STRETCH_CHARACTERS = 8_000


@dataclass(frozen=True, slots=True)
class Sought:
    """Words that have to stand one after the other; with `open_` the last may go on."""

    words: str
    open_: bool = False


def sought(question: str, idle: Container[str] = NO_WORDS) -> list[Sought]:
    """What is looked for, any of it: the question's words, and what of them stands together.

    Phrases weigh in beside their words: what stands in quotation marks, codes and numbers with separators, and any two
    neighbours. `word*` matches what begins so. `idle` words (what, is, the …) count only where there are no others.
    """
    text = question.lower()
    prefixes = [Sought(found, open_=True) for found in _PREFIX.findall(text)]
    words = words_of(_PREFIX.sub(" ", text))
    telling = [word for word in words if word not in idle] or words
    terms = [*prefixes, *map(Sought, _phrases(text, words, idle)), *map(Sought, telling)]
    return list(dict.fromkeys(terms))[-_MAX_QUERY_TOKENS:]


def match_expression(question: str, idle: Container[str] = NO_WORDS) -> str:
    """The same for FTS5; everything is quoted, so that nothing is an operator."""
    return " OR ".join(f'"{one.words}"' + ("*" if one.open_ else "") for one in sought(question, idle))


def _phrases(text: str, words: Sequence[str], idle: Container[str]) -> list[str]:
    """The last are the surest to be kept in a long question."""
    neighbours = [pair for pair in pairwise(words) if not any(word in idle or is_pair(word) for word in pair)]
    whole = [words_of(found) for found in (*_CODE.findall(text), *_QUOTED.findall(text))]
    phrases = [*neighbours[:_MAX_PHRASES], *(tuple(found[:16]) for found in whole if len(found) > 1)]
    return [" ".join(phrase) for phrase in dict.fromkeys(phrases)]


def search(
    connection: sqlite3.Connection, question: str, limit: int, offset: int = 0, idle: Container[str] = NO_WORDS
) -> list[tuple[int, float]]:
    """(item, score) by BM25, best first; higher is better. Items of any generation: the caller drops the dead."""
    expression = match_expression(question, idle)
    if not expression:
        return []
    rows = connection.execute(
        f"SELECT rowid, -rank FROM lexicon WHERE lexicon MATCH ? AND rank MATCH '{_RANKED}' "
        "ORDER BY rank LIMIT ? OFFSET ?",
        (expression, limit, offset),
    )
    return [(int(item), float(score)) for item, score in rows]


def search_stretches(
    connection: sqlite3.Connection, question: str, limit: int, offset: int = 0, idle: Container[str] = NO_WORDS
) -> list[tuple[int, int, float]]:
    """(first item, the item after its last, score) by BM25, best first. Stretches of any generation."""
    expression = match_expression(question, idle)
    if not expression:
        return []
    rows = connection.execute(
        "SELECT s.first, (SELECT MIN(n.id) FROM stretches_docsize n WHERE n.id > s.first), "
        "(SELECT c.first_item + c.items FROM items i JOIN contents c ON c.id = i.content WHERE i.id = s.first), "
        "s.score FROM (SELECT rowid AS first, -rank AS score FROM stretches WHERE stretches MATCH ? "
        "ORDER BY rank LIMIT ? OFFSET ?) s",
        (expression, limit, offset),
    )
    return [
        (int(first), min(int(next_ or last), int(last)), float(score)) for first, next_, last, score in rows if last
    ]


def has_stretches(connection: sqlite3.Connection) -> bool:
    """Whether the collection has this table; one made before there was any gets it when it is repaired."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'stretches'").fetchone() is not None


class StretchItem(NamedTuple):
    """What of an item decides to which stretch it belongs, and what it says."""

    id: int
    page: int | None
    text: str
    context: str


def stretches(items: Iterable[StretchItem]) -> Iterator[tuple[int, str]]:
    """(its first item, its words for FTS5) of each stretch of a content's items, which come in order."""
    return ((one[0].id, _words_for_table(one)) for one in grouped(items))


def grouped(items: Iterable[StretchItem]) -> Iterator[list[StretchItem]]:
    """The items of each stretch of a content."""
    open_: list[StretchItem] = []
    length = 0
    for item in items:
        if open_ and (item.page != open_[-1].page or length + len(item.text) > _STRETCH_CHARACTERS):
            yield open_
            open_, length = [], 0
        open_.append(item)
        length += len(item.text)
    if open_:
        yield open_


def stored_stretches(connection: sqlite3.Connection, first: int, end: int) -> Iterator[tuple[int, str]]:
    """The same of a content that is stored already: of the items from `first` up to `end`."""
    return stretches(stored_items(connection, first, end))


def stored_items(connection: sqlite3.Connection, first: int, end: int) -> list[StretchItem]:
    """From `first` up to `end`, in order."""
    rows = connection.execute(
        "SELECT id, page, text, context FROM items WHERE id >= ? AND id < ? ORDER BY id", (first, end)
    ).fetchall()
    return list(map(StretchItem._make, rows))


def held_stretches(connection: sqlite3.Connection, first: int, end: int) -> set[int]:
    """The stretches that the table has: a collection may have been made before there were any."""
    if not has_stretches(connection):
        return set()
    known = connection.execute("SELECT id FROM stretches_docsize WHERE id >= ? AND id < ?", (first, end))
    return {row[0] for row in known}


def lines_above(items: Iterable[StretchItem]) -> Iterable[str]:
    """The different lines of titles and headings over a stretch, in order."""
    return dict.fromkeys(line for item in items for line in item.context.split("\n"))


def _words_for_table(items: Sequence[StretchItem]) -> str:
    return segment("\n".join([*lines_above(items), *(item.text for item in items)]))
