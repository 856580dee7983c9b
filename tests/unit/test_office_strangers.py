"""Files that other programs write and few readers expect: built here as those programs build them."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import office_files as made
import pytest

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.containers import ole_media_type
from ragmm.loaders.office.code_pages import forgiving
from ragmm.loaders.office.compressed_rtf import unpacked
from ragmm.loaders.office.mail import msg_parts
from ragmm.loaders.registry import default_loaders, load, probe
from ragmm.loaders.settings import LoaderSettings, Ocr
from ragmm.types import Item, Modality

pytest.importorskip("unstructured")

SETTINGS = LoaderSettings(ocr=Ocr.NEVER)
Read = Callable[[bytes, str], list[Item]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Bytes and a name to items, by whichever loader takes them."""

    def read(data: bytes, name: str) -> list[Item]:
        file = tmp_path / "file"
        file.write_bytes(data)
        return list(load(file, probe(file, name), default_loaders(SETTINGS)))

    return read


def strict(data: bytes) -> bytes:
    """An office file as "Strict Open XML" writes it: other namespaces, the same names below them."""
    names = {rb"extended-properties": b"extendedProperties", rb"custom-properties": b"customProperties"}
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as written:
        for member in source.namelist():
            content = source.read(member)
            if member.endswith((".xml", ".rels")):
                content = re.sub(
                    rb"http://schemas\.openxmlformats\.org/(officeDocument|wordprocessingml|drawingml|spreadsheetml"
                    rb"|presentationml)/2006/",
                    rb"http://purl.oclc.org/ooxml/\1/",
                    content,
                )
                for usual, other in names.items():
                    content = content.replace(usual, other)
            written.writestr(member, content)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_a_strict_office_file_gives_the_same_items(read: Read, kind: str) -> None:
    usual = getattr(made, kind)()
    other = strict(usual)
    assert b"purl.oclc.org" in zipfile.ZipFile(io.BytesIO(other)).read("_rels/.rels")

    def said(items: list[Item]) -> list[tuple[Modality, str]]:
        return [(item.modality, item.text) for item in items]

    expected = said(read(usual, f"a.{kind}"))
    assert len(expected) > 1
    assert said(read(other, f"a.{kind}")) == expected


def test_a_document_that_is_only_a_picture_in_its_header(read: Read) -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.element.body.remove(document.paragraphs[0]._p) if document.paragraphs else None
    document.sections[0].header.paragraphs[0].add_run().add_picture(io.BytesIO(made.picture("teal")))
    stream = io.BytesIO()
    document.save(stream)
    (item,) = read(stream.getvalue(), "header.docx")
    assert item.modality in {Modality.FIGURE, Modality.PHOTO}


def test_struck_text_and_ticked_boxes_of_a_page_are_said(read: Read) -> None:
    page = (
        "<html><body><p>The boat leaves at <s>nine</s> <del>ten <b>or so</b></del> eleven.</p><ul>"
        "<li><input type=checkbox checked> Lifebelts counted</li><li><input type='checkbox'>Engine served</li></ul>"
        "<p>Paid by <input type=radio name=p> cash <input type=radio name=p checked> card</p>"
        "<table><tr><th>Pier</th><th>Open</th></tr><tr><td><s>North</s></td><td><input type=checkbox checked></td></tr>"
        "</table></body></html>"
    )
    text = "\n".join(item.text for item in read(page.encode(), "a.html"))
    assert "The boat leaves at ~~nine~~ ~~ten or so~~ eleven." in text
    assert "[x] Lifebelts counted" in text
    assert "[ ] Engine served" in text
    assert "Paid by [ ] cash [x] card" in text
    assert "| ~~North~~ | [x] |" in text


ARTICLE = """<article><front><article-meta><title-group><article-title>Seals of the bank</article-title></title-group>
</article-meta></front><body><sec><title>Results</title><p>Seals rest at low tide.</p>
<fig id="f1"><label>Figure 1</label><caption><title>Seals by month</title><p>Counts fall in May.</p></caption>
<graphic href="f1.jpg"/></fig>
<table-wrap><label>Table 1</label><caption><p>Seals by pier.</p></caption><table><tr><th>Pier</th><th>Seals</th></tr>
<tr><td>North</td><td>12</td></tr></table></table-wrap><p>They leave with the flood.</p></sec></body></article>"""


