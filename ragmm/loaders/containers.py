"""Which format a zip or OLE container is, from its directory alone, read up to a bound."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

__all__ = ["ole_media_type", "zip_media_type"]

_DIRECTORY_BYTES = 1 << 20
_TAIL_BYTES = (1 << 16) + 22
_OLE_HEADER, _LAST_SECTOR = 512, 0xFFFFFFFA
_OOXML = "application/vnd.openxmlformats-officedocument."
_ZIP_MEMBERS = (
    ("word/", _OOXML + "wordprocessingml.document"),
    ("xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroenabled.12"),
    ("xl/", _OOXML + "spreadsheetml.sheet"),
    ("ppt/", _OOXML + "presentationml.presentation"),
    ("META-INF/container.xml", "application/epub+zip"),
)
_OLE_STREAMS = (
    ("EncryptedPackage", "application/x-ooxml-encrypted"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("VisioDocument", "application/vnd.visio"),
)


def zip_media_type(path: Path, head: bytes) -> str:
    """OOXML, ODF, EPUB, or plain zip."""
    declared = _declared(head)
    if declared:
        return declared
    names = list(_zip_names(path)) or [head[: 1 << 12].decode("latin-1")]
    if not any(name == "[Content_Types].xml" or name.startswith("META-INF/") for name in names):
        # Damaged directories still show their members' names in the local headers.
        return _named_in_head(head) or "application/zip"
    for member, media_type in _ZIP_MEMBERS:
        if any(name.startswith(member) for name in names):
            return media_type
    return "application/zip"


def ole_media_type(path: Path, head: bytes) -> str:
    """Old Office formats, Outlook messages, and OOXML under a password."""
    directory = (b"".join(_ole_directory(path, head)) + head).lower()
    for stream, media_type in _OLE_STREAMS:
        if (stream.lower() + "\0").encode("utf-16-le") in directory:
            return media_type
    return "application/x-ole-storage"


def _ole_directory(path: Path, head: bytes) -> Iterator[bytes]:
    """Its sectors, which may lie anywhere in the file; each is followed by the one that the table of sectors names."""
    shift, sector = struct.unpack_from("<H", head, 30)[0], struct.unpack_from("<I", head, 48)[0]
    size = 1 << min(max(shift, 7), 16)
    tables = struct.unpack_from("<109I", head, 76) if len(head) >= _OLE_HEADER else ()
    for _ in range(_DIRECTORY_BYTES // size):
        yield _read_at(path, (sector + 1) * size, size)
        table, place = divmod(sector, size // 4)
        if table >= len(tables) or tables[table] > _LAST_SECTOR:
            return
        named = _read_at(path, (tables[table] + 1) * size + 4 * place, 4)
        sector = struct.unpack("<I", named)[0] if len(named) == 4 else _LAST_SECTOR + 1
        if sector > _LAST_SECTOR:
            return


def _declared(head: bytes) -> str | None:
    """ODF and EPUB store their media type, uncompressed, as the first member."""
    if head[30:38] != b"mimetype":
        return None
    size, extra = struct.unpack_from("<I", head, 22)[0], struct.unpack_from("<H", head, 28)[0]
    value = head[38 + extra : 38 + extra + min(size, 100)].decode("ascii", "replace").strip()
    return value if value.startswith("application/") and value.isprintable() else None


def _named_in_head(head: bytes) -> str | None:
    if b"[Content_Types].xml" not in head:
        return None
    for member, media_type in _ZIP_MEMBERS[:4]:
        if member.encode() in head:
            return media_type
    return None


def _zip_names(path: Path) -> Iterator[str]:
    size = path.stat().st_size
    tail_at = max(0, size - _TAIL_BYTES)
    tail = _read_at(path, tail_at, _TAIL_BYTES)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        return
    length = struct.unpack_from("<I", tail, end + 12)[0]
    directory = _read_at(path, max(0, tail_at + end - length), min(length, _DIRECTORY_BYTES))
    at = 0
    while directory.startswith(b"PK\x01\x02", at) and at + 46 <= len(directory):
        name, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
        yield directory[at + 46 : at + 46 + name].decode("utf-8", "replace")
        at += 46 + name + extra + comment


def _read_at(path: Path, offset: int, size: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(size)
