"""Workbooks: every sheet as tables with values as displayed, its charts, pictures and comments behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmm.errors import DocumentError
from ragmm.loaders.archive_limits import InflateBudget, SafeZip, open_zip
from ragmm.loaders.office.charts import chart_part
from ragmm.loaders.office.number_format import displayed
from ragmm.loaders.office.ooxml import check_package, readable_package, relations
from ragmm.loaders.office.quiet import quietly
from ragmm.loaders.office.safe_xml import Element, parse_xml
from ragmm.loaders.office.sheets import Row, sheet_parts
from ragmm.loaders.office.structures import Structure, attachment, figure, one_line, paragraph

__all__ = ["xlsx_parts"]

_WORKBOOK = "xl/workbook.xml"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_R_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    name: str
    member: str
    hidden: bool
    kind: str
    """"worksheet", "chartsheet" …"""


def xlsx_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """The workbook's properties and its parts, sheet by sheet."""
    properties = check_package(file, name)
    return properties, _parts(file, name)


def _parts(file: Path, name: str) -> Iterator[Structure]:
    from openpyxl import load_workbook

    # As a stream, for openpyxl judges paths by their extension and a spooled file has none.
    opened = readable_package(file, name)
    with (
        opened.open("rb") if isinstance(opened, Path) else opened as stream,
        open_zip(opened, InflateBudget(name)) as package,
    ):
        # A list of one: opening warns as much as reading does.
        (workbook,) = quietly(load_workbook(stream, read_only=True, data_only=True, keep_links=False) for _ in (0,))
        for number, sheet in enumerate(_sheets(package), 1):
            metadata = {"hidden": True} if sheet.hidden else {}
            rows = _rows(workbook[sheet.name]) if _has_cells(workbook, sheet) else iter(())
            yield from sheet_parts(rows, sheet.name, number, **metadata)
            yield from _drawn(package, sheet.member, number)
        yield from _packed(package)


def _sheets(package: SafeZip) -> Iterator[_Sheet]:
    workbook = next((m for m in (_WORKBOOK, *package.names) if m in package and m.endswith("workbook.xml")), None)
    if workbook is None:
        raise DocumentError("the workbook has no list of sheets; it is damaged")
    targets = relations(package, workbook)
    for sheet in parse_xml(package.read(workbook), workbook, recover=True).iter("{*}sheet"):
        kind, member = targets.get(sheet.get(_RELATION, ""), ("", ""))
        hidden = sheet.get("state", "visible") != "visible"
        yield _Sheet(name=sheet.get("name", ""), member=member, hidden=hidden, kind=kind)


def _has_cells(workbook: Any, sheet: _Sheet) -> bool:
    return sheet.kind != "chartsheet" and sheet.name in workbook.sheetnames


def _rows(worksheet: Any) -> Iterator[Row]:
    worksheet.reset_dimensions()  # the size that a sheet declares may be too small, or a million rows of nothing
    for number, cells in enumerate(quietly(worksheet.iter_rows()), 1):
        yield number, [_cell_text(cell) for cell in cells]


def _cell_text(cell: Any) -> str:
    return "" if cell.value is None else displayed(cell.value, cell.number_format or "General")


def _drawn(package: SafeZip, member: str, page: int) -> Iterator[Structure]:
    for kind, target in relations(package, member).values() if member else ():
        if kind == "drawing" and target in package:
            yield from _drawing_parts(package, target, page)
        elif kind in ("comments", "threadedComment") and target in package:
            yield from _comments(parse_xml(package.read(target), target, recover=True), page)


def _drawing_parts(package: SafeZip, drawing: str, page: int) -> Iterator[Structure]:
    targets = relations(package, drawing)
    root = parse_xml(package.read(drawing), drawing, recover=True)
    for text_body in root.iter("{*}txBody"):
        if text := one_line(" ".join(t.text or "" for t in text_body.iter("{*}t"))):
            yield paragraph(text, page)
    for drawn in root.iter("{*}blip", "{*}chart"):
        kind, target = targets.get(drawn.get(_R_EMBED) or drawn.get(_RELATION) or "", ("", ""))
        if target not in package:
            continue
        if kind == "image":
            alt = _alt(drawn)
            yield figure(package.read(target), page=page, **({"alt": alt} if alt else {}))
        elif kind == "chart" and (chart := chart_part(package.read(target), target, page, _alt(drawn))) is not None:
            yield chart


def _alt(drawn: Element) -> str:
    for anchor in drawn.iterancestors("{*}pic", "{*}graphicFrame"):
        properties = anchor.find(".//{*}cNvPr")
        return "" if properties is None else one_line(properties.get("descr") or properties.get("title") or "")
    return ""


def _comments(root: Element, page: int) -> Iterator[Structure]:
    for comment in root.iter("{*}comment", "{*}threadedComment"):
        text = one_line("".join(t.text or "" for t in comment.iter("{*}t", "{*}text")))
        if text:
            yield paragraph(f"Comment on {comment.get('ref', '')}: {text}", page, role="comment")


def _packed(package: SafeZip) -> Iterator[Structure]:
    for member in package.names:
        if member.startswith("xl/embeddings/"):
            yield attachment(package.read(member), member.rpartition("/")[2])
