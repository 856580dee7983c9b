"""Charts without printed values: bars are measured, lines followed, and legends told in words."""

from __future__ import annotations

import math
from pathlib import Path

import pymupdf
from PIL import Image, ImageDraw, ImageFont

from ragmm.loaders.charts.colours import legend_in_words
from ragmm.loaders.charts.reading import ChartTable, read_chart
from ragmm.loaders.ocr import OcrLine
from ragmm.loaders.pdf.loader import PdfLoader
from ragmm.loaders.probe import probe
from ragmm.loaders.settings import LoaderSettings
from ragmm.loaders.settings import Ocr as Policy
from ragmm.types import Modality

RED, BLUE, GREEN, SAND = (200, 40, 40), (40, 90, 200), (60, 150, 60), (227, 202, 131)
Colour = tuple[int, int, int]


class Plot:
    """A picture with an axis of numbers from 0 at the bottom, and the lines written on it, as OCR would give them."""

    def __init__(self, ticks: tuple[str, ...], *, raised: int = 0) -> None:
        self.image = Image.new("RGB", (700, 480), "white")
        self.draw = ImageDraw.Draw(self.image)
        self.lines: list[OcrLine] = []
        self.steps = len(ticks) - 1
        for number, tick in enumerate(ticks):
            self.draw.line((70, self.height(number), 690, self.height(number)), fill=(215, 215, 215))
            self.write(tick, 40, self.height(number) - raised)

    def height(self, steps: float) -> float:
        """Of a value in steps of the axis."""
        return 400 - 340 * steps / self.steps

    def write(self, text: str, x: float, y: float, colour: Colour = (0, 0, 0)) -> None:
        font = ImageFont.load_default(15)
        self.draw.text((x, y), text, fill=colour, font=font, anchor="mm")
        x0, y0, x1, y1 = map(float, self.draw.textbbox((x, y), text, font=font, anchor="mm"))
        self.lines.append(OcrLine(text=text, box=(x0, y0 - 2, x1, y1 + 2), confidence=0.99))

    def bar(self, middle: float, steps: float, colour: Colour, *, wide: int = 40) -> None:
        self.draw.rectangle((middle - wide / 2, self.height(steps), middle + wide / 2, 400), fill=colour)

    def line(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """Through points of a place and a value in steps."""
        self.draw.line([(x, self.height(steps)) for x, steps in points], fill=colour, width=4)

    def entry(self, text: str, x: float, y: float, colour: Colour, *, block: bool) -> None:
        """Of a legend, its sample before it."""
        if block:
            self.draw.rectangle((x - 52, y - 6, x - 40, y + 6), fill=colour)
        else:
            self.draw.line((x - 72, y, x - 40, y), fill=colour, width=3)
        self.write(text, x, y)

    def read(self) -> ChartTable | None:
        return read_chart(self.lines, self.image)


def about(cell: str) -> float:
    """What a cell says that was read off an axis."""
    assert cell.startswith("~"), cell
    return float(cell.strip("~$%"))


def test_bars_are_measured_against_their_axis() -> None:
    plot = Plot(("$0", "$20", "$40", "$60", "$80"))
    for number, (label, value) in enumerate((("Hammer", 21), ("Drill", 74), ("Lamp", 40), ("Fan", 58))):
        plot.bar(150 + 150 * number, value / 20, BLUE)
        plot.write(label, 150 + 150 * number, 420)
    found = plot.read()
    assert found is not None
    assert [label for label, _ in found.rows] == ["Hammer", "Drill", "Lamp", "Fan"]
    for (_, cell), value in zip(found.rows, (21, 74, 40, 58), strict=True):
        assert cell.startswith("~$")
        assert abs(about(cell) - value) <= 1
    assert "read off the axis" in found.markdown.splitlines()[0]


def test_numbers_above_the_lines_of_an_axis_shift_nothing() -> None:
    plot = Plot(("0", "10", "20", "30"), raised=14)
    for number, (label, value) in enumerate((("Oslo", 26), ("Rome", 12), ("Bern", 5))):
        plot.bar(180 + 180 * number, value / 10, BLUE)
        plot.write(label, 180 + 180 * number, 425)
    found = plot.read()
    assert found is not None
    assert all(abs(about(cell) - value) <= 0.5 for (_, cell), value in zip(found.rows, (26, 12, 5), strict=True))


def test_bars_in_groups_need_a_legend() -> None:
    plot = Plot(("0%", "25%", "50%", "75%", "100%"))
    values = {"North": (60, 30), "South": (45, 80), "West": (20, 95)}
    for number, (label, pair) in enumerate(values.items()):
        middle = 180 + 180 * number
        for side, value, colour in ((-25, pair[0], RED), (25, pair[1], BLUE)):
            plot.bar(middle + side, value / 25, colour)
        plot.write(label, middle, 420)
    assert plot.read() is None, "nothing says which bar is which"
    plot.entry("Before", 260, 455, RED, block=True)
    plot.entry("After", 420, 455, BLUE, block=True)
    found = plot.read()
    assert found is not None
    assert found.heads == ("", "Before", "After")
    for label, *cells in found.rows:
        assert all(abs(about(cell) - value) <= 2 for cell, value in zip(cells, values[label], strict=True))


def test_bars_without_labels_of_their_own_are_not_claimed() -> None:
    plot = Plot(("0", "10", "20", "30"))
    for number in range(6):
        plot.bar(130 + 90 * number, 2.5 - number / 3, BLUE)
        if number % 2 == 0:
            plot.write(f"City {'ABC'[number // 2]}", 130 + 90 * number, 425)
    assert plot.read() is None


def test_lines_are_followed_by_the_colours_of_the_legend() -> None:
    plot = Plot(("0", "100", "200", "300", "400"))
    columns = [120 + 110 * number for number in range(5)]
    values = {"Ships": (350, 300, 220, 150, 90), "Trains": (80, 120, 160, 260, 340)}
    for (name, series), colour, y in zip(values.items(), (RED, GREEN), (300, 330), strict=True):
        plot.line([(x, value / 100) for x, value in zip(columns, series, strict=True)], colour)
        plot.entry(name, 660, y, colour, block=False)
    for x, year in zip(columns, range(2001, 2006), strict=True):
        plot.write(str(year), x, 425)
    found = plot.read()
    assert found is not None
    assert found.heads == ("", "Ships", "Trains")
    assert [row[0] for row in found.rows] == ["2001", "2002", "2003", "2004", "2005"]
    for at, (_, *cells) in enumerate(found.rows):
        for cell, series in zip(cells, values.values(), strict=True):
            assert abs(about(cell) - series[at]) <= 12


def test_a_curve_alone_among_titles_is_no_chart() -> None:
    plot = Plot(("0", "100", "200", "300"))
    plot.line([(90 + 5 * at, 1.5 + math.sin(at / 9)) for at in range(110)], RED)
    for at, word in enumerate(("Spring", "Summer", "Autumn")):
        plot.write(word, 170 + 160 * at, 425)
    assert plot.read() is None


def test_the_colours_of_a_legend_are_told_in_words() -> None:
    plot = Plot(("0", "1", "2", "3"))
    for number, (name, colour) in enumerate((("Exports", RED), ("Imports", BLUE), ("Balance", GREEN))):
        plot.entry(name, 640, 200 + 30 * number, colour, block=number < 2)
    said = legend_in_words(plot.lines, plot.image).splitlines()
    assert said == ["Colour of Exports: red", "Colour of Imports: blue", "Colour of Balance: green"]


def test_two_entries_of_one_colour_are_not_told_apart() -> None:
    plot = Plot(("0", "1", "2", "3"))
    for number, (name, colour) in enumerate((("Exports", RED), ("Imports", (190, 30, 30)), ("Balance", GREEN))):
        plot.entry(name, 640, 200 + 30 * number, colour, block=True)
    assert "Exports" not in legend_in_words(plot.lines, plot.image)


def test_bars_on_their_side_are_measured_too() -> None:
    plot = Plot(("0", "1"))
    plot.image.paste((255, 255, 255), (0, 0, 700, 480))
    plot.lines.clear()
    for number in range(6):
        plot.draw.line((150 + 100 * number, 60, 150 + 100 * number, 400), fill=(220, 220, 220))
        plot.write(f"{10 * number}%", 150 + 100 * number, 420)
    for number, (label, value) in enumerate((("Bicycle", 37), ("Tram", 22), ("On foot", 45), ("Car", 8))):
        y = 100 + 75 * number
        plot.draw.rectangle((150, y - 18, 150 + 10 * value, y + 18), fill=GREEN)
        font = ImageFont.load_default(15)
        x0, y0, x1, y1 = map(float, plot.draw.textbbox((138, y), label, font=font, anchor="rm"))
        plot.draw.text((138, y), label, fill=(0, 0, 0), font=font, anchor="rm")
        plot.lines.append(OcrLine(text=label, box=(x0, y0 - 2, x1, y1 + 2), confidence=0.99))
    found = plot.read()
    assert found is not None
    assert [label for label, _ in found.rows] == ["Bicycle", "Tram", "On foot", "Car"]
    assert all(cell.endswith("%") for _, cell in found.rows)
    assert all(abs(about(cell) - value) <= 1 for (_, cell), value in zip(found.rows, (37, 22, 45, 8), strict=True))


def test_bars_below_nought_are_less_than_nothing() -> None:
    plot = Plot(("0", "1"))
    plot.image.paste((255, 255, 255), (0, 0, 700, 480))
    plot.lines.clear()
    for number in range(5):
        plot.write(str(20 - 10 * number), 40, 60 + 80 * number)
    for number, (label, value) in enumerate((("Oslo", 15), ("Rome", 7), ("Bern", -4), ("Wien", -13))):
        x, end = 150 + 150 * number, 220 - 8 * value
        plot.draw.rectangle((x - 20, min(220, end), x + 20, max(220, end)), fill=BLUE)
        plot.write(label, x, 430)
    found = plot.read()
    assert found is not None
    assert dict(found.rows).keys() == {"Oslo", "Rome", "Bern", "Wien"}
    said = {label: float(cell.strip("~")) for label, cell in found.rows}
    assert all(
        abs(said[label] - value) < 0.6 for label, value in (("Oslo", 15), ("Rome", 7), ("Bern", -4), ("Wien", -13))
    )


def test_bars_drawn_in_a_pdf_are_measured(tmp_path: Path) -> None:
    file = tmp_path / "tools.pdf"
    with pymupdf.open() as pdf:  # type: ignore[no-untyped-call]
        page = pdf.new_page()
        page.insert_text((72, 60), "The prices of the tools were compared in spring, as the members had asked for it.")
        for number in range(5):
            y = 400 - 50 * number
            page.draw_line((120, y), (460, y), color=(0.8, 0.8, 0.8), width=0.5)
            page.insert_text((95, y + 3), str(20 * number), fontsize=9)
        for number, (label, value) in enumerate((("Hammer", 21), ("Drill", 74), ("Lamp", 40), ("Fan", 58))):
            x = 140 + 80 * number
            page.draw_rect((x, 400 - 2.5 * value, x + 40, 400), color=None, fill=(0.2, 0.45, 0.6))
            page.insert_text((x + 6, 415), label, fontsize=9)
        pdf.save(file)
    loader = PdfLoader(LoaderSettings(ocr=Policy.NEVER))
    figure = next(item for item in loader.load(file, probe(file, file.name)) if item.modality is Modality.FIGURE)
    rows = dict(row.strip("| ").split(" | ") for row in figure.text.splitlines() if "~" in row and row.startswith("|"))
    assert rows.keys() == {"Hammer", "Drill", "Lamp", "Fan"}
    assert all(abs(about(rows[label]) - value) <= 1 for label, value in (("Hammer", 21), ("Drill", 74), ("Fan", 58)))


def test_of_bars_with_a_label_each_second_those_with_one_are_read() -> None:
    plot = Plot(("0", "10", "20", "30"))
    values = (28, 24, 21, 17, 13, 9, 4)
    for number, value in enumerate(values):
        plot.bar(120 + 85 * number, value / 10, BLUE)
        if number % 2 == 0:
            plot.write(f"City {'ABCD'[number // 2]}", 120 + 85 * number, 425)
    found = plot.read()
    assert found is not None
    assert [label for label, _ in found.rows] == ["City A", "City B", "City C", "City D"]
    assert all(abs(about(cell) - value) <= 0.5 for (_, cell), value in zip(found.rows, values[::2], strict=True))
