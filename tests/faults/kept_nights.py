"""A collection that a released version left behind, with its sources, as if it had been made where it is opened."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmm.indexes.store import database_seal, rows

__all__ = ["KeptNight", "settled_in"]

_MODIFIED = 1_700_000_000


@dataclass(frozen=True, kw_only=True)
class KeptNight:
    """Sources, the collection made of them, and what the version that made it said about both."""

    home: Path
    facts: dict[str, Any]

    @property
    def collection(self) -> Path:
        return self.home / "collection"

    @property
    def pipeline(self) -> Path:
        return self.home / "night.toml"

    @property
    def sources(self) -> Path:
        return self.home / "sources"


def settled_in(kept: Path, home: Path, facts: dict[str, Any]) -> KeptNight:
    """A copy whose paths, stamps and seal are those that the old version would have written here."""
    shutil.copytree(kept, home)
    night = KeptNight(home=home, facts=facts)
    for file in night.sources.rglob("*.*"):
        os.utime(file, (_MODIFIED, _MODIFIED))
    with contextlib.closing(sqlite3.connect(night.collection / "collection.db")) as db, db:
        _rename_documents(db, facts["home"], str(home))
    with contextlib.closing(sqlite3.connect(night.collection / "cache.db")) as db, db:
        _rename_files(db, facts["home"], str(home))
    database_seal.write_seal(night.collection, facts["night"]["generation"])
    return night


def _rename_documents(db: sqlite3.Connection, before: str, now: str) -> None:
    for number, path, *body in db.execute(f"SELECT id, {rows.DOCUMENT_BODY} FROM documents").fetchall():
        renamed = path.replace(before, now, 1)
        mark = rows.row_mark((renamed, *body))
        db.execute("UPDATE documents SET path = ?, mark = ? WHERE id = ?", (renamed, mark, number))


def _rename_files(db: sqlite3.Connection, before: str, now: str) -> None:
    """Of folders nothing is known: their marks hold the inodes of their files, which the next night takes in."""
    db.execute("DELETE FROM folders")
    for table in ("seen", "failed"):
        for (path,) in db.execute(f"SELECT path FROM {table}").fetchall():
            renamed = path.replace(before, now, 1)
            stat = os.stat(renamed)
            stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
            db.execute(
                f"UPDATE {table} SET path = ?, size = ?, mtime_ns = ?, ctime_ns = ?, inode = ? WHERE path = ?",
                (renamed, *stamp, path),
            )
