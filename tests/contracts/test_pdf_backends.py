"""One suite over both PDF libraries: what they give of a page, and the items that are made of it."""

from __future__ import annotations

import io
import random
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import reportlab
from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.base import DocumentWarning, Probe
from ragmm.loaders.pdf import PdfLoader
from ragmm.loaders.pdf.base import PdfBackend
from ragmm.loaders.pdf.pdfium_backend import PdfiumBackend
from ragmm.loaders.settings import LoaderSettings, Ocr, PageImages, Tables
from ragmm.types import Item, Modality

WIDTH, HEIGHT = A4
Draw = Callable[[Canvas], None]
SETTINGS = LoaderSettings(ocr=Ocr.NEVER)


def pymupdf_backend() -> PdfBackend:
    pytest.importorskip("pymupdf", reason="the extra [pymupdf] is not installed")
    from ragmm.loaders.pdf.pymupdf_backend import PyMuPdfBackend

    return PyMuPdfBackend()


@pytest.fixture(params=[pymupdf_backend, PdfiumBackend], ids=["pymupdf", "pdfium"])
def backend(request: pytest.FixtureRequest) -> PdfBackend:
    return request.param()


def make(path: Path, *pages: Draw, **options: object) -> Path:
    canvas = Canvas(str(path), pagesize=A4, invariant=1, **options)
    for page in pages:
        page(canvas)
        canvas.showPage()
    canvas.save()
    return path


def text(canvas: Canvas, x: float, top: float, *lines: str, size: float = 10, font: str = "Helvetica") -> None:
    """Lines below each other, the first with its top at `top` from the upper edge."""
    canvas.setFont(font, size)
    for index, line in enumerate(lines):
        canvas.drawString(x, HEIGHT - top - size - index * 1.2 * size, line)


def load(backend: PdfBackend, path: Path, settings: LoaderSettings = SETTINGS, **options: object) -> list[Item]:
    probe = Probe(name=path.name, media_type="application/pdf", size=path.stat().st_size, head=b"%PDF")
    return list(PdfLoader(settings, backend, **options).load(path, probe))


def of(items: Sequence[Item], modality: Modality) -> list[Item]:
    return [item for item in items if item.modality is modality]


def all_text(items: Sequence[Item]) -> str:
    return "\n".join(item.text for item in items)


def photo(size: tuple[int, int] = (200, 150), seed: int = 0) -> ImageReader:
    noise = random.Random(seed)
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = noise.randrange(size[0]), noise.randrange(size[1])
        draw.ellipse((x, y, x + 30, y + 20), fill=tuple(noise.randrange(256) for _ in range(3)))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    stream.seek(0)
    return ImageReader(stream)


WORDS = [
    "the",
    "heron",
    "stands",
    "still",
    "in",
    "reeds",
    "and",
    "waits",
    "for",
    "a",
    "fish",
    "while",
    "morning",
    "light",
]


def prose(lines: int, seed: int, letters: int = 44) -> list[str]:
    """Lines of different words, each about as long as a column is wide."""
    noise = random.Random(seed)
    found = []
    for number in range(lines):
        line = f"{seed}{chr(97 + number % 26)}"
        while len(line) < letters:
            line += " " + noise.choice(WORDS)
        found.append(line[:letters].rstrip())
    found[-1] = found[-1][:-1] + "."
    return found


# What a library gives


def test_lines_have_their_text_place_and_type(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 100, "A plain line of text.")
        text(canvas, 72, 140, "A bold heading", size=18, font="Helvetica-Bold")

    file = backend.open(make(tmp_path / "a.pdf", page), "a.pdf")
    page_ = file.page(1)
    plain, bold = page_.lines()
    assert (file.pages, page_.number) == (1, 1)
    assert (page_.width, page_.height) == pytest.approx(A4, abs=0.1)
    assert (plain.text.strip(), bold.text.strip()) == ("A plain line of text.", "A bold heading")
    assert plain.box[0] == pytest.approx(72, abs=1.5)
    assert plain.box[1] == pytest.approx(100, abs=3)
    assert plain.box[3] == pytest.approx(112, abs=3)
    assert (plain.size, bold.size) == pytest.approx((10, 18), abs=0.3)
    assert (plain.bold, bold.bold, plain.upright) == (False, True, True)
    file.close()


