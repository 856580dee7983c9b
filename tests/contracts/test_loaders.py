"""What every loader of the registry promises, over real files of every format that it reads."""

from __future__ import annotations

import io
import json
import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ragmm.errors import DocumentError
from ragmm.loaders.base import Loader, Probe
from ragmm.loaders.chunking import estimate_tokens
from ragmm.loaders.registry import default_loaders, load, loader_for, probe
from ragmm.loaders.settings import LoaderSettings, Ocr
from ragmm.types import IMAGE_MODALITIES, TEXT_MODALITIES, Item

PLANTED = "kestrel 4711"
PROSE = f"The {PLANTED} flew over the valley. " + "It was seen by many people on that day. " * 60
SETTINGS = LoaderSettings(ocr=Ocr.NEVER)


def _text() -> bytes:
    return f"NOTES\n\n{PROSE}\n\n{'汉字句子。' * 200}\r\n".encode()


def _markdown() -> bytes:
    rows = "".join(f"| {n} | value {n} |\n" for n in range(60))
    return f"# Birds\n\n{PROSE}\n\n## Table\n\n| n | v |\n|---|---|\n{rows}\n- one\n- two\n".encode()


def _csv() -> bytes:
    return ("name,note\n" + "".join(f'bird {n},"{PLANTED}, {n}"\n' for n in range(80))).encode()


def _json() -> bytes:
    return json.dumps({"birds": [{"name": PLANTED, "n": n, "at": {"x": n}} for n in range(20)]}).encode()


def _json_lines() -> bytes:
    return "\n".join(json.dumps({"name": PLANTED, "n": n}) for n in range(20)).encode()


def _image(kind: str) -> Callable[[], bytes]:
    def build() -> bytes:
        stream = io.BytesIO()
        image = Image.effect_mandelbrot((96, 64), (-2, -1, 1, 1), 30).convert("RGB")
        image.save(stream, kind)
        return stream.getvalue()

    return build


def _html() -> bytes:
    rows = "".join(f"<tr><td>{n}</td><td>value</td></tr>" for n in range(9))
    return f"<!doctype html><html><body><h1>Birds</h1><p>{PROSE}</p><table>{rows}</table></body></html>".encode()


def _xml() -> bytes:
    return f"<?xml version='1.0'?><birds><bird name='k'>{PROSE}</bird></birds>".encode()


def _mail() -> bytes:
    header = "From: a@example.com\r\nTo: b@example.com\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\nSubject: Birds"
    return f"{header}\r\n\r\n{PROSE}\r\n".encode()


def _mailbox() -> bytes:
    return b"From a@example.com Mon Jan  1 10:00:00 2024\n" + _mail().replace(b"\r\n", b"\n") + b"\n"


def _svg() -> bytes:
    drawing = f"<rect width='40' height='30'/><text x='5' y='50'>{PLANTED}</text>"
    return f"<svg xmlns='http://www.w3.org/2000/svg' width='90' height='60'>{drawing}</svg>".encode()


def _rtf() -> bytes:
    return ("{\\rtf1\\ansi " + PROSE + "\\par}").encode()


def _pdf() -> bytes:
    canvas = pytest.importorskip("reportlab.pdfgen.canvas")
    stream = io.BytesIO()
    page = canvas.Canvas(stream, invariant=1)
    for line in range(40):
        page.drawString(72, 780 - 16 * line, f"Line {line}: the {PLANTED} flew over the valley again.")
    page.showPage()
    page.save()
    return stream.getvalue()


def _docx() -> bytes:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_heading("Birds", 1)
    document.add_paragraph(PROSE)
    table = document.add_table(rows=2, cols=2)
    table.cell(1, 1).text = "value"
    return _saved(document)


def _pptx() -> bytes:
    pptx = pytest.importorskip("pptx")
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Birds"
    slide.placeholders[1].text = PROSE
    return _saved(deck)


def _xlsx() -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for n in range(30):
        book.active.append([f"bird {n}", PLANTED, n])
    return _saved(book)


