"""Charts read as charts: printed values find their labels and series by place and colour, and nothing is made up."""

from __future__ import annotations

import math
from pathlib import Path

import pymupdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from ragmm.loaders.charts.reading import ChartTable, read_chart
from ragmm.loaders.ocr import OcrLine
from ragmm.loaders.pdf.loader import PdfLoader
from ragmm.loaders.probe import probe
from ragmm.loaders.settings import LoaderSettings
from ragmm.loaders.settings import Ocr as Policy
from ragmm.types import Modality

GOLD, SAND, TEAL, BLUE = (209, 167, 48), (227, 202, 131), (53, 118, 104), (67, 105, 131)


class Canvas:
    """A picture that remembers the lines written on it, as OCR would give them."""

    def __init__(self, width: int = 640, height: int = 480) -> None:
        self.image = Image.new("RGB", (width, height), "white")
        self.draw = ImageDraw.Draw(self.image)
        self.lines: list[OcrLine] = []

    def write(self, text: str, x: float, y: float, colour: tuple[int, int, int] = (0, 0, 0), size: int = 16) -> None:
        """In the middle of a point."""
        font = ImageFont.load_default(size)
        self.draw.text((x, y), text, fill=colour, font=font, anchor="mm")
        box = tuple(map(float, self.draw.textbbox((x, y), text, font=font, anchor="mm")))
        self.lines.append(OcrLine(text=text, box=(box[0], box[1] - 2, box[2], box[3] + 2), confidence=0.99))

    def bar(self, x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int]) -> None:
        self.draw.rectangle((x0, y0, x1, y1), fill=colour)

    def read(self) -> ChartTable | None:
        return read_chart(self.lines, self.image)


def table(found: ChartTable | None) -> list[tuple[str, ...]]:
    assert found is not None
    return [found.heads, *found.rows]


def test_bars_on_their_side() -> None:
    canvas = Canvas()
    canvas.write("% of visitors who came by", 200, 30)
    for number, (label, value) in enumerate([("Tram", 62), ("Bicycle", 49), ("Car or van", 8)]):
        y = 90 + 50 * number
        canvas.write(label, 90, y)
        canvas.bar(160, y - 14, 160 + 5 * value, y + 14, TEAL)
        canvas.write(str(value), 160 + 5 * value + 18, y)
    assert table(canvas.read()) == [("", ""), ("Tram", "62%"), ("Bicycle", "49%"), ("Car or van", "8%")]


def test_stacks_take_their_series_from_a_legend() -> None:
    canvas = Canvas()
    for x, name, colour in ((200, "Often", GOLD), (330, "Rarely", SAND), (460, "Never", TEAL)):
        canvas.bar(x - 45, 46, x - 34, 57, colour)
        canvas.write(name, x, 52)
    for number, (label, values) in enumerate([("Town", (57, 31, 12)), ("Country", (28, 52, 20))]):
        y, x = 110 + 60 * number, 150
        canvas.write(label, 80, y)
        for value, colour in zip(values, (GOLD, SAND, TEAL), strict=True):
            canvas.bar(x, y - 16, x + 4 * value, y + 16, colour)
            canvas.write(str(value), x + 2 * value, y)
            x += 4 * value
    assert table(canvas.read()) == [
        ("", "Often", "Rarely", "Never"),
        ("Town", "57", "31", "12"),
        ("Country", "28", "52", "20"),
    ]


def test_a_missing_value_leaves_its_cell_empty() -> None:
    canvas = Canvas()
    for x, name, colour in ((200, "Yes", GOLD), (330, "No", BLUE)):
        canvas.bar(x - 45, 46, x - 34, 57, colour)
        canvas.write(name, x, 52)
    for number, (label, values) in enumerate([("North", (30, 60)), ("South", (45, 55)), ("West", (0, 90))]):
        y, x = 110 + 60 * number, 150
        canvas.write(label, 80, y)
        for value, colour in zip(values, (GOLD, BLUE), strict=True):
            canvas.bar(x, y - 16, x + 4 * value, y + 16, colour)
            if value:
                canvas.write(str(value), x + 2 * value, y)
            x += 4 * value
    assert table(canvas.read())[-1] == ("West", "", "90")


