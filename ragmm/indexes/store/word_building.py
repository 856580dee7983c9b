"""Words of a range of items as arrays: the same rows that the tables of words hold, by the same terms."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ragmm.indexes.store import lexicon
from ragmm.indexes.store.word_terms import Numbering, TermsOfTexts, Tokenizer
from ragmm.indexes.words.inverting import TokenFile, invert
from ragmm.indexes.words.layout import ITEMS, STRETCHES, Arrays
from ragmm.text.words import segment

__all__ = ["build_words"]

_CONTENTS_AT_ONCE = 20_000
_AT_ONCE = 4_000_000
"""Characters."""


def build_words(
    connection: sqlite3.Connection, first: int, end: int, directory: Path | None, tokenizer: Tokenizer
) -> dict[str, Arrays]:
    """Of the items from `first` up to `end`, by table. `directory` is where it is put together, None: in memory."""
    with contextlib.closing(TokenFile(directory)) as items, contextlib.closing(TokenFile(directory)) as stretches:
        building = _Building(Numbering(tokenizer), _Table(items), _Table(stretches))
        for content in _contents(connection, first, end):
            building.take(connection, *content)
        building.flush()
        order, names, name_ends = building.numbering.dictionary()
        return {
            name: {
                "ids": np.array(table.ids, "<i8"),
                "ends": np.array(table.ends, "<i8"),
                "names": names,
                "name_ends": name_ends,
                **invert(table.file, order),
            }
            for name, table in ((ITEMS, building.items), (STRETCHES, building.stretches))
        }


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of one table: the ids that each stands for, the first and the one after the last, and what it says."""

    file: TokenFile
    ids: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    texts: list[int] = field(default_factory=list)
    """By place, of the rows that are not in the file yet."""
    columns: list[int] = field(default_factory=list)
    """Two a row: of how many texts each is made."""

    def add(self, first: int, end: int, text: Sequence[int], context: Sequence[int]) -> None:
        self.ids.append(first)
        self.ends.append(end)
        self.texts.extend((*text, *context))
        self.columns.extend((len(text), len(context)))

    def flush(self, terms: TermsOfTexts) -> None:
        if self.columns:
            numbers, lengths = terms.joined(self.texts, self.columns)
            self.file.add(numbers, lengths.reshape(-1, 2))
        self.texts.clear()
        self.columns.clear()


class _Building:
    """Every text is read once: a stretch says what its items say, after the different lines above them."""

    def __init__(self, numbering: Numbering, items: _Table, stretches: _Table) -> None:
        self.numbering, self.items, self.stretches = numbering, items, stretches
        self._texts: list[str] = []
        self._characters = 0
        self._lines: dict[str, int] = {}

    def take(self, connection: sqlite3.Connection, begin: int, stop: int) -> None:
        """A content's items."""
        items = lexicon.stored_items(connection, begin, stop)
        said = {item.id: self._place(item.text) for item in items}
        above = {item.context: self._above([item]) for item in {item.context: item for item in items}.values()}
        for item in items:
            self.items.add(item.id, item.id + 1, [said[item.id]], above[item.context])
        held = lexicon.held_stretches(connection, begin, stop)
        kept = [one for one in lexicon.grouped(items) if one[0].id in held]
        ends = [*(one[0].id for one in kept[1:]), stop][: len(kept)]
        for one, end in zip(kept, ends, strict=True):
            self.stretches.add(one[0].id, end, [*self._above(one), *(said[item.id] for item in one)], [])
        if self._characters > _AT_ONCE:
            self.flush()

    def _place(self, text: str) -> int:
        self._texts.append(segment(text))
        self._characters += len(text)
        return len(self._texts) - 1

    def _above(self, items: Sequence[lexicon.StretchItem]) -> list[int]:
        places = []
        for line in lexicon.lines_above(items):
            if line not in self._lines:
                self._lines[line] = self._place(line)
            places.append(self._lines[line])
        return places

    def flush(self) -> None:
        terms = self.numbering.terms_of(self._texts)
        self.items.flush(terms)
        self.stretches.flush(terms)
        self._texts.clear()
        self._lines.clear()
        self._characters = 0


def _contents(connection: sqlite3.Connection, first: int, end: int) -> Iterator[tuple[int, int]]:
    """(first item, the item after its last), in order; no statement stays open meanwhile."""
    last = first - 1
    while True:
        page = connection.execute(
            "SELECT first_item, first_item + items FROM contents WHERE first_item > ? AND first_item < ? AND items > 0 "
            "ORDER BY first_item LIMIT ?",
            (last, end, _CONTENTS_AT_ONCE),
        ).fetchall()
        yield from page
        if len(page) < _CONTENTS_AT_ONCE:
            return
        last = page[-1][0]