def test_wide_gaps_make_cells(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for x, word in ((72, "North"), (200, "12"), (300, "34")):
            text(canvas, x, 100, word)

    lines = backend.open(make(tmp_path / "a.pdf", page), "a.pdf").page(1).lines()
    assert [line.text.strip() for line in lines] == ["North", "12", "34"]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_places_are_those_of_the_page_as_shown(backend: PdfBackend, tmp_path: Path, rotation: int) -> None:
    """Each mark is looked for in the picture of the page, where its box says that it is."""

    def page(canvas: Canvas) -> None:
        canvas.setPageRotation(rotation)
        text(canvas, 90, HEIGHT - 420, "Landmark of letters", size=16)
        canvas.setFillColorRGB(1, 0, 0)
        canvas.rect(300, 450, 80, 30, stroke=0, fill=1)
        canvas.drawImage(photo(), 100, 200, 120, 90)
        canvas.linkURL("http://example.org/a", (60, 60, 160, 80))

    page_ = backend.open(make(tmp_path / "a.pdf", page), "a.pdf").page(1)
    turned = rotation in {90, 270}
    # The sheet is turned with its rotation: all of it stays to be seen.
    assert (page_.width, page_.height) == pytest.approx(A4, abs=0.1)
    image = page_.render(None, 1.0)
    assert image.size == pytest.approx((page_.width, page_.height), abs=1.5)
    (line,), (shape,), (picture,), (link,) = page_.lines(), page_.shapes(), page_.pictures(), page_.links()
    assert line.upright == (not turned)
    assert image.crop(tuple(map(round, shape.box))).getpixel((10, 10)) == (255, 0, 0)
    assert dark_share(image, line.box) > 0.1
    assert dark_share(image, picture.box) > 0.9
    assert (link.uri, round(link.box[2] - link.box[0])) == ("http://example.org/a", 20 if turned else 100)
    part = page_.render(shape.box, 2.0)
    assert part.getpixel((part.width // 2, part.height // 2)) == (255, 0, 0)
    assert part.size == pytest.approx([2 * (shape.box[i + 2] - shape.box[i]) for i in (0, 1)], abs=3)


def dark_share(image: Image.Image, box: tuple[float, ...]) -> float:
    part = image.convert("L").crop(tuple(map(round, box)))
    return sum(value < 250 for value in part.get_flattened_data()) / (part.width * part.height)


def test_sideways_text_is_marked(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 100, *prose(3, 1))
        canvas.translate(30, 300)
        canvas.rotate(90)
        canvas.drawString(0, 0, "arXiv stamp at the side")

    lines = backend.open(make(tmp_path / "a.pdf", page), "a.pdf").page(1).lines()
    assert {line.text.strip() for line in lines if not line.upright} == {"arXiv stamp at the side"}


def test_pictures_know_when_they_are_the_same(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawImage(photo(seed=1), 100, 200, 120, 90)
        canvas.drawImage(photo(seed=1), 300, 200, 60, 45)
        canvas.drawImage(photo(seed=2), 100, 500, 120, 90)

    pictures = backend.open(make(tmp_path / "a.pdf", page), "a.pdf").page(1).pictures()
    assert [(picture.width, picture.height) for picture in pictures] == [(200, 150)] * 3
    assert pictures[0].key == pictures[1].key != pictures[2].key


def test_metadata_and_bookmarks(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.setTitle("Birds of the marsh")
        canvas.setAuthor("A. Heron")
        for level, title in ((0, "First"), (1, "Nested")):
            canvas.bookmarkPage(title)
            canvas.addOutlineEntry(title, title, level)
        text(canvas, 72, 100, "First")

    file = backend.open(make(tmp_path / "a.pdf", page), "a.pdf")
    assert file.metadata()["title"] == "Birds of the marsh"
    assert file.metadata()["author"] == "A. Heron"
    assert [(entry.level, entry.title, entry.page) for entry in file.outline()] == [(1, "First", 1), (2, "Nested", 1)]


def test_an_empty_password_opens_and_another_is_asked_for(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 100, "Behind a lock")

    free = make(tmp_path / "free.pdf", page, encrypt=StandardEncryption("", ownerPassword="owner"))
    assert "Behind a lock" in all_text(load(backend, free))
    locked = make(tmp_path / "locked.pdf", page, encrypt=StandardEncryption("secret", ownerPassword="owner"))
    with pytest.raises(DocumentError, match=r"locked\.pdf is encrypted and needs a password"):
        load(backend, locked)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"%PDF-1.7\n" + b"\xff" * 5000, b"not a pdf at all"])
def test_what_is_no_pdf_is_an_error_that_names_the_file(backend: PdfBackend, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=r"broken\.pdf"):
        load(backend, path)


def test_a_truncated_file_gives_its_items_or_a_reason(backend: PdfBackend, tmp_path: Path) -> None:
    whole = make(tmp_path / "whole.pdf", *[lambda canvas: text(canvas, 72, 100, *prose(30, 1))] * 3).read_bytes()
    for cut in range(0, len(whole), len(whole) // 40):
        path = tmp_path / "cut.pdf"
        path.write_bytes(whole[:cut])
        reason = ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DocumentWarning)
                load(backend, path)
        except DocumentError as error:
            reason = str(error)
        assert not reason or "cut.pdf" in reason


def test_a_damaged_page_costs_that_page_only(
    backend: PdfBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path / "a.pdf", *[lambda canvas, n=n: text(canvas, 72, 100, *prose(9, n)) for n in (1, 2, 3)])
    open_ = backend.open

    def open_damaged(file: Path, name: str) -> object:
        found = open_(file, name)
        page = found.page

        def damaged(number: int, *, drawn: bool = True) -> object:
            if number == 2:
                raise DocumentError(f"{name}: page 2 cannot be read: broken")
            return page(number, drawn=drawn)

        found.page = damaged
        return found

    monkeypatch.setattr(backend, "open", open_damaged)
    with pytest.warns(DocumentWarning) as said:
        items = load(backend, path)
    assert {item.locator.page for item in items} == {1, 3}
    assert any("page 2 cannot be read: broken; the page is left out" in str(one.message) for one in said)


# The items


def test_columns_are_read_one_after_the_other(backend: PdfBackend, tmp_path: Path) -> None:
    left, right = prose(24, 1), prose(24, 2)

    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, "A title that spans both of the columns of this page", size=16, font="Helvetica-Bold")
        text(canvas, 72, 120, *left)
        text(canvas, 320, 120, *right)
        text(canvas, 72, 460, "And a last line that goes over the whole width of the page again, as a footnote does.")

    for settings in (SETTINGS, LoaderSettings(tables=Tables.NEVER, figures=False, ocr=Ocr.NEVER)):
        joined = all_text(of(load(backend, make(tmp_path / "a.pdf", page), settings), Modality.PASSAGE))
        places = [joined.index(mark) for mark in ("A title", "1a ", "1x ", "2a ", "2x ", "And a last line")]
        assert places == sorted(places)


def test_every_word_of_a_page_is_in_its_passages_once(backend: PdfBackend, tmp_path: Path) -> None:
    lines = prose(40, 3, letters=80)
    items = load(backend, make(tmp_path / "a.pdf", lambda canvas: text(canvas, 72, 60, *lines)))
    assert " ".join(all_text(items).split()) == " ".join(" ".join(lines).split())
    assert len(items) > 2
    assert all(item.locator.page == 1 and item.locator.box is not None for item in items)


def test_boxes_hold_their_passages(backend: PdfBackend, tmp_path: Path) -> None:
    lines = prose(40, 3, letters=80)
    path = make(tmp_path / "a.pdf", lambda canvas: text(canvas, 72, 60, *lines))
    page = backend.open(path, "a.pdf").page(1)
    for item in load(backend, path):
        assert item.locator.box is not None
        x0, y0, x1, y1 = item.locator.box
        inside = [line for line in page.lines() if y0 - 1 <= line.box[1] and line.box[3] <= y1 + 1]
        assert set(item.text.split()) <= set(" ".join(line.text for line in inside).split())
        assert 70 < x0 < x1 < WIDTH


def test_running_headers_footers_and_page_numbers_are_dropped(backend: PdfBackend, tmp_path: Path) -> None:
    def page(number: int) -> Draw:
        def draw(canvas: Canvas) -> None:
            text(canvas, 72, 30, "Annual report of the Heron Society")
            text(canvas, 72, 120, *prose(12, number))
            text(canvas, 280, HEIGHT - 50, f"Page {number} of 6")

        return draw

    joined = all_text(load(backend, make(tmp_path / "a.pdf", *map(page, range(1, 7)))))
    assert "Heron Society" not in joined
    assert "Page 3" not in joined
    assert all(f"{number}a " in joined for number in range(1, 7))


def test_hyphenated_words_are_joined_unless_the_hyphen_is_theirs(backend: PdfBackend, tmp_path: Path) -> None:
    lines = [
        "A long-term plan was made, and the herons were in-",
        "formed of the long-",
        "term plan at once by all the others.",
    ]
    joined = all_text(load(backend, make(tmp_path / "a.pdf", lambda canvas: text(canvas, 72, 100, *lines))))
    assert "were informed of the long-term plan" in joined


def test_headings_make_the_section_path_over_pages(backend: PdfBackend, tmp_path: Path) -> None:
    def first(canvas: Canvas) -> None:
        canvas.setTitle("Marsh handbook")
        text(canvas, 72, 60, "Birds", size=20, font="Helvetica-Bold")
        text(canvas, 72, 110, *prose(6, 1))
        text(canvas, 72, 220, "Herons", size=14, font="Helvetica-Bold")
        text(canvas, 72, 260, *prose(6, 2))

    def second(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(6, 3))

    items = load(backend, make(tmp_path / "a.pdf", first, second))
    found = {item.text[:2] if item.text[0].isdigit() else item.text.split()[-1][:2]: item for item in items}
    last = items[-1]
    assert (last.locator.page, last.locator.section) == (2, ("Birds", "Herons"))
    assert last.context == "Marsh handbook > Birds > Herons"
    assert items[0].locator.section == ("Birds",)
    assert items[0].metadata["document"]["title"] == "Marsh handbook"
    assert len(found) >= 2


def test_bookmarks_rule_over_type(backend: PdfBackend, tmp_path: Path) -> None:
    def page(title: str, level: int, seed: int) -> Draw:
        def draw(canvas: Canvas) -> None:
            canvas.bookmarkPage(title)
            canvas.addOutlineEntry(title, title, level)
            text(canvas, 72, 60, title)  # set like the body
            text(canvas, 72, 100, *prose(6, seed))

        return draw

    items = load(backend, make(tmp_path / "a.pdf", page("Part one", 0, 1), page("Chapter two", 1, 2)))
    assert [item.locator.section for item in items] == [("Part one",), ("Part one", "Chapter two")]


def test_links_stand_with_their_passage(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 100, "See the herons here.")
        canvas.linkURL("http://example.org/herons", (72, HEIGHT - 115, 200, HEIGHT - 98))

    (item,) = load(backend, make(tmp_path / "a.pdf", page))
    assert item.metadata["links"] == ["http://example.org/herons"]


def ruled(
    canvas: Canvas, x: float, top: float, cells: Sequence[Sequence[str]], width: float = 90, height: float = 20
) -> None:
    canvas.setLineWidth(0.7)
    for row in range(len(cells) + 1):
        y = HEIGHT - top - row * height
        canvas.line(x, y, x + width * len(cells[0]), y)
    for column in range(len(cells[0]) + 1):
        canvas.line(x + column * width, HEIGHT - top, x + column * width, HEIGHT - top - height * len(cells))
    for row, texts in enumerate(cells):
        for column, cell in enumerate(texts):
            text(canvas, x + column * width + 4, top + row * height + 4, cell)


CELLS = [["Bird", "Count", "Share"], ["Heron", "12", "40 %"], ["Bittern", "6", "20 %"], ["Egret", "12", "40 %"]]


def test_a_ruled_table_is_an_item_with_its_caption(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(5, 1, letters=80), "As Table 2 shows, herons are common.")
        text(canvas, 72, 160, "Table 2: Birds counted in the marsh")
        ruled(canvas, 72, 180, CELLS)
        text(canvas, 72, 300, *prose(5, 2, letters=80))

    items = load(backend, make(tmp_path / "a.pdf", page))
    (table,) = of(items, Modality.TABLE)
    assert table.text.splitlines() == [
        "| Bird | Count | Share |",
        "| --- | --- | --- |",
        "| Heron | 12 | 40 % |",
        "| Bittern | 6 | 20 % |",
        "| Egret | 12 | 40 % |",
    ]
    assert (table.metadata["label"], table.metadata["caption"]) == ("Table 2", "Table 2: Birds counted in the marsh")
    assert table.metadata["mentioned"][0]["text"] == "As Table 2 shows, herons are common."
    assert table.locator.box == pytest.approx((72, 180, 342, 260), abs=4)
    assert table.asset is not None
    assert "Bittern" not in all_text(of(items, Modality.PASSAGE))
    assert any(item.metadata.get("mentions") == ["Table 2"] for item in of(items, Modality.PASSAGE))


def test_a_table_without_rules_is_found_by_its_columns(backend: PdfBackend, tmp_path: Path) -> None:
    rows = [
        ("Revenue", "$ 1,204", "$ 998"),
        ("Costs", "811", "702"),
        ("Taxes", "(93)", "(61)"),
        ("Profit", "$ 300", "$ 235"),
    ]

    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(5, 1, letters=80))
        for number, row in enumerate((("", "2023", "2022"), *rows)):
            for x, cell in zip((72, 320, 420), row, strict=True):
                text(canvas, x, 160 + 14 * number, cell)
        text(canvas, 72, 300, *prose(5, 2, letters=80))

    items = load(backend, make(tmp_path / "a.pdf", page))
    (table,) = of(items, Modality.TABLE)
    for row in rows:
        assert f"| {' | '.join(row)} |" in table.text
    assert "Revenue" not in all_text(of(items, Modality.PASSAGE))


def test_prose_in_columns_and_lists_are_no_tables(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(20, 1))
        text(canvas, 320, 60, *prose(20, 2))
        for number in range(6):
            text(canvas, 72, 400 + 14 * number, "•")
            text(canvas, 92, 400 + 14 * number, f"point {number} of a list")

    assert not of(load(backend, make(tmp_path / "a.pdf", page)), Modality.TABLE)


def test_a_long_table_keeps_its_header_with_every_part(backend: PdfBackend, tmp_path: Path) -> None:
    cells = [["Name", "Number", "Place"], *([f"Bird {n}", str(n * 7), f"Marsh {n % 5}"] for n in range(36))]
    path = make(tmp_path / "a.pdf", lambda canvas: ruled(canvas, 72, 60, cells))
    tables = of(load(backend, path, LoaderSettings(chunk_tokens=120, ocr=Ocr.NEVER)), Modality.TABLE)
    assert len(tables) > 2
    assert "".join(table.text + "\n" for table in tables).count("| Bird ") == 36
    assert all("| Name | Number | Place |" in table.context for table in tables[1:])
    assert len({table.asset.sha256 for table in tables if table.asset}) == 1


def test_a_picture_is_an_item_with_the_caption_below(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(5, 1, letters=80), "Figure 3 shows the nest.")
        canvas.drawImage(photo(), 150, HEIGHT - 360, 240, 180)
        text(canvas, 150, 370, "Figure 3: A nest in the reeds, seen from", "the water in early spring.", size=9)
        text(canvas, 72, 430, *prose(5, 2, letters=80))

    (figure,) = of(load(backend, make(tmp_path / "a.pdf", page)), Modality.FIGURE)
    assert figure.metadata["label"] == "Figure 3"
    assert figure.metadata["caption"] == "Figure 3: A nest in the reeds, seen from the water in early spring."
    assert figure.text == figure.metadata["caption"]
    assert figure.locator.box == pytest.approx((150, 180, 390, 360), abs=2)
    assert figure.metadata["mentioned"] == [{"page": 1, "text": "Figure 3 shows the nest."}]
    assert figure.asset is not None
    assert max(figure.asset.width, figure.asset.height) >= 500


def bars(canvas: Canvas, x: float, bottom: float) -> None:
    for index, height in enumerate((40, 90, 60, 120, 75)):
        canvas.setFillColorRGB(0.1 * index, 0.4, 0.8)
        canvas.rect(x + 20 + 36 * index, HEIGHT - bottom, 24, height, stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)
    canvas.line(x + 10, HEIGHT - bottom, x + 210, HEIGHT - bottom)
    canvas.line(x + 10, HEIGHT - bottom, x + 10, HEIGHT - bottom + 130)
    for index in range(5):
        text(canvas, x + 22 + 36 * index, bottom + 3, f"202{index}", size=8)


def test_a_drawn_chart_is_a_figure_with_its_labels(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(5, 1, letters=80))
        bars(canvas, 150, 320)
        text(canvas, 150, 345, "Fig. 1. Herons counted by year", size=9)
        text(canvas, 72, 430, *prose(5, 2, letters=80))

    items = load(backend, make(tmp_path / "a.pdf", page))
    (figure,) = of(items, Modality.FIGURE)
    assert (figure.metadata["label"], figure.metadata["drawn"]) == ("Figure 1", True)
    assert "2020 2021 2022 2023 2024" in figure.text
    assert figure.locator.box is not None
    x0, y0, x1, y1 = figure.locator.box
    assert x0 < 165
    assert y0 < 205
    assert x1 > 340
    assert 320 <= y1 <= 346
    assert "2021" not in all_text(of(items, Modality.PASSAGE))


def test_a_chart_with_a_title_above_has_it_as_caption(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(5, 1, letters=80))
        text(canvas, 150, 160, "Herons by year", font="Helvetica-Bold")
        bars(canvas, 150, 320)

    (figure,) = of(load(backend, make(tmp_path / "a.pdf", page)), Modality.FIGURE)
    assert figure.metadata["caption"] == "Herons by year"
    assert "label" not in figure.metadata


def test_panels_over_one_caption_are_one_figure(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(5, 1, letters=80))
        for index in range(3):
            canvas.drawImage(photo(seed=index), 72 + 150 * index, HEIGHT - 300, 130, 120)
        text(
            canvas, 72, 310, "Figure 2: Three nests, from left to right: in reeds, in a tree, on a roof. All in spring."
        )
        text(canvas, 72, 360, *prose(5, 2, letters=80))

    (figure,) = of(load(backend, make(tmp_path / "a.pdf", page)), Modality.FIGURE)
    assert figure.locator.box == pytest.approx((72, 180, 502, 300), abs=3)


def test_two_figures_keep_their_own_captions(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for index, x in enumerate((72, 320)):
            canvas.drawImage(photo(seed=index), x, HEIGHT - 240, 180, 140)
            text(canvas, x, 250, f"Figure {index + 1}: Nest number {index + 1}", size=9)
        text(canvas, 72, 330, *prose(5, 1, letters=80))

    figures = of(load(backend, make(tmp_path / "a.pdf", page)), Modality.FIGURE)
    found = {figure.metadata["label"]: figure.locator.box for figure in figures}
    assert {label: round(box[0]) for label, box in found.items() if box} == {"Figure 1": 72, "Figure 2": 320}


def test_logos_icons_rules_and_backgrounds_are_no_figures(backend: PdfBackend, tmp_path: Path) -> None:
    def page(number: int) -> Draw:
        def draw(canvas: Canvas) -> None:
            canvas.setFillColorRGB(0.9, 0.95, 1)
            canvas.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
            canvas.setFillColorRGB(0, 0, 0)
            canvas.drawImage(photo(seed=9), 400, HEIGHT - 100, 100, 60)
            canvas.drawImage(photo((20, 20), seed=number), 60, 300, 14, 14)
            canvas.line(72, HEIGHT - 110, 500, HEIGHT - 110)
            canvas.rect(60, 200, 400, 60)
            text(canvas, 72, 150, *prose(9, number, letters=80))

        return draw

    items = load(backend, make(tmp_path / "a.pdf", *map(page, range(1, 5))))
    assert {item.modality for item in items} == {Modality.PASSAGE}


def test_the_same_picture_is_shown_once(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(9, 1, letters=80))
        canvas.drawImage(photo(), 150, 300, 240, 180)

    assert len(of(load(backend, make(tmp_path / "a.pdf", page, page)), Modality.FIGURE)) == 1


def scan(canvas: Canvas) -> None:
    canvas.drawImage(photo((600, 800)), 0, 0, WIDTH, HEIGHT)


class FakeLine:
    """A line as OCR reports it: in pixels of the picture it was given."""

    def __init__(self, text: str, box: tuple[float, float, float, float]) -> None:
        self.text, self.box, self.confidence = text, box, 0.9


def test_a_scanned_page_is_an_image_whose_text_comes_from_ocr(backend: PdfBackend, tmp_path: Path) -> None:
    def read(image: Image.Image) -> list[FakeLine]:
        scale = image.width / WIDTH
        return [FakeLine("Herons in old print", tuple(value * scale for value in (72, 100, 300, 116)))]

    path = make(tmp_path / "a.pdf", scan)
    (page,) = load(backend, path, ocr=read)
    assert (page.modality, page.text) == (Modality.PAGE, "Herons in old print")
    assert page.metadata == {
        "page_image": "scanned",
        "ocr": True,
        "confidence": 0.9,
        "document": page.metadata["document"],
    }
    assert page.asset is not None
    assert page.locator.box == pytest.approx((0, 0, WIDTH, HEIGHT), abs=1)
    (passage,) = load(backend, path, LoaderSettings(page_images=PageImages.NEVER), ocr=read)
    assert (passage.modality, passage.text) == (Modality.PASSAGE, "Herons in old print")
    assert passage.metadata["ocr"] is True
    assert passage.locator.box == pytest.approx((72, 100, 300, 116), abs=1)


def test_page_images_follow_the_pipeline(backend: PdfBackend, tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", lambda canvas: text(canvas, 72, 60, *prose(9, 1)), scan)

    def pages(policy: PageImages) -> list[int | None]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DocumentWarning)
            items = load(backend, path, LoaderSettings(page_images=policy, ocr=Ocr.NEVER))
        return [item.locator.page for item in of(items, Modality.PAGE)]

    assert pages(PageImages.NEVER) == []
    assert pages(PageImages.SCANNED) == [2]
    assert pages(PageImages.ALL) == [1, 2]


def test_a_page_of_drawings_alone_is_not_lost(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for index in range(12):
            canvas.circle(100 + 20 * index, 400 + 10 * index, 15)

    (item,) = load(backend, make(tmp_path / "a.pdf", page))
    assert item.modality is Modality.PAGE


def test_blank_pages_are_reported(backend: PdfBackend, tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", lambda canvas: text(canvas, 72, 60, *prose(9, 1)), lambda canvas: None)
    with pytest.warns(DocumentWarning, match=r"a\.pdf: nothing was found on page 2"):
        load(backend, path)


def test_too_many_pages_are_refused(backend: PdfBackend, tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", *[lambda canvas: None] * 5_001)
    with pytest.raises(LimitError, match="5,001 pages; at most 5,000"):
        load(backend, path)


def test_the_same_file_gives_the_same_items(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(5, 1, letters=80))
        ruled(canvas, 72, 180, CELLS)
        bars(canvas, 150, 520)

    path = make(tmp_path / "a.pdf", page)
    assert load(backend, path) == load(backend, path)


def test_no_setting_loses_text(backend: PdfBackend, tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text(canvas, 72, 60, *prose(5, 1, letters=80))
        ruled(canvas, 72, 180, CELLS)

    path = make(tmp_path / "a.pdf", page)
    for settings in (
        SETTINGS,
        LoaderSettings(tables=Tables.NEVER, ocr=Ocr.NEVER),
        LoaderSettings(figures=False, ocr=Ocr.NEVER),
        LoaderSettings(tables=Tables.NEVER, figures=False, page_images=PageImages.NEVER, ocr=Ocr.NEVER),
    ):
        assert {"Heron", "Bittern", "1a"} <= set(all_text(load(backend, path, settings)).split())


@pytest.fixture(autouse=True)
def _no_library_noise(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("lie", ["private", "control", "missing"])
def test_text_of_fonts_that_lie_is_read_from_the_picture(backend: PdfBackend, tmp_path: Path, lie: str) -> None:
    """What a page shows is plain to see, but its font gives the letters no meaning, or a wrong one."""
    vera = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
    pdfmetrics.registerFont(TTFont("Vera", str(vera), asciiReadable=0))
    lines = ["Herons stand still in shallow water and wait for fish."] * 8
    honest = make(tmp_path / "a.pdf", lambda canvas: text(canvas, 72, 72, *lines, font="Vera"), pageCompression=0)
    seen: list[tuple[int, int]] = []

    def read(image: Image.Image) -> list[FakeLine]:
        seen.append(image.size)
        return [FakeLine("Herons wait", (100, 100, 400, 130))]

    assert "Herons stand still" in all_text(load(backend, honest, ocr=read))
    assert not seen
    data = honest.read_bytes()
    start, end = data.index(b"beginbfchar"), data.index(b"endbfchar")
    wrong = {"private": rb"<E0\1>", "control": rb"<0001>", "missing": rb"<00\1>"}[lie]
    map_ = re.sub(rb"<00([0-9A-F]{2})>(?=\n)", wrong, data[start:end])
    data = data[:start] + map_ + data[end:]
    lying = tmp_path / "b.pdf"
    lying.write_bytes(data.replace(b"/ToUnicode", b"/NoUnicode") if lie == "missing" else data)
    found = load(backend, lying, ocr=read)
    assert seen
    assert "Herons wait" in all_text(found)
    assert all(item.metadata["ocr"] for item in found)


def test_the_quick_way_to_lines_gives_what_the_slow_one_gives(tmp_path: Path) -> None:
    """PyMuPDF's pages are read by two ways: with their drawings, and without; a line aslant is for the first alone."""

    def plain(canvas: Canvas) -> None:
        text(canvas, 72, 60, "A heading", size=18, font="Helvetica-Bold")
        text(canvas, 72, 100, "Naïve “words” and 3 < 4 & \\ more", "a second line", font="Times-Roman", size=10.5)
        canvas.drawString(WIDTH + 50, 300, "beyond the edge")

    def turned(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        canvas.rotate(90)
        canvas.drawString(100, -100, "upright as the page is shown")

    def aslant(canvas: Canvas) -> None:
        text(canvas, 72, 60, "level words")
        canvas.rotate(30)
        canvas.drawString(300, 200, "words aslant")

    file = make(tmp_path / "a.pdf", plain, aslant, turned)
    opened = pymupdf_backend().open(file, "a.pdf")
    pages = [[opened.page(number, drawn=drawn).lines() for drawn in (True, False)] for number in (1, 2, 3)]
    for slow, quick in pages:
        assert [line.text for line in quick] == [line.text for line in slow]
        for one, other in zip(quick, slow, strict=True):
            assert (one.bold, one.upright) == (other.bold, other.upright)
            assert [*one.box, one.size] == pytest.approx([*other.box, other.size], abs=0.01)
    assert [line.text for line in pages[0][1]] == ["A heading", "Naïve “words” and 3 < 4 & \\ more", "a second line"]
    assert [line.bold for line in pages[0][1]] == [True, False, False]
    assert [line.upright for line in pages[1][1]] == [True, False]
    assert [line.upright for line in pages[2][1]] == [True]