def test_captions_of_an_article_are_whole_and_no_headings(read: Read) -> None:
    items = read(ARTICLE.encode(), "seals.nxml")
    text = "\n".join(item.text for item in items)
    assert "Figure 1. Seals by month Counts fall in May." in text
    assert "Table 1. Seals by pier." in text
    assert "| North | 12 |" in text
    (last,) = [item for item in items if "They leave with the flood" in item.text]
    assert "Seals by month" not in last.locator.section


def test_a_book_is_found_by_its_title(read: Read) -> None:
    items = read(made.epub(), "x.epub")
    assert "The lake, Jo Reed" in items[0].text
    assert any("They reached the water" in item.text for item in items)


HELLO = bytes.fromhex(  # the example of MS-OXRTFCP, 3.1
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0"
)
REPEATED = bytes.fromhex(  # and 3.2: a reference that reaches into what it writes
    "1a0000001c0000004c5a4675e2d44b5141000420575859 5a0d6e7d010eb0"
)


def test_compressed_rtf_is_unpacked() -> None:
    assert unpacked(HELLO, "a.msg") == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert unpacked(REPEATED, "a.msg") == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    text = b"{\\rtf1 Moor at ten.}"
    assert unpacked(struct.pack("<4I", len(text) + 12, len(text), 0x414C454D, 0) + text, "a.msg") == text
    for damaged in (b"", HELLO[:12], HELLO[:8] + b"WHAT" + HELLO[12:]):
        with pytest.raises(DocumentError):
            unpacked(damaged, "a.msg")
    with pytest.raises(LimitError):
        unpacked(struct.pack("<4I", 9, 1 << 30, 0x75465A4C, 0), "a.msg")


def test_an_outlook_message_that_has_only_a_formatted_body_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    oxmsg = pytest.importorskip("oxmsg")

    class Properties:
        def binary_prop_value(self, number: int) -> bytes | None:
            return HELLO if number == 0x1009 else None

    class Outlook:
        properties, body, html_body, sent_date = Properties(), None, "", None
        message_headers: ClassVar[dict[str, str]] = {}
        recipients, attachments, sender, subject = (), (), "ada@example.org", "Greeting"

    monkeypatch.setattr(oxmsg.Message, "load", lambda _: Outlook())
    _, parts = msg_parts(Path("a.msg"), "a.msg")
    assert "hello world" in "\n".join(part.text for part in parts)


class Storage:
    """What oxmsg reads properties from: a stream of them, and a stream for each text."""

    def __init__(self, pages: dict[int, int], texts: dict[int, bytes]) -> None:
        whole = [struct.pack("<HHIQ", 0x0003, number, 6, page) for number, page in pages.items()]
        long = [struct.pack("<HHIQ", 0x001E, number, 6, len(text) + 1) for number, text in texts.items()]
        self.properties_stream_bytes = bytes(32) + b"".join(whole + long)
        self._texts = texts

    def property_stream_bytes(self, number: int, _: int) -> bytes:
        return self._texts[number]


@pytest.mark.parametrize(
    ("pages", "subject", "body"),
    [
        ({0x3FDE: 950}, "格式測試".encode("cp950"), "中文".encode("cp950") + b" Search word testing" * 6 + b"\xff"),
        ({0x3FDE: 65001, 0x3FFD: 65001}, "Grüße".encode("cp1252"), "Körper".encode()),
        ({0x3FDE: 1252}, "Grüße".encode(), "Körper".encode("cp1252")),
        ({0x3FDE: 4711}, b"plain", "Körper".encode("cp1252")),
        ({0x3FDE: 50220, 0x3FFD: 932}, "Grüße".encode(), "中文".encode("iso-2022-jp")),
        ({0x3FDE: 50221, 0x3FFD: 932}, b"plain", "Körper".encode()),
        ({0x3FDE: 52936, 0x3FFD: 936}, b"plain", "中文".encode("hz")),
    ],
    ids=[
        "of Windows alone, one byte wrong", "not as stated", "nothing stated", "unknown", "in seven bits",
        "not in seven bits", "in seven bits of China",
    ],
)  # fmt: skip
def test_outlooks_texts_are_read_where_the_code_page_is_wrong(
    pages: dict[int, int], subject: bytes, body: bytes
) -> None:
    library = pytest.importorskip("oxmsg.properties")
    properties = library.Properties(Storage(pages, {0x0037: subject, 0x1000: body}), properties_header_offset=32)
    forgiving(SimpleNamespace(properties=properties, recipients=(), attachments=()))
    assert properties.str_prop_value(0x0037) in {"格式測試", "Grüße", "plain"}
    assert properties.str_prop_value(0x1000).split()[0] in {"中文", "Körper"}