def test_upright_bars_over_years_without_the_numbers_of_the_axis() -> None:
    canvas = Canvas()
    for tick in range(0, 101, 25):
        canvas.write(str(tick), 30, 400 - 3 * tick)
    for number, (year, value) in enumerate([("2019", 31), ("2020", 44), ("2021", 72), ("2022", 67)]):
        x = 110 + 120 * number
        canvas.bar(x - 30, 400 - 3 * value, x + 30, 400, BLUE)
        canvas.write(str(value), x, 400 - 3 * value - 14)
        canvas.write(year, x, 420)
    assert table(canvas.read()) == [("", ""), ("2019", "31"), ("2020", "44"), ("2021", "72"), ("2022", "67")]


def test_lines_are_told_apart_by_colour_and_years_between_the_labels_are_counted() -> None:
    canvas = Canvas()
    for year, x in ((2010, 100), (2014, 260), (2018, 420)):
        canvas.write(str(year), x, 430)
    for name, y, colour, points in (
        ("Herons", 120, GOLD, ((2010, 31, 260), (2013, 48, 210), (2018, 66, 150))),
        ("Storks", 380, BLUE, ((2010, 22, 300), (2013, 19, 330), (2018, 12, 350))),
    ):
        canvas.write(name, 260, y, colour)
        for year, value, high in points:
            canvas.write(str(value), 100 + 40 * (year - 2010), high, colour)
    assert sorted(table(canvas.read())[1:]) == [("2010", "31", "22"), ("2013", "48", "19"), ("2018", "66", "12")]


def test_a_pie_without_rows() -> None:
    canvas = Canvas()
    for text, value, x, y in (("Rent", "48%", 420, 150), ("Food", "31%", 180, 240), ("Trips", "21%", 360, 400)):
        canvas.write(text, x, y)
        canvas.write(value, x, y + 24)
    assert sorted(table(canvas.read())[1:]) == [("Food", "31%"), ("Rent", "48%"), ("Trips", "21%")]


def test_bars_in_groups_on_their_side_take_the_order_of_the_legend() -> None:
    canvas = Canvas(700, 620)
    tints = [BLUE, TEAL, (244, 240, 246)]
    for number, (name, tint) in enumerate(zip(["Any", "Severe", "Needs help"], tints, strict=True)):
        canvas.bar(480, 40 + 24 * number - 8, 504, 40 + 24 * number + 8, tint)
        canvas.write(name, 560 if number else 536, 40 + 24 * number)
        box = canvas.lines[-1].box
        canvas.lines[-1] = OcrLine(text=name, box=(512.0, box[1], 512.0 + box[2] - box[0], box[3]), confidence=0.99)
    values = {"Under 15": (8.4, 4.2, 0.5), "15 to 24": (10.2, 5.3, 1.4), "25 to 44": (11.0, 7.3, 2.0)}
    canvas.write("Age", 100, 104)
    for group, (label, three) in enumerate(values.items()):
        canvas.write(label, 90, 150 + 120 * group)
        for number, value in enumerate(three):
            y = 118 + 120 * group + 32 * number
            canvas.bar(160, y - 14, 160 + 20 * value, y + 14, tints[number])
            canvas.write(str(value), 184 + 20 * value, y)
    found = table(canvas.read())
    assert found[0] == ("", "Any", "Severe", "Needs help")
    assert found[1:] == [(label, *map(str, three)) for label, three in values.items()]


def test_two_groups_with_a_legend_are_enough() -> None:
    canvas = Canvas(700, 360)
    for number, (name, colour) in enumerate((("2012", TEAL), ("2005", SAND))):
        canvas.bar(300 + 120 * number, 33, 314 + 120 * number, 47, colour)
        canvas.write(name, 345 + 120 * number, 40)
    for number, (first, second, values) in enumerate(
        (("Have a parent and", "raise a child", (47, 45)), ("Gave money to", "a parent", (15, 12)))
    ):
        y = 110 + 120 * number
        canvas.write(first, 110, y - 11)
        canvas.write(second, 110, y + 11)
        for at, (value, colour) in enumerate(zip(values, (TEAL, SAND), strict=True)):
            canvas.bar(200, y - 26 + 26 * at, 200 + 6 * value, y + 26 * at, colour)
            canvas.write(str(value), 200 + 6 * value + 16, y - 13 + 26 * at)
    assert table(canvas.read()) == [
        ("", "2012", "2005"),
        ("Have a parent and raise a child", "47", "45"),
        ("Gave money to a parent", "15", "12"),
    ]


