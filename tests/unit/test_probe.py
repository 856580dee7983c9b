"""What a file is, by its content."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from ragmm.errors import DocumentError
from ragmm.loaders.probe import HEAD_BYTES, probe

OOXML = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."


def zipped(*names: str, mimetype: str = "") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype:
            archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name in names:
            archive.writestr(name, "x" * 100)
    return stream.getvalue()


def ole(stream: str) -> bytes:
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<I", header, 48, 20)
    return bytes(header) + bytes(20 * 512) + (stream + "\0").encode("utf-16-le").ljust(64, b"\0")


MAIL = b"Received: from a\r\nFrom: a@b.c\r\nSubject: Hi\r\nDate: today\r\n\r\nBody"
CASES = [
    ("a.png", b"\x89PNG\r\n\x1a\n....", "image/png"),
    ("photo.png", b"\xff\xd8\xff\xe0....", "image/jpeg"),
    ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ("a.bmp", b"BM" + bytes(12) + b"(\0\0\0" + bytes(20), "image/bmp"),
    ("a.txt", b"BMW builds cars in Munich, and has for long.", "text/plain"),
    ("a.tif", b"MM\0*\0\0\0\x08", "image/tiff"),
    ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heif"),
    ("a.avif", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "image/avif"),
    ("a.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "video/mp4"),
    ("a.bin", b"%PDF-1.7\n", "application/pdf"),
    ("junk-first.pdf", b"\0" * 500 + b"%PDF-1.4\n", "application/pdf"),
    ("headless.pdf", b"5 0 obj<</Size 4>>\xff\xfe\x00", "application/pdf"),
    ("notes.md", b"A PDF begins with\n\n%PDF-1.4\n", "text/markdown"),
    ("a.docx", zipped("[Content_Types].xml", "word/document.xml"), OOXML + "wordprocessingml.document"),
    ("a.zip", zipped("[Content_Types].xml", "xl/workbook.xml"), OOXML + "spreadsheetml.sheet"),
    ("a", zipped("[Content_Types].xml", "ppt/presentation.xml"), OOXML + "presentationml.presentation"),
    ("cut.docx", zipped("[Content_Types].xml", "word/document.xml")[:-60], OOXML + "wordprocessingml.document"),
    ("a.epub", zipped("META-INF/container.xml", mimetype="application/epub+zip"), "application/epub+zip"),
    ("a.epub", zipped("META-INF/container.xml"), "application/epub+zip"),
    ("a.odt", zipped("content.xml", mimetype=ODF + "text"), ODF + "text"),
    ("a.docx", zipped("readme.txt", "word/readme.txt"), "application/zip"),
    ("a.doc", ole("WordDocument"), "application/msword"),
    ("a.xls", ole("Workbook"), "application/vnd.ms-excel"),
    ("a.msg", ole("__properties_version1.0"), "application/vnd.ms-outlook"),
    ("a.docx", ole("EncryptedPackage"), "application/x-ooxml-encrypted"),
    ("a.doc", b"{\\rtf1 hello}", "application/rtf"),
    ("a.txt", b"", "application/x-empty"),
    ("a.txt", b"text with a zero\0byte", "application/octet-stream"),
    ("a.dat", bytes(range(1, 32)) * 4, "application/octet-stream"),
    ("a.txt", "Grüße".encode("utf-16"), "text/plain"),
    ("a.txt", "Some wide text".encode("utf-16-le"), "text/plain"),
    ("a.md", b"# Title", "text/markdown"),
    ("README", b"Just words.\n", "text/plain"),
    ("a.csv", b"a,b\n1,2\n", "text/csv"),
    ("table", b"a\tb\n1\t2\n3\t4\n", "text/tab-separated-values"),
    ("a.xyz", b"a;b\n1;2\n3;4\n", "text/csv"),
    ("a.json", b'{"a": 1}', "application/json"),
    ("a.json", b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson"),
    ("a.jsonl", b'{"a": 1}\n', "application/x-ndjson"),
    ("a", b'[{"a": 1}]', "application/json"),
    ("a.txt", b"[1] A footnote.", "text/plain"),
    ("a.md", b"[link](x)\n", "text/markdown"),
    ("a.txt", b"  <!DOCTYPE html><html>", "text/html"),
    ("a.xls", b"<html><table>", "text/html"),
    ("a", b"<?xml version='1.0'?><!-- c --><svg xmlns='x'>", "image/svg+xml"),
    ("a", b"<?xml version='1.0'?><rss>", "application/xml"),
    ("a.xhtml", b"<?xml version='1.0'?><html xmlns='x'>", "text/html"),
    ("a.svgz", b"\x1f\x8b\x08\0", "image/svg+xml"),
    ("a.nxml", b"<article>", "application/xml"),
    ("a.md", b"<h1 align=center>Logo</h1>\n\nText", "text/markdown"),
    ("a.txt", b"<b> is a tag", "text/plain"),
    ("a.eml", MAIL, "message/rfc822"),
    ("a", MAIL, "message/rfc822"),
    ("a.md", b"From: me\nDate: now\nSubject: notes\n\nText", "text/markdown"),
    ("a", b"From a@b Mon Jan 1\nFrom: a@b.c\n", "application/mbox"),
    ("main.py", b"import os\n", "text/x-source"),
    ("noextension.", b"words", "text/plain"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "media_type"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_media_type(tmp_path, name, data, media_type):
    file = tmp_path / "spooled"
    file.write_bytes(data)
    assert probe(file, name).media_type == media_type


def test_the_head_is_kept_and_no_more(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"x" * 100_000)
    found = probe(file, "long.txt")
    assert (found.name, found.size, len(found.head)) == ("long.txt", 100_000, HEAD_BYTES)


def test_a_character_cut_at_the_end_of_the_head_changes_nothing(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"x" * (HEAD_BYTES - 1) + "é".encode() + b" more")
    assert probe(file, "a.txt").media_type == "text/plain"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DocumentError, match=r"gone\.txt cannot be read: No such file"):
        probe(tmp_path / "x", "gone.txt")


def test_members_are_found_in_the_directory_of_a_large_archive(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(zipped("[Content_Types].xml", *(f"media/{n}.xml" for n in range(3000)), "word/document.xml"))
    assert probe(file, "a.docx").media_type == OOXML + "wordprocessingml.document"
