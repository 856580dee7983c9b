"""A damaged collection.db, copied row by row into a sound one as far as its rows match their checksums.

Contents that do not match are dropped and their documents marked failed, so that the next ingest reads them again.
The damaged file is kept beside the new one.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from ragmm.errors import DamagedError
from ragmm.indexes import checksums, fsio
from ragmm.indexes.store import rows, schema, transactions
from ragmm.types import DocumentState

__all__ = ["Salvaged", "salvage"]

_BY_ROWID = ("generations", "spaces", "contents", "content_spans", "documents", "items", "packs", "blocks")
_ROW_BY_ROW = "1"  # any WHERE at all: without one SQLite copies damaged index pages wholesale
_BY_KEY = ("settings", "assets", "runs", "vectors")
_REASON = "its rows were damaged in the collection; run ragmm ingest again to read it from the source"


@dataclass(frozen=True, kw_only=True)
class Salvaged:
    """Which documents must be ingested again, and where the damaged file lies."""

    again: tuple[str, ...]
    aside: str


def salvage(folder: Path) -> Salvaged:
    """Replace collection.db by a sound copy. The caller holds the writer lock."""
    database = folder / schema.DATABASE
    fresh = folder / ".tmp-salvage.db"
    for leftover in (fresh, fresh.with_name(fresh.name + "-journal")):
        fsio.remove(leftover, "salvage")
    connection = schema.create(fresh)
    try:
        connection.execute("ATTACH ? AS damaged", (f"{database.absolute().as_uri()}?mode=ro",))
        with transactions.commit(connection, fresh, "salvage"):
            for table in (*_BY_ROWID, *_BY_KEY):
                _copy_table(connection, table)
            _require_generations(connection, database)
            again = _drop_altered_documents(connection) + _drop_mismatching(connection)
            _complete_vectors(connection)
    except sqlite3.DatabaseError as error:
        raise DamagedError(
            f"{database}: {error}; nothing in it can be read: put a snapshot back, "
            "or move the folder aside and ingest the sources again"
        ) from error
    finally:
        connection.close()
    return Salvaged(again=tuple(again), aside=_swap(database, fresh))


def _swap(database: Path, fresh: Path) -> str:
    """The damaged file gets a second name first, so that there is a collection.db at every moment."""
    aside = database.with_name(f"{database.name}.damaged")
    fsio.remove(aside, "aside")
    with transactions.storage_errors(aside):
        os.link(database, aside)
    fsio.rename(fresh, database, "salvage")
    fsio.sync_directory(database.parent, "salvage-entry")
    return str(aside)


def _copy_table(connection: sqlite3.Connection, table: str) -> None:
    try:
        connection.execute(f"{_copying(connection, table)} WHERE {_ROW_BY_ROW}")
    except sqlite3.DatabaseError:
        connection.execute(f"DELETE FROM main.{table}")
        if table in _BY_ROWID:
            _copy_range(connection, table, 1, _last_rowid(connection, table))
        else:
            _copy_readable(connection, table)


def _copying(connection: sqlite3.Connection, table: str) -> str:
    names = ", ".join(_shared(connection, table))
    return f"INSERT OR IGNORE INTO main.{table} ({names}) SELECT {names} FROM damaged.{table}"


def _shared(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns that both have; one of an earlier version lacks what came since."""
    known = schema.columns(connection, "damaged", table)
    return [name for name in schema.columns(connection, "main", table) if name in known]


def _last_rowid(connection: sqlite3.Connection, table: str) -> int:
    """The largest rowid, or a bound from the rows that refer to the table when its own end cannot be read."""
    try:
        (last,) = connection.execute(f"SELECT COALESCE(MAX(rowid), 0) FROM damaged.{table}").fetchone()
    except sqlite3.DatabaseError:
        return 1 << 24
    return int(last)


def _copy_range(connection: sqlite3.Connection, table: str, first: int, last: int) -> None:
    """Copy what can be read of a rowid range, halving it around what cannot."""
    if first > last:
        return
    try:
        connection.execute(f"{_copying(connection, table)} WHERE rowid BETWEEN ? AND ?", (first, last))
    except sqlite3.DatabaseError:
        if first < last:
            middle = (first + last) // 2
            _copy_range(connection, table, first, middle)
            _copy_range(connection, table, middle + 1, last)


