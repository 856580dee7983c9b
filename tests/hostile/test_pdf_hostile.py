"""PDFs made to loop, to swell and to lie: each ends within its limits, with items or a reason."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
from pdf_loaders import pdfium_loaders, pymupdf_loaders
from reportlab.pdfgen.canvas import Canvas

from ragmm.errors import DocumentError
from ragmm.isolation.limits import Limits
from ragmm.loaders.base import Loader
from ragmm.loaders.parser import ParserPool
from ragmm.loaders.settings import LoaderSettings, Ocr

# Minutes of processor time: run by `make faults`, which a clean checkout runs too.
pytestmark = pytest.mark.faults

Loaders = Callable[[LoaderSettings], Sequence[Loader]]
LIMITS = Limits(memory_mb=1024, cpu_seconds=10, wall_seconds=25.0)
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>%s>>%s>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
TEXT = b"BT /F 12 Tf 50 700 Td (Readable words) Tj ET"


def stream(data: bytes, extra: bytes = b"", *, packed: bool = False) -> bytes:
    filters = b"/Filter/FlateDecode" if packed else b""
    return b"<</Length %d%s%s>>stream\n%s\nendstream" % (len(data), filters, extra, data)


def pdf(objects: dict[int, bytes], trailer: bytes = b"", start: int | None = None) -> bytes:
    """A file of these objects with a right cross-reference table, or a `start` that says otherwise."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, offset in offsets.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, offset)
    out += b"trailer\n<</Root 1 0 R/Size %d%s>>\nstartxref\n%d\n%%%%EOF" % (
        max(objects) + 1,
        trailer,
        at if start is None else start,
    )
    return bytes(out)


def document(
    content: bytes = stream(TEXT), resources: bytes = b"", page: bytes = b"", **extra: bytes
) -> dict[int, bytes]:
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R%s>>" % extra.pop("catalog", b""),
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: PAGE % (resources, page),
        4: content,
        5: FONT,
    }
    return {**objects, **{int(number[1:]): body for number, body in extra.items()}}


