"""Commands that look into a collection: query, ls, show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from ragmm.commands.opening import opened
from ragmm.commands.options import (
    CollectionOption,
    HitsOption,
    JsonOption,
    ModalityOption,
    PerDocumentOption,
    WhereOption,
    command,
)
from ragmm.commands.output import Column, console, emit, emit_lines, note, show, show_fields, show_table
from ragmm.errors import StorageError, UsageError
from ragmm.render.records import AssetPath, document_record, item_record, query_record
from ragmm.render.text import file_link, place, safe, shorten
from ragmm.types import QueryResult, StoredItem

__all__ = ["register", "write_report"]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    example = 'ragmm query "Which region grew fastest?" -c reports --html answer.html'
    command(app, "query", example=example)(query)
    command(app, "ls", example="ragmm ls -c reports --items")(list_)
    command(app, "show", example="ragmm show 42 -c reports")(show_item)


def query(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In your own words.")] = "",
    image: Annotated[
        Path | None, typer.Option("--image", metavar="FILE", help="A picture to find the like of.")
    ] = None,
    collection: CollectionOption = "default",
    k: HitsOption = None,
    modality: ModalityOption = None,
    where: WhereOption = None,
    per_document: PerDocumentOption = None,
    like: Annotated[
        int | None,
        typer.Option("--like", metavar="ITEM", help="The like of this item, by its number (ragmm ls --items)."),
    ] = None,
    answer: Annotated[bool, typer.Option("--answer/--no-answer", help="Whether an answer is written.")] = True,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a report with the pictures inside.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    json: JsonOption = False,
) -> None:
    """Ask a question, show a picture, or both. The answer names the pages and figures it rests on."""
    if not question.strip() and image is None and like is None:
        raise UsageError("there is nothing to look for; give a question, or a picture with --image FILE")
    answer = answer and (like is None or bool(question.strip()))  # the like of an item asks nothing
    with opened(collection) as docs:
        result = docs.query(
            question,
            image=image,
            k=k,
            modality=modality,
            where=where or (),
            per_document=per_document,
            like=like,
            answer=answer,
        )
        report = html or (Path(f"ragmm-{result.collection}.html") if open_ else None)
        if report:
            write_report(report, [result], docs.asset_path, pictures=[image.read_bytes() if image else None])
        if json:
            emit(query_record(result, docs.asset_path))
        else:
            _show_result(result, docs.asset_path)
    if report and not json:
        note(f"report: {report}")
    if report and open_:
        typer.launch(file_link(report.resolve()))


def _show_result(result: QueryResult, asset_path: AssetPath) -> None:
    from ragmm.render.answer import print_result

    print_result(result, asset_path, console())


def write_report(
    file: Path,
    results: Sequence[QueryResult],
    asset_path: AssetPath,
    *,
    title: str = "",
    pictures: Sequence[bytes | None] = (),
) -> None:
    """Write the HTML report; raises StorageError where it cannot be written."""
    from ragmm.render.html import html_report

    page = html_report(results, asset_path, title=title, pictures=pictures)
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{file}: the report cannot be written ({error.strerror})") from error


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
        rows = ((d.uri, d.state.value, d.items, d.size, d.media_type, d.reason) for d in documents)
        show_table(columns, rows)


def _show_items(items: islice[StoredItem]) -> None:
    columns = (
        Column(title="item", number=True),
        Column(title="kind"),
        Column(title="where", wrap=True),
        Column(title="text"),
    )
    show_table(columns, ((item.id, item.modality.value, place(item), shorten(item.text, 100)) for item in items))


def show_item(
    item: Annotated[int, typer.Argument(metavar="ITEM", help="Its number, as query and ls print it.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Show one item in full: its place, its text, its picture's file."""
    with opened(collection) as docs:
        stored = docs.item(item)
        if json:
            emit(item_record(stored, docs.asset_path))
            return
        asset = str(docs.asset_path(stored.asset)) if stored.asset else None
    where = stored.locator
    show_fields(
        {
            "item": str(stored.id),
            "where": place(stored),
            "kind": stored.modality.value,
            "file": stored.path,
            "box": where.box,
            "characters": None if where.start is None else f"{where.start} to {where.end}",
            "picture": asset,
            "also at": stored.also_at,
            "metadata": dict(stored.metadata),
        }
    )
    if stored.text:
        show("", safe(stored.text))
