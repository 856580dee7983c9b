"""Text read out of pictures: what is read, in which order, and when nothing is tried."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ragmm.errors import MissingExtraError
from ragmm.loaders import ocr
from ragmm.loaders.base import DocumentWarning
from ragmm.loaders.image import ImageLoader
from ragmm.loaders.ocr import OcrLine, OcrReader, joined_text, ocr_item, ocr_items, ocr_reader
from ragmm.loaders.ocr_engine import Engine, _batches
from ragmm.loaders.read_lines import in_order
from ragmm.loaders.registry import load, probe
from ragmm.loaders.settings import LoaderSettings
from ragmm.loaders.settings import Ocr as Policy
from ragmm.loaders.text_likeness import likely_has_text
from ragmm.types import Asset, Item, Modality

pytest.importorskip("rapidocr")

LINES = (
    "The heron stands in shallow water",
    "and waits for hours without a move.",
    "In 1987 the colony had 42 nests,",
    "ten years later more than 130.",
    "Reports are kept at the lake house.",
)


def page(lines: tuple[str, ...] = LINES, size: tuple[int, int] = (900, 420)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((40, 30 + 72 * number), line, fill="black", font=ImageFont.load_default(34))
    return image


def item(image: Image.Image, text: str = "") -> Item:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    asset = Asset(data=stream.getvalue(), media_type="image/png", width=image.width, height=image.height)
    return Item(modality=Modality.FIGURE, text=text, asset=asset)


def letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def errors(expected: str, read: str) -> int:
    """Edits between two texts, by letters and digits."""
    row = list(range(len(read) + 1))
    for number, wanted in enumerate(expected, 1):
        above, row = row, [number]
        for column, seen in enumerate(read, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (wanted != seen)))
    return row[-1]


@pytest.fixture(scope="module")
def reader() -> OcrReader:
    return OcrReader()


def test_a_page_is_read_line_by_line(reader: OcrReader) -> None:
    lines = reader.lines(page())
    expected = letters("".join(LINES))
    assert errors(expected, letters(joined_text(lines))) / len(expected) <= 0.05
    assert len(joined_text(lines).splitlines()) == len(LINES)
    tops = [line.box[1] for line in lines]
    assert tops == sorted(tops)
    assert all(0 <= line.box[0] < line.box[2] <= 900 and line.confidence >= 0.8 for line in lines)


def test_a_page_upside_down_is_read_too(reader: OcrReader) -> None:
    lines = reader.lines(page().rotate(180))
    expected = letters("".join(LINES))
    assert errors(expected, letters(joined_text(lines))) / len(expected) <= 0.05
    assert lines[0].box[1] > lines[-1].box[1], "boxes are those of the picture as it lies"


def test_lines_are_read_beside_their_like(reader: OcrReader) -> None:
    """Whatever stands beside it in a batch, a line is read as by itself, and none is missed or given to another."""
    engine = Engine()
    words = ("7", "Herons", "Reports are kept at the lake house.", "1987", "ten years later more than 130.")
    strips = [np.asarray(strip(word))[:, :, ::-1] for word in words * 3]
    read = engine.lines(strips)
    assert [letters(text) for text, _ in read] == [letters(word) for word in words * 3]
    assert all(confidence > 0.9 for _, confidence in read)
    assert engine.lines([]) == []
    widths = [50, 900, 52, 60, 3200, 3100, 55] * 20
    batches = list(_batches(widths))
    assert sorted(number for batch in batches for number in batch) == list(range(len(widths)))
    for batch in batches:
        inside = [widths[number] for number in batch]
        assert max(inside) <= 1.15 * min(inside) + 32
        assert len(batch) == 1 or len(batch) * max(inside) <= 6_000


def strip(word: str) -> Image.Image:
    font = ImageFont.load_default(34)
    left, top, right, bottom = font.getbbox(word)
    image = Image.new("RGB", (int(right - left) + 12, int(bottom - top) + 12), "white")
    ImageDraw.Draw(image).text((6 - left, 6 - top), word, fill="black", font=font)
    return image


def test_a_strip_is_one_line_whichever_way_up(reader: OcrReader) -> None:
    strip = page(("Kestrel 4711",), (400, 110))
    for turn in (0, 180):
        (line,) = reader.lines(strip.rotate(turn), quick=True)
        assert letters(line.text) == "kestrel4711"
        assert line.box == (0.0, 0.0, 400.0, 110.0)


def test_light_drawing_on_nothing_is_seen(reader: OcrReader) -> None:
    layer = Image.new("RGBA", (400, 110), (255, 255, 255, 0))
    ImageDraw.Draw(layer).text((40, 30), "Herons wade", fill=(255, 255, 255, 255), font=ImageFont.load_default(34))
    assert letters(joined_text(reader.lines(layer))) == "heronswade"


def test_an_item_says_that_its_text_was_read(reader: OcrReader) -> None:
    read = ocr_item(item(page(), "A caption"), reader)
    assert read.text.startswith("A caption\nThe heron")
    assert read.metadata["ocr"] is True
    assert 0.8 <= read.metadata["confidence"] <= 1
    assert {"text", "box", "confidence"} == set(read.metadata["lines"][0])
    assert ocr_item(read, reader) is read, "once is enough"


def test_nothing_is_tried_where_there_is_nothing(reader: OcrReader) -> None:
    field = item(Image.effect_mandelbrot((400, 300), (-2, -1, 1, 1), 40).convert("RGB"))
    assert ocr_item(field, reader) is field
    words = item(page())
    assert ocr_item(words, reader, Policy.NEVER) is words
    assert ocr_item(Item(modality=Modality.PASSAGE, text="words"), reader).text == "words"


def test_the_same_picture_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    class Counting(OcrReader):
        def lines(self, image: Image.Image, *, quick: bool = False) -> list[OcrLine]:
            calls.append(1)
            return [OcrLine(text="words", box=(0, 0, 1, 1), confidence=1.0)]

    monkeypatch.setattr(ocr, "_shared", Counting)
    picture = item(page())
    read = list(ocr_items([picture, picture, picture], LoaderSettings()))
    assert [one.text for one in read] == ["words"] * 3
    assert len(calls) == 1


def test_pictures_are_left_unread_when_time_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "seconds_left", lambda: 3.0)
    with pytest.warns(DocumentWarning, match="2 pictures"):
        read = list(ocr_items([item(page()), item(page())], LoaderSettings()))
    assert [one.text for one in read] == ["", ""]


@pytest.mark.parametrize("size", [(1, 1), (1, 2048), (2048, 1), (60, 2048), (2048, 10), (7, 7)])
def test_shapes_that_no_text_has_are_left_alone(size: tuple[int, int]) -> None:
    """The reader would enlarge them until its memory is gone."""

    class Unused(OcrReader):
        def load(self) -> None:
            raise AssertionError(f"{size} would be looked into")

    assert Unused().lines(Image.effect_noise(size, 90)) == []


def test_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ocr_reader(LoaderSettings(ocr=Policy.NEVER)) is None
    assert ocr_reader(LoaderSettings()) is not None
    monkeypatch.setattr(ocr, "ocr_available", lambda: False)
    assert ocr_reader(LoaderSettings()) is None
    with pytest.raises(MissingExtraError, match=r"ragmm\[ocr\]"):
        ocr_reader(LoaderSettings(ocr=Policy.ALWAYS))


@pytest.mark.parametrize("size", [(900, 420), (1800, 840), (450, 210)])
def test_text_is_likely_in_pages_of_any_size(size: tuple[int, int]) -> None:
    assert likely_has_text(page().resize(size))


def test_text_is_unlikely_in_fields_noise_and_shapes() -> None:
    noise = np.random.default_rng(7).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    shapes = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(shapes)
    for number in range(8):
        draw.ellipse((number * 45, 50 + number * 10, number * 45 + 60, 150), fill=(number * 30, 90, 160))
    pictures = [Image.new("RGB", (300, 300), "grey"), Image.fromarray(noise), shapes, Image.new("L", (3, 2))]
    pictures.append(Image.linear_gradient("L").resize((500, 400)))
    assert [likely_has_text(picture) for picture in pictures] == [False] * 5


def test_rows_of_a_form_stand_side_by_side() -> None:
    def line(text: str, box: tuple[float, float, float, float]) -> OcrLine:
        return OcrLine(text=text, box=box, confidence=1.0)

    rows = [line("Name", (0, 0, 50, 20)), line("Jo", (100, 2, 130, 22)), line("Town", (0, 40, 50, 60))]
    assert joined_text(rows) == "Name  Jo\nTown"


def test_columns_of_vertical_writing_run_from_the_right() -> None:
    columns = [OcrLine(text=text, box=(x, 0, x + 20, 300), confidence=1.0) for text, x in (("左行", 0), ("右行", 200))]
    assert joined_text(in_order(columns)) == "右行\n左行"


@pytest.mark.slow
def test_reading_fits_into_a_parser_process() -> None:
    """With the 2 GiB of address space that a parser process has."""
    program = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
        "from PIL import Image, ImageDraw, ImageFont\n"
        "from ragmm.loaders.ocr import OcrReader, joined_text\n"
        "page = Image.new('RGB', (1654, 2339), 'white')\n"
        "draw = ImageDraw.Draw(page)\n"
        "for n in range(30): draw.text((90, 60 + 70 * n), f'Line {n} of the page', fill='black', "
        "font=ImageFont.load_default(34))\n"
        "print(len(OcrReader().lines(page)))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=110, check=False)
    assert int(run.stdout or 0) >= 28, run.stderr


def test_some_lines_of_a_page_are_read_from_all_over_it() -> None:
    sheet = Image.new("RGB", (900, 1300), "white")
    draw = ImageDraw.Draw(sheet)
    for number in range(30):
        draw.text((60, 40 + 40 * number), f"a line of words and the number {number * 37}", "black", font_size=26)
    some, every = OcrReader().lines(sheet, most=12), OcrReader().lines(sheet)
    assert 6 <= len(some) <= 12 < len(every)
    assert {line.text for line in some} <= {line.text for line in every}
    assert some[-1].box[1] > 900


@pytest.mark.slow
def test_pages_do_not_each_keep_the_memory_they_took() -> None:
    """A scan of many pages must fit what a parser may use, however the sizes of its pages differ."""
    code = """
