"""Words of a range of items as arrays: the same rows that the tables of words hold, by the same terms."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.store import lexicon
from ragmm.indexes.store.word_terms import Numbering, Tokenizer
from ragmm.indexes.words.inverting import TokenFile, invert
from ragmm.text.words import segment

__all__ = ["ITEMS", "STRETCHES", "build_words"]

ITEMS, STRETCHES = "items", "stretches"
_AT_ONCE = 20_000

Arrays = dict[str, NDArray[Any]]
_Row = tuple[int, int, str, str]
"""Id, the id after the last it stands for, text, context."""


def build_words(
    connection: sqlite3.Connection, first: int, end: int, directory: Path | None, tokenizer: Tokenizer
) -> dict[str, Arrays]:
    """Of the items from `first` up to `end`, by table. `directory` is where it is put together, None: in memory."""
    return {
        ITEMS: _built(_items(connection, first, end), directory, tokenizer),
        STRETCHES: _built(_stretches(connection, first, end), directory, tokenizer),
    }


@dataclass(frozen=True, slots=True)
class _Places:
    """Ids of the rows that went by."""

    ids: list[int]
    ends: list[int]

    def texts(self, rows: Iterator[_Row]) -> Iterator[tuple[str, str]]:
        for first, end, text, context in rows:
            self.ids.append(first)
            self.ends.append(end)
            yield text, context


def _built(rows: Iterator[_Row], directory: Path | None, tokenizer: Tokenizer) -> Arrays:
    places, numbering = _Places([], []), Numbering(tokenizer)
    with contextlib.closing(TokenFile(directory)) as file:
        numbering.write(places.texts(rows), file)
        order, names, name_ends = numbering.dictionary()
        arrays = invert(file, order)
    return {
        "ids": np.array(places.ids, "<i8"),
        "ends": np.array(places.ends, "<i8"),
        "names": names,
        "name_ends": name_ends,
        **arrays,
    }


def _items(connection: sqlite3.Connection, first: int, end: int) -> Iterator[_Row]:
    for contents in _contents(connection, first, end):
        found = connection.execute(
            "SELECT id, text, context FROM items WHERE id >= ? AND id < ? ORDER BY id", contents
        ).fetchall()
        yield from ((item, item + 1, segment(text), segment(context)) for item, text, context in found)


def _stretches(connection: sqlite3.Connection, first: int, end: int) -> Iterator[_Row]:
    """Those that the table has: a collection may have been made before there were any."""
    if not lexicon.has_stretches(connection):
        return
    for begin, stop in _contents(connection, first, end):
        known = connection.execute(
            "SELECT id FROM stretches_docsize WHERE id >= ? AND id < ? ORDER BY id", (begin, stop)
        )
        held = {row[0] for row in known}
        found = [one for one in lexicon.stored_stretches(connection, begin, stop) if one[0] in held]
        ends = [*(one[0] for one in found[1:]), stop]
        yield from ((one[0], last, one[1], "") for one, last in zip(found, ends, strict=True))


def _contents(connection: sqlite3.Connection, first: int, end: int) -> Iterator[tuple[int, int]]:
    """(first item, the item after its last), in order; no statement stays open meanwhile."""
    last = first - 1
    while True:
        page = connection.execute(
            "SELECT first_item, first_item + items FROM contents WHERE first_item > ? AND first_item < ? AND items > 0 "
            "ORDER BY first_item LIMIT ?",
            (last, end, _AT_ONCE),
        ).fetchall()
        yield from page
        if len(page) < _AT_ONCE:
            return
        last = page[-1][0]
