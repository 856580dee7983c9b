"""Small collections made straight through the store, for tests of searching."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ragmm.embedders.base import Embedder
from ragmm.indexes.changes import PreparedDocument
from ragmm.indexes.store.store import Store
from ragmm.pipelines.embedding import Embedding
from ragmm.types import Item


def fill_items(
    folder: Path, documents: Mapping[str, Sequence[Item]], models: Mapping[str, Embedder] | None = None
) -> Store:
    """A collection of these documents; without models it has words only."""
    store = Store(folder)
    with store.writer("test", create=True) as writer:
        for space, model in (models or {}).items():
            writer.ensure_space(space, model.info)
        embedding = Embedding(models or {}, writer)
        writer.commit(
            [
                PreparedDocument(
                    path=f"/source/{uri}",
                    uri=uri,
                    size=1,
                    sha256=hashlib.sha256(uri.encode()).hexdigest(),
                    media_type="text/plain",
                    parser="test",
                    items=embedding.prepare(items),
                )
                for uri, items in documents.items()
            ]
        )
    return store
