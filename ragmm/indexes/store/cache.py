"""cache.db: what can be computed again. Losing it loses time, never data.

It remembers the stamp (size, times, inode) under which a file was last hashed, so that an unchanged file is not read;
what models wrote about images; how often a document killed its parser; what the night before found (`nights`); and
what is made but not committed yet (`unfinished`).
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from ragmm.errors import CacheDamagedError, StorageError
from ragmm.indexes import fsio
from ragmm.indexes.records import CachedCaption, Seen, Strikes
from ragmm.indexes.store import transactions
from ragmm.indexes.store.rows import path_from_db, path_to_db

__all__ = ["Cache", "read_strikes"]

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (
    path PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, sha256 BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS captions (
    image BLOB, prompt TEXT, text TEXT, confidence REAL, PRIMARY KEY (image, prompt)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parsing (path PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS strikes (
    sha256 BLOB, parser TEXT, deaths INTEGER, cuts INTEGER, path, reason TEXT, PRIMARY KEY (sha256, parser)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS folders (path PRIMARY KEY, mark BLOB, documents INTEGER, rows BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failed (
    path PRIMARY KEY, uri, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER,
    reader TEXT, tries INTEGER, state TEXT, reason TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listed (place TEXT, path, PRIMARY KEY (place, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS made_vectors (space TEXT, key BLOB, row BLOB, PRIMARY KEY (space, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS made_items (
    sha256 BLOB, parser TEXT, facts TEXT, items TEXT, PRIMARY KEY (sha256, parser)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS made_images (
    sha256 BLOB PRIMARY KEY, data BLOB, media_type TEXT, width INTEGER, height INTEGER
) WITHOUT ROWID;
"""


class Cache:
    """Opened by the writer alone. A cache that cannot be read is replaced by an empty one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError:
            fsio.remove(path, "cache")
            self._connection = _open(path)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """What a statement finds."""
        with self._lock, self._sound():
            return self._connection.execute(sql, parameters).fetchall()

    def write(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """The same statement for every row, in one transaction."""
        with self.transaction() as connection:
            connection.executemany(sql, rows)

    def seen(self) -> dict[str, Seen]:
        """Everything that was hashed, by absolute path."""
        rows = self.rows("SELECT path, size, mtime_ns, ctime_ns, inode, sha256 FROM seen")
        return {path_from_db(row[0]): Seen((row[1], row[2], row[3], row[4]), row[5].hex()) for row in rows}

    def remember(self, files: Mapping[str, Seen]) -> None:
        with self.transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO seen VALUES (?,?,?,?,?,?)",
                ((path_to_db(path), *one.stamp, bytes.fromhex(one.sha256)) for path, one in files.items()),
            )

    def forget(self, paths: Iterable[str]) -> None:
        with self.transaction():
            self._connection.executemany("DELETE FROM seen WHERE path = ?", ((path_to_db(path),) for path in paths))

    def captions(self, keys: Sequence[tuple[bytes, str]]) -> dict[tuple[bytes, str], CachedCaption]:
        """Captions made before, by (image, fingerprint of model and prompt)."""
        found: dict[tuple[bytes, str], CachedCaption] = {}
        for key in keys:
            row = self._connection.execute(
                "SELECT text, confidence FROM captions WHERE image = ? AND prompt = ?", key
            ).fetchone()
            if row is not None:
                found[key] = CachedCaption(text=row[0], confidence=row[1])
        return found

    def remember_captions(self, captions: Mapping[tuple[bytes, str], CachedCaption]) -> None:
        with self.transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO captions VALUES (?,?,?,?)",
                ((*key, one.text, one.confidence) for key, one in captions.items()),
            )

    def vacuum(self) -> None:
        """Leave nothing deleted in the file."""
        with self._lock:
            transactions.vacuum(self._connection, self._path)

    def begin(self, path: str) -> None:
        """Noted before parsing starts, so that a document which takes the whole run down is known too."""
        with self.transaction():
            self._connection.execute("INSERT OR REPLACE INTO parsing VALUES (?)", (path_to_db(path),))

    def end(self, path: str) -> None:
        """Parsing is over, one way or another."""
        with self.transaction():
            self._connection.execute("DELETE FROM parsing WHERE path = ?", (path_to_db(path),))

    def cut_short(self) -> list[str]:
        """Files that were being parsed when an earlier run ended without a word."""
        return [path_from_db(row[0]) for row in self.rows("SELECT path FROM parsing")]

    def strike(self, path: str, sha256: str, parser: str, reason: str, *, died: bool) -> None:
        """One more time that the document killed its parser (`died`), or that a run ended while it was parsed."""
        with self.transaction():
            self._connection.execute(
                "INSERT INTO strikes VALUES (:sha, :parser, :died, 1 - :died, :path, :reason) "
                "ON CONFLICT (sha256, parser) DO UPDATE SET deaths = deaths + :died, cuts = cuts + 1 - :died, "
                "path = :path, reason = :reason",
                {
                    "sha": bytes.fromhex(sha256),
                    "parser": parser,
                    "died": int(died),
                    "path": path_to_db(path),
                    "reason": reason,
                },
            )

    def absolve(self, sha256: str) -> None:
        """The document was read without harm, or someone gave it another chance."""
        with self.transaction():
            self._connection.execute("DELETE FROM strikes WHERE sha256 = ?", (bytes.fromhex(sha256),))

    def strikes(self) -> list[Strikes]:
        with self._lock, self._sound():
            return _strikes(self._connection)

    @contextlib.contextmanager
    def _sound(self) -> Iterator[None]:
        """A cache that turns out to be damaged is removed."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # the others are about the statement, or about the disk
                raise
            self._connection.close()
            fsio.remove(self._path, "cache")
            raise CacheDamagedError(
                f"{self._path}: {error}; it held nothing that cannot be made again and has been removed: "
                "run the same command again"
            ) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it, or none."""
        with self._lock, transactions.storage_errors(self._path), self._sound():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.DatabaseError):
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                raise


def read_strikes(path: Path) -> list[Strikes]:
    """The strikes of a cache that another process may be writing; none where there is no cache of today's format."""
    if not path.is_file():
        return []
    address = f"{path.absolute().as_uri()}?mode=ro"
    with (
        transactions.storage_errors(path),
        contextlib.closing(sqlite3.connect(address, uri=True, timeout=30.0)) as connection,
    ):
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            return _strikes(connection) if version == _VERSION else []
        except sqlite3.OperationalError as error:  # busy: not knowing must not look like having none
            raise StorageError(f"{path}: cannot be read now ({error}); run the same command again") from error
        except sqlite3.DatabaseError:
            return []


def _strikes(connection: sqlite3.Connection) -> list[Strikes]:
    rows = connection.execute("SELECT path, sha256, parser, deaths, cuts, reason FROM strikes ORDER BY path")
    return [
        Strikes(path=path_from_db(path), sha256=sha256.hex(), parser=parser, deaths=deaths, cuts=cuts, reason=reason)
        for path, sha256, parser, deaths, cuts, reason in rows
    ]


def _open(path: Path) -> sqlite3.Connection:
    with transactions.storage_errors(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(fsio.FILE_MODE)
        connection.execute("PRAGMA synchronous = OFF")  # derived data: it must survive a kill, not a power cut
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in {0, _VERSION}:
            connection.close()
            raise sqlite3.DatabaseError(f"cache format {version}")
        connection.executescript(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        return connection
