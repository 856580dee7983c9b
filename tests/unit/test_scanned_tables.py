"""Tables of scanned pages are put straight and read by their rules and columns."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ragmm.loaders.base import Probe
from ragmm.loaders.charts.reading import read_chart
from ragmm.loaders.pdf import PdfLoader
from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.loader import with_chart
from ragmm.loaders.pdf.page import PageLayout
from ragmm.loaders.pdf.scanned_tables import rules_of, straight, tables_of
from ragmm.loaders.settings import LoaderSettings, Tables
from ragmm.types import Box, Item, Modality

pytest.importorskip("cv2")
SCALE = 2.0
"""Pixels per point."""


def sheet(turned: float = 0.0) -> Image.Image:
    """A ruled grid of two columns and three rows, each 100 by 20 points, under a line of text."""
    image = Image.new("L", (600, 400), 255)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(18)
    for y in (100, 140, 180, 220):
        pen.line((100, y, 500, y), fill=0, width=2)
    for x in (100, 300, 500):
        pen.line((x, 100, x, 220), fill=0, width=2)
    pen.text((100, 30), "What was read in the second week of the month", fill=0, font=font)
    for row in range(3):
        pen.text((110, 108 + 40 * row), f"place {row}", fill=0, font=font)
        pen.text((310, 108 + 40 * row), f"{row + 1}7.5", fill=0, font=font)
    return image.rotate(turned, Image.Resampling.BICUBIC, fillcolor=255)


def lines() -> list[Line]:
    """What a reader of the sheet gives, in points."""
    found = [Line("What was read in the second week of the month", (50, 15, 250, 27), 9, False, True)]
    for row in range(3):
        top = 53.0 + 20 * row
        found.append(Line(f"place {row}", (55, top, 95, top + 12), 9, False, True))
        found.append(Line(f"{row + 1}7.5", (155, top, 180, top + 12), 9, False, True))
    return found


@pytest.mark.parametrize("turned", [-2.0, -0.75, 0.0, 1.5])
def test_a_page_that_lies_askew_is_put_straight(turned: float) -> None:
    level = np.asarray(straight(sheet(turned))[0].convert("L"), np.int16)
    assert np.abs(level - np.asarray(sheet(), np.int16)).mean() < 4
    if not turned:
        assert straight(sheet())[0].mode == "L"  # as it was


@pytest.mark.parametrize("size", [(600, 400), (3000, 2), (2, 3000), (1, 1)])
def test_what_has_no_lines_stays_as_it_is_however_narrow(size: tuple[int, int]) -> None:
    blank = Image.new("L", size, 255)
    assert straight(blank) == (blank, 0.0)
    assert rules_of(blank, SCALE) == []


def test_rules_are_found_and_letters_are_none() -> None:
    rules = rules_of(sheet(), SCALE)
    level = sorted(round(rule.box[1]) for rule in rules if rule.box[2] - rule.box[0] > 100)
    upright = sorted(round(rule.box[0]) for rule in rules if rule.box[3] - rule.box[1] > 40)
    assert len(rules) == 7
    assert np.allclose(level, [50, 70, 90, 110], atol=1)
    assert np.allclose(upright, [50, 150, 250], atol=1)


def test_cells_are_made_of_rules_and_lines() -> None:
    (found,) = tables_of(lines(), rules_of(sheet(), SCALE))
    assert found.table.cells == (("place 0", "17.5"), ("place 1", "27.5"), ("place 2", "37.5"))


def test_columns_that_stay_aligned_need_no_rules() -> None:
    (found,) = tables_of(lines(), [])
    assert found.table.cells == (("place 0", "17.5"), ("place 1", "27.5"), ("place 2", "37.5"))
    assert tables_of(lines()[:1], []) == ()


class Read(NamedTuple):
    """A line as OCR gives it."""

    text: str
    box: Box
    confidence: float = 0.9


def read(file: Path, tables: Tables) -> list[Item]:
    """By a reader that knows what stands on the sheet."""

    def of_sheet(image: Image.Image) -> list[Read]:
        scale = image.width / 300
        return [Read(line.text, tuple(scale * side for side in line.box)) for line in lines()]  # type: ignore[arg-type]

    probe = Probe(name=file.name, media_type="application/pdf", size=file.stat().st_size, head=b"%PDF")
    return list(PdfLoader(LoaderSettings(tables=tables), ocr=of_sheet).load(file, probe))


def test_a_scanned_page_gives_its_table_beside_its_picture(tmp_path: Path) -> None:
    file = tmp_path / "scan.pdf"
    sheet(turned=1.0).save(file, resolution=72 * SCALE)
    table, page = sorted(read(file, Tables.FAST), key=lambda item: item.modality is Modality.PAGE)
    assert (table.modality, page.modality) == (Modality.TABLE, Modality.PAGE)
    assert [line.split("|")[1:3] for line in table.text.splitlines()[2:]] == [
        [" place 1 ", " 27.5 "],
        [" place 2 ", " 37.5 "],
    ]
    assert "place 2" in page.text
    assert table.metadata["ocr"] is True
    assert [item.modality for item in read(file, Tables.NEVER)] == [Modality.PAGE]


def test_boxes_of_a_page_that_lies_askew_are_where_its_table_lies(tmp_path: Path) -> None:
    file = tmp_path / "scan.pdf"
    sheet().save(file, resolution=72 * SCALE)
    (level,) = (item.locator.box for item in read(file, Tables.FAST) if item.modality is Modality.TABLE)
    sheet(turned=2.0).save(file, resolution=72 * SCALE)
    (askew,) = (item.locator.box for item in read(file, Tables.FAST) if item.modality is Modality.TABLE)
    assert level is not None
    assert askew is not None
    # Turned counter-clockwise around the middle of the page, its right end rises and its left end sinks.
    assert askew[1] < level[1] - 2
    assert askew[3] > level[3] + 2


def test_a_table_is_no_chart_though_its_rows_could_be_ones() -> None:
    rows = [("place", "north 2028", "mill 2021"), ("quay 1", "48352.45", "1"), ("lock 2", "86.0%", "34.1%")]
    rows += [("weir 3", "50", "9211.30"), ("ferry 4", "17", "88.10"), ("south 5", "23", "12.5")]
    page = Image.new("RGB", (595, 842), "white")
    written = [
        Line(
            text=cell,
            box=(60 + 160 * x, 100 + 24 * y, 60 + 160 * x + 6.0 * len(cell), 112 + 24 * y),
            size=11.0,
            bold=False,
            upright=True,
        )
        for y, row in enumerate(rows)
        for x, cell in enumerate(row)
    ]
    assert read_chart(written, page) is not None
    layout = PageLayout(tables=tables_of(written, rules_of(page, 1.0)))
    assert len(layout.tables) == 1
    assert with_chart(layout, written, page, 1.0) == (layout, "")
    without, said = with_chart(PageLayout(), written, page, 1.0)
    assert not without.tables
    assert "48352.45" in said
