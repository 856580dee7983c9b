"""Transactions of the collection's databases: all of each, or none; what the disk refuses is said like any refusal."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ragmm.errors import StorageError
from ragmm.indexes import fsio

__all__ = ["commit", "storage_errors", "vacuum"]


@contextlib.contextmanager
def commit(connection: sqlite3.Connection, path: Path, kind: str) -> Iterator[None]:
    """One write transaction: all of it, or none. The observer sees the points right before and right after COMMIT."""
    with storage_errors(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            fsio.step("before-commit", path, kind)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        fsio.step("after-commit", path, kind)


def vacuum(connection: sqlite3.Connection, path: Path) -> None:
    """Rewrite a database without the pages it no longer uses, so that nothing deleted stays in the file."""
    with storage_errors(path):
        fsio.step("before-vacuum", path, "vacuum")
        connection.execute("VACUUM")
        fsio.step("after-vacuum", path, "vacuum")


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the disk's refusals into a StorageError that names path, need and remedy, also where SQLite met them."""
    try:
        with fsio.storage_errors(path):
            yield
    except sqlite3.OperationalError as error:
        if not _is_storage(error):
            raise
        raise StorageError(
            f"{path}: {error}; {fsio.free_text(path)}free some space or fix permissions, "
            "then run the same command again: nothing committed was lost"
        ) from error


def _is_storage(error: sqlite3.OperationalError) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"))
