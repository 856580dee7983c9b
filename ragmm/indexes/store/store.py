"""The store: one folder, one writer, any number of readers. The facade over everything in this package."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ragmm.errors import CollectionNotFoundError
from ragmm.indexes import fsio
from ragmm.indexes.records import (
    Built,
    Collected,
    GenerationInfo,
    RepairReport,
    Retention,
    RunRow,
    Strikes,
    VerifyReport,
)
from ragmm.indexes.store import blocks, generations, schema, transactions
from ragmm.indexes.store.lock import writer_lock
from ragmm.indexes.store.reading import load_spaces
from ragmm.indexes.store.snapshot import Snapshot

if TYPE_CHECKING:
    from ragmm.indexes.store.repair import EmbedAgain
    from ragmm.indexes.store.work_cache import StoreCache
    from ragmm.indexes.store.writer import Writer
    from ragmm.indexes.store.writing import WritingSession

__all__ = ["Store"]

LOCK = "writer.lock"


class Store:
    """A collection's folder. Cheap to construct; nothing is read before it is asked for, and no code but for it."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self.clock = clock

    @property
    def exists(self) -> bool:
        """Whether there is a collection; one whose making was cut short before its first commit does not count."""
        return not schema.is_blank(self.folder / schema.DATABASE)

    # Reading -----------------------------------------------------------------------------------------------------

    def snapshot(self, generation: int | None = None, *, exact: bool = False) -> Snapshot:
        """The newest generation, or a given one that is still retained; `exact` searches without FAISS."""
        if not self.exists:
            raise CollectionNotFoundError(
                f"{self.folder} is not a collection; make one with: ragmm ingest FOLDER -c {self.folder}"
            )
        return Snapshot(self.folder, generation, exact=exact)

    def size(self) -> int:
        """Bytes on the disk."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    def settings(self) -> dict[str, str]:
        """Small facts kept with the collection (its pipeline, what it was built with)."""
        with contextlib.closing(schema.connect_reader(self.folder / schema.DATABASE)) as connection:
            return dict(connection.execute("SELECT key, value FROM settings"))

    def models(self) -> dict[str, str]:
        """By space, the name of the model that built it."""
        with contextlib.closing(schema.connect_reader(self.folder / schema.DATABASE)) as connection:
            spaces = load_spaces(connection, generations.current(connection))
        return {name: space.model for name, space in spaces.items()}

    def staged(self) -> dict[str, str]:
        """By space, the name of a model that is to replace its own; see `staging`."""
        from ragmm.indexes.store.staging import staged_spaces

        with contextlib.closing(schema.connect_reader(self.folder / schema.DATABASE)) as connection:
            return {name: space.model for name, space in staged_spaces(connection).items()}

    def history(self) -> list[GenerationInfo]:
        """Every generation, newest first."""
        with contextlib.closing(schema.connect_reader(self.folder / schema.DATABASE)) as connection:
            return generations.history(connection)

    def runs(self) -> list[RunRow]:
        """The commands that committed something, newest first."""
        with contextlib.closing(schema.connect_reader(self.folder / schema.DATABASE)) as connection:
            found = connection.execute("SELECT id, command, started, ended, summary FROM runs ORDER BY started DESC")
            return [
                RunRow(id=row[0], command=row[1], started=row[2], ended=row[3], summary=json.loads(row[4] or "{}"))
                for row in found
            ]

    def strikes(self) -> list[Strikes]:
        """Every document that killed its parser, as the cache of another process may know them; takes no lock."""
        from ragmm.indexes.store.cache import read_strikes
        from ragmm.indexes.store.work_cache import CACHE

        return read_strikes(self.folder / CACHE)

    def preview(self, space: str) -> Snapshot:
        """The newest generation as it would be with the staged space in the place of the one that serves."""
        from ragmm.indexes.store.staging import preview

        return preview(self.folder, space)

    def digest(self, *, vectors: bool = False) -> str:
        """The order-independent hash of the live content."""
        from ragmm.indexes.store.digest import digest

        with contextlib.closing(self.snapshot()) as snapshot:
            return digest(snapshot, vectors=vectors)

    def verify(self, *, deep: bool = False) -> VerifyReport:
        from ragmm.indexes.store.verify import verify

        return verify(self.folder, deep=deep)

    # Writing -----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def throwaway(self) -> Iterator[Store]:
        """An empty store with the same clock, in a folder that goes away again."""
        with tempfile.TemporaryDirectory(prefix="ragmm-empty-") as folder:
            yield Store(Path(folder) / "empty", clock=self.clock)

    @contextlib.contextmanager
    def writer(self, command: str = "", *, create: bool = False) -> Iterator[WritingSession]:
        """A writing session, alone. WriterBusyError at once if there is another."""
        from ragmm.indexes.store.writing import WritingSession

        with self._locked(create):
            writer = WritingSession(self.folder, self._connect(create), _run_name(self.clock()), self.clock)
            started = self.clock()
            try:
                yield writer
                _note_run(writer, command, started)
            finally:
                writer.close()

    @contextlib.contextmanager
    def _locked(self, create: bool) -> Iterator[None]:
        if create:
            fsio.make_directory(self.folder, "collection")
            # Its entry becomes durable together with the database's: no commit comes before that.
            fsio.make_directory(self.folder / blocks.DIRECTORY, "blocks", durable=False)
        elif not self.exists:
            raise CollectionNotFoundError(
                f"{self.folder} is not a collection; make one with: ragmm ingest FOLDER -c {self.folder}"
            )
        with writer_lock(self.folder / LOCK):
            yield

    def _connect(self, create: bool) -> sqlite3.Connection:
        path = self.folder / schema.DATABASE
        if create and schema.is_blank(path):
            connection = schema.create(path)
            fsio.sync_directory(self.folder, "database-entry")
            return connection
        return schema.connect_writer(path)

    def cache(self) -> StoreCache:
        """What can be computed again; for the one who writes."""
        from ragmm.indexes.store.work_cache import CACHE, StoreCache

        return StoreCache(self.folder / CACHE)

    # Maintenance -------------------------------------------------------------------------------------------------

    def refresh_indexes(self, kind: str, say: Callable[[str], None] | None = None) -> list[Built]:
        """Build the derived indexes that are missing, damaged, of another kind, or too old; searching goes on."""
        from ragmm.indexes.store.search_upkeep import refresh

        with self.writer("index") as writer:
            return refresh(writer, kind, say=say)

    def rollback(self, generation: int) -> int:
        from ragmm.indexes.store.maintenance import rollback

        with self.writer(f"rollback {generation}") as writer:
            return rollback(writer, generation)

    def compact(self, retention: Retention | None = None) -> Collected:
        """Rewrite every leg as one block without dead rows, then collect what nothing needs."""
        from ragmm.indexes.store.maintenance import collect

        with self.writer("compact") as writer:
            if writer.vector_files.live:
                writer.commit(kind="compact", merge_all=True)
            return collect(writer, retention or Retention())

    def pin(self, name: str) -> int:
        from ragmm.indexes.store.maintenance import pin

        with self.writer(f"snapshot {name}") as writer:
            return pin(writer, name)

    def copy_to(self, target: Path) -> Path:
        """A copy as of the newest generation; neither waits for a writer nor keeps one waiting."""
        from ragmm.indexes.store.copying import copy_to

        if not self.exists:
            raise CollectionNotFoundError(f"{self.folder} is not a collection; there is nothing to copy")
        return copy_to(self.folder, target)

    def repair(self, embed: EmbedAgain) -> RepairReport:
        """Restore what verify finds damaged; `embed` makes vectors of stored items again."""
        from ragmm.indexes.store.repair import repair
        from ragmm.indexes.store.salvage import salvage
        from ragmm.indexes.store.search_upkeep import forget_damaged

        again: tuple[str, ...] = ()
        aside: tuple[str, ...] = ()
        with self._locked(create=False):
            if self._database_damaged():
                saved = salvage(self.folder)
                again, aside = saved.again, (saved.aside,)
        with self.writer("repair") as writer:
            report = repair(writer, embed)
            aside = (*aside, *forget_damaged(writer))
        return RepairReport(
            generation=report.generation,
            ok=self.verify(deep=True).ok,
            blocks=report.blocks,
            vectors_found=report.vectors_found,
            vectors_embedded=report.vectors_embedded,
            images_saved=report.images_saved,
            images_lost=report.images_lost,
            again=(*again, *report.again),
            aside=(*aside, *report.aside),
        )

    def _database_damaged(self) -> bool:
        return any(problem.kind in {"database", "rows", "seal"} for problem in self.verify(deep=True).problems)


def _run_name(now: float) -> str:
    """Sortable, unique, free of meaning."""
    stamp = datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%Y%m%dT%H%M%S")
    return f"{stamp}-{os.getpid()}-{secrets.token_hex(3)}"


def _note_run(writer: Writer, command: str, started: float) -> None:
    """A run that committed something leaves a row behind; one that did not leaves no trace."""
    if not writer.changed:
        return
    with transactions.commit(writer.connection, writer.database, "run"):
        writer.connection.execute(
            "INSERT OR REPLACE INTO runs (id, command, started, ended, summary) VALUES (?,?,?,?,?)",
            (writer.run, command, started, writer.clock(), json.dumps({"generation": writer.generation})),
        )