def _saved(document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _epub() -> bytes:
    opf = (
        "<?xml version='1.0'?><package xmlns='http://www.idpf.org/2007/opf' version='3.0'><metadata/><manifest>"
        "<item id='a' href='a.xhtml' media-type='application/xhtml+xml'/></manifest>"
        "<spine><itemref idref='a'/></spine></package>"
    )
    container = (
        "<?xml version='1.0'?><container xmlns='urn:oasis:names:tc:opendocument:xmlns:container' version='1.0'>"
        "<rootfiles><rootfile full-path='c.opf' media-type='application/oebps-package+xml'/></rootfiles></container>"
    )
    page = f"<html xmlns='http://www.w3.org/1999/xhtml'><body><h1>Birds</h1><p>{PROSE}</p></body></html>"
    members = {"META-INF/container.xml": container, "c.opf": opf, "a.xhtml": page}
    return _zip("application/epub+zip", members)


def _odt() -> bytes:
    content = (
        "<?xml version='1.0'?><office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "
        "xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0' office:version='1.2'><office:body><office:text>"
        f"<text:h text:outline-level='1'>Birds</text:h><text:p>{PROSE}</text:p>"
        "</office:text></office:body></office:document-content>"
    )
    return _zip("application/vnd.oasis.opendocument.text", {"content.xml": content})


def _odp() -> bytes:
    names = {"office": "office", "text": "text", "draw": "drawing", "presentation": "presentation"}
    urns = (f"xmlns:{short}='urn:oasis:names:tc:opendocument:xmlns:{long}:1.0'" for short, long in names.items())
    page = f"<draw:page><draw:frame><draw:text-box><text:p>{PROSE}</text:p></draw:text-box></draw:frame></draw:page>"
    body = f"<office:body><office:presentation>{page}</office:presentation></office:body>"
    root = "office:document-content"
    content = f"<?xml version='1.0'?><{root} {' '.join(urns)} office:version='1.2'>{body}</{root}>"
    return _zip("application/vnd.oasis.opendocument.presentation", {"content.xml": content})


def _zip(media_type: str, members: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"mimetype": media_type, **members}.items():
            stored = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), text, stored)
    return stream.getvalue()