def form(inner: bytes, resources: bytes) -> bytes:
    return stream(inner, b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<<%s>>" % resources)


def zeros(count: int) -> bytes:
    packer = zlib.compressobj(9)
    block = b"0 " * (1 << 19)
    return b"".join(packer.compress(block) for _ in range(count)) + packer.flush()


def deep_pages(depth: int) -> dict[int, bytes]:
    objects = document()
    for number in range(10, 10 + depth):
        objects[number] = b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (number + 1)
    objects[10 + depth] = objects.pop(3)
    return {**objects, 2: b"<</Type/Pages/Kids[10 0 R]/Count 1>>"}


def outline_loop() -> dict[int, bytes]:
    return document(
        catalog=b"/Outlines 6 0 R",
        n6=b"<</First 7 0 R/Last 8 0 R/Count 2>>",
        n7=b"<</Title(a)/Parent 6 0 R/Next 8 0 R/First 8 0 R/Last 8 0 R/Dest[3 0 R/Fit]>>",
        n8=b"<</Title(b)/Parent 7 0 R/Next 7 0 R/Prev 7 0 R/First 7 0 R/Dest[3 0 R/Fit]>>",
    )


IMAGE = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8"


def attacks() -> dict[str, bytes]:
    noise = random.Random(3)
    scatter = b"".join(b"%d %d m %d %d l S\n" % tuple(noise.randrange(700) for _ in range(4)) for _ in range(40_000))
    words = b"".join(
        b"BT /F 2 Tf %d %d Td (w) Tj ET\n" % (noise.randrange(600), noise.randrange(800)) for _ in range(30_000)
    )
    nested = b"".join(b"<</Length 1 /N" for _ in range(60_000))
    boxes = b"".join(b"%d %d 3 3 re f\n" % (noise.randrange(600), noise.randrange(800)) for _ in range(1_000)) * 1_000
    return {
        "a million objects": pdf(document(stream(zlib.compress(TEXT + b"\n" + boxes), b"/Filter/FlateDecode"))),
        "page tree loop": pdf(document() | {2: b"<</Type/Pages/Kids[2 0 R 3 0 R 2 0 R]/Count 9>>"}),
        "page tree that lies about its count": pdf(document() | {2: b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>"}),
        "deep page tree": pdf(deep_pages(5_000)),
        "outline loop": pdf(outline_loop()),
        "xref loop": pdf(document(), trailer=b"/Prev 9", start=9),
        "xref to itself": pdf(document(), start=9),
        "length loop": pdf(document(content=b"<</Length 4 0 R>>stream\n%s\nendstream" % TEXT)),
        "form that draws itself": pdf(
            document(
                stream(b"/X Do " + TEXT), b"/XObject<</X 6 0 R>>", n6=form(b"/X Do /X Do", b"/XObject<</X 6 0 R>>")
            )
        ),
        "forms that multiply": pdf(
            document(
                stream(TEXT + b" /X Do"),
                b"/XObject<</X 10 0 R>>",
                **{
                    f"n{10 + n}": form(b"/X Do " * 40, b"/XObject<</X %d 0 R>>" % (11 + n))
                    if n < 5
                    else form(TEXT, b"")
                    for n in range(6)
                },
            )
        ),
        "content of a gigabyte": pdf(document(stream(zeros(1024), packed=True))),
        "image of four gigapixels": pdf(
            document(
                stream(TEXT + b" q 500 0 0 500 0 0 cm /X Do Q"),
                b"/XObject<</X 6 0 R>>",
                n6=stream(zeros(8), IMAGE + b"/Width 65000/Height 65000", packed=True),
            )
        ),
        "page larger than a country": pdf(
            document() | {3: PAGE.replace(b"600 800", b"2000000000 2000000000") % (b"", b"")}
        ),
        "page of no size": pdf(document() | {3: PAGE.replace(b"600 800", b"0 0") % (b"", b"")}),
        "very many lines": pdf(document(stream(scatter))),
        "very many words": pdf(document(stream(words))),
        "nested without end": pdf(document(n6=nested)),
        "negative numbers everywhere": pdf(
            document(stream(b"BT /F -1e30 Tf -1e38 1e38 Td (x) Tj ET 1e30 w -1e30 0 1e30 1e30 re S"))
        ),
        "javascript and launch": pdf(
            document(catalog=b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>/AA<</WC<</S/Launch/F(/bin/sh)>>>>")
        ),
        "not encrypted at all": pdf(document(), trailer=b"/Encrypt 99 0 R"),
    }


ATTACKS = attacks()
READABLE = {"outline loop", "javascript and launch", "length loop"}


@pytest.fixture(scope="module", params=["pymupdf", "pdfium"])
def pool(request: pytest.FixtureRequest) -> Iterator[ParserPool]:
    if request.param == "pymupdf" and find_spec("pymupdf") is None:
        pytest.skip("the extra [pymupdf] is not installed")
    factory = {"pymupdf": pymupdf_loaders, "pdfium": pdfium_loaders}[request.param]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        with ParserPool(LoaderSettings(ocr=Ocr.NEVER), LIMITS, 1, loaders=factory) as pool:
            yield pool


def workers_seconds() -> float:
    """Of the processor, by all workers that have ended; their parents are our children. A clock would tell the load."""
    servers = (server.cpu_times() for server in psutil.Process().children())
    return sum(used.children_user + used.children_system for used in servers)


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_end_within_their_limits(pool: ParserPool, tmp_path: Path, name: str) -> None:
    file = tmp_path / "attack.pdf"
    file.write_bytes(ATTACKS[name])
    before = workers_seconds()
    found, reason = "", ""
    try:
        found = " ".join(item.text for item in pool.parse(file).items)
    except DocumentError as error:
        reason = str(error)
    assert workers_seconds() - before < LIMITS.cpu_seconds + 2
    assert not reason or "attack.pdf" in reason
    if name in READABLE:
        assert "Readable words" in found


@pytest.mark.parametrize("library", [pymupdf_loaders, pdfium_loaders], ids=["pymupdf", "pdfium"])
def test_the_most_pages_that_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: Loaders) -> None:
    """5,000 pages within the usual limits, the last as well as the first."""
    pages = {
        number: PAGE.replace(b"/Contents 4 0 R", b"/Contents %d 0 R" % (number + 5_000)) % (b"", b"")
        for number in range(10, 5_010)
    }
    texts = {number + 5_000: stream(b"BT /F 12 Tf 50 700 Td (Page number %d) Tj ET" % number) for number in pages}
    kids = b" ".join(b"%d 0 R" % number for number in pages)
    file = tmp_path / "long.pdf"
    file.write_bytes(pdf(document() | {2: b"<</Type/Pages/Kids[%s]/Count 5000>>" % kids} | pages | texts))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    with ParserPool(LoaderSettings(ocr=Ocr.NEVER), loaders=library) as pool, pool.parse(file) as read:
        found = {item.locator.page: item.text for item in read.items}
    assert len(found) == 5_000
    assert (found[1], found[5_000]) == ("Page number 10", "Page number 5009")


def test_mutants_of_a_good_file_do_no_harm(pool: ParserPool, tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "seed.pdf"), invariant=1)
    for number in range(3):
        canvas.drawString(50, 700, f"Page {number} of the seed")
        canvas.rect(50, 400, 100, 50)
        canvas.linkURL("http://example.org", (50, 690, 150, 710))
        canvas.bookmarkPage(str(number))
        canvas.addOutlineEntry(str(number), str(number))
        canvas.showPage()
    canvas.save()
    seed = (tmp_path / "seed.pdf").read_bytes()
    noise = random.Random(11)
    read = 0
    for number in range(40):
        mutant = bytearray(seed)
        for _ in range(noise.choice((1, 3, 20))):
            at = noise.randrange(len(mutant))
            match noise.randrange(3):
                case 0:
                    mutant[at] = noise.randrange(256)
                case 1:
                    del mutant[at : at + noise.randrange(1, 60)]
                case 2:
                    mutant[at:at] = seed[noise.randrange(len(seed)) :][: noise.randrange(1, 60)]
        file = tmp_path / f"{number}.pdf"
        file.write_bytes(bytes(mutant))
        try:
            read += pool.parse(file).count > 0
        except DocumentError as error:
            assert f"{number}.pdf" in str(error)  # noqa: PT017 (either outcome is right)
    assert read > 0
