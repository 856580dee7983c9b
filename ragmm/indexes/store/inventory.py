"""Which documents a generation holds, looked up by path without building them: a night asks about every file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from ragmm.indexes.records import Known
from ragmm.indexes.store import generations
from ragmm.indexes.store.rows import DOCUMENT_COLUMNS, document_from_row, path_from_db, path_to_db
from ragmm.indexes.store.schema import DATABASE, FOREVER
from ragmm.types import Document

__all__ = [
    "Inventory",
]

_AT_ONCE = 500
_PAGE = 5_000


class Inventory:
    """The newest generation's documents, through a connection that its owner closes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def state(self) -> str:
        """Names this very state of the documents; commits that only rearrange or collect leave it as it is."""
        row = self._connection.execute(
            "SELECT id, run, created FROM generations WHERE kind NOT IN ('compact', 'collect') ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return f"{row[0]} {row[1]} {row[2]!r}" if row else "empty"

    @property
    def generation(self) -> int:
        return generations.current(self._connection)

    def count(self) -> int:
        row = self._connection.execute("SELECT documents FROM generations ORDER BY id DESC LIMIT 1").fetchone()
        return int(row[0]) if row else 0

    def at(self, paths: Sequence[str]) -> dict[str, Known]:
        """The live documents among these paths."""
        found: dict[str, Known] = {}
        for start in range(0, len(paths), _AT_ONCE):
            part = [path_to_db(path) for path in paths[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(part))
            rows = self._connection.execute(
                "SELECT d.path, d.uri, d.sha256, d.state, c.parser "
                "FROM documents d LEFT JOIN contents c ON c.id = d.content "
                f"WHERE d.path IN ({marks}) AND d.died = {FOREVER}",
                part,
            )
            for path, uri, sha256, state, parser in rows:
                found[path_from_db(path)] = Known(path_from_db(uri), sha256.hex() if sha256 else None, state, parser)
        return found

    def paths(self) -> Iterator[str]:
        """Every live path, a page of rows at a time."""
        last: str | bytes = ""
        while True:
            page = self._connection.execute(
                f"SELECT path FROM documents WHERE path > ? AND died = {FOREVER} ORDER BY path LIMIT {_PAGE}", (last,)
            ).fetchall()
            for (path,) in page:
                yield path_from_db(path)
            if len(page) < _PAGE:
                return
            last = page[-1][0]

    def document_at(self, path: str) -> Document | None:
        """The live document of this path, in full."""
        row = self._connection.execute(
            f"SELECT {DOCUMENT_COLUMNS} FROM documents d LEFT JOIN contents c ON c.id = d.content "
            f"WHERE d.path = ? AND d.died = {FOREVER}",
            (path_to_db(path),),
        ).fetchone()
        return document_from_row(row, DATABASE) if row else None

    def media_type(self, sha256: str, parser: str) -> str | None:
        """Of any document with this content."""
        row = self._connection.execute(
            "SELECT d.media_type FROM contents c JOIN documents d ON d.content = c.id "
            "WHERE c.sha256 = ? AND c.parser = ? LIMIT 1",
            (bytes.fromhex(sha256), parser),
        ).fetchone()
        return row[0] if row else None

    def sizes(self) -> set[int]:
        """The sizes of every document, also of those that are gone but whose content may still be there."""
        return {row[0] for row in self._connection.execute("SELECT DISTINCT size FROM documents")}

    def readers(self) -> dict[str, int]:
        """How many live documents were read by which parser."""
        rows = self._connection.execute(
            "SELECT c.parser, COUNT(*) FROM documents d JOIN contents c ON c.id = d.content "
            f"WHERE d.died = {FOREVER} GROUP BY c.parser"
        )
        return {parser: int(count) for parser, count in rows}
