"""One commit: prepared documents become the next generation.

The order is what makes it safe. Packs and blocks are written, synced, checked and renamed; their directory is synced;
then one SQLite transaction names them. A crash anywhere leaves the old generation or the new one, and files that
nothing names, which are collected later.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes import checksums, fsio
from ragmm.indexes.changes import PreparedDocument, PreparedItem
from ragmm.indexes.contracts import unit_rows
from ragmm.indexes.store import blocks, lexicon, reading, rows, schema, transactions
from ragmm.indexes.store.layout import BlockPart, choose_merge, in_order
from ragmm.text.words import segment
from ragmm.types import Asset, DocumentState

if TYPE_CHECKING:
    from ragmm.indexes.store.session import Session

__all__ = ["Commit", "add_generation", "forget_dead_contents", "settle_spans"]

_Leg = tuple[int, str]


class Commit:
    """Used once, by Writer.commit."""

    def __init__(
        self, writer: Session, documents: Sequence[PreparedDocument], removed: Iterable[str], kind: str, note: str
    ) -> None:
        self._writer = writer
        self._db = writer.connection
        self._generation = writer.generation + 1
        self._documents = list({document.path: document for document in documents}.values())
        self._removed = list(removed)
        self._kind, self._note = kind, note
        self._next_item = writer.next_item
        self._contents: dict[tuple[bytes, str], int] = {}
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._parts: dict[_Leg, list[BlockPart]] = {}
        self._replaced_blocks: list[int] = []

    def run(self, *, merge_all: bool) -> int:
        self._number_contents()
        self._revive()
        self._write_files(merge_all=merge_all)
        with transactions.commit(self._db, self._writer.database, "generation"):
            self._insert_rows()
            self._replace_documents()
            add_generation(self._db, self._writer, kind=self._kind, note=self._note, next_item=self._next_item)
        self._writer.committed(self._generation, self._next_item)
        return self._generation

    # Numbering ---------------------------------------------------------------------------------------------------

    def _number_contents(self) -> None:
        (last,) = self._db.execute("SELECT COALESCE(MAX(id), 0) FROM contents").fetchone()
        for document in self._documents:
            key = _content_key(document)
            if key is None or key in self._contents:
                continue
            known = self._db.execute("SELECT id FROM contents WHERE sha256 = ? AND parser = ?", key).fetchone()
            if known is not None:
                self._contents[key] = known[0]
            elif document.items is not None:
                last += 1
                self._contents[key] = last
                self._number_items(last, key, document.items)

    def _number_items(self, content: int, key: tuple[bytes, str], items: Sequence[PreparedItem]) -> None:
        first, marks = self._next_item, []
        words: list[lexicon.StretchItem] = []
        found: dict[_Leg, tuple[list[int], list[NDArray[np.float32]]]] = {}
        for prepared in items:
            asset = prepared.item.asset
            row = rows.item_row(self._next_item, content, prepared.item, bytes.fromhex(asset.sha256) if asset else None)
            marks.append(row[-1])
            self._add("items", row)
            self._add("lexicon", (row[0], segment(row[4]), segment(row[5])))
            words.append(lexicon.StretchItem(id=row[0], page=row[3], text=row[4], context=row[5]))
            for vector in prepared.vectors:
                space = self._writer.spaces[vector.space].id
                self._add("vectors", (space, self._next_item, vector.key))
                ids, data = found.setdefault((space, vector.kind), ([], []))
                ids.append(self._next_item)
                data.append(vector.row)
            self._next_item += 1
        for stretch in lexicon.stretches(words):
            self._add("stretches", stretch)
        for leg, (ids, data) in found.items():
            part = BlockPart(ids=np.array(ids, np.int64), rows=unit_rows(np.stack(data)))
            self._parts.setdefault(leg, []).append(part)
        self._add("contents", (content, *key, first, len(items), rows.content_digest(marks)))

    def _add(self, table: str, row: tuple[Any, ...]) -> None:
        self._rows.setdefault(table, []).append(row)

    def _revive(self) -> None:
        """A content that comes back needs its vectors in live blocks again."""
        for content in set(self._contents.values()):
            row = self._db.execute("SELECT first_item, items FROM contents WHERE id = ?", (content,)).fetchone()
            if row is None or _has_live_span(self._db, content):
                continue
            for space in self._writer.spaces.values():
                wanted = np.setdiff1d(
                    self._writer.with_vector(space.id, *row),
                    self._writer.vector_files.live_ids(space.id),
                    assume_unique=True,
                )
                for kind, part in self._writer.vector_files.find(space.id, wanted):
                    self._parts.setdefault((space.id, kind), []).append(part)

    # Files -------------------------------------------------------------------------------------------------------

    def _write_files(self, *, merge_all: bool) -> None:
        assets = self._new_assets()
        self._writer.preflight(self._estimate(assets))
        if assets:
            self._write_pack(assets)
        legs = set(self._parts)
        if merge_all:
            legs |= {(block.space, block.kind) for block in self._writer.vector_files.live}
        for leg in sorted(legs):
            self._write_leg(leg, merge_all=merge_all)
        if self._rows.keys() & {"packs", "blocks"}:
            fsio.sync_directory(self._writer.directory, "blocks-entries")

    def _estimate(self, assets: dict[str, Asset]) -> int:
        size = sum(len(asset.data) for asset in assets.values())
        size += sum(part.rows.nbytes for parts in self._parts.values() for part in parts)
        return size + sum(3 * len(row[4]) + 300 for row in self._rows.get("items", ()))

    def _new_assets(self) -> dict[str, Asset]:
        found: dict[str, Asset] = {}
        for document in self._documents:
            for prepared in document.items or ():
                if prepared.item.asset is not None:
                    found[prepared.item.asset.sha256] = prepared.item.asset
        return {name: asset for name, asset in found.items() if not self._has_asset(name)}

    def _has_asset(self, name: str) -> bool:
        found = self._db.execute("SELECT 1 FROM assets WHERE sha256 = ?", (bytes.fromhex(name),)).fetchone()
        return found is not None

    def _write_pack(self, assets: dict[str, Asset]) -> None:
        sealed, placed = blocks.write_pack(self._writer.directory, assets.values())
        (last,) = self._db.execute("SELECT COALESCE(MAX(id), 0) FROM packs").fetchone()
        self._add("packs", (last + 1, sealed.sha256, sealed.size))
        for one in placed:
            asset = one.asset
            address = (last + 1, one.offset, len(asset.data))
            shape = (asset.width or 0, asset.height or 0, asset.duration)
            self._add("assets", (one.sha256, *address, asset.media_type, *shape))

    def _write_leg(self, leg: _Leg, *, merge_all: bool) -> None:
        """Write the leg's new rows, and the blocks worth merging with them, as one block."""
        parts = self._parts.get(leg, [])
        live = self._writer.vector_files.leg(*leg)
        dead = self._dead_rows(live)
        adding = sum(len(part.ids) for part in parts)
        merged = live if merge_all else choose_merge(live, {one: len(ids) for one, ids in dead.items()}, adding)
        for block in merged:
            keep = np.isin(block.ids, dead[block.id], assume_unique=True, invert=True)
            data = self._writer.vector_files.rows(block)
            parts.append(BlockPart(ids=block.ids[keep], rows=data if bool(keep.all()) else data[keep]))
            self._replaced_blocks.append(block.id)
        ids, chunks = in_order(parts)
        if not len(ids):
            return
        space = next(one for one in self._writer.spaces.values() if one.id == leg[0])
        sealed = blocks.write_block(self._writer.directory, chunks, (len(ids), space.dim), space.dtype)
        packed = ids.astype("<i8").tobytes()
        self._add(
            "blocks", (*leg, sealed.sha256, sealed.size, len(ids), packed, checksums.mark(packed), self._generation)
        )

    def _dead_rows(self, live: Sequence[blocks.VectorBlock]) -> dict[int, NDArray[np.int64]]:
        """Ids, by block, that no live document needs. What this very commit removes is left to a later one."""
        ranges = reading.dead_ranges(self._db, self._writer.generation)
        coming_back = [
            np.arange(first, first + count)
            for content in self._contents.values()
            for first, count in self._db.execute("SELECT first_item, items FROM contents WHERE id = ?", (content,))
        ]
        keep = np.concatenate(coming_back) if coming_back else np.empty(0, np.int64)
        return {block.id: np.setdiff1d(block.ids[reading.inside(ranges, block.ids)], keep) for block in live}

    # The transaction -------------------------------------------------------------------------------------------

    def _insert_rows(self) -> None:
        for space in self._writer.new_spaces:
            values = (space.id, space.name, space.model, space.revision, space.fingerprint, space.dim, space.dtype)
            self._db.execute(
                "INSERT INTO spaces (id, name, model, revision, fingerprint, dim, dtype, born) "
                "VALUES (?,?,?,?,?,?,?,?)",
                (*values, self._generation),
            )
        schema.complete(self._db)
        for table, statement in _INSERTS.items():
            self._db.executemany(statement, self._rows.get(table, ()))
        self._db.executemany(
            "UPDATE blocks SET died = ? WHERE id = ?", [(self._generation, block) for block in self._replaced_blocks]
        )

    def _replace_documents(self) -> None:
        touched = set(self._contents.values())
        paths = [document.path for document in self._documents]
        for path in [*paths, *self._removed]:
            touched |= _bury(self._db, rows.path_to_db(path), self._generation)
        self._db.executemany(_INSERT_DOCUMENT, self._document_rows())
        settle_spans(self._db, touched, self._generation)

    def _document_rows(self) -> Iterator[tuple[Any, ...]]:
        for document in self._documents:
            key = _content_key(document)
            body = (
                rows.path_to_db(document.path),
                rows.path_to_db(document.uri),
                self._contents[key] if key is not None else None,
                bytes.fromhex(document.sha256) if document.sha256 else None,
                document.media_type,
                document.size,
                str(document.state),
                document.reason,
            )
            yield (*body, rows.row_mark(body), self._generation)


