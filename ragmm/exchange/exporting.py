"""A collection written down for other programs: items with their vectors as JSON lines, Parquet, or a folder of npy.

A file takes its name when it is whole; a folder is one that was not there.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import StorageError, UsageError
from ragmm.exchange.embedded import embedded_items
from ragmm.exchange.tables import item_batches, item_facts, item_schema
from ragmm.indexes.contracts import Snapshot
from ragmm.optional import require
from ragmm.render.records import to_json

__all__ = ["ABOUT", "ITEMS", "Exported", "export", "written_whole"]

ABOUT: Final = "about.json"
ITEMS: Final = "items.jsonl"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written."""

    path: str
    generation: int
    items: int
    vectors: Mapping[str, int]
    """By space."""


def export(snapshot: Snapshot, target: Path) -> Exported:
    """By the name of the target: *.jsonl, *.parquet, or a folder of npy files beside their items."""
    writers: dict[str, Callable[[Snapshot, Path], _Counts]] = {".jsonl": _jsonl, ".parquet": _parquet, "": _folder}
    write = writers.get(target.suffix.lower())
    if write is None:
        raise UsageError(f"{target}: what is to be written? name it *.jsonl or *.parquet, or a folder without a dot")
    counts = write(snapshot, target)
    return Exported(path=str(target), generation=snapshot.generation, items=counts.items, vectors=counts.vectors)


@contextlib.contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """A file that takes the name of the target once all is written. Raises StorageError where it cannot be."""
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(target)
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


class _Counts:
    """How much there was."""

    def __init__(self) -> None:
        self.items = 0
        self.vectors: dict[str, int] = {}

    def add(self, spaces: Mapping[str, object]) -> None:
        self.items += 1
        for space in spaces:
            self.vectors[space] = self.vectors.get(space, 0) + 1


def _jsonl(snapshot: Snapshot, target: Path) -> _Counts:
    counts = _Counts()
    with written_whole(target) as file:
        for one in embedded_items(snapshot):
            vectors = {space: row.tolist() for space, row in one.vectors.items()}
            file.write(to_json({**item_facts(one.item), "vectors": vectors}).encode() + b"\n")
            counts.add(vectors)
    return counts


def _parquet(snapshot: Snapshot, target: Path) -> _Counts:
    require("pyarrow", "writing Parquet")
    from pyarrow import parquet

    counts, schema = _Counts(), item_schema(snapshot, vectors=True)
    about = {f"ragmm.model.{name}": space.model for name, space in snapshot.spaces.items()}
    with written_whole(target) as file, parquet.ParquetWriter(file, schema.with_metadata(about)) as writer:
        for batch in item_batches(snapshot, vectors=True):
            writer.write_batch(batch)
            counts.items += batch.num_rows
            for space in snapshot.spaces:
                column = batch.column(f"vector_{space}")
                counts.vectors[space] = counts.vectors.get(space, 0) + len(column) - column.null_count
    return counts


def _folder(snapshot: Snapshot, target: Path) -> _Counts:
    try:
        target.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{target} is there already; name a folder that is not") from None
    except OSError as error:
        raise StorageError(f"{target} cannot be made: {error.strerror}") from error
    counts, models = _Counts(), {name: space.model for name, space in snapshot.spaces.items()}
    with contextlib.ExitStack() as stack:
        items = stack.enter_context(written_whole(target / ITEMS))
        files = {
            name: _Rows(stack.enter_context(written_whole(target / f"{name}.npy")), space.dim)
            for name, space in snapshot.spaces.items()
        }
        for one in embedded_items(snapshot):
            places = {space: files[space].add(row) for space, row in one.vectors.items()}
            items.write(to_json({**item_facts(one.item), "rows": places}).encode() + b"\n")
            counts.add(one.vectors)
        for rows in files.values():
            rows.finish()
        about = stack.enter_context(written_whole(target / ABOUT))
        about.write(json.dumps({"generation": snapshot.generation, "models": models}, indent=1).encode() + b"\n")
    return counts


class _Rows:
    """An npy file that grows: NumPy leaves room in its header for the number of rows."""

    def __init__(self, file: BinaryIO, dim: int) -> None:
        self._file, self._dim, self._count = file, dim, 0
        file.write(self._header())

    def add(self, row: NDArray[np.float32]) -> int:
        """The number of the row."""
        self._file.write(np.ascontiguousarray(row, "<f4").tobytes())
        self._count += 1
        return self._count - 1

    def finish(self) -> None:
        self._file.seek(0)
        self._file.write(self._header())

    def _header(self) -> bytes:
        header = io.BytesIO()
        facts: dict[str, Any] = {"descr": "<f4", "fortran_order": False, "shape": (self._count, self._dim)}
        np.lib.format.write_array_header_1_0(header, facts)
        return header.getvalue()
