"""Documents of texts and pictures as ingest prepares them, with vectors that a reader can compute by hand."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from ragmm.indexes.changes import PreparedDocument, PreparedItem, Vector
from ragmm.indexes.contracts import Snapshot, Store, unit_rows
from ragmm.testing import FakeEmbedder
from ragmm.types import Asset, Item, Locator, MediaKind, Modality, Role

__all__ = ["LIBRARY", "MODELS", "bring", "document", "key", "passage", "picture", "row", "same_file", "texts"]

MODELS = {
    "shared": FakeEmbedder(8, name="shared"),
    "words": FakeEmbedder(16, (MediaKind.TEXT,), name="words"),
}
"""Pictures stand in the shared space alone; of both, a text's vector is the sum of its words'."""


def row(space: str, text: str) -> np.ndarray:
    """Of unit length. Shape: (dim,)."""
    return unit_rows(MODELS[space].embed_texts([text], Role.DOCUMENT))[0]


def key(kind: str, text: str) -> bytes:
    return hashlib.sha256(f"{kind} {text}".encode("utf-8", "replace")).digest()[:16]


def passage(text: str, page: int | None = None, *section: str, **facts: Any) -> PreparedItem:
    item = Item(modality=Modality.PASSAGE, text=text, locator=Locator(page=page, section=section), metadata=facts)
    return PreparedItem(item=item, vectors=(_vector("shared", "text", text), _vector("words", "text", text)))


def picture(shows: str, page: int | None = None, *, caption: str = "", **facts: Any) -> PreparedItem:
    """Its bytes are what it shows; without a caption it has no words."""
    asset = Asset(data=f"picture: {shows}".encode() * 9, media_type="image/png", width=4, height=3)
    item = Item(modality=Modality.PHOTO, text=caption, asset=asset, locator=Locator(page=page), metadata=facts)
    words = (_vector("words", "text", caption),) if caption else ()
    return PreparedItem(item=item, vectors=(_vector("shared", "image", shows), *words))


def _vector(space: str, kind: str, text: str) -> Vector:
    return Vector(space=space, kind=MediaKind(kind), key=key(kind, text), row=row(space, text))


def document(uri: str, *items: PreparedItem, media_type: str = "text/plain") -> PreparedDocument:
    """The same items are the same content."""
    said = repr([one.item for one in items]).encode("utf-8", "replace")
    return PreparedDocument(
        path=f"/source/{uri}",
        uri=uri,
        size=100 + len(items),
        sha256=hashlib.sha256(said).hexdigest(),
        media_type=media_type,
        parser="reader 1",
        items=items,
    )


def same_file(one: PreparedDocument, uri: str) -> PreparedDocument:
    """The file at another place: nothing is parsed or embedded again."""
    return dataclasses.replace(one, path=f"/source/{uri}", uri=uri, items=None)


def bring(store: Store, *documents: PreparedDocument, removed: Iterable[str] = (), command: str = "bring") -> int:
    """Commit, with both spaces."""
    with store.writer(command, create=True) as writer:
        for space, model in MODELS.items():
            writer.ensure_space(space, model.info)
        return writer.commit(documents, [f"/source/{uri}" for uri in removed])


def texts(snapshot: Snapshot, uri: str | None = None) -> list[str]:
    """What its items say, in the order they were read; a picture without words says the hash of its bytes."""
    return [item.text or str(item.asset) for item in snapshot.items(uri)]


PDF = "application/pdf"
LIBRARY = (
    document(
        "reports/fruit 2023.pdf",
        passage("red apples", 1, "Results", "North 50%", document={"author": "Ada", "created": "D:20230511093000Z"}),
        passage("green pears", 1, "Results", ocr=True),
        picture("an apple", 2, caption="a red apple in a bowl", confidence=0.75),
        passage("red pears and the plums", 3),
        media_type=PDF,
    ),
    document(
        "reports/old/plums.txt",
        passage("blue plums", None, "Plums", author="Bo", created="2021-03-04T10:00:00Z", pages_read=7),
        passage("the end of the plums", None, "Plums", mentions=["Figure 3", "Table 1"], author="ada"),
    ),
    document(
        "photos/harbour.PNG",
        picture("blue harbour", exif={"date": "2022-07-14T09:30:00", "camera": "X100"}),
        media_type="image/png",
    ),
    document("photos/bowl.png", picture("an apple", caption="fruit in a bowl", date="2023"), media_type="image/png"),
    document("odd [1]/会议*纪要?.md", passage("会议纪要", None, "总结", author="李"), passage("the harbour")),
    document("odd 1/plain.md", passage("nothing of the kind", None, modified="2020-01-01")),
    document("odd [1]/caf\udce9/due.txt", passage("coffee INV-2024-00317 is due")),
)
