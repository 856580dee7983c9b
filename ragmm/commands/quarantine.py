"""The commands under `ragmm quarantine`: documents that killed their parser, and giving them another chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ragmm.commands.shared.opening import opened
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.output import Column, emit, show, show_table
from ragmm.render.text import safe_name

if TYPE_CHECKING:
    from ragmm.indexes.records import Strikes

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(no_args_is_help=True, help="Documents that killed their parser again and again.")
    command(group, "list", example="ragmm quarantine list -c reports")(list_)
    command(group, "retry", example="ragmm quarantine retry reports/2019.pdf -c reports")(retry)
    command(group, "clear", example="ragmm quarantine clear -c reports")(clear)
    app.add_typer(group, name="quarantine")


def list_(collection: CollectionOption = "default", json: JsonOption = False) -> None:
    """List the documents that killed their parser; "out" are those that are left alone."""
    from ragmm.pipelines.ingest.quarantine import struck

    with opened(collection) as docs:
        found = struck(docs.store)
    if json:
        emit([_record(one) for one in found])
        return
    columns = (
        Column(title="document", wrap=True),
        Column(title="state"),
        Column(title="deaths", number=True),
        Column(title="cut short", number=True),
        Column(title="why", wrap=True),
    )
    show_table(columns, ((one.path, _state(one), one.deaths, one.cuts, one.reason) for one in found))


def retry(
    uri: Annotated[str, typer.Argument(metavar="URI", help="The document's path, or the end of it.")],
    collection: CollectionOption = "default",
    json: JsonOption = False,
) -> None:
    """Forget a document's strikes; the next ingest reads it again."""
    from ragmm.pipelines.ingest.quarantine import retry as forgive

    with opened(collection) as docs:
        _show_forgiven(forgive(docs.store, uri), json)


def clear(collection: CollectionOption = "default", json: JsonOption = False) -> None:
    """Forget all strikes; the next ingest reads these documents again."""
    from ragmm.pipelines.ingest.quarantine import clear as forgive

    with opened(collection) as docs:
        _show_forgiven(forgive(docs.store), json)


def _show_forgiven(forgiven: Sequence[Strikes], json: bool) -> None:
    paths = sorted({one.path for one in forgiven})
    if json:
        emit({"forgiven": paths})
        return
    for path in paths:
        show(f"{safe_name(path)}: the next ingest reads it again")
    if not paths:
        show("nothing is in quarantine")


def _record(one: Strikes) -> dict[str, Any]:
    return {
        "path": one.path,
        "state": _state(one),
        "deaths": one.deaths,
        "cuts": one.cuts,
        "reason": one.reason,
        "sha256": one.sha256,
        "parser": one.parser,
    }


def _state(one: Strikes) -> str:
    return "out" if one.out else "tried again"
