"""What every format is read into before it becomes items: a stream of parts in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["PartKind", "Rows", "Structure", "attachment", "figure", "heading", "paragraph", "table"]

Rows = Sequence[Sequence[str]]


class PartKind(StrEnum):
    """What a part is; text kinds flow together into passages, the others stand alone."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    CODE = "code"
    TABLE = "table"
    FIGURE = "figure"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, kw_only=True)
class Structure:
    """One paragraph, table, picture or packed file of a document."""

    kind: PartKind
    text: str = ""
    """Of a table its caption, of a figure its caption or alt text, of an attachment its name."""
    level: int = 0
    """Of headings 1 and up; of list items the depth from 0."""
    page: int | None = None
    """1-based slide, sheet or page."""
    rows: Rows = ()
    """Of a table; the first row is the header."""
    data: bytes = field(default=b"", repr=False)
    """Of a figure the encoded image, of an attachment its content."""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def heading(text: str, level: int, page: int | None = None) -> Structure:
    return Structure(kind=PartKind.HEADING, text=one_line(text), level=level, page=page)


def paragraph(text: str, page: int | None = None, **metadata: Any) -> Structure:
    return Structure(kind=PartKind.PARAGRAPH, text=text.strip(), page=page, metadata=metadata)


def table(rows: Rows, caption: str = "", page: int | None = None, **metadata: Any) -> Structure:
    return Structure(kind=PartKind.TABLE, text=one_line(caption), rows=rows, page=page, metadata=metadata)


def figure(data: bytes, caption: str = "", page: int | None = None, **metadata: Any) -> Structure:
    return Structure(kind=PartKind.FIGURE, text=one_line(caption), data=data, page=page, metadata=metadata)


def attachment(data: bytes, name: str, page: int | None = None, **metadata: Any) -> Structure:
    return Structure(kind=PartKind.ATTACHMENT, text=name, data=data, page=page, metadata=metadata)


def one_line(text: str) -> str:
    return " ".join(text.split())


def filled_rows(rows: Rows) -> Iterator[list[str]]:
    """Rows with something in them, without the columns where nothing stands, all of the same length."""
    filled = sorted({column for row in rows for column, cell in enumerate(row) if cell.strip()})
    for row in rows:
        if any(cell.strip() for cell in row):
            yield [one_line(row[column]) if column < len(row) else "" for column in filled]
