"""Keeping the files of words in step with the items: what a writer does after its commits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ragmm.errors import DamagedError
from ragmm.indexes import fsio
from ragmm.indexes.faiss.files import DIRECTORY
from ragmm.indexes.records import Built
from ragmm.indexes.store import search_records, transactions, word_files
from ragmm.indexes.store.word_building import build_words
from ragmm.indexes.store.word_files import SUFFIX, WordFile, every_words
from ragmm.indexes.store.word_terms import Tokenizer
from ragmm.indexes.store.writer import Writer
from ragmm.indexes.words.layout import pieces

__all__ = ["WordPolicy", "forget_damaged_words", "forget_words", "refresh_words"]

_GROWTH = 2
"""A file that is less than so many times what comes after it is built again with it: there are few, and each item is
put into a new one rarely."""
_BYTES_PER_ITEM = 2_000
_MOST_ITEMS = 8_000_000
"""In one file."""


@dataclass(frozen=True, kw_only=True)
class WordPolicy:
    """When a file is made."""

    fewest: int = 5_000
    """Of fewer items the tables of words are fast enough."""
    fresh: int = 1_000
    """Newer items that a reader takes in by itself; more become a file."""
    gone_share: float = 0.2
    """Of a file's items that are no more."""


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """The items of which a file is to be made, and why."""

    first: int
    past: int
    why: str


def refresh_words(writer: Writer, say: Callable[[str], None], policy: WordPolicy) -> list[Built]:
    """Build what is missing, damaged or too old. Until a file is recorded, what it would know is searched as before."""
    (end,) = writer.connection.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM items").fetchone()
    known = _sound(writer)
    plan = _worn(writer, known, policy.gone_share) or _plan(writer, known, end, policy)
    if plan is None:
        return []
    say(f"building the index of words of {plan.past - plan.first:,} items: {plan.why}")
    return [_build(writer, plan)]


def _sound(writer: Writer) -> list[WordFile]:
    """The files from the first item on, up to one that is damaged or missing."""
    sound: list[WordFile] = []
    for file in every_words(writer.connection):
        try:
            if file.first != (sound[-1].past if sound else 1):
                break
            word_files.check_words(writer.folder, file)
        except DamagedError:
            break
        sound.append(file)
    return sound


def _plan(writer: Writer, known: Sequence[WordFile], end: int, policy: WordPolicy) -> _Plan | None:
    first = past = known[-1].past if known else 1
    if end - past <= policy.fresh or (not known and _count(writer, past, end) < policy.fewest):
        return None
    for file in reversed(known):
        if file.rows >= _GROWTH * (end - first) or end - file.first > _MOST_ITEMS:
            break
        first = file.first
    why = f"{end - past:,} items are new" if known else "there is none"
    return _Plan(first=first, past=min(end, first + _MOST_ITEMS), why=why)


def _worn(writer: Writer, known: Sequence[WordFile], share: float) -> _Plan | None:
    for file in known:
        left = _count(writer, file.first, file.past)
        if file.rows - left > share * file.rows:
            return _Plan(first=file.first, past=file.past, why=f"{file.rows - left:,} of its items are gone")
    return None


def _count(writer: Writer, first: int, past: int) -> int:
    sql = "SELECT COALESCE(SUM(items), 0) FROM contents WHERE first_item >= ? AND first_item < ?"
    return int(writer.connection.execute(sql, (first, past)).fetchone()[0])


def _build(writer: Writer, plan: _Plan) -> Built:
    began = time.perf_counter()
    rows = _count(writer, plan.first, plan.past)
    writer.preflight(rows * _BYTES_PER_ITEM)
    directory = writer.folder / DIRECTORY
    fsio.make_directory(directory, "ann")
    with transactions.storage_errors(directory):
        tables = build_words(writer.connection, plan.first, plan.past, directory, Tokenizer())
        arrays = {f"{table}.{name}": array for table, mine in tables.items() for name, array in mine.items()}
        sealed = fsio.publish(directory, SUFFIX, pieces(arrays), "ann")
    fsio.sync_directory(directory, "ann-entries")
    _record(writer, WordFile(first=plan.first, past=plan.past, sha256=sealed.sha256, size=sealed.size, rows=rows))
    return Built(
        space="words",
        kind="items",
        method="words",
        rows=rows,
        bytes=sealed.size,
        seconds=round(time.perf_counter() - began, 2),
        why=plan.why,
    )


def _record(writer: Writer, file: WordFile) -> None:
    """In one transaction; the files that it replaces go afterwards."""
    with transactions.commit(writer.connection, writer.database, "ann"):
        writer.connection.execute(word_files.TABLE)
        writer.connection.execute("DELETE FROM words WHERE past > ? AND first < ?", (file.first, file.past))
        writer.connection.execute(
            "INSERT INTO words (first, past, sha256, size, rows, generation) VALUES (?,?,?,?,?,?)",
            (file.first, file.past, file.sha256, file.size, file.rows, writer.generation),
        )
    writer.changed = True
    search_records.remove_unnamed(writer)


def forget_words(writer: Writer) -> None:
    """Searching goes back to the tables of words; the files go, and the words in them."""
    if every_words(writer.connection):
        with transactions.commit(writer.connection, writer.database, "ann"):
            writer.connection.execute("DELETE FROM words")
        writer.changed = True
        search_records.remove_unnamed(writer)


def forget_damaged_words(writer: Writer) -> tuple[str, ...]:
    """Forget files that are not as they were sealed, and what comes after them; returns the damaged ones' names."""
    gone = []
    for file in every_words(writer.connection):
        try:
            word_files.check_words(writer.folder, file)
        except DamagedError:
            with transactions.commit(writer.connection, writer.database, "ann"):
                writer.connection.execute("DELETE FROM words WHERE first = ?", (file.first,))
            gone.append(f"{DIRECTORY}/{file.file}")
    if gone:
        writer.changed = True
        search_records.remove_unnamed(writer)
    return tuple(gone)
