"""Which generations there are and which are kept: the last few, the end of each recent run, and the pinned."""

from __future__ import annotations

import sqlite3

from ragmm.indexes.records import GenerationInfo, Retention

__all__ = ["current", "history", "retained"]


def current(connection: sqlite3.Connection) -> int:
    (generation,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM generations").fetchone()
    return int(generation)


def retained(connection: sqlite3.Connection, retention: Retention) -> frozenset[int]:
    """Generations whose every row and file is kept."""
    rows = connection.execute(
        "SELECT id FROM (SELECT id FROM generations ORDER BY id DESC LIMIT ?1) UNION "
        "SELECT id FROM (SELECT MAX(id) AS id FROM generations GROUP BY run ORDER BY MAX(id) DESC LIMIT ?2) UNION "
        "SELECT id FROM generations WHERE pinned IS NOT NULL",
        (retention.generations, retention.runs),
    )
    return frozenset(int(row[0]) for row in rows)


def collected_up_to(connection: sqlite3.Connection) -> frozenset[int] | None:
    """The generations that survived the last collection, or None if none was ever collected."""
    row = connection.execute("SELECT value FROM settings WHERE key = 'restorable'").fetchone()
    return frozenset(int(part) for part in row[0].split(",") if part) if row else None


def history(connection: sqlite3.Connection) -> list[GenerationInfo]:
    """Newest first."""
    kept = collected_up_to(connection)
    newest_kept = max(kept, default=0) if kept is not None else 0
    rows = connection.execute(
        "SELECT id, run, kind, created, documents, items, note, pinned FROM generations ORDER BY id DESC"
    )
    return [
        GenerationInfo(
            id=row[0],
            run=row[1],
            kind=row[2],
            created=row[3],
            documents=row[4],
            items=row[5],
            note=row[6],
            pinned=row[7],
            restorable=kept is None or row[0] in kept or row[0] > newest_kept,
        )
        for row in rows
    ]
