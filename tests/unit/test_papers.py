"""Pictures of papers: lain askew, set in columns, bills and receipts with their tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from ragmm.loaders.levelling import around, levelled, slant_of, turned_box
from ragmm.loaders.paper_tables import paper_tables
from ragmm.loaders.papers import is_bill, is_paper
from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.headed_tables import headed_tables
from ragmm.loaders.pdf.scans import read_scan
from ragmm.loaders.pdf.text_blocks import blocks_of
from ragmm.loaders.read_lines import OcrLine, in_order, joined_text
from ragmm.loaders.settings import LoaderSettings
from ragmm.types import Box, Item, Locator, Modality

SIZE = (800, 1000)
RECEIPT = (
    (("CORNER BAKERY", 150),),
    (("12 Mill Lane", 160),),
    (("Date: 06/03/2018", 20), ("Cashier: Ann", 260)),
    (("Description", 20), ("Qty", 250), ("Price", 320), ("Amount", 400)),
    (("Rye bread", 20), ("2", 260), ("7.00", 325), ("14.00", 410)),
    (("with seeds", 20),),
    (("Apple cake", 20), ("1", 260), ("12.00", 318), ("12.00", 410)),
    (("Total (excl. VAT)", 120), ("26.00", 410)),
    (("VAT", 220), ("1.56", 418)),
    (("Total incl. VAT", 150), ("27.56", 410)),
    (("Cash", 220), ("30.00", 410)),
    (("Thank you, come again", 120),),
)


def quad(box: Box, degrees: float = 0.0) -> np.ndarray:
    """A line's corners on a page that was turned clockwise."""
    x0, y0, x1, y1 = box
    angle = math.radians(degrees)
    turn = np.array([(math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))])
    middle = np.array(SIZE) / 2
    return (np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32) - middle) @ turn + middle


def read(rows: tuple[tuple[tuple[str, int], ...], ...], degrees: float = 0.0) -> list[OcrLine]:
    """Lines of 20 pixels, eight pixels a letter, 26 from row to row, as a reader gives those of a page that lies so."""
    told = [
        (text, (float(x), 40.0 + 26 * row, x + 8.0 * len(text), 60.0 + 26 * row))
        for row, pieces in enumerate(rows)
        for text, x in pieces
    ]
    corners = [quad(box, degrees) for _, box in told]
    slant = slant_of(corners)
    level = levelled(corners, slant, SIZE) if slant else [None] * len(told)
    return in_order(
        [
            OcrLine(text=text, box=around(one), confidence=0.99, level=place, slant=slant)
            for (text, _), one, place in zip(told, corners, level, strict=True)
        ]
    )


@pytest.mark.parametrize("degrees", [-4.0, -0.8, 1.5, 6.0])
def test_lines_tell_how_far_their_page_lies_askew(degrees: float) -> None:
    boxes = [(50.0, 60.0 * n, 600.0, 60.0 * n + 20) for n in range(1, 9)]
    turned = [quad(box, degrees) for box in boxes]
    assert slant_of(turned) == pytest.approx(degrees, abs=0.05)
    for box, level in zip(boxes, levelled(turned, slant_of(turned), SIZE), strict=True):
        assert level == pytest.approx(box, abs=1.0)


def test_a_page_lies_level_where_little_tells_or_lines_do_not_agree() -> None:
    long = (50.0, 100.0, 600.0, 120.0)
    assert slant_of([]) == 0.0
    assert slant_of([quad(long, 2.0)] * 3) == 0.0, "too few"
    assert slant_of([quad((0.0, 0.0, 30.0, 20.0), 2.0)] * 9) == 0.0, "too short"
    assert slant_of([quad(long, angle) for angle in (-8.0, -5.0, -2.0, 2.0, 5.0, 8.0)]) == 0.0
    assert slant_of([quad(long, 0.1)] * 9) == 0.0, "moves no line to another row"
    assert slant_of([quad(long, 40.0)] * 9) == 0.0, "no page that was laid on a scanner"


def test_a_box_of_a_page_put_straight_lies_where_it_was() -> None:
    x0, y0, x1, y1 = turned_box((100.0, 100.0, 200.0, 120.0), 90.0, (400.0, 400.0))
    assert (x0, y0, x1, y1) == pytest.approx((280.0, 100.0, 300.0, 200.0), abs=0.01)


@pytest.mark.parametrize("degrees", [0.0, 2.0, -2.0])
def test_rows_of_a_receipt_stay_together_however_it_lies(degrees: float) -> None:
    lines = read(RECEIPT, degrees)
    shown = joined_text(lines, paper=True).splitlines()
    assert "Apple cake  1  12.00  12.00" in shown
    assert "Total incl. VAT  27.56" in shown
    cake = next(line for line in lines if line.text == "Apple cake")
    assert cake.box == pytest.approx(around(quad((20.0, 196.0, 100.0, 216.0), degrees)), abs=0.1), "as it lies"


@pytest.mark.parametrize("degrees", [0.0, 1.5])
def test_a_receipt_gives_its_table_beside_its_picture(degrees: float) -> None:
    item = Item(modality=Modality.PHOTO, locator=Locator(page=2))
    (table,) = paper_tables(item, read(RECEIPT, degrees), Image.new("RGB", SIZE, "white"), LoaderSettings())
    assert table.modality is Modality.TABLE
    assert table.text.splitlines() == [
        "| Description | Qty | Price | Amount |",
        "| --- | --- | --- | --- |",
        "| Rye bread with seeds | 2 | 7.00 | 14.00 |",
        "| Apple cake | 1 | 12.00 | 12.00 |",
        "| Total (excl. VAT) |  |  | 26.00 |",
        "| VAT |  |  | 1.56 |",
        "| Total incl. VAT |  |  | 27.56 |",
        "| Cash |  |  | 30.00 |",
    ]
    assert table.context == "CORNER BAKERY 12 Mill Lane Date: 06/03/2018 Cashier: Ann"
    assert table.locator.page == 2
    assert table.locator.box is not None
    heads = quad((20.0, 118.0, 108.0, 138.0), degrees)
    assert table.locator.box[0] <= heads[:, 0].min() + 1
    assert table.locator.box[1] <= heads[:, 1].min() + 1
    assert table.asset is not None
    assert table.metadata["ocr"] is True


