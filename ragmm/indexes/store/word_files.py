"""Which files of words there are: each of a range of items, named in the database with its sha256.

Together they cover the items from the first up to some item; what is newer, little as it is, is read from the
collection when it is first asked for. Where there are no files, too few of them, or one that is not as it was sealed,
the tables of words are searched, which are slower and say the same.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError
from ragmm.indexes import checksums
from ragmm.indexes.faiss.files import DIRECTORY
from ragmm.indexes.store.lexicon import Sought
from ragmm.indexes.store.word_terms import Tokenizer
from ragmm.indexes.words.layout import ITEMS, STRETCHES, Arrays, open_arrays
from ragmm.indexes.words.postings import Phrase, Postings
from ragmm.indexes.words.ranking import Part, WordTable

__all__ = ["MOST_FRESH", "SUFFIX", "TABLE", "WordFile", "Words", "check_words", "every_words", "open_words"]

SUFFIX = ".words"
MOST_FRESH = 4_000
"""Items that no file knows and a reader takes in by itself; of more, it asks the tables."""
TABLE = """
CREATE TABLE IF NOT EXISTS words (
    first INTEGER PRIMARY KEY, past INTEGER NOT NULL,   -- the items that the file knows: first <= id < past
    sha256 TEXT NOT NULL, size INTEGER NOT NULL, rows INTEGER NOT NULL,
    generation INTEGER NOT NULL                         -- what it was built from
)
"""
_MOST_KNOWN = 20_000
"""Words and phrases of questions whose terms are remembered."""
_AVERAGES = 1
"""FTS5 keeps the number of rows and of their tokens, by column, in this row of its data."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WordFile:
    """What the database says of a file."""

    first: int
    past: int
    sha256: str
    size: int
    rows: int

    @property
    def file(self) -> str:
        return f"{self.sha256}{SUFFIX}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Words:
    """Every item's words, and every stretch's, as of when it was opened."""

    items: WordTable
    stretches: WordTable
    tokenizer: Tokenizer
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def phrases(self, looked_for: Sequence[Sought]) -> tuple[Phrase, ...]:
        """In the terms of the index."""
        new = list({one.words for one in looked_for} - self._known.keys())
        if new:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
                new = list({one.words for one in looked_for})
            self._known.update(zip(new, self.tokenizer.terms_of(new), strict=True))
        return tuple(Phrase(self._known[one.words], one.open_) for one in looked_for)


def every_words(connection: sqlite3.Connection) -> list[WordFile]:
    """The recorded files, in order of their items."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'words'").fetchone() is None:
        return []
    rows = connection.execute("SELECT first, past, sha256, size, rows FROM words ORDER BY first").fetchall()
    return [WordFile(first=row[0], past=row[1], sha256=row[2], size=row[3], rows=row[4]) for row in rows]


def check_words(folder: Path, file: WordFile, *, deep: bool = True) -> None:
    """Raises DamagedError unless the file is the one that was sealed; without `deep` only its size is looked at."""
    checksums.check_sealed(folder / DIRECTORY / file.file, file.size, file.sha256, deep=deep)


def open_words(connection: sqlite3.Connection, folder: Path) -> Words | None:
    """None where the files do not cover the items. Raises DamagedError for a file that is not as it was sealed."""
    connection.execute("BEGIN")  # one state of the tables, whatever is committed meanwhile
    try:
        files = every_words(connection)
        if not files or not _follow(files):
            return None
        past, end = files[-1].past, _end(connection)
        if end - past > MOST_FRESH:
            return None
        tokenizer = Tokenizer()
        parts = [_opened(folder, file) for file in files]
        if end > past:
            from ragmm.indexes.store.word_building import build_words

            parts.append(build_words(connection, past, end, None, tokenizer))
        return Words(
            items=_table(connection, "lexicon", [part[ITEMS] for part in parts]),
            stretches=_table(connection, "stretches", [part[STRETCHES] for part in parts]),
            tokenizer=tokenizer,
        )
    finally:
        connection.execute("COMMIT")


def _follow(files: Sequence[WordFile]) -> bool:
    """Whether no item lies between two files."""
    return files[0].first <= 1 and all(one.past == other.first for one, other in itertools.pairwise(files))


def _end(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM items").fetchone()[0])


def _opened(folder: Path, file: WordFile) -> dict[str, Arrays]:
    check_words(folder, file)
    arrays = open_arrays(folder / DIRECTORY / file.file)
    return {
        table: {name.partition(".")[2]: array for name, array in arrays.items() if name.startswith(f"{table}.")}
        for table in (ITEMS, STRETCHES)
    }


def _table(connection: sqlite3.Connection, name: str, arrays: Sequence[Arrays]) -> WordTable:
    """Checked against what FTS5 counts; rows that it forgot meanwhile are left out."""
    postings = [Postings(one) for one in arrays]
    none = np.empty(0, np.int64)
    table = WordTable([Part(postings=one, gone_from=none, gone_to=none) for one in postings])
    counted = _counted(connection, name)
    if (table.rows, table.tokens) != counted:
        living = _living(connection)
        table = WordTable([_without_gone(one, living) for one in postings])
    if (table.rows, table.tokens) != counted:
        raise DamagedError(
            f"the files of words know {table.rows:,} rows of {table.tokens:,} words where the table {name} "
            f"has {counted[0]:,} of {counted[1]:,}"
        )
    return table


def _counted(connection: sqlite3.Connection, name: str) -> tuple[int, int]:
    """(rows, tokens) of an FTS5 table."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is None:
        return 0, 0
    found = connection.execute(f"SELECT block FROM {name}_data WHERE id = ?", (_AVERAGES,)).fetchone()
    rows, *tokens = _numbers(found[0] if found else b"") or [0]
    return rows, sum(tokens)


def _numbers(data: bytes) -> list[int]:
    """SQLite's numbers of variable length, of less than nine bytes."""
    found, value = [], 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            found.append(value)
            value = 0
    return found


def _living(connection: sqlite3.Connection) -> NDArray[np.int64]:
    """(first item, the item after its last) of every content that is stored, ascending. Shape: (contents, 2)."""
    found = connection.execute("SELECT first_item, first_item + items FROM contents WHERE items > 0").fetchall()
    ranges = np.array(found, np.int64).reshape(-1, 2)
    return ranges[np.argsort(ranges[:, 0])]


def _without_gone(postings: Postings, living: NDArray[np.int64]) -> Part:
    """What lies between the contents is gone: ids are never used again."""
    edges = np.searchsorted(postings.ids, living.reshape(-1))
    gone_from = np.concatenate([[0], edges[1::2]])
    gone_to = np.concatenate([edges[0::2], [len(postings)]])
    some = gone_to > gone_from
    return Part(postings=postings, gone_from=gone_from[some], gone_to=gone_to[some])