_INSERTS = {
    "contents": "INSERT INTO contents (id, sha256, parser, first_item, items, digest) VALUES (?,?,?,?,?,?)",
    "items": f"INSERT INTO items ({rows.ITEM_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)",
    "lexicon": "INSERT INTO lexicon (rowid, text, context) VALUES (?,?,?)",
    "stretches": "INSERT INTO stretches (rowid, text) VALUES (?,?)",
    "vectors": "INSERT INTO vectors (space, item, key) VALUES (?,?,?)",
    "packs": "INSERT INTO packs (id, sha256, size) VALUES (?,?,?)",
    "assets": "INSERT INTO assets (sha256, pack, offset, size, media_type, width, height, duration) "
    "VALUES (?,?,?,?,?,?,?,?)",
    "blocks": "INSERT INTO blocks (space, kind, sha256, size, rows, ids, mark, born) VALUES (?,?,?,?,?,?,?,?)",
}
_INSERT_DOCUMENT = f"INSERT INTO documents ({rows.DOCUMENT_BODY}, mark, born) VALUES (?,?,?,?,?,?,?,?,?,?)"


def _content_key(document: PreparedDocument) -> tuple[bytes, str] | None:
    if document.sha256 is None or document.state is not DocumentState.INDEXED:
        return None
    return bytes.fromhex(document.sha256), document.parser


