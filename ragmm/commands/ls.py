"""The command `ragmm ls`: documents and items of a collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Annotated

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import (
    CollectionOption,
    JsonOption,
    command,
)
from ragmm.commands.shared.output import Column, emit_lines, show_table
from ragmm.render.records import document_record, item_record
from ragmm.render.text import place, shorten, told_apart
from ragmm.types import Document, StoredItem

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "ls", example="ragmm ls -c reports --items")(list_)


def list_(
    uri: Annotated[str | None, typer.Argument(metavar="URI", help="Only this document's items.")] = None,
    items: Annotated[bool, typer.Option("--items", help="Items instead of documents.")] = False,
    collection: CollectionOption = "default",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Show at most this many.")] = None,
    json: JsonOption = False,
) -> None:
    """List documents or items. With --json one object a line."""
    with opened(collection) as docs:
        if items or uri is not None:
            found = islice(docs.items(uri), limit)
            if json:
                emit_lines(item_record(item, docs.asset_path) for item in found)
            else:
                _show_items(found)
            return
        documents = islice(docs.documents(), limit)
        if json:
            emit_lines(document_record(document) for document in documents)
            return
        columns = (
            Column(title="document", wrap=True),
            Column(title="state"),
            Column(title="items", number=True),
            Column(title="bytes", number=True),
            Column(title="type"),
            Column(title="why", wrap=True),
        )
        rows = ((name, d.state.value, d.items, d.size, d.media_type, d.reason) for d, name in _named(documents))
        show_table(columns, rows)


def _named(documents: Iterable[Document]) -> Iterator[tuple[Document, str]]:
    """With the uri, and where several have the same one after the other, with what tells them apart."""
    for _, same in groupby(documents, key=lambda document: document.uri):
        several = list(same)
        names = told_apart((one.uri, one.path) for one in several)
        yield from ((one, names.get(one.path, one.uri)) for one in several)


def _show_items(items: islice[StoredItem]) -> None:
    columns = (
        Column(title="item", number=True),
        Column(title="kind"),
        Column(title="where", wrap=True),
        Column(title="text"),
    )
    show_table(columns, ((item.id, item.modality.value, place(item), shorten(item.text, 100)) for item in items))