_WORD, _SLIDES = (
    "vnd.openxmlformats-officedocument.wordprocessingml",
    "vnd.openxmlformats-officedocument.presentationml",
)


@pytest.mark.parametrize(
    ("kind", "usual", "special", "name"),
    [
        ("docx", f"{_WORD}.document.main", f"{_WORD}.template.main", "a.dotx"),
        ("docx", f"{_WORD}.document.main", "vnd.ms-word.document.macroEnabled.main", "a.docm"),
        ("docx", f"{_WORD}.document.main", "vnd.ms-word.template.macroEnabledTemplate.main", "a.dotm"),
        ("pptx", f"{_SLIDES}.presentation.main", f"{_SLIDES}.template.main", "a.potx"),
        ("pptx", f"{_SLIDES}.presentation.main", f"{_SLIDES}.slideshow.main", "a.ppsx"),
    ],
)
def test_templates_shows_and_files_with_macros_are_read(
    read: Read, kind: str, usual: str, special: str, name: str
) -> None:
    data = getattr(made, kind)()
    other = made.replaced(data, "[Content_Types].xml", (f"application/{usual}+xml", f"application/{special}+xml"))
    assert other != data
    assert [item.text for item in read(other, name)] == [item.text for item in read(data, f"a.{kind}")]


@pytest.mark.parametrize(
    ("stream", "media_type"),
    [("PowerPoint Document", "application/vnd.ms-powerpoint"), ("worddocument", "application/msword")],
)
def test_the_directory_of_an_old_office_file_is_followed_through_the_file(
    tmp_path: Path, stream: str, media_type: str
) -> None:
    size, far = 4096, 40
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\xff"))
    struct.pack_into("<H", header, 30, 12)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<I", header, 76, 0)
    table = bytearray(b"\xff" * size)
    struct.pack_into("<I", table, 4 * 1, far)
    struct.pack_into("<I", table, 4 * far, 0xFFFFFFFE)
    sectors = [bytes(table), b"\0" * size, *[b"\0" * size] * (far - 2)]
    sectors.append((stream + "\0").encode("utf-16-le").ljust(size, b"\0"))
    file = tmp_path / "old"
    file.write_bytes(bytes(header).ljust(size, b"\0") + b"".join(sectors))
    assert ole_media_type(file, file.read_bytes()[:4096]) == media_type


def test_a_directory_that_goes_in_circles_ends(tmp_path: Path) -> None:
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0"))
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<I", header, 76, 0)  # its table of sectors is all zeros: the first is followed by itself
    file = tmp_path / "old"
    file.write_bytes(bytes(header) + b"\0" * 512)
    assert ole_media_type(file, bytes(header)) == "application/x-ole-storage"


@pytest.mark.parametrize(("kind", "folder"), [("docx", "word"), ("pptx", "ppt")])
def test_a_document_that_names_a_picture_it_does_not_hold_is_read(read: Read, kind: str, folder: str) -> None:
    whole = getattr(made, kind)()
    with zipfile.ZipFile(io.BytesIO(whole)) as package:
        kept = {name: package.read(name) for name in package.namelist() if not name.startswith(f"{folder}/media/")}
        assert len(kept) < len(package.namelist())
    texts = [item.text for item in read(whole, kind)]
    found = read(made.zipped(kept), kind)
    assert [item.text for item in found if item.modality is not Modality.FIGURE]
    assert len(texts) >= len(found)


def test_a_workbook_that_names_a_sheet_it_does_not_hold_is_read_without_it(read: Read) -> None:
    whole = made.xlsx()
    with zipfile.ZipFile(io.BytesIO(whole)) as package:
        kept = {name: package.read(name) for name in package.namelist() if name != "xl/worksheets/sheet2.xml"}
    texts = [item.text for item in read(whole, "xlsx")]
    found = [item.text for item in read(made.zipped(kept), "xlsx")]
    assert 0 < len(found) < len(texts)
    assert set(found) <= set(texts)
