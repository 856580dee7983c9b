"""What a writer says of index files: which one serves a leg, and which may go."""

from __future__ import annotations

from ragmm.indexes import checksums, fsio
from ragmm.indexes.faiss.files import DIRECTORY, Derived
from ragmm.indexes.store import transactions
from ragmm.indexes.store.search_files import COLUMNS, TABLE, every_derived
from ragmm.indexes.store.session import Session
from ragmm.indexes.store.word_files import SUFFIX, every_words

_SUFFIXES = {".faiss", SUFFIX}

__all__ = ["forget", "record", "remove_unnamed"]


def record(writer: Session, derived: Derived) -> None:
    """Name a leg's new index in one transaction; its file is on disk already. The old one's file goes afterwards."""
    ids = derived.ids.astype("<i8").tobytes()
    with transactions.commit(writer.connection, writer.database, "ann"):
        writer.connection.execute(TABLE)
        writer.connection.execute(
            f"INSERT OR REPLACE INTO ann ({COLUMNS}, generation) VALUES (?,?,?,?,?,?,?,?)",
            (derived.space, derived.kind, str(derived.method), derived.sha256, derived.size, ids, checksums.mark(ids),
             writer.generation),
        )  # fmt: skip
    writer.changed = True
    remove_unnamed(writer)


def forget(writer: Session, space: int, kind: str) -> None:
    """A leg goes back to the exact search."""
    with transactions.commit(writer.connection, writer.database, "ann"):
        writer.connection.execute("DELETE FROM ann WHERE space = ? AND kind = ?", (space, kind))
    writer.changed = True
    remove_unnamed(writer)


def remove_unnamed(writer: Session) -> tuple[int, int]:
    """(files, bytes) of replaced indexes, and of ones whose building was cut short. Who has one open keeps it."""
    directory = writer.folder / DIRECTORY
    if not directory.is_dir():
        return 0, 0
    named = {one.file for one in every_derived(writer.connection) if one.sha256}
    named |= {one.file for one in every_words(writer.connection)}
    gone = [path for path in sorted(directory.iterdir()) if path.suffix in _SUFFIXES and path.name not in named]
    size = sum(path.stat().st_size for path in gone)
    for path in gone:
        fsio.remove(path, "ann")
    if gone:
        fsio.sync_directory(directory, "ann-entries")
    return len(gone), size
