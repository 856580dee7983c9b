"""Documents and items as Arrow tables, from which pandas frames are made and Parquet files are written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from ragmm.errors import UsageError
from ragmm.exchange.embedded import EmbeddedItem, embedded_items
from ragmm.indexes.contracts import Snapshot
from ragmm.optional import require
from ragmm.types import StoredItem

__all__ = ["Rowset", "arrow_table", "item_batches", "item_facts", "item_schema", "pandas_frame"]

_DOCUMENT: Final = {
    "uri": "string", "path": "string", "sha256": "string", "media_type": "string", "size": "int64", "state": "string",
    "reason": "string", "generation": "int64", "items": "int64", "parser": "string",
}  # fmt: skip
_ITEM: Final = {
    "id": "int64", "uri": "string", "path": "string", "modality": "string", "page": "int64", "box": "list:double",
    "section": "list:string", "start": "int64", "end": "int64", "time": "list:double", "text": "string",
    "context": "string", "asset": "string", "metadata": "string", "also_at": "list:string",
}  # fmt: skip
_AT_ONCE = 2_000


class Rowset(StrEnum):
    """What the rows of a table are."""

    DOCUMENTS = "documents"
    ITEMS = "items"


def arrow_table(snapshot: Snapshot, rows: str, *, vectors: bool = False) -> Any:
    """Every document, or every item, of a generation; with `vectors`, a column of them for each space."""
    if rows not in set(Rowset):
        raise UsageError(f"there is no table of {rows!r}; choose one of: {', '.join(Rowset)}")
    arrow = _arrow("an Arrow table")
    if rows == Rowset.DOCUMENTS:
        schema = arrow.schema([(name, _type(arrow, kind)) for name, kind in _DOCUMENT.items()])
        return arrow.Table.from_pylist([document.to_dict() for document in snapshot.documents()], schema=schema)
    return arrow.Table.from_batches(item_batches(snapshot, vectors=vectors), item_schema(snapshot, vectors=vectors))


def pandas_frame(snapshot: Snapshot, rows: str, *, vectors: bool = False) -> Any:
    """The same for pandas."""
    require("pandas", "a pandas frame")
    return arrow_table(snapshot, rows, vectors=vectors).to_pandas()


def item_schema(snapshot: Snapshot, *, vectors: bool) -> Any:
    """The columns of items; a space's vectors are lists of a fixed length."""
    arrow = _arrow("a table of items")
    columns = [(name, _type(arrow, kind)) for name, kind in _ITEM.items()]
    spaces = snapshot.spaces if vectors else {}
    return arrow.schema(
        [*columns, *((f"vector_{name}", arrow.list_(arrow.float32(), one.dim)) for name, one in spaces.items())]
    )


def item_batches(snapshot: Snapshot, *, vectors: bool) -> Iterator[Any]:
    """Some thousands of items at a time."""
    arrow, schema = _arrow("a table of items"), item_schema(snapshot, vectors=vectors)
    rows: list[dict[str, Any]] = []
    for one in _items(snapshot, vectors):
        named = {f"vector_{space}": row for space, row in one.vectors.items()}
        rows.append(
            item_facts(one.item) | {"metadata": json.dumps(dict(one.item.metadata), ensure_ascii=False)} | named
        )
        if len(rows) == _AT_ONCE:
            yield arrow.RecordBatch.from_pylist(rows, schema=schema)
            rows = []
    if rows:
        yield arrow.RecordBatch.from_pylist(rows, schema=schema)


def item_facts(item: StoredItem) -> dict[str, Any]:
    """An item's fields in one row, JSON-able."""
    where = item.locator
    return {
        "id": item.id,
        "uri": item.uri,
        "path": item.path,
        "modality": item.modality.value,
        "page": where.page,
        "box": None if where.box is None else list(where.box),
        "section": list(where.section),
        "start": where.start,
        "end": where.end,
        "time": None if where.time is None else list(where.time),
        "text": item.text,
        "context": item.context,
        "asset": item.asset,
        "metadata": dict(item.metadata),
        "also_at": list(item.also_at),
    }


def _items(snapshot: Snapshot, vectors: bool) -> Iterable[EmbeddedItem]:
    if vectors:
        return embedded_items(snapshot)
    return (EmbeddedItem(item=item, vectors={}) for item in snapshot.items())


def _arrow(purpose: str) -> Any:
    require("pyarrow", purpose)
    import pyarrow as pa

    return pa


def _type(arrow: Any, kind: str) -> Any:
    names: Mapping[str, Any] = {"string": arrow.string(), "int64": arrow.int64(), "double": arrow.float64()}
    listed = kind.removeprefix("list:")
    return arrow.list_(names[listed]) if listed != kind else names[kind]