def _copy_readable(connection: sqlite3.Connection, table: str) -> None:
    """Copy a table without rowids up to its first unreadable row."""
    try:
        names = _shared(connection, table)
        marks = ",".join("?" * len(names))
        statement = f"INSERT OR IGNORE INTO main.{table} ({', '.join(names)}) VALUES ({marks})"
        for row in connection.execute(f"SELECT {', '.join(names)} FROM damaged.{table}"):
            connection.execute(statement, row)
    except sqlite3.DatabaseError:
        return


def _require_generations(connection: sqlite3.Connection, database: Path) -> None:
    (count,) = connection.execute("SELECT COUNT(*) FROM main.generations").fetchone()
    if not count:
        raise DamagedError(
            f"{database}: no generation can be read; put a snapshot back, or move the folder aside and ingest again"
        )


def _drop_altered_documents(connection: sqlite3.Connection) -> list[str]:
    """Documents whose own row was altered are forgotten: the next ingest finds them anew."""
    found = connection.execute(f"SELECT id, mark, {rows.DOCUMENT_BODY} FROM main.documents").fetchall()
    altered = [row for row in found if rows.row_mark(row[2:]) != row[1]]
    connection.executemany("DELETE FROM main.documents WHERE id = ?", [(row[0],) for row in altered])
    connection.execute(
        f"DELETE FROM main.content_spans WHERE died = {schema.FOREVER} AND NOT EXISTS (SELECT 1 FROM main.documents d "
        f"WHERE d.content = content_spans.content AND d.died = {schema.FOREVER})"
    )
    return [str(row[3]) for row in altered]


def _drop_mismatching(connection: sqlite3.Connection) -> list[str]:
    """Contents whose items do not add up to their digest: their documents wait for the next ingest."""
    again: list[str] = []
    held = connection.execute(
        f"SELECT DISTINCT content FROM main.documents WHERE content IS NOT NULL AND died = {schema.FOREVER}"
    ).fetchall()
    for (content,) in held:
        if not _matches(connection, content):
            again += _fail(connection, content)
    return again


def _matches(connection: sqlite3.Connection, content: int) -> bool:
    row = connection.execute("SELECT first_item, items, digest FROM main.contents WHERE id = ?", (content,)).fetchone()
    if row is None:
        return False
    found = connection.execute(
        f"SELECT {rows.ITEM_COLUMNS} FROM main.items WHERE id >= ? AND id < ? ORDER BY id", (row[0], row[0] + row[1])
    ).fetchall()
    return bool(rows.content_digest([rows.row_mark(item[2:9]) for item in found]) == row[2])


def _fail(connection: sqlite3.Connection, content: int) -> list[str]:
    live = f"content = ? AND died = {schema.FOREVER}"
    found = connection.execute(
        f"SELECT id, path, uri, sha256, media_type, size FROM main.documents WHERE {live}", (content,)
    ).fetchall()
    for number, path, uri, *facts in found:
        body = (path, uri, None, *facts, str(DocumentState.FAILED), _REASON)
        connection.execute(
            "UPDATE main.documents SET content = NULL, state = ?, reason = ?, mark = ? WHERE id = ?",
            (*body[-2:], rows.row_mark(body), number),
        )
    (newest,) = connection.execute("SELECT MAX(id) FROM main.generations").fetchone()
    connection.execute(
        f"UPDATE main.content_spans SET died = ? WHERE content = ? AND died = {schema.FOREVER}", (newest, content)
    )
    connection.execute("UPDATE main.contents SET parser = 'lost-' || id WHERE id = ?", (content,))
    return [rows.path_from_db(row[2]) for row in found]


def _complete_vectors(connection: sqlite3.Connection) -> None:
    """Which items have vectors can be told from the blocks too; a made-up key only costs one chance of reuse."""
    for block, space, ids, mark in connection.execute("SELECT id, space, ids, mark FROM main.blocks").fetchall():
        if checksums.mark(ids) != mark:
            connection.execute("DELETE FROM main.blocks WHERE id = ?", (block,))
            continue
        numbers = memoryview(ids).cast("q")
        connection.executemany(
            "INSERT OR IGNORE INTO main.vectors (space, item, key) VALUES (?,?,?)",
            ((space, item, hashlib.sha256(b"lost %d" % item).digest()[:16]) for item in numbers),
        )
