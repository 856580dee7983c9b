"""The layout of collection.db and how it is opened.

Rows that change over time carry the generation that brought them (`born`) and the one that removed them (`died`,
FOREVER while they live). A reader fixes a generation g and sees the rows with born <= g < died; it never needs a
long transaction. Contents, items and assets never change once written.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from ragmm.errors import CollectionNotFoundError, DamagedError, NewerFormatError, StorageError
from ragmm.indexes import fsio
from ragmm.indexes.store import transactions

__all__ = [
    "DATABASE",
    "FOREVER",
    "FORMAT",
    "columns",
    "complete",
    "connect_reader",
    "connect_writer",
    "create",
    "is_blank",
    "needs_rollback",
    "roll_back",
]

FORMAT = 1
FOREVER = 1 << 62
DATABASE = "collection.db"

_STRETCHES = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS stretches USING fts5 "
    "(text, content='', tokenize='porter unicode61 remove_diacritics 2')"
)

_SCHEMA = f"""
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE generations (
    id INTEGER PRIMARY KEY,          -- grows by one with every commit, never reused
    run TEXT NOT NULL,               -- the command that made it; one run makes many generations
    kind TEXT NOT NULL,              -- create, ingest, remove, compact, rollback, repair, collect, …
    created REAL NOT NULL,           -- seconds since the epoch; for people and retention, never for order
    next_item INTEGER NOT NULL,      -- item ids of this generation are smaller
    documents INTEGER NOT NULL,
    items INTEGER NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    pinned TEXT                      -- a name keeps the generation restorable
);

CREATE TABLE spaces (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, model TEXT NOT NULL, revision TEXT NOT NULL, fingerprint TEXT NOT NULL,
    dim INTEGER NOT NULL, dtype TEXT NOT NULL, born INTEGER NOT NULL, died INTEGER NOT NULL DEFAULT {FOREVER}
);

CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL,            -- of the source file's bytes
    parser TEXT NOT NULL,            -- fingerprint of the loaders and settings that made the items
    first_item INTEGER NOT NULL,     -- its items are first_item … first_item + items - 1
    items INTEGER NOT NULL,
    digest BLOB NOT NULL             -- over its items, in order
);
CREATE UNIQUE INDEX contents_by_hash ON contents (sha256, parser);

CREATE TABLE content_spans (content INTEGER NOT NULL, born INTEGER NOT NULL, died INTEGER NOT NULL DEFAULT {FOREVER});
CREATE INDEX content_spans_by_content ON content_spans (content, died);
CREATE INDEX content_spans_by_birth ON content_spans (born);
CREATE INDEX content_spans_by_death ON content_spans (died);

CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    path NOT NULL,                   -- TEXT, or BLOB where the name is not valid UTF-8
    uri NOT NULL,
    content INTEGER,                 -- NULL unless indexed
    sha256 BLOB, media_type TEXT, size INTEGER NOT NULL,
    state TEXT NOT NULL, reason TEXT,
    mark BLOB NOT NULL,              -- hash of the columns above, checked whenever they are read
    born INTEGER NOT NULL, died INTEGER NOT NULL DEFAULT {FOREVER}
);
CREATE UNIQUE INDEX documents_live ON documents (path) WHERE died = {FOREVER};
CREATE INDEX documents_by_content ON documents (content, died);
CREATE INDEX documents_by_birth ON documents (born);
CREATE INDEX documents_by_death ON documents (died);

CREATE TABLE items (
    id INTEGER PRIMARY KEY,          -- allocated upwards, never reused
    content INTEGER NOT NULL, modality TEXT NOT NULL, page INTEGER,
    text TEXT NOT NULL, context TEXT NOT NULL, asset BLOB, locator TEXT NOT NULL, metadata TEXT NOT NULL,
    mark BLOB NOT NULL               -- hash of the row, checked whenever it is read
);
CREATE INDEX items_by_asset ON items (asset) WHERE asset IS NOT NULL;

CREATE TABLE vectors (               -- which item has a vector in which space; key = hash of what was embedded
    space INTEGER NOT NULL, item INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (space, item)
) WITHOUT ROWID;
CREATE INDEX vectors_by_key ON vectors (space, key);

CREATE TABLE assets (
    sha256 BLOB PRIMARY KEY, pack INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL,
    media_type TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,   -- 0: not known
    duration REAL                    -- seconds; collections of earlier versions lack it until something is committed
) WITHOUT ROWID;
CREATE INDEX assets_by_pack ON assets (pack);

CREATE TABLE packs (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL, retired REAL);

