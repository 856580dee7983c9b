"""The contracts: what the pipelines ask of a store, and a store of a vector index.

A store keeps one collection. A `Snapshot` is one generation of it, read and searched; a `Writer` is alone and makes the
next one; a `WorkCache` holds what can be computed again. `tests/contracts` runs one suite over every store.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import ModelError
from ragmm.indexes.records import (
    Built,
    Collected,
    Erased,
    GenerationInfo,
    HeldWords,
    Ids,
    ItemPlace,
    Known,
    NamedDocument,
    NearWord,
    RepairReport,
    Retention,
    RunRow,
    Space,
    StagedVector,
    Stretch,
    Strikes,
    UnfinishedPurge,
    VerifyReport,
)
from ragmm.types import Document, ModelInfo, StoredItem

if TYPE_CHECKING:
    from ragmm.indexes.cache_contract import WorkCache
    from ragmm.indexes.changes import PreparedDocument
    from ragmm.indexes.filters import Filter

__all__ = [
    "EmbedAgain",
    "Inventory",
    "Rows",
    "Snapshot",
    "Store",
    "VectorIndex",
    "Writer",
    "unit_rows",
]

Rows = NDArray[np.float32]
EmbedAgain = Callable[[str, str, Sequence[StoredItem]], Rows]
"""(space, kind, items) to vectors of shape (len(items), dim)."""


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to unit length; a zero row stays zero and is never near anything. Shape: (n, dim)."""
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(norms).all():
        raise ModelError(
            f"{int((~np.isfinite(norms)).sum()):,} of {len(rows):,} vectors are not finite numbers; the model is "
            'damaged, or computes in too narrow a format: ragmm models check, or models.dtype = "float32"'
        )
    unit: NDArray[np.float32] = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return unit


@runtime_checkable
class VectorIndex(Protocol):
    """Finds the rows nearest to a query. Higher scores are better; ids are the caller's and need not be dense."""

    def add(self, ids: NDArray[np.int64], rows: NDArray[np.float32]) -> None:
        """Shapes: (n,), (n, dim). An id that is already there is an error."""
        ...

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Removed ids are never returned again, unless added again; unknown ids are ignored."""
        ...

    def search(
        self, queries: NDArray[np.float32], k: int, allow: NDArray[np.int64] | None = None
    ) -> tuple[list[NDArray[np.int64]], list[NDArray[np.float32]]]:
        """For each query its best ids, best first, ties by smaller id; fewer than k where fewer match.

        `allow` (sorted, unique) limits the search to those ids; an empty one finds nothing.
        """
        ...

    def __len__(self) -> int: ...


# Reading a collection ----------------------------------------------------------------------------------------------


class Snapshot(Protocol):
    """One generation. It stays as it is, whatever others commit; safe to use from several threads."""

    notices: list[str]
    """What a user should know, such as an index that is damaged and does without."""

    @property
    def folder(self) -> Path:
        """Names the collection in messages."""
        ...

    @property
    def generation(self) -> int: ...
    @property
    def document_count(self) -> int: ...
    @property
    def item_count(self) -> int: ...
    @property
    def block_count(self) -> int:
        """In how many pieces its vectors are kept."""
        ...

    @property
    def spaces(self) -> Mapping[str, Space]: ...

    def close(self) -> None: ...
    def newest_generation(self) -> int:
        """What a new snapshot would see now."""
        ...

    # Documents and items

    def documents(self) -> Iterator[Document]:
        """In order of uri."""
        ...

    def items(self, uri: str | None = None) -> Iterator[StoredItem]:
        """In the order they were read, of one document (by uri or path) or of all."""
        ...

    def fetch(self, ids: Iterable[int]) -> list[StoredItem]:
        """Items by id, in the given order; ids that are not live here are left out."""
        ...

    def live_items(self) -> Ids:
        """Ascending ids of everything that lives here."""
        ...

    def item_places(self, items: Iterable[int]) -> dict[int, ItemPlace]: ...
    def asset(self, sha256: str) -> tuple[bytes, str]:
        """An asset's bytes and media type, checked against its name."""
        ...

    # Filters

    def select(self, only: Filter) -> Ids:
        """Ascending ids of the live items that a filter lets through."""
        ...

    def has_field(self, name: str) -> bool: ...
    def fields(self) -> list[str]: ...

    # Vectors

    def legs(self) -> list[tuple[str, str]]:
        """(space, kind) pairs that hold vectors."""
        ...

    def index(self, space: str, kind: str) -> VectorIndex: ...
    def leg_size(self, space: str, kinds: Sequence[str]) -> int:
        """How many vectors there are of these kinds, at most."""
        ...

    def stored_vector(self, space: str, kind: str, item: int) -> Rows | None: ...
    def stored_vectors(self, space: str, kind: str, items: Ids) -> tuple[Ids, Rows]:
        """Those of some ascending ids that have a vector in a leg, and the vectors. Shapes: (n,), (n, dim)."""
        ...

    def sample_vectors(self, space: str, kinds: Sequence[str], count: int) -> Rows: ...

    # Words

    def find_items(
        self, question: str, k: int, allow: Ids | None = None, idle: Container[str] = ...
    ) -> list[tuple[int, float]]: ...
    def find_stretches(
        self, question: str, k: int, allow: Ids | None = None, idle: Container[str] = ...
    ) -> list[Stretch]: ...
    def find_named(self, words: Sequence[str]) -> list[NamedDocument]: ...
    def items_of(self, documents: Sequence[NamedDocument], allow: Ids | None = None) -> Ids: ...
    def wordless(self, items: Iterable[int]) -> list[int]: ...
    def held_words(self, words: Sequence[str], items: Sequence[int]) -> HeldWords: ...
    def unknown_words(self, words: Sequence[str]) -> list[str]:
        """Those that no item holds in any form."""
        ...

    def near_words(self, word: str, most: int) -> list[NearWord]:
        """Words of live items that are at most so many edits from it, the likeliest first."""
        ...


