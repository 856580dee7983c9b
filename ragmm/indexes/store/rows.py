"""Values to rows and back: the only place that knows how items and documents are spelled in collection.db."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ragmm.errors import DamagedError
from ragmm.types import Document, DocumentState, Item, Locator, Modality, StoredItem

__all__ = [
    "DOCUMENT_BODY",
    "DOCUMENT_COLUMNS",
    "ITEM_COLUMNS",
    "ONE_OF",
    "content_digest",
    "document_from_row",
    "document_record",
    "id_list",
    "item_from_row",
    "item_row",
    "path_from_db",
    "path_to_db",
    "row_mark",
]

ITEM_COLUMNS = "id, content, modality, page, text, context, asset, locator, metadata, mark"
ItemRow = tuple[int, int, str, int | None, str, str, bytes | None, str, str, bytes]

ONE_OF = "IN (SELECT value FROM json_each(?))"
"""For any number of ids, bound as `id_list` spells them: one statement, prepared once."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_decode = json.JSONDecoder().decode


def id_list(ids: Iterable[int]) -> str:
    return f"[{','.join([str(int(one)) for one in ids])}]"


def path_to_db(path: str) -> str | bytes:
    """A name that is not valid UTF-8 is kept as its bytes, so that every name round-trips."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def path_from_db(value: str | bytes) -> str:
    return os.fsdecode(value) if isinstance(value, bytes) else value


def item_row(item_id: int, content: int, item: Item, asset: bytes | None) -> ItemRow:
    """`asset`: the raw sha256 of the item's image."""
    body = (
        str(item.modality),
        item.locator.page,
        _valid(item.text),
        _valid(item.context),
        asset,
        _locator_json(item.locator),
        _encode(dict(item.metadata)) if item.metadata else "{}",
    )
    return (item_id, content, *body, row_mark(body))


def _valid(text: str) -> str:
    """Lone surrogates cannot be stored as text; they become U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _locator_json(locator: Locator) -> str:
    if locator.start is None and locator.box is None and not locator.section and locator.time is None:
        return "{}" if locator.end is None else _encode({"end": locator.end})
    fields = {
        "box": locator.box,
        "section": locator.section,
        "start": locator.start,
        "end": locator.end,
        "time": locator.time,
    }
    return _encode({name: value for name, value in fields.items() if value not in (None, ())})


def row_mark(body: Sequence[Any]) -> bytes:
    """16 bytes over everything in an item that is shown or searched; fields are length-prefixed, so none can bleed."""
    fields = [value if isinstance(value, bytes) else b"\0" if value is None else str(value).encode() for value in body]
    lengths = ":".join([str(len(data)) for data in fields])
    return hashlib.sha256(b"\0".join([lengths.encode(), *fields])).digest()[:16]


def content_digest(marks: Sequence[bytes]) -> bytes:
    """Over a content's items in order."""
    return hashlib.sha256(b"".join(marks)).digest()


def item_from_row(row: ItemRow, uris: Sequence[tuple[str, str]], where: str) -> StoredItem:
    """Rebuild an item, checking its mark. `uris`: (uri, path) of every live document holding it, in order."""
    item_id, _, modality, page, text, context, asset, locator, metadata, mark = row
    if row_mark(row[2:9]) != mark:
        raise DamagedError(
            f"{where}: item {item_id} does not match its checksum; run: ragmm verify --deep, then ragmm repair"
        )
    uri, path = uris[0] if uris else ("", "")
    return StoredItem(
        id=item_id,
        uri=uri,
        path=path,
        modality=Modality(modality),
        text=text,
        context=context,
        locator=_locator(page, _decode(locator)) if locator != "{}" else Locator(page=page),
        asset=asset.hex() if asset else None,
        metadata=_decode(metadata) if metadata != "{}" else {},
        also_at=tuple(other for other, _ in uris[1:]),
        collection=os.path.dirname(os.path.abspath(where)),  # noqa: PTH100, PTH120 - for every item of a listing
    )


def _locator(page: int | None, fields: Mapping[str, Any]) -> Locator:
    box, time = fields.get("box"), fields.get("time")
    return Locator(
        page=page,
        box=(box[0], box[1], box[2], box[3]) if box else None,
        section=tuple(fields.get("section", ())),
        start=fields.get("start"),
        end=fields.get("end"),
        time=(time[0], time[1]) if time else None,
    )


DOCUMENT_BODY = "path, uri, content, sha256, media_type, size, state, reason"
DOCUMENT_COLUMNS = (
    "d.path, d.uri, d.content, d.sha256, d.media_type, d.size, d.state, d.reason, d.mark, d.born, "
    "COALESCE(c.items, 0), c.parser"
)


def document_from_row(row: Sequence[Any], where: str) -> Document:
    """Rebuild a document from DOCUMENT_COLUMNS, checking its mark."""
    path, uri, _, sha256, media_type, size, state, reason, mark, born, items, parser = row
    if row_mark(row[:8]) != mark:
        raise DamagedError(
            f"{where}: the row of document {path!r} does not match its checksum; "
            "run: ragmm verify --deep, then ragmm repair"
        )
    return Document(
        uri=path_from_db(uri),
        path=path_from_db(path),
        sha256=sha256.hex() if sha256 else None,
        media_type=media_type,
        size=size,
        state=DocumentState(state),
        reason=reason,
        generation=born,
        items=items,
        parser=parser,
    )


def document_record(uri: str | bytes, state: str, sha256: bytes | None, digest: bytes | None) -> bytes:
    """What a document adds to the collection's digest: never ids, times or generations."""
    name = uri if isinstance(uri, bytes) else uri.encode()
    return hashlib.sha256(b"\0".join((name, state.encode(), sha256 or b"", digest or b""))).digest()
