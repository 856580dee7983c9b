"""One generation as it is stored: documents, items, vectors and images. Takes no lock, holds no transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError, RagmmError, StorageError
from ragmm.indexes import checksums
from ragmm.indexes.contracts import VectorIndex
from ragmm.indexes.faiss.files import Derived
from ragmm.indexes.faiss.opening import LegRows, open_leg
from ragmm.indexes.records import Space
from ragmm.indexes.store import blocks, rows, schema, search_files
from ragmm.indexes.store.word_files import WordFile, Words, every_words, open_words
from ragmm.types import Document, StoredItem

if TYPE_CHECKING:
    from ragmm.indexes.filters import Filter

__all__ = ["Ranges", "StoredGeneration", "dead_ranges", "inside", "load_blocks", "load_spaces"]

_LIVE_DOCUMENT = "d.born <= :g AND d.died > :g"
_BATCH = 500
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_T = TypeVar("_T")


def load_spaces(connection: sqlite3.Connection, generation: int) -> dict[str, Space]:
    found = connection.execute(
        "SELECT id, name, model, revision, fingerprint, dim, dtype FROM spaces "
        "WHERE born <= :g AND died > :g ORDER BY id",
        {"g": generation},
    )
    return {
        row[1]: Space(
            id=row[0], name=row[1], model=row[2], revision=row[3], fingerprint=row[4], dim=row[5], dtype=row[6]
        )
        for row in found
    }


def load_blocks(connection: sqlite3.Connection, generation: int) -> list[blocks.VectorBlock]:
    """The blocks that a generation names, their id lists checked."""
    found = connection.execute(
        "SELECT id, space, kind, sha256, size, rows, ids, mark FROM blocks WHERE born <= :g AND died > :g ORDER BY id",
        {"g": generation},
    )
    return [_block(row) for row in found]


def _block(row: Sequence[Any]) -> blocks.VectorBlock:
    ids = np.frombuffer(row[6], dtype="<i8")
    if checksums.mark(row[6]) != row[7] or len(ids) != row[5]:
        raise DamagedError(f"{schema.DATABASE}: the id list of block {row[0]} is damaged; run: ragmm repair")
    return blocks.VectorBlock(id=row[0], space=row[1], kind=row[2], sha256=row[3], size=row[4], ids=ids)


class StoredGeneration:
    """A fixed generation of a collection. Safe to use from several threads."""

    def __init__(self, folder: Path, generation: int | None = None, *, exact: bool = False) -> None:
        """`exact`: rows are compared by NumPy alone, whatever is installed or recorded."""
        self.folder = folder
        self._exact = exact
        self._path = folder / schema.DATABASE
        self._lock = threading.Lock()
        self._connection = schema.connect_reader(self._path)
        self._read(partial(self._open, wanted=generation))
        self._opening = threading.Lock()
        self._indexes: dict[tuple[str, str], VectorIndex] = {}
        self._words: list[Words | None] = []
        self.notices: list[str] = []
        """What a user should hear of: an index that could not be used, say."""

    def _open(self, connection: sqlite3.Connection, wanted: int | None) -> None:
        (newest,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM generations").fetchone()
        self.generation: int = newest if wanted is None else wanted
        row = connection.execute(
            "SELECT next_item, documents, items FROM generations WHERE id = ?", (self.generation,)
        ).fetchone()
        if row is None and self.generation:
            raise RagmmError(f"{self.folder}: there is no generation {wanted}; the newest is {newest}")
        self.next_item: int = row[0] if row else 0
        self.document_count: int = row[1] if row else 0
        self.item_count: int = row[2] if row else 0
        self.spaces = load_spaces(connection, self.generation)
        self.blocks = load_blocks(connection, self.generation)
        self._dead = dead_ranges(connection, self.generation)

    def close(self) -> None:
        self._connection.close()

    def _read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run a few statements; where a writer was killed in mid-commit, undo that commit and run them again."""
        with self._lock:
            try:
                return self._attempt(work)
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY:
                    raise StorageError(f"{self._path}: another process keeps it locked ({error}); try again") from error
                raise DamagedError(f"{self._path}: {error}; run: ragmm verify --deep, then ragmm repair") from error

    def read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What a few statements find. Rows of any generation: mind `visible`."""
        return self._read(work)

    def _attempt(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            return work(self._connection)
        except sqlite3.OperationalError as error:
            if not schema.needs_rollback(error):
                raise
            schema.roll_back(self._path)
            return work(self._connection)

    def _rows(self, sql: str, parameters: dict[str, Any] | Sequence[Any] = ()) -> list[Any]:
        return self._read(lambda connection: connection.execute(sql, parameters).fetchall())

    @property
    def block_count(self) -> int:
        return len(self.blocks)

    def newest_generation(self) -> int:
        """What a new snapshot would see now."""
        return int(self._rows("SELECT COALESCE(MAX(id), 0) FROM generations")[0][0])

    # Documents -------------------------------------------------------------------------------------------------

    def documents(self) -> Iterator[Document]:
        """Live documents in order of uri, a page of rows at a time."""
        last: tuple[Any, int] | None = None
        while True:
            after = "" if last is None else "AND (d.uri, d.id) > (:uri, :id)"
            page = self._rows(
                f"SELECT {rows.DOCUMENT_COLUMNS}, d.id FROM documents d LEFT JOIN contents c ON c.id = d.content "
                f"WHERE {_LIVE_DOCUMENT} {after} ORDER BY d.uri, d.id LIMIT {_BATCH}",
                {"g": self.generation} | ({"uri": last[0], "id": last[1]} if last else {}),
            )
            for row in page:
                yield rows.document_from_row(row[:-1], str(self._path))
            if len(page) < _BATCH:
                return
            last = page[-1][1], page[-1][-1]

    def document_keys(self) -> Iterator[tuple[str | bytes, str, bytes | None, int | None]]:
        """(uri as stored, state, sha256, content) of every live document."""
        yield from self._rows(
            f"SELECT d.uri, d.state, d.sha256, d.content FROM documents d WHERE {_LIVE_DOCUMENT}",
            {"g": self.generation},
        )

    def document_at(self, path: str) -> Document | None:
        """The live document at an absolute path."""
        found = self._rows(
            f"SELECT {rows.DOCUMENT_COLUMNS} FROM documents d LEFT JOIN contents c ON c.id = d.content "
            f"WHERE d.path = :path AND {_LIVE_DOCUMENT}",
            {"g": self.generation, "path": rows.path_to_db(path)},
        )
        return rows.document_from_row(found[0], str(self._path)) if found else None

    # Items -----------------------------------------------------------------------------------------------------

    def live_contents(self) -> list[tuple[int, int, int, bytes]]:
        """(content, first item, items, digest) in order of first item."""
        return self._rows(
            "SELECT id, first_item, items, digest FROM contents c WHERE EXISTS (SELECT 1 FROM content_spans s "
            "WHERE s.content = c.id AND s.born <= :g AND s.died > :g) ORDER BY first_item",
            {"g": self.generation},
        )

    def item_rows(self, first: int, count: int) -> list[rows.ItemRow]:
        """The stored rows of a range of items, unchecked."""
        return self._rows(
            f"SELECT {rows.ITEM_COLUMNS} FROM items WHERE id >= ? AND id < ? ORDER BY id", (first, first + count)
        )

    def marks(self, ids: NDArray[np.int64]) -> dict[int, bytes]:
        """Checksums of the items of an ascending list of ids."""
        if not len(ids):
            return {}
        return dict(self._rows("SELECT id, mark FROM items WHERE id >= ? AND id <= ?", (int(ids[0]), int(ids[-1]))))

    def items(self, uri: str | None = None) -> Iterator[StoredItem]:
        """Live items in the order they were read, of one document or of all."""
        if uri is None:
            contents = [(first, count) for _, first, count, _ in self.live_contents()]
        else:
            contents = self._rows(
                "SELECT DISTINCT c.first_item, c.items FROM documents d JOIN contents c ON c.id = d.content "
                f"WHERE {_LIVE_DOCUMENT} AND (d.uri = :uri OR d.path = :uri) ORDER BY c.first_item",
                {"g": self.generation, "uri": rows.path_to_db(uri)},
            )
        for first, count in contents:
            for start in range(first, first + count, _BATCH):
                yield from self.fetch(range(start, min(start + _BATCH, first + count)))

    def fetch(self, ids: Iterable[int]) -> list[StoredItem]:
        """Items by id, in the given order; ids that are not live here are left out."""
        wanted = list(ids)
        sql = f"SELECT {rows.ITEM_COLUMNS} FROM items WHERE id {rows.ONE_OF}"
        found: dict[int, rows.ItemRow] = {row[0]: row for row in self._rows(sql, (rows.id_list(wanted),))}
        uris = self._uris({row[1] for row in found.values()})
        live = [found[one] for one in wanted if one in found and uris.get(found[one][1])]
        return [rows.item_from_row(row, uris[row[1]], str(self._path)) for row in live]

    def _uris(self, contents: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
        found: dict[int, list[tuple[str, str]]] = {}
        for content, uri, path in self._rows(
            f"SELECT content, uri, path FROM documents WHERE content {rows.ONE_OF} "
            "AND born <= ? AND died > ? ORDER BY uri, id",
            (rows.id_list(contents), self.generation, self.generation),
        ):
            found.setdefault(content, []).append((rows.path_from_db(uri), rows.path_from_db(path)))
        return found

    def asset(self, sha256: str) -> tuple[bytes, str]:
        """An asset's bytes and media type, checked against its name."""
        name = bytes.fromhex(sha256)
        for attempt in (0, 1):
            found = self._rows(
                "SELECT p.sha256, a.offset, a.size, a.media_type FROM assets a JOIN packs p ON p.id = a.pack "
                "WHERE a.sha256 = ?",
                (name,),
            )
            if not found:
                raise RagmmError(f"{self.folder}: there is no image {sha256}")
            pack, offset, size, media_type = found[0]
            path = self.folder / blocks.DIRECTORY / f"{pack}.pack"
            if path.exists() or attempt:  # a pack rewritten between the two reads has a new address
                break
        return blocks.read_asset(path, offset, size, name), media_type

    # What verify asks ------------------------------------------------------------------------------------------

    def packs(self) -> list[tuple[str, int]]:
        """(sha256, size) of every pack that holds an image."""
        return self._rows("SELECT sha256, size FROM packs p WHERE EXISTS (SELECT 1 FROM assets a WHERE a.pack = p.id)")

    def embedded_ids(self, space: int) -> NDArray[np.int64]:
        """Ascending ids of live items that have a vector in a space."""
        found = np.array([row[0] for row in self._rows("SELECT item FROM vectors WHERE space = ?", (space,))], np.int64)
        return found[(found < self.next_item) & ~inside(self._dead, found)]

    def lost_assets(self) -> int:
        """How many live items name an image that has no address."""
        sql = "SELECT id FROM items WHERE asset IS NOT NULL AND asset NOT IN (SELECT sha256 FROM assets) ORDER BY id"
        ids = np.array([row[0] for row in self._rows(sql)], np.int64)
        return int(np.count_nonzero((ids < self.next_item) & ~inside(self._dead, ids)))

    def lexicon_gap(self) -> str:
        """How the lexicon and the items differ, or an empty string."""
        words = self._rows("SELECT COUNT(*) FROM lexicon_docsize")[0][0]
        items = self._rows("SELECT COUNT(*) FROM items")[0][0]
        return f"the lexicon holds {words:,} items where {items:,} are stored" if words != items else ""

    # Search ----------------------------------------------------------------------------------------------------

    def legs(self) -> list[tuple[str, str]]:
        """(space, kind) pairs that hold vectors."""
        names = {space.id: space.name for space in self.spaces.values()}
        return sorted({(names[block.space], block.kind) for block in self.blocks})

    def index(self, space: str, kind: str) -> VectorIndex:
        """The index over a leg's blocks: opened on first use, every block's checksum verified once per boot."""
        with self._opening:
            if (space, kind) not in self._indexes:
                self._indexes[space, kind] = self._open_index(self.spaces[space], kind)
            return self._indexes[space, kind]

    def _open_index(self, space: Space, kind: str) -> VectorIndex:
        opened = self.open_blocks(space.name, kind)
        parts = [LegRows(ids=block.ids, rows=data, dead=self.dead_among(block.ids)) for block, data in opened]
        index, notice = open_leg(self.folder, self._derived_of(space, kind), space.dim, parts, exact=self._exact)
        if notice:  # perhaps it was replaced between its row and its file: then there is another one
            index, notice = open_leg(self.folder, self._derived_of(space, kind), space.dim, parts, exact=self._exact)
        if notice:
            self.notices.append(notice)
        return index

    def words(self) -> Words | None:
        """The files of words, opened on first use; None where the tables of words have to be searched."""
        with self._opening:
            if not self._words:
                self._words.append(self._open_words())
            return self._words[0]

    def _open_words(self) -> Words | None:
        reason = ""
        for _ in range(2):  # perhaps a file was replaced between its row and its opening: then there is another one
            try:
                return self._read(partial(open_words, folder=self.folder))
            except DamagedError as error:
                reason = str(error)
        self.notices.append(f"{reason}; searching without it; the next ingest builds it again, or: ragmm repair")
        return None

    def word_files(self) -> list[WordFile]:
        """The files of words recorded now."""
        return self._read(every_words)

    def _derived_of(self, space: Space, kind: str) -> Derived | None:
        return next((one for one in self.derived() if (one.space, one.kind) == (space.id, kind)), None)

    def derived(self) -> list[Derived]:
        """The index files recorded now, whatever generation they were built from."""
        return self._read(search_files.every_derived)

    def open_blocks(self, space: str, kind: str) -> list[tuple[blocks.VectorBlock, NDArray[Any]]]:
        """A leg's blocks as memory maps, checked. Shape of each: (n, dim)."""
        here = self.spaces[space]
        directory = self.folder / blocks.DIRECTORY
        mine = [block for block in self.blocks if block.space == here.id and block.kind == kind]
        opened = [blocks.open_block(directory, block, here.dim) for block in mine]
        checksums.check_once([(directory / block.file, block.sha256) for block in mine])
        return list(zip(mine, opened, strict=True))

    def dead_among(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of some ascending ids that are not live in this generation."""
        return ids[inside(self._dead, ids)]

    def visible(self, ids: NDArray[np.int64], allow: NDArray[np.int64] | None) -> NDArray[np.bool_]:
        """Which items are live and, where `allow` (ascending) limits them, allowed. Shape: (len(ids),)."""
        seen: NDArray[np.bool_] = (ids < self.next_item) & ~inside(self._dead, ids)
        if allow is None or not len(ids):
            return seen
        at = np.searchsorted(allow, ids)
        return seen & (at < len(allow)) & (allow[np.minimum(at, len(allow) - 1)] == ids if len(allow) else False)

    def select(self, only: Filter) -> NDArray[np.int64]:
        """Ascending ids of the live items that a filter lets through."""
        from ragmm.indexes.store.conditions import compiled

        condition, parameters = compiled(only)
        found = self._rows(
            "SELECT DISTINCT i.id FROM items i JOIN documents d ON d.content = i.content "
            f"WHERE d.born <= ? AND d.died > ? AND ({condition}) ORDER BY i.id",
            [self.generation, self.generation, *parameters],
        )
        return np.array([row[0] for row in found], np.int64)

    def has_field(self, name: str) -> bool:
        """Whether an item, or a document as a whole, states the field."""
        from ragmm.indexes.store.conditions import metadata_path

        path = metadata_path(name)
        sql = (
            "SELECT 1 FROM items WHERE json_type(metadata, ?) IS NOT NULL OR json_type(metadata, ?) IS NOT NULL LIMIT 1"
        )
        return bool(self._rows(sql, (path, path.replace("$", "$.document", 1))))

    def fields(self) -> list[str]:
        """Every field that items state; the fields of documents as wholes among them."""
        sql = (
            "SELECT DISTINCT m.key FROM items, json_each(metadata) m WHERE m.key != 'document' "
            "UNION SELECT DISTINCT m.key FROM items, json_each(metadata, '$.document') m"
        )
        return sorted(str(row[0]) for row in self._rows(sql))


Ranges = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Half-open, ascending, disjoint ranges of ids: their starts and their ends. Shapes: (n,), (n,)."""


def dead_ranges(connection: sqlite3.Connection, generation: int) -> Ranges:
    """Ids of contents that died by this generation and do not live in it."""
    found = connection.execute(
        "SELECT DISTINCT c.first_item, c.first_item + c.items FROM content_spans s JOIN contents c ON c.id = s.content "
        "WHERE s.died <= :g AND c.items > 0 AND NOT EXISTS (SELECT 1 FROM content_spans l "
        "WHERE l.content = c.id AND l.born <= :g AND l.died > :g) ORDER BY c.first_item",
        {"g": generation},
    ).fetchall()
    table = np.array(found, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def inside(ranges: Ranges, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which ids fall into one of the ranges. Shape: (len(ids),)."""
    starts, ends = ranges
    if not len(starts):
        return np.zeros(len(ids), bool)
    at = np.searchsorted(starts, ids, side="right") - 1
    found: NDArray[np.bool_] = (at >= 0) & (ids < ends[at])
    return found
