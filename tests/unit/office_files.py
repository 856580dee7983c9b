"""Office files made on the spot, with planted words that tests look for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from PIL import Image

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def picture(colour: str = "navy", size: tuple[int, int] = (120, 80)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "PNG")
    return stream.getvalue()


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    """A zip; a member named "mimetype" is stored, as the formats that use it demand."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, compress_type=kind)
    return stream.getvalue()


def replaced(package: bytes, member: str, change: tuple[str, str]) -> bytes:
    """The package with text of one member exchanged."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    before = members[member].decode()
    assert change[0] in before
    members[member] = before.replace(*change).encode()
    return zipped(members)


def with_members(package: bytes, extra: Mapping[str, bytes | str]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        members: dict[str, bytes | str] = {info.filename: archive.read(info) for info in archive.infolist()}
    return zipped({**members, **extra})


def docx() -> bytes:
    """Headings, lists, a rich table, a figure with a caption, a header, and a paragraph that tests exchange."""
    import docx as library

    document = library.Document()
    document.core_properties.title = "Survey of herons"
    document.core_properties.author = "Jo Reed"
    document.sections[0].header.paragraphs[0].text = "Confidential draft"
    document.add_heading("Birds", 1)
    document.add_paragraph("Figure 1 shows how the herons came back to the lake.")
    document.add_heading("Herons", 2)
    document.add_paragraph("First point", style="List Number")
    document.add_paragraph("Second point", style="List Number")
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text, table.cell(1, 0).text = "Year", "Count", "1999"
    inner = table.cell(1, 1).add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "nested left", "nested right"
    document.add_paragraph().add_run().add_picture(io.BytesIO(picture()))
    document.add_paragraph("Figure 1: Herons by year")
    document.add_paragraph("EXCHANGE")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def docx_with(paragraph: str) -> bytes:
    """The same with other XML in place of the last paragraph's run."""
    return replaced(docx(), "word/document.xml", ("<w:r><w:t>EXCHANGE</w:t></w:r>", paragraph))


def pptx() -> bytes:
    """Three slides: text with notes and a picture; a table and a chart; a hidden one with text off the slide."""
    import pptx as library
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Emu, Inches

    deck = library.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Quarterly review"
    first.placeholders[1].text = "Revenue grew in the north"
    first.notes_slide.notes_text_frame.text = "Say that the figures are preliminary"
    first.shapes.add_picture(io.BytesIO(picture("green")), Inches(1), Inches(4)).name = "logo"
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Numbers"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Region", "Growth"
    table.cell(1, 0).text, table.cell(1, 1).text = "North", "17 %"
    data = CategoryChartData()
    data.categories = ["2023", "2024"]
    data.add_series("Wild ducks", (120, 130))
    chart = second.shapes.add_chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(4), Inches(3), data
    ).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Ducks by year"
    third = deck.slides.add_slide(deck.slide_layouts[6])
    third.element.set("show", "0")
    third.shapes.add_textbox(Emu(-3_000_000), Emu(-3_000_000), Inches(2), Inches(1)).text_frame.text = "parked words"
    third.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1)).text_frame.text = "hidden slide words"
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def xlsx() -> bytes:
    """A titled table with dates, percentages and money; a long sheet; a hidden one; a chart, a picture, a comment."""
    import datetime as dt

    import openpyxl
    from openpyxl.chart import BarChart, Reference
    from openpyxl.comments import Comment
    from openpyxl.drawing.image import Image as Drawing

    book = openpyxl.Workbook()
    sales = book.active
    sales.title = "Sales"
    for row in (["Sales by region"], ["Region", "Date", "Share", "Amount"]):
        sales.append(row)
    for number in range(3):
        sales.append(
            [f"Region {number}", dt.datetime(2024, 3, 5 + number), 0.125 * (number + 1), 1234.5 * (number + 1)]
        )
        line = number + 3
        sales.cell(line, 2).number_format = "dd mmm yyyy"
        sales.cell(line, 3).number_format = "0.0%"
        sales.cell(line, 4).number_format = '#,##0.00 "EUR"'
    sales.cell(3, 1).comment = Comment("Checked by Kim", "Kim")
    chart = BarChart()
    chart.title = "Shares"
    chart.add_data(Reference(sales, min_col=3, min_row=2, max_row=5), titles_from_data=True)
    sales.add_chart(chart, "H2")
    drawing = Drawing(io.BytesIO(picture("red")))
    sales.add_image(drawing, "H20")
    long = book.create_sheet("Long")
    long.append(["Name", "Value"])
    for number in range(1200):
        long.append([f"item {number}", number])
    secret = book.create_sheet("Secret")
    secret.append(["Key", "Value"])
    secret.append(["hidden key", 42])
    secret.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def epub() -> bytes:
    """Two chapters and a picture; the second chapter is listed first in the manifest."""
    chapter = "<html xmlns='http://www.w3.org/1999/xhtml'><body>{}</body></html>"
    container = (
        "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>"
        "<rootfile full-path='OPS/book.opf'/></rootfiles></container>"
    )
    package = (
        "<package xmlns='http://www.idpf.org/2007/opf'><metadata xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        "<dc:title>The lake</dc:title><dc:creator>Jo Reed</dc:creator></metadata><manifest>"
        "<item id='b' href='two.xhtml' media-type='application/xhtml+xml'/>"
        "<item id='a' href='text/one.xhtml' media-type='application/xhtml+xml'/></manifest>"
        "<spine><itemref idref='a'/><itemref idref='b'/></spine></package>"
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OPS/book.opf": package,
            "OPS/text/one.xhtml": chapter.format(
                "<h1>Arrival</h1><p>They reached the water at dawn.</p>"
                "<img src='../art/map.png' alt='A map of the lake'/>"
            ),
            "OPS/two.xhtml": chapter.format("<h1>Return</h1><p>Nobody spoke on the way back.</p>"),
            "OPS/art/map.png": picture("teal"),
        }
    )


ODF_NAMES = (
    "xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "
    "xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0' "
    "xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' "
    "xmlns:draw='urn:oasis:names:tc:opendocument:xmlns:drawing:1.0' "
    "xmlns:svg='urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0' "
    "xmlns:presentation='urn:oasis:names:tc:opendocument:xmlns:presentation:1.0' "
    "xmlns:xlink='http://www.w3.org/1999/xlink'"
)


def odf(kind: str, body: str) -> bytes:
    """An OpenDocument file of a kind ("text", "spreadsheet", "presentation") with the given body."""
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:document-content {ODF_NAMES}><office:body>{body}</office:body>"
            "</office:document-content>",
            "Pictures/one.png": picture("orange"),
        }
    )
