"""What deletions leave behind inside collection.db: the tables of words keep a note of every word of a forgotten item.

FTS5 drops such notes when it merges, the oldest part last. Without help they grew to as much as the words themselves
over some months of nights; merged after each twentieth of the items, they stay a fraction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from ragmm.indexes.store import lexicon, transactions
from ragmm.indexes.store.writer import Writer

__all__ = ["merge_words", "note_forgotten", "tidy"]

_NOTE = "forgotten items"
_WORN = 0.05
_FEWEST = 50
_STEPS = 20_000
"""Of SQLite's virtual machine between two looks at the clock: some milliseconds."""


def note_forgotten(connection: sqlite3.Connection, items: int) -> None:
    """Count items whose words were deleted, within the transaction that did it."""
    if items:
        _set(connection, _forgotten(connection) + items)


def tidy(writer: Writer, expired: Callable[[], bool]) -> bool:
    """Merge the tables of words where it pays; whether that was done. Cut short by the time, it changes nothing."""
    db = writer.connection
    (live,) = db.execute("SELECT COUNT(*) FROM items").fetchone()
    if _forgotten(db) <= max(_FEWEST, _WORN * live) or expired():
        return False
    db.set_progress_handler(expired, _STEPS)
    try:
        with transactions.commit(db, writer.database, "words"):
            merge_words(db)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return False
    finally:
        db.set_progress_handler(None, 0)
    writer.changed = True
    return True


def merge_words(connection: sqlite3.Connection) -> None:
    """Within a transaction: afterwards the tables of words hold the words of what is there, and nothing else."""
    connection.execute("INSERT INTO lexicon (lexicon) VALUES ('optimize')")
    if lexicon.has_stretches(connection):
        connection.execute("INSERT INTO stretches (stretches) VALUES ('optimize')")
    _set(connection, 0)


def _forgotten(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM settings WHERE key = ?", (_NOTE,)).fetchone()
    return int(row[0]) if row else 0


def _set(connection: sqlite3.Connection, items: int) -> None:
    connection.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", (_NOTE, str(items)))
