"""Repair: what is damaged is set aside, never deleted, and made again from what is still sound.

Vectors come back from another block that holds the same rows, else by embedding the stored content again. Images come
back out of the sound part of a damaged pack; a document whose image is lost is marked failed, so that the next ingest
reads it again. A damaged database is copied row by row as far as its rows match their checksums.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError
from ragmm.indexes import fsio
from ragmm.indexes.contracts import unit_rows
from ragmm.indexes.records import RepairReport
from ragmm.indexes.store import blocks, lexicon, rows, schema, transactions
from ragmm.indexes.store.commit import add_generation, settle_spans
from ragmm.indexes.store.layout import BlockPart, in_order
from ragmm.indexes.store.snapshot import Snapshot
from ragmm.indexes.store.writer import Writer
from ragmm.text.words import segment
from ragmm.types import Asset, DocumentState, StoredItem

__all__ = ["EmbedAgain", "repair"]

EmbedAgain = Callable[[str, str, Sequence[StoredItem]], NDArray[np.float32]]
"""(space, kind, items) -> rows; shape (len(items), dim). Raises ModelMismatchError for another model."""

_LOST = "its image was damaged in the collection; run ragmm ingest again to read it from the source"


class Repair:
    """One run over a collection whose writer lock is held."""

    def __init__(self, writer: Writer, embed: EmbedAgain) -> None:
        self.writer, self.embed = writer, embed
        self.db = writer.connection
        self.aside: list[str] = []
        self.again: list[str] = []
        self.found = self.embedded = self.saved = self.lost = self.blocks = 0

    def run(self) -> RepairReport:
        self._lexicon()
        self._packs()
        self._vectors()
        self.writer.changed = True
        return RepairReport(
            generation=self.writer.generation,
            ok=True,
            blocks=self.blocks,
            vectors_found=self.found,
            vectors_embedded=self.embedded,
            images_saved=self.saved,
            images_lost=self.lost,
            again=tuple(self.again),
            aside=tuple(self.aside),
        )

    def _set_aside(self, path: Path) -> None:
        if path.exists():
            target = path.with_name(f"{path.name}.damaged")
            fsio.rename(path, target, "aside")
            fsio.sync_directory(path.parent, "blocks-entries")
            self.aside.append(str(target))

    # Words -------------------------------------------------------------------------------------------------------

    def _lexicon(self) -> None:
        """Made again from the items; cheap next to being wrong."""
        with transactions.commit(self.db, self.writer.database, "repair"):
            self.db.execute("INSERT INTO lexicon (lexicon) VALUES ('delete-all')")
            items = self.db.execute("SELECT id, text, context FROM items")
            self.db.executemany(
                "INSERT INTO lexicon (rowid, text, context) VALUES (?,?,?)",
                ((item, segment(text), segment(context)) for item, text, context in items.fetchall()),
            )
            schema.complete(self.db)
            self.db.execute("INSERT INTO stretches (stretches) VALUES ('delete-all')")
            contents = self.db.execute("SELECT first_item, first_item + items FROM contents").fetchall()
            for first, end in contents:
                self.db.executemany(
                    "INSERT INTO stretches (rowid, text) VALUES (?,?)", lexicon.stored_stretches(self.db, first, end)
                )

    # Images ------------------------------------------------------------------------------------------------------

    def _packs(self) -> None:
        for pack, sha256, size in self.db.execute("SELECT id, sha256, size FROM packs").fetchall():
            path = self.writer.directory / f"{sha256}.pack"
            if path.is_file() and path.stat().st_size == size and fsio.sha256_file(path) == sha256:
                continue
            self._salvage(pack, path)

    def _salvage(self, pack: int, path: Path) -> None:
        addresses = self.db.execute(
            "SELECT sha256, offset, size, media_type FROM assets WHERE pack = ? ORDER BY offset", (pack,)
        ).fetchall()
        sound: list[Asset] = []
        lost: list[bytes] = []
        for name, offset, size, kind in addresses:
            try:
                data = blocks.read_asset(path, offset, size, name)
                sound.append(Asset(data=data, media_type=kind))
            except DamagedError:
                lost.append(name)
        self._replace_pack(pack, sound, lost)
        self._set_aside(path)
        self.saved, self.lost = self.saved + len(sound), self.lost + len(lost)

    def _replace_pack(self, pack: int, sound: Sequence[Asset], lost: Sequence[bytes]) -> None:
        sealed, placed = blocks.write_pack(self.writer.directory, sound) if sound else (None, [])
        fsio.sync_directory(self.writer.directory, "blocks-entries")
        with transactions.commit(self.db, self.writer.database, "repair"):
            if sealed is not None:
                (last,) = self.db.execute("SELECT MAX(id) FROM packs").fetchone()
                self.db.execute(
                    "INSERT INTO packs (id, sha256, size) VALUES (?,?,?)", (last + 1, sealed.sha256, sealed.size)
                )
                self.db.executemany(
                    "UPDATE assets SET pack = ?, offset = ? WHERE sha256 = ?",
                    [(last + 1, one.offset, one.sha256) for one in placed],
                )
            self._drop_holders(lost)
            self.db.execute("DELETE FROM packs WHERE id = ?", (pack,))
            if lost:
                add_generation(self.db, self.writer, kind="repair", note="images lost", next_item=self.writer.next_item)
        if lost:
            self.writer.committed(self.writer.generation + 1, self.writer.next_item)

    def _drop_holders(self, lost: Sequence[bytes]) -> None:
        """Contents with a lost image are forgotten; their documents wait, as failed, for the next ingest."""
        generation = self.writer.generation + 1
        for name in lost:
            contents = [
                row[0] for row in self.db.execute("SELECT DISTINCT content FROM items WHERE asset = ?", (name,))
            ]
            for content in contents:
                self._fail_documents(content, generation)
                # Another parser fingerprint makes the content unknown, so that it is read and not linked.
                self.db.execute("UPDATE contents SET parser = 'lost-' || id WHERE id = ?", (content,))
            settle_spans(self.db, contents, generation)
            self.db.execute("DELETE FROM assets WHERE sha256 = ?", (name,))

    def _fail_documents(self, content: int, generation: int) -> None:
        live = f"content = ? AND died = {schema.FOREVER}"
        found = self.db.execute(
            f"SELECT path, uri, sha256, media_type, size FROM documents WHERE {live}", (content,)
        ).fetchall()
        self.db.execute(f"UPDATE documents SET died = ? WHERE {live}", (generation, content))
        failed = [(*row[:2], None, *row[2:], str(DocumentState.FAILED), _LOST) for row in found]
        self.db.executemany(
            f"INSERT INTO documents ({rows.DOCUMENT_BODY}, mark, born) VALUES (?,?,?,?,?,?,?,?,?,?)",
            [(*body, rows.row_mark(body), generation) for body in failed],
        )
        self.again.extend(rows.path_from_db(row[1]) for row in found)

    # Vectors -----------------------------------------------------------------------------------------------------

    def _vectors(self) -> None:
        damaged = [block for block in self.writer.vector_files.live if not self._sound(block)]
        with_vector = self._missing(damaged)
        if not damaged and not any(len(ids) for ids in with_vector.values()):
            return
        rows_by_leg = {leg: self._restore(leg, ids) for leg, ids in with_vector.items() if len(ids)}
        written = [self._write(leg, parts) for leg, parts in rows_by_leg.items()]
        fsio.sync_directory(self.writer.directory, "blocks-entries")
        with transactions.commit(self.db, self.writer.database, "repair"):
            generation = self.writer.generation + 1
            self.db.executemany(
                "UPDATE blocks SET died = ? WHERE id = ?", [(generation, block.id) for block in damaged]
            )
            self.db.executemany(
                "INSERT INTO blocks (space, kind, sha256, size, rows, ids, mark, born) VALUES (?,?,?,?,?,?,?,?)",
                [(*row, generation) for row in written],
            )
            add_generation(
                self.db, self.writer, kind="repair", note=f"{len(damaged)} blocks", next_item=self.writer.next_item
            )
        self.writer.committed(self.writer.generation + 1, self.writer.next_item)
        self.blocks = len(damaged)

    def _sound(self, block: blocks.VectorBlock) -> bool:
        """Checks a live block; a damaged file is set aside at once, unless its replacement is the same file."""
        path = self.writer.directory / block.file
        if path.is_file() and path.stat().st_size == block.size and fsio.sha256_file(path) == block.sha256:
            return True
        self._set_aside(path)
        return False

    def _missing(self, damaged: Sequence[blocks.VectorBlock]) -> dict[tuple[int, str], NDArray[np.int64]]:
        """Live items, by leg, whose vector no sound block holds."""
        snapshot = Snapshot(self.writer.folder)
        try:
            missing: dict[tuple[int, str], NDArray[np.int64]] = {}
            for space in snapshot.spaces.values():
                sound = [block.ids for block in snapshot.blocks
                         if block.space == space.id and block.id not in {one.id for one in damaged}]  # fmt: skip
                have = np.concatenate(sound) if sound else np.empty(0, np.int64)
                lost = np.setdiff1d(snapshot.embedded_ids(space.id), have)
                for block in damaged:
                    here = np.intersect1d(lost, block.ids) if block.space == space.id else lost[:0]
                    leg = (space.id, block.kind)
                    missing[leg] = np.union1d(missing.get(leg, lost[:0]), here)
                    lost = np.setdiff1d(lost, here)
                if len(lost):
                    missing[space.id, "text"] = np.union1d(missing.get((space.id, "text"), lost[:0]), lost)
            return missing
        finally:
            snapshot.close()

    def _restore(self, leg: tuple[int, str], ids: NDArray[np.int64]) -> list[BlockPart]:
        """Rows for the ids: from older blocks that still hold them, else embedded again."""
        space, kind = leg
        parts: list[BlockPart] = []
        for its_kind, part in self.writer.vector_files.find(space, ids):
            if its_kind == kind:
                parts.append(part)
                ids = np.setdiff1d(ids, part.ids)
                self.found += len(part.ids)
        if len(ids):
            parts.append(BlockPart(ids=ids, rows=self._embed(space, kind, ids)))
            self.embedded += len(ids)
        return parts

    def _embed(self, space: int, kind: str, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        name = next(one.name for one in self.writer.spaces.values() if one.id == space)
        snapshot = Snapshot(self.writer.folder)
        try:
            return unit_rows(self.embed(name, kind, snapshot.fetch(ids.tolist())))
        finally:
            snapshot.close()

    def _write(self, leg: tuple[int, str], parts: Sequence[BlockPart]) -> tuple[int, str, str, int, int, bytes, bytes]:
        space = next(one for one in self.writer.spaces.values() if one.id == leg[0])
        ids, chunks = in_order(parts)
        sealed = blocks.write_block(self.writer.directory, chunks, (len(ids), space.dim), space.dtype)
        packed = ids.astype("<i8").tobytes()
        return (*leg, sealed.sha256, sealed.size, len(ids), packed, hashlib.sha256(packed).digest())


def repair(writer: Writer, embed: EmbedAgain) -> RepairReport:
    """Make the collection whole again, as a new generation where content had to change."""
    return Repair(writer, embed).run()
