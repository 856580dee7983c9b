"""Taking documents out of a collection, and telling how two generations differ."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from ragmm.errors import UsageError
from ragmm.indexes.contracts import Store
from ragmm.pipelines.ingest.tally import Tally
from ragmm.types import Document, Report

__all__ = ["changes", "remove"]


def remove(store: Store, uris: Sequence[str]) -> Report:
    """End the documents of these uris or paths in the next generation."""
    tally = Tally()
    with store.writer("remove") as writer, contextlib.closing(store.snapshot()) as snapshot:
        found = list(snapshot.documents())
        paths = [_one(found, uri) for uri in uris]
        generation = writer.commit(removed=paths, kind="remove") if paths else writer.generation
    tally.document("deleted", len(paths))
    return tally.report(store.folder.name, generation)


def _one(documents: Sequence[Document], uri: str) -> str:
    matching = [document.path for document in documents if uri in {document.uri, document.path}]
    if not matching:
        raise UsageError(f"there is no document {uri}; ragmm ls lists them")
    if len(matching) > 1:
        raise UsageError(f"{uri} names {len(matching)} documents; name one by its path: {', '.join(matching)}")
    return matching[0]


def changes(store: Store, older: int, newer: int) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Uris added, changed and removed between two generations."""
    before, after = (_contents(store, generation) for generation in (older, newer))
    return (
        tuple(sorted(after[path][0] for path in after.keys() - before.keys())),
        tuple(sorted(after[path][0] for path in after.keys() & before.keys() if after[path][1:] != before[path][1:])),
        tuple(sorted(before[path][0] for path in before.keys() - after.keys())),
    )


def _contents(store: Store, generation: int) -> dict[str, tuple[str, str | None, str]]:
    with contextlib.closing(store.snapshot(generation)) as snapshot:
        return {one.path: (one.uri, one.sha256, str(one.state)) for one in snapshot.documents()}