CREATE TABLE blocks (
    id INTEGER PRIMARY KEY, space INTEGER NOT NULL, kind TEXT NOT NULL,     -- kind: text, image, audio or video
    sha256 TEXT NOT NULL, size INTEGER NOT NULL, rows INTEGER NOT NULL,
    ids BLOB NOT NULL,               -- int64 little-endian, ascending; row i of the file belongs to ids[i]
    mark BLOB NOT NULL,              -- sha256 of ids
    born INTEGER NOT NULL, died INTEGER NOT NULL DEFAULT {FOREVER}
);
CREATE INDEX blocks_by_death ON blocks (died);

CREATE TABLE runs (
    id TEXT PRIMARY KEY, command TEXT NOT NULL, started REAL NOT NULL, ended REAL, summary TEXT
) WITHOUT ROWID;

CREATE VIRTUAL TABLE lexicon USING fts5 (text, context, content='', tokenize='porter unicode61 remove_diacritics 2');

-- Derived, like the lexicon: rowid is the first item of a page, or of as much text where there are no pages.
{_STRETCHES};
"""


def create(path: Path) -> sqlite3.Connection:
    """Make an empty collection.db and return a writing connection."""
    connection = _connect(path, "rwc")
    path.chmod(fsio.FILE_MODE)
    _prepare_writer(connection)
    with transactions.commit(connection, path, "schema"):
        for statement in _statements():
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    return connection


def complete(connection: sqlite3.Connection) -> None:
    """Give a collection of an earlier version what it lacks, in the transaction of the first commit after it."""
    connection.execute(_STRETCHES)
    if "duration" not in columns(connection, "main", "assets"):
        connection.execute("ALTER TABLE assets ADD COLUMN duration REAL")


def columns(connection: sqlite3.Connection, schema: str, table: str) -> list[str]:
    """The names of a table's columns, in order; none where there is no such table."""
    return [row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")]


def _statements() -> list[str]:
    return [statement for statement in _SCHEMA.split(";\n") if statement.strip()]


def is_blank(path: Path) -> bool:
    """Whether there is no database yet, or only one whose creation was cut short."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    with contextlib.closing(_connect(path, "ro")) as connection, contextlib.suppress(sqlite3.DatabaseError):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        return bool(version == 0 and tables == 0)
    return False


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open for writing. Only the holder of the writer lock may."""
    connection = _connect(path, "rw")
    _check_format(connection, path)
    _prepare_writer(connection)
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open for reading: takes no lasting lock, works in a read-only directory, never upgrades."""
    connection = _connect(path, "ro")
    try:
        _check_format(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        if not needs_rollback(error):
            raise
        roll_back(path)
        connection = _connect(path, "ro")
        _check_format(connection, path)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def needs_rollback(error: sqlite3.OperationalError) -> bool:
    """Whether a writer was killed in mid-commit and its journal waits to be rolled back, which a reader may not do."""
    return getattr(error, "sqlite_errorname", "") == "SQLITE_READONLY_ROLLBACK"


def roll_back(path: Path) -> None:
    """Let SQLite undo the commit that was cut short. Harmless while another process writes: then nothing is undone."""
    try:
        with contextlib.closing(_connect(path, "rw")) as connection:
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        raise StorageError(
            f"{path}: a commit was cut short and has to be undone, which needs a folder that can be written ({error}); "
            "open the collection once as a user who may write there"
        ) from error


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    if mode != "rwc" and not path.is_file():
        raise CollectionNotFoundError(
            f"{path.parent} is not a collection (no {DATABASE} in it); "
            f"make one with: ragmm ingest FOLDER -c {path.parent}"
        )
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    # check_same_thread: connections are handed between threads under the store's own lock.
    return sqlite3.connect(uri, uri=True, timeout=30.0, isolation_level=None, check_same_thread=False)


def _prepare_writer(connection: sqlite3.Connection) -> None:
    # DELETE + EXTRA: with FULL the journal's unlink is not synced, and a power cut right after COMMIT can undo it.
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = EXTRA")
    # Without spilling, readers are shut out only for the moment of COMMIT.
    connection.execute("PRAGMA cache_spill = OFF")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA temp_store = MEMORY")


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and needs_rollback(error):
            raise
        raise DamagedError(
            f"{path}: {error}; the collection's database is damaged: put a snapshot back, "
            "or move the folder aside and ingest the sources again"
        ) from error
    if version > FORMAT:
        raise NewerFormatError(f"{path}: format {version}, this ragmm reads up to {FORMAT}; upgrade ragmm to open it")
    if version < 1:
        raise DamagedError(
            f"{path}: this is no ragmm collection, or making it was cut short; ingest into it again to finish it"
        )
