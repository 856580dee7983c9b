"""Documents of many kinds, made by code, for questions whose answers are known: see own_questions.jsonl."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ragmm.sample.figures import Chart
from ragmm.sample.pdf import Page, pdf_bytes
from tools.answer_texts import LIBRARY_LOANS, LIBRARY_TEXT, LIBRARY_VISITS, STATEMENT, TEXTS

if TYPE_CHECKING:
    from PIL.Image import Image

Rows = Sequence[Sequence[str]]

CHARTS: Final = {
    "charts/moorings-by-harbour.png": Chart(
        kind="bar",
        title="Moorings by harbour 2024",
        colour="green",
        labels=("Penmoor", "Elverby", "Tarn", "Saltfleet"),
        values=(128, 94, 57, 213),
    ),
    "charts/members-by-year.png": Chart(
        kind="line",
        title="Chess circle members",
        colour="purple",
        labels=("2020", "2021", "2022", "2023", "2024"),
        values=(36, 33, 41, 48, 59),
    ),
    "charts/waste-by-kind.png": Chart(
        kind="pie",
        title="Waste of the fair",
        colour="red",
        labels=("Paper 46", "Food 31", "Glass 14", "Metal 9"),
        values=(46, 31, 14, 9),
    ),
}
RECEIPT: Final = (
    "CORNER MILL STORES",
    "12 Quay Street, Penmoor",
    "",
    "Date 17.05.2024   Time 16:42",
    "",
    "Oat bread          3.40",
    "Goat cheese        6.85",
    "Apples 1.2 kg      4.10",
    "Lamp oil           8.25",
    "",
    "Subtotal          22.60",
    "VAT 7 %            1.58",
    "TOTAL      USD    24.18",
    "",
    "Paid by card",
    "Served by Odile",
)
FORM: Final = (
    "APPLICATION FOR A BERTH",
    "",
    "Name:            Henrike Solberg",
    "Date of birth:   22 August 1979",
    "Boat:            Windhover",
    "Length:          7.35 m",
    "Draught:         1.10 m",
    "Berth wanted:    C 18",
    "Insurance no.:   KX-40921",
    "From:            1 May 2024",
    "",
    "Signed at Elverby, 9 February 2024",
)
PICTURES: Final = {"scans/receipt.png": RECEIPT, "scans/berth-form.png": FORM}
_SITES: Final = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper")
HARVEST: Final[Rows] = (
    ("plot", "holder", "area_m2", "crop", "harvest_kg_2023", "harvest_kg_2024", "rent_usd", "since"),
    *(
        (
            f"{site} {number}",
            f"{('Mara', 'Teun', 'Olga', 'Bram')[number - 1]} {site}son",
            f"{30 + 7 * place + 3 * number}",
            ("leeks", "beets", "kale", "squash", "peas")[(place + number) % 5],
            f"{41 + 13 * place + 5 * number}",
            f"{38 + 17 * place + 7 * number}",
            f"{20 + 4 * place + number}.50",
            f"{1994 + 2 * place + number}",
        )
        for place, site in enumerate(_SITES)
        for number in range(1, 5)
    ),
)
"""Forty plots in long rows: the row that is asked for is one of many like it."""
BOATS: Final[Rows] = (
    ("Boat", "Type", "Built", "Seats", "Price paid ($)", "Berth", "Last service"),
    ("Kestrel", "quad", "2009", "4", "7400", "North Bank 3", "2024-04-09"),
    ("Plover", "single", "2016", "1", "3150", "North Bank 5", "2024-02-27"),
    ("Dipper", "double", "2012", "2", "4820", "South Bank 1", "2023-11-30"),
    ("Heron", "eight", "2018", "8", "21600", "Upper Lock 2", "2024-03-18"),
    ("Siskin", "single", "2020", "1", "3975", "Mill Side 4", "2024-01-12"),
    ("Curlew", "four", "2007", "4", "6880", "South Bank 6", "2022-10-05"),
)


def write_answer_documents(folder: Path) -> list[Path]:
    """Write them, the same bytes every time (but for the sheet's). Returns the files, sorted."""
    contents = {name: text.encode("utf-8") for name, text in TEXTS.items()}
    contents["tables/plots.csv"] = "".join(",".join(row) + "\n" for row in HARVEST).encode("utf-8")
    contents["library/report-2024.pdf"] = _report()
    contents["library/statement-2024.pdf"] = _statement()
    contents |= {name: chart_png(chart) for name, chart in CHARTS.items()}
    contents |= {name: _png(_written(text)) for name, text in PICTURES.items()}
    if importlib.util.find_spec("openpyxl"):
        contents["tables/boats.xlsx"] = sheet_bytes(BOATS, "Boats")
    for name, data in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return sorted(folder / name for name in contents)


def answer_document_texts() -> dict[str, str]:
    """What each of them says, in plain text, by its path."""
    texts = dict(TEXTS)
    texts["tables/plots.csv"] = _lines(HARVEST)
    texts["tables/boats.xlsx"] = _lines(BOATS)
    texts["library/report-2024.pdf"] = "\n".join((*LIBRARY_TEXT, _lines(LIBRARY_VISITS), _lines(LIBRARY_LOANS)))
    texts["library/statement-2024.pdf"] = _lines(STATEMENT)
    texts |= {
        name: "\n".join((one.title, *(f"{label} {value}" for label, value in zip(one.labels, one.values, strict=True))))
        for name, one in CHARTS.items()
    }
    return texts | {name: "\n".join(text) for name, text in PICTURES.items()}


def _lines(rows: Rows) -> str:
    return "\n".join(" ".join(row) for row in rows)


def _report() -> bytes:
    """Running text, then tables with years, one of them in thousands."""
    first, second = Page(), Page()
    first.heading("Penmoor Library", 24)
    first.heading("Report for 2024", 16)
    for text in LIBRARY_TEXT:
        first.paragraph(text)
    second.heading("Figures")
    second.table("Table 1: Visits by house, in thousands.", LIBRARY_VISITS, (150, 80, 80, 80))
    second.table("Table 2: Items lent, by kind.", LIBRARY_LOANS, (150, 100, 100))
    return pdf_bytes([first, second], title="Penmoor Library: report for 2024")


def _statement() -> bytes:
    """Two columns: what, and how much."""
    page = Page()
    page.heading("Penmoor Library", 18)
    page.table("Income and expenses in 2024, in dollars.", STATEMENT, (290, 90))
    return pdf_bytes([page], title="Penmoor Library: statement for 2024")


def sheet_bytes(rows: Rows, title: str) -> bytes:
    """Numbers as numbers."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append([int(cell) if cell.isdigit() else cell for cell in row])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def chart_png(chart: Chart) -> bytes:
    """The picture of a chart."""
    from ragmm.sample.drawings import chart_image

    return _png(chart_image(chart))


def _written(lines: Sequence[str]) -> Image:
    """A printed slip or form as a scanner sees it, columns kept."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (860, 60 * len(lines) + 120), (251, 250, 246))
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        name, _, value = line.rpartition("  ")
        place = 60 + 60 * number
        pen.text((70, place), name.strip() or line, fill=(30, 30, 34), font=ImageFont.load_default(34))
        if name.strip():
            pen.text((470, place), value.strip(), fill=(30, 30, 34), font=ImageFont.load_default(34))
    return image


def _png(image: Image) -> bytes:
    packed = io.BytesIO()
    image.save(packed, "PNG", optimize=True)
    return packed.getvalue()