import sys
import numpy as np
from PIL import Image, ImageDraw
from ragmm.loaders.ocr_engine import Engine

def resident():
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[1]) * 4096 >> 20

engine = Engine(1)
taken = []
for side in (1500, 1700, 1900, 2000):
    sheet = Image.new("RGB", (side * 7 // 10, side), "white")
    draw = ImageDraw.Draw(sheet)
    for line in range(40):
        text = f"a line of words and the number {line * 37}"
        draw.text((60, 40 + line * side // 45), text, "black", font_size=26)
    engine.page(np.asarray(sheet))
    taken.append(resident())
print(taken[0], taken[-1])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, last = map(int, ran.stdout.split())
    assert last < first + 100, "before, each size of page kept more"


def test_columns_of_a_picture_are_read_one_after_the_other() -> None:
    left = [f"left {n} has a few words" for n in range(14)]
    right = [f"right {n} has a few words" for n in range(14)]
    lines = [
        OcrLine(text=text, box=(x, 20.0 * n, x + 240, 20.0 * n + 18), confidence=1.0)
        for n, row in enumerate(zip(left, right, strict=True))
        for x, text in zip((10.0, 300.0), row, strict=True)
    ]
    assert joined_text(lines).splitlines() == [*left, *right]
    assert joined_text(lines[:8]).splitlines() == [f"{a}  {b}" for a, b in zip(left[:4], right[:4], strict=True)]
    prices = [OcrLine(text=one.text[:9], box=one.box, confidence=1.0) for one in lines]
    assert len(joined_text(prices).splitlines()) == 14


@pytest.mark.slow
def test_a_receipt_that_lies_askew_gives_its_table(tmp_path: Path) -> None:
    image = Image.new("RGB", (760, 700), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(26)
    rows = (
        ("CORNER BAKERY RECEIPT",),
        ("Date: 06/03/2018", None, None, "Cashier: Ann"),
        ("Description", "Qty", "Price", "Amount"),
        ("Rye bread", "2", "7.00", "14.00"),
        ("Apple cake", "1", "12.00", "12.00"),
        ("Discount", None, None, "1.00"),
        ("Total incl. VAT", None, None, "25.00"),
        ("Cash", None, None, "30.00"),
        ("Change", None, None, "5.00"),
    )
    for number, row in enumerate(rows):
        for x, text in zip((60, 330, 430, 560), row, strict=False):
            draw.text((x, 60 + 60 * number), text or "", "black", font=font)
    file = tmp_path / "receipt.png"
    image.rotate(-2.5, Image.Resampling.BICUBIC, fillcolor="white").save(file)
    photo, table = load(file, probe(file, file.name), [ImageLoader(LoaderSettings())])
    assert "Apple cake  1  12.00  12.00" in photo.text
    assert (photo.modality, table.modality) == (Modality.PHOTO, Modality.TABLE)
    assert table.text.splitlines()[0] == "| Description | Qty | Price | Amount |"
    assert "| Total incl. VAT |  |  | 25.00 |" in table.text
    assert "CORNER BAKERY" in table.context
    assert table.locator.box is not None