def _bury(connection: sqlite3.Connection, path: str | bytes, generation: int) -> set[int]:
    """End the live document at a path; returns the content it held."""
    found = connection.execute(
        f"SELECT id, content FROM documents WHERE path = ? AND died = {schema.FOREVER}", (path,)
    ).fetchone()
    if found is None:
        return set()
    connection.execute("UPDATE documents SET died = ? WHERE id = ?", (generation, found[0]))
    return {found[1]} if found[1] is not None else set()


def _has_live_span(connection: sqlite3.Connection, content: int) -> bool:
    found = connection.execute(
        "SELECT 1 FROM content_spans WHERE content = ? AND died = ?", (content, schema.FOREVER)
    ).fetchone()
    return found is not None


def settle_spans(connection: sqlite3.Connection, contents: Iterable[int], generation: int) -> None:
    """A content lives exactly as long as a live document holds it."""
    for content in contents:
        held = connection.execute(
            f"SELECT 1 FROM documents WHERE content = ? AND died = {schema.FOREVER} LIMIT 1", (content,)
        ).fetchone()
        lives = _has_live_span(connection, content)
        if held and not lives:
            connection.execute("INSERT INTO content_spans (content, born) VALUES (?, ?)", (content, generation))
        elif lives and not held:
            connection.execute(
                "UPDATE content_spans SET died = ? WHERE content = ? AND died = ?",
                (generation, content, schema.FOREVER),
            )


def forget_dead_contents(connection: sqlite3.Connection) -> None:
    """What no live document holds has no vectors in a space that came meanwhile: if it comes back, it is read anew."""
    connection.execute(
        "UPDATE contents SET parser = 'stale-' || id WHERE NOT EXISTS "
        f"(SELECT 1 FROM content_spans s WHERE s.content = contents.id AND s.died = {schema.FOREVER})"
    )


def add_generation(connection: sqlite3.Connection, writer: Session, *, kind: str, note: str, next_item: int) -> int:
    """The row that makes the transaction's changes a generation. Must be its last statement."""
    generation = writer.generation + 1
    before = connection.execute(
        "SELECT documents, items FROM generations WHERE id = ?", (writer.generation,)
    ).fetchone() or (0, 0)
    documents = before[0] + _change(connection, "SELECT COUNT(*) FROM documents WHERE {0} = ?", generation)
    counted = (
        "SELECT COALESCE(SUM(c.items), 0) FROM content_spans s JOIN contents c ON c.id = s.content WHERE s.{0} = ?"
    )
    items = before[1] + _change(connection, counted, generation)
    connection.execute(
        "INSERT INTO generations (id, run, kind, created, next_item, documents, items, note) VALUES (?,?,?,?,?,?,?,?)",
        (generation, writer.run, kind, writer.clock(), next_item, documents, items, note),
    )
    return generation


def _change(connection: sqlite3.Connection, sql: str, generation: int) -> int:
    (born,) = connection.execute(sql.format("born"), (generation,)).fetchone()
    (died,) = connection.execute(sql.format("died"), (generation,)).fetchone()
    return int(born - died)