def placed(*pieces: tuple[str, float, float, float]) -> list[Line]:
    return [Line(text, (x0, y, x1, y + 12), 9, False, True) for text, x0, x1, y in pieces]


def test_figures_without_heads_of_their_own_are_no_table() -> None:
    heads = (("Item", 10, 40, 0), ("Count", 100, 130, 0), ("Price", 200, 230, 0))
    assert headed_tables(placed(*heads, ("Nails", 10, 40, 15), ("4", 110, 116, 15), ("5.00", 205, 230, 15)))
    astray = placed(*heads, ("Nails", 10, 40, 15), ("4", 110, 116, 15), ("5.00", 290, 320, 15))
    assert not headed_tables(astray), "stands under no head"
    twice = placed(*heads, ("Nails", 10, 40, 15), ("4", 96, 102, 15), ("5.00", 110, 131, 15))
    assert not headed_tables(twice), "two under one"
    assert not headed_tables(placed(*heads)), "heads alone"
    assert not headed_tables(placed(("Item:", 10, 40, 0), ("No. 3", 100, 130, 0), ("Price", 200, 230, 0)))


def test_what_follows_a_table_is_none_of_it() -> None:
    rows = placed(
        *(("Item", 10, 40, 0), ("Count", 100, 130, 0), ("Price", 200, 230, 0)),
        *(("Nails", 10, 40, 15), ("4", 110, 116, 15), ("5.00", 205, 230, 15)),
        *(("sum", 200, 220, 30), ("20.00", 206, 230, 45)),
        ("Please pay within thirty days of this letter.", 10, 230, 60),
    )
    (table,) = headed_tables(rows)
    assert "thirty" not in str(table.cells)


LEFT = [f"the left column goes on {n}" for n in range(12)]
RIGHT = [f"on the right stands more {n}" for n in range(12)]


def newspaper() -> list[Line]:
    """Two columns of prose that end at different heights under a headline, and an advertisement across the gap."""
    pen = [Line("A Headline Over Everything", (20, 0, 420, 30), 22, False, True)]
    pen += [Line(text, (20, 34 + 14 * n, 198, 46 + 14 * n), 9, False, True) for n, text in enumerate(LEFT)]
    pen += [Line(text, (206, 34 + 14 * n, 420, 46 + 14 * n), 9, False, True) for n, text in enumerate(RIGHT[:8])]
    return [*pen, Line("MILLER'S SHOES", (150, 260, 300, 280), 15, False, True)]


def test_columns_that_no_gutter_parts_are_read_one_after_the_other() -> None:
    found = [line.text for block in blocks_of(newspaper()) for line in block]
    assert found == ["A Headline Over Everything", *LEFT, *RIGHT[:8], "MILLER'S SHOES"]


def test_addresses_side_by_side_stay_in_their_rows() -> None:
    lines = [
        Line(text, (x, 15.0 * n, x + 120, 15.0 * n + 12), 9, False, True)
        for n in range(5)
        for x, text in ((10.0, f"12 Mill Lane {n}"), (150.0, f"14 Mill Lane {n}"))
    ]
    assert blocks_of(lines) == [lines]


def test_running_text_of_a_paper_makes_paragraphs_and_addresses_none() -> None:
    prose = (
        "The lentils are washed and then soaked",
        "in a litre of water for a whole day be-",
        "fore they are cooked.",
    )
    rows = (*(((text, 20),) for text in prose), (("Miss Jane Doe", 20),), (("12 Mill Lane", 20),))
    lines = read(rows)
    shown = joined_text(lines, paper=True).splitlines()
    assert shown[0].startswith("The lentils are washed and then soaked in a litre of water for a whole day before")
    assert "12 Mill Lane" in shown
    assert joined_text(lines).splitlines()[:3] == list(prose)


class Said:
    """Text alone."""

    def __init__(self, text: str) -> None:
        self.text = text


def test_bills_and_printed_pages_are_papers_and_charts_are_none() -> None:
    receipt = [Said(text) for row in RECEIPT for text, _ in row]
    assert is_bill(receipt)
    assert is_paper(receipt)
    german = ["Rechnung Nr. 7", "Datum: 3.4.2020", "Menge", "Einzelpreis", "MwSt", "Gesamtbetrag", "Kundennr. 12"]
    assert is_bill([Said(text) for text in german])
    page = [Said("it was the best of times and it was the worst of times") for _ in range(40)]
    assert is_paper(page)
    assert not is_bill(page)
    chart = ["Share of exports, in percent", "2019", "2020", "12", "14", "Total", "North", "South", "31", "9"]
    assert not is_paper([Said(text) for text in chart])
    assert not is_paper([])


def test_letters_of_a_scan_are_of_few_sizes() -> None:
    heights = (10.0, 11.5, 9.0, 10.5, 30.0)
    found = [
        OcrLine(text=f"a line of text {n}", box=(0.0, 40.0 * n, 200.0, 40.0 * n + height), confidence=0.9)
        for n, height in enumerate(heights)
    ]
    sizes = [line.size for line in read_scan(Image.new("L", (300, 300)), 1.0, lambda _: found).lines]
    assert len(set(sizes[:4])) == 1
    assert sizes[4] > 2 * sizes[0]