def test_labels_by_turns_in_two_rows_are_one_axis() -> None:
    canvas = Canvas()
    for number, (label, value) in enumerate([("Inner", 11), ("Outer", 25), ("West", 17), ("East", 13), ("Gozo", 12)]):
        x = 100 + 100 * number
        canvas.bar(x - 30, 400 - 10 * value, x + 30, 400, SAND)
        canvas.write(f"{value}.5%", x, 385 - 10 * value)
        canvas.write(label, x, 420 + 22 * (number % 2))
    assert [row[0] for row in table(canvas.read())[1:]] == ["Inner", "Outer", "West", "East", "Gozo"]


def test_a_list_of_names_beside_a_pie_is_not_paired_by_nearness() -> None:
    canvas = Canvas()
    for text, x, y in (("22.7%", 250, 90), ("31.4%", 250, 200), ("46.0%", 110, 140)):
        canvas.write(text, x, y)
    for number, name in enumerate(["Long term", "Dating", "Single"]):
        canvas.write(name, 340, 130 + 20 * number)
        box = canvas.lines[-1].box
        canvas.lines[-1] = OcrLine(text=name, box=(300.0, box[1], 300.0 + box[2] - box[0], box[3]), confidence=0.99)
    assert canvas.read() is None


def test_running_text_with_numbers_is_no_chart() -> None:
    canvas = Canvas()
    for number, line in enumerate(
        (
            "In 1987 the colony had 42 nests, ten years later 130",
            "pairs bred there, of which 18 moved to the island in",
            "the spring of 2004 when the water had risen by 12 cm",
        )
    ):
        canvas.write(line, 300, 60 + 22 * number)
    assert canvas.read() is None


def test_two_values_of_one_label_and_series_are_neither_claimed() -> None:
    canvas = Canvas()
    for number, (label, values) in enumerate([("Day", (30, 60)), ("Night", (45, 55))]):
        canvas.write(label, 80, 110 + 60 * number)
        for at, value in enumerate(values):
            canvas.write(str(value), 200 + 120 * at, 110 + 60 * number)
    assert canvas.read() is None, "nothing says what the two columns are"


def pie(canvas: Canvas, slices: list[tuple[str, int, tuple[int, int, int]]]) -> None:
    """Clockwise from the top, each share in a dark box on its slice, the legend beside it."""
    start = -90.0
    for number, (name, share, colour) in enumerate(slices):
        end = start + 3.6 * share
        canvas.draw.pieslice((60, 80, 360, 380), start, end, fill=colour)
        canvas.draw.rectangle((440, 153 + 30 * number, 454, 167 + 30 * number), fill=colour)
        canvas.write(name, 500, 160 + 30 * number)
        start = end
    start = -90.0
    for _, share, _ in slices:
        angle = math.radians(start + 1.8 * share)
        x, y = 210 + 95 * math.cos(angle), 230 + 95 * math.sin(angle)
        canvas.draw.rectangle((x - 22, y - 12, x + 22, y + 12), fill=(60, 60, 60))
        canvas.write(f"{share}%", x, y, (255, 255, 255))
        start += 3.6 * share


def test_a_pie_takes_its_names_from_the_legend_by_what_surrounds_its_values() -> None:
    canvas = Canvas()
    pie(canvas, [("Rent", 45, GOLD), ("Food", 30, TEAL), ("Travel", 25, BLUE)])
    assert table(canvas.read())[1:] == [("Rent", "45%"), ("Food", "30%"), ("Travel", "25%")]


def test_slices_of_like_colours_take_the_order_of_the_legend() -> None:
    canvas = Canvas()
    slices = [("Rent", 40, TEAL), ("Food", 33, BLUE), ("Travel", 15, GOLD), ("Fees", 12, (212, 170, 52))]
    pie(canvas, slices)
    assert table(canvas.read())[1:] == [(name, f"{share}%") for name, share, _ in slices]


def test_slices_in_another_order_than_the_legend_are_not_claimed_where_colours_do_not_tell() -> None:
    canvas = Canvas()
    pie(canvas, [("Rent", 40, TEAL), ("Food", 33, BLUE), ("Travel", 15, GOLD), ("Fees", 12, (212, 170, 52))])
    for at, name in enumerate(("Travel", "Fees", "Food", "Rent")):
        canvas.draw.rectangle((430, 150 + 30 * at, 456, 170 + 30 * at), fill=(GOLD, (212, 170, 52), BLUE, TEAL)[at])
        canvas.lines[at] = OcrLine(text=name, box=canvas.lines[at].box, confidence=0.99)
    assert canvas.read() is None


