"""Is the collection what it was when it was committed? Every live file and every row is checked against its sum."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ragmm.errors import DamagedError, RagmmError
from ragmm.indexes import fsio
from ragmm.indexes.faiss import files as index_files
from ragmm.indexes.records import Problem, VerifyReport
from ragmm.indexes.store import blocks, database_seal, digest, rows, schema
from ragmm.indexes.store.snapshot import Snapshot
from ragmm.indexes.store.word_files import check_words

__all__ = ["verify"]

_REPAIR = "run: ragmm repair"
_RESTORE = "run: ragmm repair; if that fails put a snapshot back, or move the folder aside and ingest the sources again"


def verify(folder: Path, *, deep: bool = False) -> VerifyReport:
    """Check sizes, names and structure; with `deep` every byte and every row as well."""
    check = _Check(folder, deep)
    check.run()
    return VerifyReport(
        ok=not check.problems,
        deep=deep,
        generation=check.generation,
        problems=tuple(check.problems),
        files=check.files,
        bytes=check.bytes,
    )


class _Check:
    def __init__(self, folder: Path, deep: bool) -> None:
        self.folder, self.deep = folder, deep
        self.database = folder / schema.DATABASE
        self.directory = folder / blocks.DIRECTORY
        self.problems: list[Problem] = []
        self.generation = self.files = self.bytes = 0

    def run(self) -> None:
        try:
            if not self._database_sound():
                return
            snapshot = Snapshot(self.folder)
        except DamagedError as error:
            self._found(self.database, "database", str(error), _RESTORE)
            return
        try:
            self.generation = snapshot.generation
            self._blocks(snapshot)
            self._packs(snapshot)
            self._derived(snapshot)
            for step in self._row_checks():
                step(snapshot)
        except (sqlite3.DatabaseError, DamagedError) as error:
            self._found(self.database, "database", str(error), _RESTORE)
        finally:
            snapshot.close()

    def _row_checks(self) -> Iterator[Callable[[Snapshot], None]]:
        yield self._placement
        if self.deep:
            yield self._contents
            yield self._assets
            yield self._lexicon

    def _found(self, file: Path, kind: str, detail: str, remedy: str) -> None:
        detail = detail.removeprefix(f"{file}: ")
        self.problems.append(
            Problem(file=str(file), kind=kind, detail=detail, generation=self.generation, remedy=remedy)
        )

    def _count(self, path: Path) -> None:
        self.files += 1
        self.bytes += path.stat().st_size

    # Files -------------------------------------------------------------------------------------------------------

    def _database_sound(self) -> bool:
        schema.connect_reader(self.database).close()
        self._count(self.database)
        if self.deep:
            wrong = database_seal.check_database(self.folder)
            if wrong is not None:
                file = self.folder / database_seal.SEAL if database_seal.SEAL in wrong else self.database
                self._found(file, "database" if file == self.database else "seal", wrong, _REPAIR)
        check = "integrity_check" if self.deep else "quick_check"
        connection = schema.connect_reader(self.database)
        try:
            (first,) = connection.execute(f"PRAGMA {check}(1)").fetchone()
        except sqlite3.DatabaseError as error:
            first = str(error)
        finally:
            connection.close()
        if first != "ok":
            self._found(self.database, "database", first, _RESTORE)
        return bool(first == "ok")

    def _blocks(self, snapshot: Snapshot) -> None:
        dims = {space.id: space.dim for space in snapshot.spaces.values()}
        for block in snapshot.blocks:
            path = self.directory / block.file
            try:
                blocks.open_block(self.directory, block, dims[block.space])
                self._whole(path, block.sha256)
            except RagmmError as error:
                self._found(path, "block", str(error).split("; run:")[0], _REPAIR)

    def _packs(self, snapshot: Snapshot) -> None:
        for sha256, size in snapshot.packs():
            path = self.directory / f"{sha256}.pack"
            try:
                found = path.stat().st_size
                if found != size:
                    raise DamagedError(f"{found:,} bytes where {size:,} were sealed")
                self._whole(path, sha256)
            except FileNotFoundError:
                self._found(path, "pack", "the file is missing", _REPAIR)
            except DamagedError as error:
                self._found(path, "pack", str(error), _REPAIR)

    def _derived(self, snapshot: Snapshot) -> None:
        """Indexes made of the blocks and of the items: a damaged one costs time, not answers."""
        for derived in snapshot.derived():
            path = self.folder / index_files.DIRECTORY / derived.file
            try:
                index_files.check_file(self.folder, derived, deep=False)
                if derived.size:
                    self._whole(path, derived.sha256)
            except DamagedError as error:
                self._found(path, "index", str(error), _REPAIR)

        for words in snapshot.word_files():
            path = self.folder / index_files.DIRECTORY / words.file
            try:
                check_words(self.folder, words, deep=False)
                self._whole(path, words.sha256)
            except DamagedError as error:
                self._found(path, "index", str(error), _REPAIR)

    def _whole(self, path: Path, sha256: str) -> None:
        self._count(path)
        if self.deep and fsio.sha256_file(path) != sha256:
            raise DamagedError("the content does not match its checksum")

    # Rows --------------------------------------------------------------------------------------------------------

    def _placement(self, snapshot: Snapshot) -> None:
        """Every live item that was embedded has exactly one row in each of its spaces."""
        for space in snapshot.spaces.values():
            held = [block.ids for block in snapshot.blocks if block.space == space.id]
            ids = np.concatenate(held) if held else np.empty(0, np.int64)
            if len(np.unique(ids)) != len(ids):
                self._found(self.database, "rows", f"space {space.name}: a vector is stored twice", _RESTORE)
            lost = np.setdiff1d(snapshot.embedded_ids(space.id), ids)
            if len(lost):
                detail = f"space {space.name}: {len(lost)} live items have no vector, the first is {lost[0]}"
                self._found(self.database, "rows", detail, _REPAIR)

    def _contents(self, snapshot: Snapshot) -> None:
        for content, stored, marks in digest.content_marks(snapshot):
            if rows.content_digest(marks) != stored:
                self._found(self.database, "rows", f"content {content} does not match its digest", _REPAIR)
        try:
            for _ in snapshot.documents():
                pass
        except DamagedError as error:
            self._found(self.database, "rows", str(error).split("; run:")[0], _REPAIR)

    def _assets(self, snapshot: Snapshot) -> None:
        lost = snapshot.lost_assets()
        if lost:
            self._found(self.database, "rows", f"{lost} images of live items have no address", _RESTORE)

    def _lexicon(self, snapshot: Snapshot) -> None:
        wrong = snapshot.lexicon_gap()
        if wrong:
            self._found(self.database, "lexicon", wrong, _REPAIR)
