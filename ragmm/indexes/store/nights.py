"""What a night leaves in cache.db for the next one: which folders it knows, what failed, what it measured."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ragmm.indexes.records import Failed, Folder, Seen
from ragmm.indexes.store.cache import Cache
from ragmm.indexes.store.rows import path_from_db, path_to_db

__all__ = [
    "Nights",
]


_AT_ONCE = 500
_PAGE = 2_000


class Nights:
    """The tables of cache.db that belong to sync."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    # Notes -------------------------------------------------------------------------------------------------------

    def note(self, key: str) -> Any:
        """A remembered JSON value, or None."""
        found = self._cache.rows("SELECT value FROM notes WHERE key = ?", (key,))
        return json.loads(found[0][0]) if found else None

    def put_notes(self, notes: Mapping[str, Any]) -> None:
        values = [(key, json.dumps(value)) for key, value in notes.items()]
        self._cache.write("INSERT OR REPLACE INTO notes VALUES (?,?)", values)

    # Folders -----------------------------------------------------------------------------------------------------

    def folders(self) -> dict[str, Folder]:
        rows = self._cache.rows("SELECT path, mark, documents FROM folders")
        return {path_from_db(path): Folder(mark, documents) for path, mark, documents in rows}

    def entries(self, folder: str) -> list[tuple[str, int, int, int, int, int]]:
        """The entries of a folder when it was remembered; none where that cannot be read."""
        found = self._cache.rows("SELECT rows FROM folders WHERE path = ?", (path_to_db(folder),))
        try:
            rows = json.loads(zlib.decompress(found[0][0])) if found else []
        except (zlib.error, ValueError):
            return []
        return [(name, mode, size, mtime, ctime, inode) for name, mode, size, mtime, ctime, inode in rows]

    def put_folders(self, folders: Mapping[str, Folder], gone: Iterable[str]) -> None:
        with self._cache.transaction() as connection:
            connection.executemany("DELETE FROM folders WHERE path = ?", ((path_to_db(one),) for one in gone))
            connection.executemany(
                "INSERT OR REPLACE INTO folders VALUES (?,?,?,?)",
                ((path_to_db(path), one.mark, one.documents, one.rows) for path, one in folders.items()),
            )

    def forget_folders(self) -> None:
        """The next night looks at every file."""
        self._cache.write("DELETE FROM folders", [()])

    # Files -------------------------------------------------------------------------------------------------------

    def seen(self, paths: Sequence[str]) -> dict[str, Seen]:
        """As `Cache.seen`, of these paths."""
        found: dict[str, Seen] = {}
        for start in range(0, len(paths), _AT_ONCE):
            part = [path_to_db(path) for path in paths[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(part))
            sql = f"SELECT path, size, mtime_ns, ctime_ns, inode, sha256 FROM seen WHERE path IN ({marks})"
            found.update((path_from_db(row[0]), Seen(row[1:5], row[5].hex())) for row in self._cache.rows(sql, part))
        return found

    def due(self, night: int, nights: int) -> Iterator[tuple[str, Seen]]:
        """The files whose turn it is to be hashed again, in order of path; each comes once in `nights` nights.

        The turn follows from the inode, a number that stays with a file; one that is replaced is hashed for that.
        """
        last: str | bytes = ""
        while True:
            page = self._cache.rows(
                "SELECT path, size, mtime_ns, ctime_ns, inode, sha256 FROM seen "
                f"WHERE path > ? AND inode > 0 AND inode % ? = ? ORDER BY path LIMIT {_PAGE}",
                (last, nights, night % nights),
            )
            for path, size, mtime_ns, ctime_ns, inode, sha256 in page:
                yield path_from_db(path), Seen((size, mtime_ns, ctime_ns, inode), sha256.hex())
            if len(page) < _PAGE:
                return
            last = page[-1][0]

    # Failures ----------------------------------------------------------------------------------------------------

    def failed(self) -> dict[str, Failed]:
        rows = self._cache.rows(
            "SELECT path, uri, size, mtime_ns, ctime_ns, inode, reader, tries, state, reason FROM failed"
        )
        found = (
            Failed(
                path=path_from_db(row[0]),
                uri=path_from_db(row[1]),
                stamp=row[2:6],
                reader=row[6],
                tries=row[7],
                state=row[8],
                reason=row[9],
            )
            for row in rows
        )
        return {one.path: one for one in found}

    def put_failed(self, failed: Iterable[Failed], settled: Iterable[str]) -> None:
        """Add or renew failures, and forget those of paths that are settled."""
        with self._cache.transaction() as connection:
            connection.executemany("DELETE FROM failed WHERE path = ?", ((path_to_db(one),) for one in settled))
            connection.executemany(
                "INSERT OR REPLACE INTO failed VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    (
                        path_to_db(one.path),
                        path_to_db(one.uri),
                        *one.stamp,
                        one.reader,
                        one.tries,
                        one.state,
                        one.reason,
                    )
                    for one in failed
                ),
            )

    # Lists -------------------------------------------------------------------------------------------------------

    def listed(self, place: str) -> set[str]:
        """The paths that a list of files named the last time."""
        return {path_from_db(row[0]) for row in self._cache.rows("SELECT path FROM listed WHERE place = ?", (place,))}

    def put_listed(self, place: str, paths: Iterable[str]) -> None:
        with self._cache.transaction() as connection:
            connection.execute("DELETE FROM listed WHERE place = ?", (place,))
            connection.executemany("INSERT INTO listed VALUES (?,?)", ((place, path_to_db(one)) for one in paths))
