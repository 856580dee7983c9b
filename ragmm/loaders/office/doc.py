"""Old binary Word documents: the text with its tables and notes, read from the piece table.

Styles, and with them headings, and pictures are left to a conversion to .docx.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from ragmm.errors import DocumentError
from ragmm.loaders.office.ole import read_streams
from ragmm.loaders.office.structures import Structure, paragraph, table

__all__ = ["doc_parts", "word_parts"]

_MAIN, _TABLES = "WordDocument", ("0Table", "1Table")
_WORD_97, _WORD_6 = 0xA5EC, 0xA5DC
_ENCRYPTED, _FIRST_TABLE = 0x0100, 0x0200
_TEXT_LENGTHS, _CLX = 0x4C, 0x1A2
_MAIN_TEXT, _FOOTNOTES, _HEADERS = 0, 1, 2
_PIECES, _FORMATTING = 2, 1
_COMPRESSED = 1 << 30
# Instructions of fields stand between 0x13 and 0x14 (or 0x15 where the field shows nothing); they may be nested.
_INSTRUCTION = re.compile("\x13[^\x13\x14\x15]{0,20000}\x14|\x13[^\x13\x14\x15]{0,20000}\x15")
_SIGNS = str.maketrans(
    {"\x0b": "\n", "\x1e": "-", "\x1f": None, "\x15": None, **dict.fromkeys("\x01\x02\x03\x04\x05\x08", None)}
)


def doc_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """No properties, and the document's parts."""
    streams = read_streams(file, name, (_MAIN, *_TABLES))
    return {}, word_parts(streams, name)


def word_parts(streams: Mapping[str, bytes], name: str) -> Iterator[Structure]:
    """The parts of a document whose streams are given by their names."""
    main = streams.get(_MAIN, b"")
    if len(main) < _CLX + 8:
        raise DocumentError(f"{name} is damaged: its text stream has {len(main)} bytes")
    kind, flags = struct.unpack_from("<H", main)[0], struct.unpack_from("<H", main, 10)[0]
    if flags & _ENCRYPTED:
        raise DocumentError(f"{name} is protected by a password; save it without one to have it read")
    if kind == _WORD_6:
        start, end = struct.unpack_from("<II", main, 0x18)
        return _parts(main[start:end].decode("cp1252", "replace"))
    if kind != _WORD_97:
        raise DocumentError(f"{name} is no Word document of a known version (mark {kind:#06x}); save it as .docx")
    text = _text(main, streams.get(_TABLES[bool(flags & _FIRST_TABLE)], b""), name)
    return _all_parts(text, struct.unpack_from("<8i", main, _TEXT_LENGTHS))


def _text(main: bytes, tables: bytes, name: str) -> str:
    try:
        return "".join(_pieces(main, _piece_table(tables, *struct.unpack_from("<II", main, _CLX))))
    except (struct.error, ValueError) as error:
        raise DocumentError(f"{name} is damaged: its table of text pieces cannot be read ({error})") from error


def _piece_table(tables: bytes, offset: int, length: int) -> bytes:
    at, end = offset, min(offset + length, len(tables))
    while at < end:
        if tables[at] == _PIECES:
            size = struct.unpack_from("<I", tables, at + 1)[0]
            return tables[at + 5 : at + 5 + size]
        if tables[at] != _FORMATTING:
            break
        at += 3 + int(struct.unpack_from("<H", tables, at + 1)[0])
    raise ValueError("it is missing")


def _pieces(main: bytes, table_bytes: bytes) -> Iterator[str]:
    count = (len(table_bytes) - 4) // 12
    positions = struct.unpack_from(f"<{count + 1}I", table_bytes)
    for index in range(count):
        start = struct.unpack_from("<I", table_bytes, 4 * (count + 1) + 8 * index + 2)[0]
        length = positions[index + 1] - positions[index]
        if length < 0:
            raise ValueError("its positions run backwards")
        if start & _COMPRESSED:
            at = (start & ~_COMPRESSED) // 2
            yield main[at : at + length].decode("cp1252", "replace")
        else:
            yield main[start : start + 2 * length].decode("utf-16-le", "replace")


def _all_parts(text: str, lengths: tuple[int, ...]) -> Iterator[Structure]:
    """The main text, then notes, comments and text boxes; headers and footers are marked."""
    at = 0
    for place, length in enumerate(lengths):
        stretch = text[at : at + max(length, 0)]
        at += max(length, 0)
        for part in _parts(stretch):
            yield paragraph(part.text, role="header or footer") if place == _HEADERS and part.text else part
    yield from _parts(text[at:])


def _parts(text: str) -> Iterator[Structure]:
    rows: list[list[str]] = []
    for block in re.split("[\r\x0c]", _without_instructions(text)):
        # In a table each cell ends with \x07, and an empty one ends the row.
        *cells, rest = block.split("\x07")
        if cells:
            rows.extend(_table_rows(cells))
        if rest.strip():
            if rows:
                yield table(rows)
                rows = []
            yield paragraph(rest.translate(_SIGNS))
    if rows:
        yield table(rows)


def _table_rows(cells: list[str]) -> Iterator[list[str]]:
    row: list[str] = []
    for cell in cells:
        shown = cell.translate(_SIGNS).strip()
        if not shown and row:
            yield row
            row = []
        else:
            row.append(shown)
    if row:
        yield row


def _without_instructions(text: str) -> str:
    while (shorter := _INSTRUCTION.sub("", text)) != text:
        text = shorter
    return text
