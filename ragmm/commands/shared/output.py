"""Where results and messages go: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from ragmm.render.records import to_json
from ragmm.render.text import safe_name
from ragmm.values import to_record

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from rich.console import Console, RenderableType

__all__ = ["Column", "console", "emit", "emit_fields", "emit_lines", "note", "show", "show_fields", "show_table"]

# A pipe has no width: nothing is wrapped or cut for it.
PIPE_WIDTH = 100_000


@dataclass(frozen=True, kw_only=True)
class Column:
    """A table column; numbers are right-aligned."""

    title: str
    number: bool = False
    wrap: bool = False
    """Whether long cells continue on the next line instead of being cut."""


def emit(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.write(to_json(value) + "\n")


def emit_fields(report: DataclassInstance, json: bool) -> None:
    """A report as one JSON value, or as its names and values."""
    if json:
        emit(report)
    else:
        show_fields(to_record(report))


def emit_lines(values: Iterable[Any]) -> None:
    """JSON lines."""
    for value in values:
        emit(value)


def console(stream: TextIO | None = None) -> Console:
    """A console that takes what it is given literally."""
    from rich.console import Console

    stream = stream or sys.stdout
    return Console(
        file=stream,
        width=None if stream.isatty() else PIPE_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )


def show(*parts: RenderableType) -> None:
    """Lines of text or rich renderables."""
    target = console()
    for part in parts:
        target.print(part)


def note(message: str) -> None:
    """A line for the person at the terminal, on standard error."""
    sys.stderr.write(safe_name(message) + "\n")
    sys.stderr.flush()


def show_fields(fields: Mapping[str, Any]) -> None:
    """Names and values, one a line; empty values are left out."""
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        if value not in (None, "", [], {}, ()):
            show(f"{_label(name):<{width}}  {safe_name(_words(value))}")


def show_table(columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, head: bool = False) -> None:
    """A table for people; tab-separated in a pipe, so that other programs can cut it, its `head` only where asked."""
    if not sys.stdout.isatty():
        if head:
            sys.stdout.write("\t".join(column.title for column in columns) + "\n")
        for row in rows:
            sys.stdout.write("\t".join(safe_name(_plain(cell)) for cell in row) + "\n")
        return
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(
            column.title,
            justify="right" if column.number else "left",
            overflow="fold" if column.wrap else "ellipsis",
            no_wrap=not column.wrap,
        )
    for row in rows:
        table.add_row(*(safe_name(_words(cell)) for cell in row))
    show(table)


def _label(name: str) -> str:
    return name.replace("_", " ")


def _plain(value: Any) -> str:
    """Numbers as programs read them."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else _words(value)


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return _many(value) if isinstance(value, (Mapping, list, tuple)) else str(value)


def _many(values: Mapping[str, Any] | Sequence[Any]) -> str:
    if isinstance(values, Mapping):
        return ", ".join(f"{_label(str(name))} {_words(part)}" for name, part in values.items() if part)
    return ", ".join(_words(part) for part in values)
