"""Keeping the derived indexes in step with blocks and items: what a writer does after its commits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DamagedError
from ragmm.indexes import fsio
from ragmm.indexes.faiss import files, spec
from ragmm.indexes.faiss.building import Picked, build
from ragmm.indexes.faiss.files import Derived
from ragmm.indexes.faiss.gpu import find_gpu
from ragmm.indexes.faiss.library import installed
from ragmm.indexes.faiss.spec import Method, Policy
from ragmm.indexes.records import Built, Space
from ragmm.indexes.store import reading, search_files, search_records
from ragmm.indexes.store.blocks import VectorBlock
from ragmm.indexes.store.word_upkeep import WordPolicy, forget_damaged_words, refresh_words
from ragmm.indexes.store.writer import Writer

__all__ = ["forget_damaged", "refresh"]

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Leg:
    """The live rows of one space and kind: which of each block's."""

    space: Space
    kind: str
    blocks: tuple[tuple[VectorBlock, NDArray[np.int64]], ...]

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        return np.concatenate([block.ids[alive] for block, alive in self.blocks])


def refresh(
    writer: Writer, kind: str, *, policy: Policy | None = None, words: WordPolicy | None = None, say: Say | None = None
) -> list[Built]:
    """Build what is missing, damaged, of another kind than the settings name, or too old. Returns what was built.

    The generation that is searched stays as it is: until an index is recorded, its rows are searched exactly. A build
    that is cut short leaves a file that nothing names, which the next one removes.
    """
    search_records.remove_unnamed(writer)
    built = refresh_words(writer, say or _silent, words or WordPolicy())
    if kind == "auto" and not installed():
        return built
    legs = list(_legs(writer))
    _forget_ended(writer, legs)
    made = [_refresh_leg(writer, leg, kind, policy or Policy(), say or _silent) for leg in legs]
    return [*built, *(one for one in made if one is not None)]


def forget_damaged(writer: Writer) -> tuple[str, ...]:
    """Take out the records of index files that are not as they were sealed; returns the files' names."""
    gone = []
    for derived in search_files.every_derived(writer.connection):
        try:
            files.check_file(writer.folder, derived)
        except DamagedError:
            search_records.forget(writer, derived.space, derived.kind)
            gone.append(f"{files.DIRECTORY}/{derived.file}")
    return (*gone, *forget_damaged_words(writer))


def _silent(_: str) -> None: ...


def _legs(writer: Writer) -> Iterator[_Leg]:
    ranges = reading.dead_ranges(writer.connection, writer.generation)
    for space in writer.spaces.values():
        for kind in sorted({block.kind for block in writer.vector_files.live if block.space == space.id}):
            mine = writer.vector_files.leg(space.id, kind)
            alive = [np.flatnonzero(~reading.inside(ranges, block.ids)) for block in mine]
            yield _Leg(space=space, kind=kind, blocks=tuple(zip(mine, alive, strict=True)))


def _forget_ended(writer: Writer, legs: Sequence[_Leg]) -> None:
    """A space that another model's has replaced needs no index."""
    living = {(leg.space.id, leg.kind) for leg in legs}
    for derived in search_files.every_derived(writer.connection):
        if (derived.space, derived.kind) not in living:
            search_records.forget(writer, derived.space, derived.kind)


def _refresh_leg(writer: Writer, leg: _Leg, kind: str, policy: Policy, say: Say) -> Built | None:
    method = spec.choose(kind, len(leg.ids), leg.space.dtype)
    known = search_files.derived_of(writer.connection, leg.space.id, leg.kind)
    if method is None or method is Method.FLAT or not len(leg.ids):
        _without_file(writer, leg, method, known)
        return None
    why = _reason(writer, leg, method, known, policy)
    if not why:
        return None
    say(f"building the {method} index of {leg.space.name}/{leg.kind}, {len(leg.ids):,} rows: {why}")
    return _build(writer, leg, method, why)


def _without_file(writer: Writer, leg: _Leg, method: Method | None, known: Derived | None) -> None:
    """`flat` is a note without a file; `exact` is no note at all."""
    if method is None:
        if known is not None:
            search_records.forget(writer, leg.space.id, leg.kind)
    elif known is None or known.method is not method:
        none = np.empty(0, np.int64)
        search_records.record(
            writer, Derived(space=leg.space.id, kind=leg.kind, method=method, sha256="", size=0, ids=none)
        )


def _reason(writer: Writer, leg: _Leg, method: Method, known: Derived | None, policy: Policy) -> str:
    """Why a leg's index has to be built, or an empty string."""
    if known is None:
        return "there is none"
    if known.method is not method:
        return f"it was {known.method}"
    try:
        files.check_file(writer.folder, known)
    except DamagedError as error:
        return str(error)
    fresh = int(np.isin(leg.ids, known.ids, assume_unique=True, invert=True).sum())
    dead = len(known.ids) - (len(leg.ids) - fresh)
    if policy.outdated(built=len(known.ids), fresh=fresh, dead=dead):
        return f"{fresh:,} rows are new and {dead:,} are gone since it was built"
    return ""


def _build(writer: Writer, leg: _Leg, method: Method, why: str) -> Built:
    began = time.perf_counter()
    parts = [Picked(writer.vector_files.rows(block), alive) for block, alive in leg.blocks]
    writer.preflight(len(leg.ids) * leg.space.dim * 4)
    index = build(method, parts, leg.space.dim, find_gpu())
    directory = writer.folder / files.DIRECTORY
    fsio.make_directory(directory, "ann")
    sealed = files.write_index(directory, index)
    fsio.sync_directory(directory, "ann-entries")
    search_records.record(
        writer,
        Derived(space=leg.space.id, kind=leg.kind, method=method, sha256=sealed.sha256, size=sealed.size, ids=leg.ids),
    )
    return Built(
        space=leg.space.name,
        kind=leg.kind,
        method=str(method),
        rows=len(leg.ids),
        bytes=sealed.size,
        seconds=round(time.perf_counter() - began, 2),
        why=why,
    )
