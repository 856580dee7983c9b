"""The command `ragmm inspect`: what is seen in one file, before it goes into a collection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.options import JsonOption, command
from ragmm.commands.shared.output import Column, emit, note, show_fields, show_table
from ragmm.errors import StorageError
from ragmm.render.text import file_link, safe_name, shorten

if TYPE_CHECKING:
    from ragmm.config import Pipeline
    from ragmm.inspect import Inspection
    from ragmm.types import Item

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "inspect", example="ragmm inspect reports/2023.pdf --html seen.html")(inspect)


def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to read.")],
    pipeline: Annotated[
        Path | None, typer.Option("--pipeline", "-p", metavar="FILE", help="The pipeline file whose [loaders] read it.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Draw every item's box on its page.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the drawn pages in the browser.")] = False,
    json: JsonOption = False,
) -> None:
    """Show what is seen in a file: its passages, tables, figures and where they stand."""
    from ragmm.inspect import inspect_file
    from ragmm.wiring import parser_limits

    page = html or (Path(f"{file.name}.html") if open_ else None)
    settings = _pipeline(pipeline)
    found = inspect_file(file, settings.loaders, parser_limits(settings), pictures=page is not None)
    if page:
        _write(page, found)
    if json:
        emit(found.as_dict())
    else:
        _show(found)
    if page and not json:
        note(f"drawn: {page}")
    if page and open_:
        typer.launch(file_link(page.resolve()))


def _pipeline(file: Path | None) -> Pipeline:
    from ragmm.config import default_pipeline, load_pipeline
    from ragmm.config.measuring import measured

    return measured(default_pipeline() if file is None else load_pipeline(file))


def _write(page: Path, found: Inspection) -> None:
    from ragmm.inspect import inspection_html

    try:
        page.write_text(inspection_html(found), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{page}: the pages cannot be written ({error.strerror})") from error


def _show(found: Inspection) -> None:
    show_fields(
        {
            "file": safe_name(found.name),
            "type": found.media_type,
            "bytes": found.size,
            "read by": found.loader,
            "items": len(found.items),
            "CPU seconds": found.cpu_seconds,
        }
    )
    columns = (
        Column(title="", number=True),
        Column(title="kind"),
        Column(title="page", number=True),
        Column(title="box"),
        Column(title="section", wrap=True),
        Column(title="text"),
    )
    show_table(columns, (_row(number, item) for number, item in enumerate(found.items, start=1)))
    for warning in found.warnings:
        note(f"warning: {warning}")


def _row(number: int, item: Item) -> tuple[object, ...]:
    where = item.locator
    box = ", ".join(f"{edge:.0f}" for edge in where.box) if where.box else ""
    section = " › ".join(shorten(heading, 40) for heading in where.section)
    return number, item.modality.value, where.page, box, section, shorten(item.text, 80)
