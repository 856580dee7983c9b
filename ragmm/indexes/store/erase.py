"""Erasing: nothing of a document stays in any file of the collection, whichever generation held it.

The price is the history: after an erasure only the newest generation can be restored.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from ragmm.errors import UsageError
from ragmm.indexes.records import Erased, Retention, UnfinishedPurge
from ragmm.indexes.store import maintenance, search_files, search_records, staging, transactions
from ragmm.indexes.store.rows import path_from_db, path_to_db
from ragmm.indexes.store.schema import FOREVER
from ragmm.indexes.store.tidying import merge_words
from ragmm.indexes.store.word_upkeep import forget_words
from ragmm.indexes.store.writer import Writer

__all__ = ["erase", "finish", "paths_named", "unfinished"]

_NOTE = "erasing"
_NO_HISTORY = Retention(generations=1, runs=1, seconds=float("-inf"))


def paths_named(connection: sqlite3.Connection, name: str) -> list[str]:
    """The paths of every document, living or retained, of this uri or path."""
    value = path_to_db(name)
    rows = connection.execute("SELECT DISTINCT path FROM documents WHERE uri = ? OR path = ?", (value, value))
    return sorted(path_from_db(row[0]) for row in rows)


def unfinished(connection: sqlite3.Connection) -> UnfinishedPurge:
    """What an erasure that was cut short was about."""
    row = connection.execute("SELECT value FROM settings WHERE key = ?", (_NOTE,)).fetchone()
    noted = json.loads(row[0]) if row else {}
    return UnfinishedPurge(**{name: tuple(noted.get(name, ())) for name in ("paths", "uris", "images")})


def finish(writer: Writer) -> None:
    """Everything that was noted is gone; so is the note."""
    with transactions.commit(writer.connection, writer.database, "erased"):
        writer.connection.execute("DELETE FROM settings WHERE key = ?", (_NOTE,))
    writer.changed = True


def _note(writer: Writer, paths: Sequence[str]) -> UnfinishedPurge:
    """Write down what is to go, together with what an earlier erasure left."""
    before = unfinished(writer.connection)
    all_paths = tuple(dict.fromkeys([*before.paths, *paths]))
    noted = UnfinishedPurge(
        paths=all_paths,
        uris=tuple(sorted({*before.uris, *_uris_of(writer.connection, all_paths)})),
        images=tuple(sorted({*before.images, *_images_of(writer.connection, all_paths)})),
    )
    with transactions.commit(writer.connection, writer.database, "erasing"):
        text = json.dumps(asdict(noted))
        writer.connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (_NOTE, text))
    writer.changed = True
    return noted


def erase(writer: Writer, given: Sequence[str]) -> Erased:
    """End the documents, forget every older generation, and rewrite each file that held something of them.

    `finish` has to follow once whatever lies outside of the store is gone too.
    """
    db = writer.connection
    if staging.staged_spaces(db):
        raise UsageError(
            f"{writer.folder}: the vectors of another model are being made; finish that with ragmm reembed, "
            "or give it up with ragmm reembed --abandon, and purge again"
        )
    db.execute("PRAGMA secure_delete = ON")
    noted = _note(writer, given)
    paths, also_at, items = noted.paths, _also_at(db, noted.paths), _count(db, "items")
    live = [path for path in paths if _lives(db, path)]
    if live:
        writer.commit(removed=live, kind="purge")
    with transactions.commit(db, writer.database, "unpin"):
        db.execute("UPDATE generations SET pinned = NULL")
    maintenance.collect(writer, _NO_HISTORY)  # the rows go …
    maintenance.repack(writer, share=1.0)
    for derived in search_files.every_derived(db):
        search_records.forget(writer, derived.space, derived.kind)
    forget_words(writer)
    writer.commit(kind="compact", merge_all=True)  # … then every vector without a row
    freed = maintenance.collect(writer, _NO_HISTORY)
    with transactions.commit(db, writer.database, "words"):
        merge_words(db)
    transactions.vacuum(db, writer.database)
    return Erased(
        generation=writer.generation,
        items=items - _count(db, "items"),
        paths=paths,
        uris=noted.uris,
        images=tuple(sorted({*noted.images} - _images(db))),
        files=freed.files,
        bytes=freed.bytes,
        also_at=also_at,
    )


def _lives(db: sqlite3.Connection, path: str) -> bool:
    found = db.execute(f"SELECT 1 FROM documents WHERE path = ? AND died = {FOREVER}", (path_to_db(path),)).fetchone()
    return found is not None


def _uris_of(db: sqlite3.Connection, paths: Sequence[str]) -> set[str]:
    marks = ",".join("?" * len(paths))
    rows = db.execute(
        f"SELECT DISTINCT uri FROM documents WHERE path IN ({marks})", [path_to_db(path) for path in paths]
    )
    return {path_from_db(row[0]) for row in rows}


def _images_of(db: sqlite3.Connection, paths: Sequence[str]) -> set[str]:
    """The images of every version of these documents."""
    marks = ",".join("?" * len(paths))
    rows = db.execute(
        "SELECT DISTINCT i.asset FROM documents d JOIN items i ON i.content = d.content "
        f"WHERE d.path IN ({marks}) AND i.asset IS NOT NULL",
        [path_to_db(path) for path in paths],
    )
    return {row[0].hex() for row in rows}


def _images(db: sqlite3.Connection) -> set[str]:
    return {row[0].hex() for row in db.execute("SELECT sha256 FROM assets")}


def _count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


def _also_at(db: sqlite3.Connection, paths: Sequence[str]) -> tuple[str, ...]:
    """Live documents, other than these, with a content that one of these has or had."""
    wanted = [path_to_db(path) for path in paths]
    marks = ",".join("?" * len(wanted))
    rows = db.execute(
        f"SELECT DISTINCT o.uri FROM documents d JOIN documents o ON o.content = d.content "
        f"WHERE d.path IN ({marks}) AND o.path NOT IN ({marks}) AND o.died = {FOREVER}",
        [*wanted, *wanted],
    )
    return tuple(sorted(path_from_db(row[0]) for row in rows))