def test_upright_stacks_take_the_order_of_the_legend_where_one_series_is_white() -> None:
    canvas = Canvas()
    kinds = [
        ("Both", (0, 0, 0), (255, 255, 255)),
        ("Late", (255, 255, 255), (0, 0, 0)),
        ("Early", (150, 150, 150), (0, 0, 0)),
    ]
    for number, (label, values) in enumerate([("Oslo", (22, 31, 40)), ("Rome", (28, 37, 33)), ("Bern", (33, 30, 25))]):
        x, y = 120 + 110 * number, 120
        canvas.write(label, x, 430)
        for value, (_, fill, ink) in zip(values, kinds, strict=True):
            canvas.draw.rectangle((x - 22, y, x + 22, y + 3 * value), fill=fill, outline=(0, 0, 0))
            canvas.write(str(value), x, y + 1.5 * value, ink)
            y += 3 * value
    for number, (name, fill, _) in enumerate(kinds):
        canvas.draw.rectangle((480, 153 + 30 * number, 494, 167 + 30 * number), fill=fill, outline=(0, 0, 0))
        canvas.write(name, 530, 160 + 30 * number)
    heads, *rows = table(canvas.read())
    cells = {row[0]: dict(zip(heads[1:], row[1:], strict=True)) for row in rows}
    assert cells["Oslo"] == {"Both": "22", "Late": "31", "Early": "40"}
    assert cells["Bern"] == {"Both": "33", "Late": "30", "Early": "25"}


def test_numbers_that_belong_to_names_are_no_values() -> None:
    canvas = Canvas()
    for number, (label, value) in enumerate((("District 1", "14%"), ("District 2", "53%"), ("65 YEARS", "33%"))):
        canvas.write(label, 110, 100 + 50 * number)
        canvas.write(value, 300, 100 + 50 * number)
    assert table(canvas.read())[1:] == [("District 1", "14%"), ("District 2", "53%"), ("65 YEARS", "33%")]


@pytest.fixture
def drawn_chart(tmp_path: Path) -> Path:
    """A PDF with a chart of bars and words, as programs draw them."""
    file = tmp_path / "visitors.pdf"
    with pymupdf.open() as pdf:  # type: ignore[no-untyped-call]
        page = pdf.new_page()
        page.insert_text((72, 60), "The survey was held in spring and asked 900 visitors of the park how they came.")
        for number, (label, value) in enumerate((("Tram", 62), ("Bicycle", 49), ("Car", 33), ("On foot", 18))):
            y = 200 + 34 * number
            page.draw_rect((160, y, 160 + 4 * value, y + 20), color=None, fill=(0.2, 0.45, 0.4))
            page.insert_text((100, y + 14), label, fontsize=10)
            page.insert_text((165 + 4 * value, y + 14), f"{value}%", fontsize=10)
        pdf.save(file)
    return file


def test_a_chart_drawn_in_a_pdf_is_stored_with_its_rows(drawn_chart: Path) -> None:
    loader = PdfLoader(LoaderSettings(ocr=Policy.NEVER))
    items = list(loader.load(drawn_chart, probe(drawn_chart, drawn_chart.name)))
    figures = [item for item in items if item.modality is Modality.FIGURE]
    assert len(figures) == 1
    assert "| Tram | 62% |" in figures[0].text.splitlines()
    assert "| On foot | 18% |" in figures[0].text.splitlines()


def test_a_chart_placed_as_a_picture_in_a_pdf_is_read(tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    canvas = Canvas()
    for number, (label, value) in enumerate([("Tram", 62), ("Bicycle", 49), ("Wagon", 35)]):
        y = 90 + 70 * number
        canvas.write(label, 90, y, size=26)
        canvas.bar(190, y - 20, 190 + 5 * value, y + 20, TEAL)
        canvas.write(str(value), 190 + 5 * value + 28, y, size=26)
    canvas.image.save(tmp_path / "chart.png")
    file = tmp_path / "report.pdf"
    with pymupdf.open() as pdf:  # type: ignore[no-untyped-call]
        page = pdf.new_page()
        page.insert_text((72, 60), "How visitors came to the park in spring, as they said when they were asked.")
        page.insert_image((72, 100, 392, 340), filename=tmp_path / "chart.png")
        pdf.save(file)
    items = list(PdfLoader(LoaderSettings()).load(file, probe(file, file.name)))
    figure = next(item for item in items if item.modality is Modality.FIGURE)
    assert "| Bicycle | 49 |" in figure.text.splitlines()
    assert figure.metadata["ocr"]