TEXTS = {
    "a.txt": _text,
    "a.md": _markdown,
    "a.csv": _csv,
    "a.json": _json,
    "a.jsonl": _json_lines,
    "a.html": _html,
    "a.xml": _xml,
    "a.eml": _mail,
    "a.mbox": _mailbox,
    "a.rtf": _rtf,
    "a.pdf": _pdf,
    "a.docx": _docx,
    "a.pptx": _pptx,
    "a.xlsx": _xlsx,
    "a.epub": _epub,
    "a.odt": _odt,
    "a.odp": _odp,
}
PICTURES = {f"a.{kind.lower()}": _image(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")}
SAMPLES = {**TEXTS, **PICTURES, "a.svg": _svg}
LOADERS = default_loaders(SETTINGS)


BINARY_OFFICE = {"doc", "msg", "ppt", "xls"}
"""Formats of the last century that nothing here writes; their loaders have tests of their own."""


@pytest.fixture(params=SAMPLES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sample(name: str, tmp_path: Path) -> Path:
    """A file that a loader of this installation reads."""
    file = tmp_path / "spooled"
    file.write_bytes(SAMPLES[name]())
    if not any(loader.accepts(probe(file, name)) for loader in LOADERS):
        pytest.skip(f"no loader for {name} is installed")
    return file


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Libraries under our loaders may warn of what they meet; what counts here is what comes out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read(file: Path, name: str) -> list[Item]:
    return list(load(file, probe(file, name), default_loaders(SETTINGS)))


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.name)
def test_a_loader_has_a_name_and_a_version(loader: Loader):
    assert isinstance(loader, Loader)
    assert loader.name.isidentifier() or loader.name.replace("-", "").isalnum()
    assert loader.version >= 1


def test_names_are_unique():
    assert len({loader.name for loader in LOADERS}) == len(LOADERS)


class Watched(LoaderSettings):
    """Settings that know which of them were asked for."""

    def __getattribute__(self, name: str) -> Any:
        if name in KNOWN:
            ASKED.add(name)
        return super().__getattribute__(name)


KNOWN = {field.name for field in fields(LoaderSettings)}
ASKED: set[str] = set()


def test_a_loader_asks_for_no_setting_that_it_does_not_declare(sample: Path, name: str):
    found = probe(sample, name)
    loader = loader_for(found, default_loaders(Watched(ocr=Ocr.AUTO)))
    assert loader.reads <= KNOWN
    ASKED.clear()
    list(loader.load(sample, found))
    # What is packed in it goes to the loaders of its kind; that is marked with all of them.
    assert ASKED - {"archives"} <= loader.reads
    assert ASKED


def test_the_media_type_alone_decides_who_reads(sample: Path, name: str):
    found = probe(sample, name)
    bare = Probe(name="", media_type=found.media_type, size=0, head=b"")
    assert [loader.accepts(found) for loader in LOADERS] == [loader.accepts(bare) for loader in LOADERS]


def test_every_loader_reads_one_of_the_samples(tmp_path: Path):
    readers = set()
    for name, build in SAMPLES.items():
        file = tmp_path / "spooled"
        file.write_bytes(build())
        readers |= {loader.name for loader in LOADERS if loader.accepts(probe(file, name))}
    assert {loader.name for loader in LOADERS} - readers <= BINARY_OFFICE


def test_the_first_that_accepts_reads_it(sample: Path, name: str):
    found = probe(sample, name)
    assert loader_for(found, LOADERS) is next(loader for loader in LOADERS if loader.accepts(found))


def test_the_same_file_gives_the_same_items(sample: Path, name: str):
    assert read(sample, name) == read(sample, name)


def test_the_planted_words_are_found(sample: Path, name: str):
    if name in PICTURES:
        pytest.skip("a picture without words")
    assert any(PLANTED in item.text for item in read(sample, name))


def test_offsets_are_exact_and_in_order(sample: Path, name: str):
    placed = [item for item in read(sample, name) if item.locator.start is not None]
    for item in placed:
        assert item.locator.end == item.locator.start + len(item.text)
    if name in {"a.txt", "a.md"}:
        text = sample.read_bytes().decode()
        assert "".join(item.text for item in placed) == text
        assert all(item.text == text[item.locator.start : item.locator.end] for item in placed)


def test_items_hold_what_their_modality_promises(sample: Path, name: str):
    for item in read(sample, name):
        if item.modality in TEXT_MODALITIES:
            assert item.text.strip()
        if item.modality in IMAGE_MODALITIES:
            assert item.asset is not None
        if item.asset is not None:
            image = Image.open(io.BytesIO(item.asset.data))
            assert image.size == (item.asset.width, item.asset.height)
            assert Image.MIME[image.format] == item.asset.media_type
            assert max(image.size) <= SETTINGS.max_image_side
        assert item.locator.page is None or item.locator.page >= 1
        assert json.loads(json.dumps(dict(item.metadata))) == dict(item.metadata)


def test_passages_fit(sample: Path, name: str):
    for item in read(sample, name):
        if item.modality in TEXT_MODALITIES:
            assert estimate_tokens(item.text) <= SETTINGS.chunk_tokens


def test_the_file_is_only_read(sample: Path, name: str):
    sample.chmod(0o400)
    before = sample.read_bytes()
    read(sample, name)
    assert sample.read_bytes() == before
    assert [path.name for path in sample.parent.iterdir()] == ["spooled"]


def damaged(data: bytes, seed: int) -> bytes:
    """Cut, flipped, zeroed, repeated, or with another file's bytes in the middle."""
    chance = random.Random(seed)
    at, length = chance.randrange(len(data)), chance.randrange(1, 1 + len(data) // 4)
    kind = seed % 6
    if kind == 0:
        return data[:at]
    if kind == 1:
        flipped = bytearray(data)
        for _ in range(1 + len(data) // 500):
            flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(flipped)
    if kind == 2:
        return data[:at] + bytes(length) + data[at + length :]
    if kind == 3:
        return data[:at] + data[at : at + length] * 3 + data[at + length :]
    if kind == 4:
        return data[:at] + chance.randbytes(length) + data[at + length :]
    huge = struct.pack("<I", 0xFFFFFF00)
    return data[:at] + huge + data[at + 4 :]


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_gives_items_or_a_document_error(sample: Path, name: str, seed: int):
    data = damaged(sample.read_bytes(), zlib.crc32(name.encode()) // 6 * 6 + seed)
    sample.write_bytes(data)
    try:
        items = read(sample, f"broken-{name}")
    except DocumentError as error:
        assert f"broken-{name}" in str(error)  # noqa: PT017
        assert str(sample) not in str(error)  # noqa: PT017
    else:
        assert items
