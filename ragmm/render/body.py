"""The text of an item as a person reads it: without the marks of Markdown that a page would not show."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ragmm.types import StoredItem

__all__ = ["body", "row_text", "table_html", "table_parts"]

_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_CELL_END = re.compile(r"(?<!\\)\|")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")


def body(item: StoredItem) -> str:
    """Headings that its section names already are left out; the cells of a table stand apart by a dot."""
    lines = item.text.splitlines()
    while lines and _is_said(lines[0], item.locator.section):
        lines.pop(0)
    names, rows = table_parts("\n".join(lines))
    shown = [row for row in (names, *rows) if row]
    if shown:
        return "\n".join(" · ".join(cell for cell in row if cell) for row in shown)
    return "\n".join(text for line in lines if (text := _line_text(line)) or not line.strip())


def _line_text(line: str) -> str:
    """A line that stands among others; of a table below words, as a chart has it, its cells."""
    row = line.strip()
    if len(row) < 2 or not row.startswith("|") or not row.endswith("|"):
        return line
    return "" if _RULE.match(row) else " · ".join(cell for cell in _cells(row) if cell)


def row_text(quote: str) -> str:
    """A quotation as it stands, but for a table's row: its cells apart by a dot."""
    line = quote.strip()
    is_row = "\n" not in line and line.startswith("|") and line.endswith("|")
    return " · ".join(cell for cell in _cells(line) if cell) if is_row else quote


def table_parts(text: str) -> tuple[list[str], list[list[str]]]:
    """The column names and the rows of a Markdown table, or of a part of one, which has no names; else nothing."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and _RULE.match(lines[1]) and all("|" in line for line in lines):
        names, *rows = [_cells(line) for line in lines if not _RULE.match(line)]
        return names, rows
    part = all(len(line) > 1 and line[0] == line[-1] == "|" for line in lines)
    return [], [_cells(line) for line in lines] if part else []


def table_html(text: str, shown: Callable[[str], str]) -> str:
    """The same for a page, its cells as `shown` writes them; empty for a text that is no table."""
    names, rows = table_parts(text)
    if not rows:
        return ""
    head = "".join(f"<th>{shown(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{shown(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.replace("\\|", "|").strip() for cell in _CELL_END.split(inner)]


def _is_said(line: str, section: Sequence[str]) -> bool:
    heading = _HEADING.match(line)
    return not line.strip() or (heading is not None and heading[1].strip() in {part.strip() for part in section})
