"""Old binary workbooks: every sheet as tables with values as displayed."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ragmm.errors import DocumentError
from ragmm.loaders.office.number_format import displayed
from ragmm.loaders.office.sheets import sheet_parts
from ragmm.loaders.office.structures import Structure

__all__ = ["xls_parts"]


class _Type:
    """Kinds of cells."""

    NUMBER = 2
    DATE = 3
    BOOLEAN = 4
    ERROR = 5


def xls_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """The author, where stated, and the parts sheet by sheet."""
    import xlrd

    try:
        # The library prints what it finds odd.
        with contextlib.redirect_stdout(io.StringIO()):
            book = xlrd.open_workbook(str(file), formatting_info=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise DocumentError(f"{name} is protected by a password; save it without one to have it read") from error
        raise DocumentError(f"{name} is damaged: {error}") from error
    properties = {"author": book.user_name.strip()} if book.user_name.strip() else {}
    return properties, _parts(book)


def _parts(book: Any) -> Iterator[Structure]:
    for number, sheet in enumerate(book.sheets(), 1):
        metadata = {"hidden": True} if sheet.visibility else {}
        rows = ((row + 1, [_shown(book, cell) for cell in sheet.row(row)]) for row in range(sheet.nrows))
        yield from sheet_parts(rows, sheet.name, number, **metadata)


def _shown(book: Any, cell: Any) -> str:
    from xlrd import error_text_from_code
    from xlrd.xldate import xldate_as_datetime

    match cell.ctype:
        case _Type.NUMBER | _Type.DATE:
            number_format = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
            value = xldate_as_datetime(cell.value, book.datemode) if cell.ctype == _Type.DATE else cell.value
            return displayed(value, number_format)
        case _Type.BOOLEAN:
            return displayed(bool(cell.value))
        case _Type.ERROR:
            return str(error_text_from_code.get(cell.value, "#ERROR"))
    return str(cell.value)