class Inventory(Protocol):
    """The newest generation's documents, looked up by path: a night asks about every file."""

    @property
    def state(self) -> str:
        """Names this very state of the documents."""
        ...

    @property
    def generation(self) -> int: ...
    def count(self) -> int: ...
    def at(self, paths: Sequence[str]) -> dict[str, Known]: ...
    def paths(self) -> Iterator[str]: ...
    def document_at(self, path: str) -> Document | None: ...
    def media_type(self, sha256: str, parser: str) -> str | None: ...
    def sizes(self) -> set[int]: ...
    def readers(self) -> dict[str, int]:
        """How many documents each parser's fingerprint has read."""
        ...


# Writing a collection ----------------------------------------------------------------------------------------------


class Writer(Protocol):
    """A writing session, alone. Every method is all or nothing."""

    generation: int
    """The last one committed."""
    changed: bool
    """Whether this session wrote anything."""

    def commit(
        self,
        documents: Sequence[PreparedDocument] = (),
        removed: Iterable[str] = (),
        *,
        kind: str = "ingest",
        note: str = "",
    ) -> int:
        """Make the next generation: documents replace those of the same path, the paths in `removed` go."""
        ...

    def put_settings(self, values: Mapping[str, str]) -> None: ...
    def inventory(self) -> Inventory: ...

    def ensure_space(self, name: str, info: ModelInfo, dtype: str = "float32") -> None:
        """Declare a space; the next commit creates it. Another model than the one that built it is an error."""
        ...

    def readings(self, sha256: str) -> list[str]:
        """Every fingerprint under which this content is stored."""
        ...

    def known_content(self, sha256: str, parser: str) -> bool:
        """Whether this content can be linked without parsing or embedding anything again."""
        ...

    def known_vectors(self, space: str, keys: Sequence[bytes]) -> dict[bytes, Rows]: ...
    def ever_held(self, space: str, kind: str) -> bool:
        """Whether a generation that is kept has vectors of this kind there."""
        ...

    # Space that nothing needs

    def reclaim(self, retention: Retention, expired: Callable[[], bool] = ...) -> Collected: ...
    def tidy(self, expired: Callable[[], bool] = ...) -> bool: ...
    def reclaimable(self) -> bool: ...

    # Another model for a space: built beside the one that serves, and put in its place at once

    def stage(self, name: str, info: ModelInfo, dtype: str) -> Space: ...
    def staged_items(self, space: Space) -> Ids: ...
    def staged_vectors(self, space: Space, keys: Sequence[bytes]) -> dict[bytes, Rows]: ...
    def add_staged(self, space: Space, vectors: Sequence[StagedVector]) -> None: ...
    def drop_damaged(self, space: Space) -> int: ...
    def abandon_staged(self, name: str) -> bool: ...
    def switch_staged(self, name: str) -> int: ...

    # Erasing

    def paths_named(self, name: str) -> list[str]: ...
    def unfinished_purge(self) -> UnfinishedPurge: ...
    def erase(self, paths: Sequence[str]) -> Erased: ...
    def finish_purge(self) -> None: ...


class Store(Protocol):
    """A collection's keeper. Cheap to construct; nothing is read before it is asked for."""

    @property
    def folder(self) -> Path: ...
    @property
    def exists(self) -> bool: ...
    def clock(self) -> float:
        """The time that generations and runs are dated with."""
        ...

    def snapshot(self, generation: int | None = None, *, exact: bool = False) -> Snapshot:
        """The newest generation, or a given one that is still retained; `exact` compares every row."""
        ...

    def preview(self, space: str) -> Snapshot:
        """The newest generation as it would be with the staged space in the place of the one that serves."""
        ...

    def writer(self, command: str = "", *, create: bool = False) -> AbstractContextManager[Writer]:
        """WriterBusyError at once if there is another."""
        ...

    def cache(self) -> WorkCache:
        """For the one who writes."""
        ...

    def size(self) -> int:
        """Bytes that it takes."""
        ...

    def throwaway(self) -> AbstractContextManager[Store]:
        """An empty store with the same clock that goes away again."""
        ...

    def settings(self) -> dict[str, str]: ...
    def models(self) -> dict[str, str]: ...
    def staged(self) -> dict[str, str]: ...
    def history(self) -> list[GenerationInfo]: ...
    def runs(self) -> list[RunRow]: ...
    def strikes(self) -> list[Strikes]: ...
    def digest(self, *, vectors: bool = False) -> str: ...
    def verify(self, *, deep: bool = False) -> VerifyReport: ...
    def repair(self, embed: EmbedAgain) -> RepairReport: ...
    def refresh_indexes(self, kind: str, say: Callable[[str], None] | None = None) -> list[Built]: ...
    def rollback(self, generation: int) -> int: ...
    def compact(self, retention: Retention | None = None) -> Collected: ...
    def pin(self, name: str) -> int: ...
    def copy_to(self, target: Path) -> Path: ...
