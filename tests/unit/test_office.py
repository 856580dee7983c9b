"""What is found in office files, web pages, mails and books, and where."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import io
import struct
import subprocess
import sys
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import office_files as made
import pytest

from ragmm.errors import DocumentError
from ragmm.loaders.base import DocumentWarning
from ragmm.loaders.office import quiet
from ragmm.loaders.office.charts import chart_part
from ragmm.loaders.office.doc import word_parts
from ragmm.loaders.office.docx_tables import table_rows
from ragmm.loaders.office.html import html_parts
from ragmm.loaders.office.math import linear_math
from ragmm.loaders.office.number_format import displayed
from ragmm.loaders.office.ppt import presentation_parts
from ragmm.loaders.office.rtf import rtf_parts
from ragmm.loaders.office.safe_xml import parse_xml
from ragmm.loaders.office.sheets import sheet_parts
from ragmm.loaders.registry import default_loaders, load, probe
from ragmm.loaders.settings import LoaderSettings, Ocr
from ragmm.types import Item, Modality

pytest.importorskip("unstructured")
pytest.importorskip("openpyxl")

SETTINGS = LoaderSettings(ocr=Ocr.NEVER)
Read = Callable[..., list[Item]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Bytes and a name to items, by whichever loader takes them."""

    def read(data: bytes, name: str, settings: LoaderSettings = SETTINGS) -> list[Item]:
        file = tmp_path / "file"
        file.write_bytes(data)
        return list(load(file, probe(file, name), default_loaders(settings)))

    return read


def all_text(items: list[Item]) -> str:
    return "\n".join(item.text for item in items)


def of(items: list[Item], modality: Modality) -> list[Item]:
    return [item for item in items if item.modality is modality]


# --- Word ---


def test_word_sections_lists_and_properties(read: Read) -> None:
    items = read(made.docx(), "survey.docx")
    point = next(item for item in items if "Second point" in item.text)
    assert point.locator.section == ("Birds", "Herons")
    assert point.context == "Survey of herons > Birds > Herons"
    assert "2. Second point" in point.text
    assert (point.metadata["title"], point.metadata["author"]) == ("Survey of herons", "Jo Reed")
    header = next(item for item in items if "Confidential draft" in item.text)
    assert header.metadata["role"] == "header"


def test_word_table_keeps_nested_cells(read: Read) -> None:
    (table,) = of(read(made.docx(), "survey.docx"), Modality.TABLE)
    assert table.text.splitlines()[0] == "| Year | Count |"
    assert table.text.splitlines()[2] == "| 1999 | nested left \\| nested right |"
    assert table.locator.section == ("Birds", "Herons")


def test_word_figure_has_its_caption_and_place(read: Read) -> None:
    items = read(made.docx(), "survey.docx")
    (figure,) = of(items, Modality.FIGURE)
    assert figure.text == "Figure 1: Herons by year"
    assert figure.metadata["label"] == "Figure 1"
    assert figure.asset is not None
    assert (figure.asset.width, figure.asset.height) == (120, 80)
    assert "came back to the lake" in figure.context, "the passage that mentions it belongs to it"
    assert items.index(figure) > next(n for n, item in enumerate(items) if "Second point" in item.text)


def test_figures_can_be_turned_off(read: Read) -> None:
    items = read(made.docx(), "survey.docx", LoaderSettings(ocr=Ocr.NEVER, figures=False))
    assert not of(items, Modality.FIGURE)


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<w:sdt><w:sdtContent><w:r><w:t>in a control</w:t></w:r></w:sdtContent></w:sdt>", "in a control"),
        ('<w:ins w:id="9" w:author="x"><w:r><w:t>inserted words</w:t></w:r></w:ins>', "inserted words"),
        (
            '<w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:textbox><w:txbxContent><w:p><w:r>'
            "<w:t>boxed words</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>",
            "boxed words",
        ),
        (
            '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:f><m:num><m:r><m:t>a+b'
            "</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>",
            "(a+b)/2",
        ),
    ],
    ids=["content control", "tracked insertion", "text box", "equation"],
)
def test_word_wrappers_lose_nothing(read: Read, xml: str, expected: str) -> None:
    assert expected in all_text(read(made.docx_with(xml), "a.docx"))


def test_word_deletions_are_gone(read: Read) -> None:
    deleted = '<w:del w:id="9" w:author="x"><w:r><w:delText>struck out</w:delText></w:r></w:del>'
    assert "struck out" not in all_text(read(made.docx_with(deleted), "a.docx"))


def test_word_notes_and_comments_stand_behind_their_paragraph(read: Read) -> None:
    package = made.docx_with(
        '<w:r><w:t>The claim</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
        '<w:r><w:commentReference w:id="5"/></w:r>'
    )
    kinds = {"footnotes": "footnote", "comments": "comment"}
    extra: dict[str, bytes | str] = {
        f"word/{part}.xml": f'<w:{part} xmlns:w="{made.WORD}"><w:{kind} w:id="{number}" w:author="Kim"><w:p><w:r>'
        f"<w:t>{kind} words</w:t></w:r></w:p></w:{kind}></w:{part}>"
        for (part, kind), number in zip(kinds.items(), (2, 5), strict=True)
    }
    relation = (
        '<Relationship Id="rId{0}" Target="{0}.xml" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{0}"/>'
    )
    package = made.replaced(
        made.with_members(package, extra),
        "word/_rels/document.xml.rels",
        ("</Relationships>", "".join(relation.format(part) for part in kinds) + "</Relationships>"),
    )
    text = all_text(read(package, "a.docx"))
    assert "The claim[2]" in text
    assert text.index("The claim") < text.index("[2] footnote words")
    assert "Kim: comment words" in text


def test_word_custom_styles_with_an_outline_level_are_headings(read: Read) -> None:
    package = made.docx_with('<w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:r><w:t>Own heading</w:t></w:r>')
    package = made.replaced(
        package, "word/document.xml", ("<w:sectPr", "<w:p><w:r><w:t>below it</w:t></w:r></w:p><w:sectPr")
    )
    item = next(item for item in read(package, "a.docx") if "below it" in item.text)
    assert item.locator.section[-1] == "Own heading"


# --- PowerPoint ---


def test_slides_are_pages_with_titles_notes_and_pictures(read: Read) -> None:
    items = read(made.pptx(), "deck.pptx")
    first = [item for item in items if item.locator.page == 1]
    assert first[0].locator.section == ("Quarterly review",)
    assert "Revenue grew in the north" in all_text(first)
    notes = next(item for item in first if "preliminary" in item.text)
    assert notes.metadata["notes"] is True
    (figure,) = of(first, Modality.FIGURE)
    assert figure.locator.section == ("Quarterly review",)


def test_slide_tables_and_charts_are_tables(read: Read) -> None:
    tables = of(read(made.pptx(), "deck.pptx"), Modality.TABLE)
    assert [table.locator.page for table in tables] == [2, 2]
    assert "| North | 17 % |" in tables[0].text
    assert tables[1].text.startswith("Ducks by year")
    assert "| 2024 | 130 |" in tables[1].text.replace("130.0", "130")
    assert tables[1].metadata["chart"] == "bar"
    assert all(table.locator.section == ("Numbers",) for table in tables)


def test_nothing_on_or_off_a_slide_is_lost(read: Read) -> None:
    text = all_text([item for item in read(made.pptx(), "deck.pptx") if item.locator.page == 3])
    assert "parked words" in text
    assert "hidden slide words" in text


# --- Excel ---


def test_sheets_show_values_as_displayed(read: Read) -> None:
    items = read(made.xlsx(), "book.xlsx")
    table = next(item for item in items if "Region 0" in item.text)
    assert table.text.splitlines()[0] == "Sales by region"
    assert "| Region 1 | 06 Mar 2024 | 25.0% | 2,469.00 EUR |" in table.text
    assert (table.locator.page, table.locator.section) == (1, ("Sales",))
    assert table.metadata["sheet"] == "Sales"


def test_long_sheets_repeat_their_header(read: Read) -> None:
    tables = [item for item in read(made.xlsx(), "book.xlsx") if item.metadata.get("sheet") == "Long"]
    assert len(tables) > 10
    assert all("| Name | Value |" in f"{item.context}\n{item.text}" for item in tables)
    assert all(f"| item {n} | {n} |" in all_text(tables) for n in range(1200))


def test_hidden_sheets_charts_pictures_and_comments(read: Read) -> None:
    items = read(made.xlsx(), "book.xlsx")
    assert next(item for item in items if "hidden key" in item.text).metadata["hidden"] is True
    assert any(item.metadata.get("chart") == "bar" and "Shares" in item.text for item in items)
    assert len(of(items, Modality.FIGURE)) == 1
    assert "Comment on A3" in all_text(items)
    assert "Checked by Kim" in all_text(items)


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (1234.5, "#,##0.00", "1,234.50"),
        (0.125, "0.0%", "12.5%"),
        (-5, "#,##0;(#,##0)", "(5)"),
        (0, '0;-0;"–"', "–"),
        (1_234_567, "#,##0,", "1,235"),
        (5, "[$€-407] 0.00", "€ 5.00"),
        (3, "000", "003"),
        (2_500_000, '[>999999]0.0,,"M";0', "2.5M"),
        (12_000, "0.00E+00", "1.20E+04"),
        (0.1 + 0.2, "General", "0.3"),
        (45000, "General", "45000"),
        (True, "General", "TRUE"),
        (None, "General", ""),
        (dt.datetime(2024, 3, 5, 14, 7), "d.m.yyyy h:mm", "5.3.2024 14:07"),
        (dt.datetime(2024, 3, 5, 14, 7), "h:mm AM/PM", "2:07 PM"),
        (dt.datetime(2024, 3, 5), "mm-dd-yy", "2024-03-05"),
        (dt.datetime(2024, 3, 5), "mmmm yyyy", "March 2024"),
        (dt.timedelta(hours=30, minutes=4), "[h]:mm", "30:04"),
    ],
)
def test_number_formats(value: object, number_format: str, shown: str) -> None:
    assert displayed(value, number_format) == shown  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "number_format", ["[", "0" * 5000, '"open', ";;;", "#?/?", "[>x]0", "0.0.0.0", "E+0", "yyyyyyyyy"]
)
def test_no_number_format_is_too_strange(number_format: str) -> None:
    for value in (-1.5, 0, 1e300, dt.datetime(2024, 3, 5), dt.time(1, 2)):
        assert isinstance(displayed(value, number_format), str)


def test_tables_of_a_sheet_are_told_apart() -> None:
    rows = [["Title"], ["a", "b"], ["1", "2"], [], [], ["c", "d", "e"], ["3", "4", "5"]]
    tables = [part for part in sheet_parts(list(enumerate(rows, 1)), "S", 1) if part.rows]
    assert [(part.text, list(map(list, part.rows))) for part in tables] == [
        ("Title", [["a", "b"], ["1", "2"]]),
        ("", [["c", "d", "e"], ["3", "4", "5"]]),
    ]


def test_heads_below_an_empty_row_begin_another_table_as_wide() -> None:
    first, second = [["", "Q1", "Q2"], ["Gaming", "10", "12"]], [["", "Q3", "Q4"], ["Gaming", "14", "16"]]
    tables = [part for part in sheet_parts(list(enumerate([*first, [], *second], 1)), "S", 1) if part.rows]
    assert [[list(row) for row in part.rows] for part in tables] == [first, second]
    spaced = [["item", "price"], ["tea", "2"], [], ["coffee", "3"]]
    (table,) = [part for part in sheet_parts(list(enumerate(spaced, 1)), "S", 1) if part.rows]
    assert len(table.rows) == 3


def test_what_stands_alone_above_the_tables_of_a_sheet_is_their_heading() -> None:
    def parts(*rows: list[str]) -> list[str]:
        return [f"{part.kind}: {part.text}" for part in sheet_parts(list(enumerate(rows, 1)), "S", 1)][1:]

    first, second = [["", "Q1", "Q2"], ["Gaming", "10", "12"]], [["", "Q3", "Q4"], ["Cars", "14", "16"]]
    title, note = ["", "Revenue by market"], ["Source: the company's own figures."]
    assert parts(title, [], *first, [], [], *second) == ["heading: Revenue by market", "table: ", "table: "]
    assert parts(*first, [], [], note, [], [], *second) == ["table: ", f"paragraph: {note[0]}", "table: "]
    assert parts(title, [], *first, [], [], ["Seen"]) == ["heading: Revenue by market", "table: ", "paragraph: Seen"]
    assert parts(["2024"], [], *first)[0] == "heading: 2024"
    assert parts(["12,500.00"], [], *first)[0] == "paragraph: 12,500.00"


# --- Web pages ---


def html_items(read: Read, body: str, head: str = "") -> list[Item]:
    return read(f"<html><head>{head}</head><body>{body}</body></html>".encode(), "page.html")


def test_page_structure(read: Read) -> None:
    items = html_items(
        read,
        "<h1>Lake</h1><h2>Fish</h2><p>Pike live here.</p><ul><li>roach<ul><li>small roach</li></ul></li></ul>",
        "<title>Guide</title>",
    )
    fish = next(item for item in items if "Pike" in item.text)
    assert fish.locator.section == ("Lake", "Fish")
    assert fish.context.startswith("Guide > Lake")
    assert "- roach" in all_text(items)
    assert "  - small roach" in all_text(items)


def test_active_and_unseen_content_is_dropped(read: Read) -> None:
    items = html_items(
        read,
        "<p onclick='evil()'>kept</p><script>evil script</script><style>p{}</style><noscript>evil noscript</noscript>"
        "<p hidden>evil hidden</p><p style='DISPLAY : none'>evil style</p><iframe>evil frame</iframe>",
    )
    assert "kept" in all_text(items)
    assert "evil" not in repr(items)


def test_what_partitioning_would_drop_is_kept(read: Read) -> None:
    text = all_text(
        html_items(
            read,
            "<header>top words</header><main><p>main words</p></main>"
            "<figure><figcaption>caption words</figcaption></figure>"
            "<details><summary>summary words</summary>detail words</details><form><label>label words</label></form>",
        )
    )
    for words in ("top", "main", "caption", "summary", "detail", "label"):
        assert f"{words} words" in text


def test_page_tables(read: Read) -> None:
    (table,) = of(
        html_items(
            read,
            "<table><caption>Catches</caption><tr><th rowspan=2>Kind</th><th colspan=2>Year</th></tr>"
            "<tr><td>2023</td><td>2024</td></tr><tr><td>pike|perch</td><td>1</td><td>2</td></tr></table>",
        ),
        Modality.TABLE,
    )
    assert table.text.splitlines() == [
        "Catches",
        "",
        "| Kind | Year 2023 | Year 2024 |",
        "| --- | --- | --- |",
        "| pike\\|perch | 1 | 2 |",
    ]


def test_a_name_beside_several_rows_of_figures_is_said_of_each(read: Read) -> None:
    body = (
        "<table><tr><th>Port<th>Ferry<th>Seats</tr>"
        "<tr><td rowspan=3>Norrby<td>Alma<td>88</tr><tr><td>Berta<td>64</tr><tr><td>Cleo<td>none yet</tr>"
        "<tr><td rowspan=2>12<td>Dora<td>1</tr><tr><td>Ella<td>2</tr></table>"
    )
    (table,) = of(html_items(read, body), Modality.TABLE)
    assert table.text.splitlines()[2:] == [
        "| Norrby | Alma | 88 |",
        "| Norrby | Berta | 64 |",
        "|  | Cleo | none yet |",
        "| 12 | Dora | 1 |",
        "|  | Ella | 2 |",
    ]


def test_a_merged_name_of_a_word_table_is_said_of_each_row() -> None:
    def cell(text: str, merge: str = "") -> str:
        merged = f"<w:tcPr><w:vMerge {merge}/></w:tcPr>" if merge else ""
        return f"<w:tc>{merged}<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"

    begins, goes_on = 'w:val="restart"', 'w:val="continue"'
    rows = [
        [cell("Port"), cell("Ferry"), cell("Seats")],
        [cell("Norrby", begins), cell("Alma"), cell("88")],
        [cell("", goes_on), cell("Berta"), cell("64")],
        [cell("Vik"), cell("Cleo"), cell("12")],
    ]
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    drawn = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    read_rows = table_rows(parse_xml(f'<w:tbl xmlns:w="{space}">{drawn}</w:tbl>'.encode(), "t.docx"))
    assert [row[0] for row in read_rows] == ["Port", "Norrby", "Norrby", "Vik"]


def test_layout_tables_are_text(read: Read) -> None:
    items = html_items(
        read,
        "<table><tr><td>menu words</td><td><h2>News</h2><p>body words</p><table><tr><td>a</td><td>b</td></tr>"
        "<tr><td>c</td><td>d</td></tr></table></td></tr></table>",
    )
    assert next(item for item in items if "body words" in item.text).locator.section == ("News",)
    assert [item.text.splitlines()[-1] for item in of(items, Modality.TABLE)] == ["| c | d |"]


def test_inline_pictures_are_figures_and_remote_ones_their_alt_text(read: Read) -> None:
    import base64

    inline = base64.b64encode(made.picture()).decode()
    items = html_items(
        read,
        f"<p>before</p><img alt='A heron' src='data:image/png;base64,{inline}'><p>Figure 2: A heron at dawn</p>"
        "<img alt='remote heron' src='http://192.0.2.1/heron.png'>",
    )
    (figure,) = of(items, Modality.FIGURE)
    assert figure.metadata["alt"] == "A heron"
    assert figure.text == "Figure 2: A heron at dawn"
    assert "remote heron" in all_text(items)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ("<meta charset='windows-1251'><p>Цапля</p>".encode("cp1251"), "Цапля"),
        (
            "<?xml version='1.0' encoding='iso-8859-15'?><html><p>Größe 5 €</p></html>".encode("iso-8859-15"),
            "Größe 5 €",
        ),
        ("\ufeff<html><p>白鹭</p></html>".encode("utf-16"), "白鹭"),
        ("<meta charset='utf-8'><p>Größe</p>".encode("cp1252"), "Größe"),
    ],
    ids=["meta", "xml declaration", "byte order mark", "wrong statement"],
)
def test_page_encodings(read: Read, data: bytes, word: str) -> None:
    assert word in all_text(read(data, "page.html"))


def test_deep_pages_keep_their_words() -> None:
    page = "<p>words above</p>" + "<div>" * 3000 + "words below" + "</div>" * 3000
    with pytest.warns(DocumentWarning, match="nested too deeply"):
        parts = list(html_parts(page, "page.html")[1])
    assert [part.text for part in parts] == ["words above", "words below"]


# --- Mail ---


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for key, value in {"From": "Jo Reed <jo@example.org>", "To": "kim@example.org", **headers}.items():
        message[key] = value
    return message


def test_mail_headers_body_and_attachments(read: Read) -> None:
    message = mail(Subject="Herons", Date="Tue, 05 Mar 2024 10:00:00 +0000")
    message.set_content("plain words")
    message.add_alternative("<p>rich <b>words</b></p><img src='cid:pic'>", subtype="html")
    message.get_payload()[1].add_related(made.picture(), "image", "png", cid="<pic>")
    message.add_attachment(b"# Notes\n\nattached words", maintype="text", subtype="markdown", filename="notes.md")
    message.add_attachment(b"\x00\x01\x02", maintype="application", subtype="octet-stream", filename="x.bin")
    with pytest.warns(DocumentWarning, match="x.bin"):
        items = read(message.as_bytes(), "mail.eml")
    text = all_text(items)
    assert "Subject: Herons" in text
    assert "rich words" in text
    assert "plain words" not in text, "one alternative is enough"
    assert len(of(items, Modality.FIGURE)) == 1
    attached = next(item for item in items if "attached words" in item.text)
    assert (attached.metadata["attachment"], attached.metadata.get("parent")) == ("notes.md", None)
    assert attached.locator.section == ("Notes",)
    unread = next(item for item in items if "x.bin" in item.text)
    assert "no format" in unread.metadata["unread"]


def test_mail_within_mail(read: Read) -> None:
    inner = mail(Subject="Inner")
    inner.set_content("inner words")
    inner.add_attachment(made.zipped({"a.txt": "deep words"}), maintype="application", subtype="zip", filename="a.zip")
    outer = mail(Subject="Outer")
    outer.set_content("outer words")
    outer.add_attachment(inner)
    items = read(outer.as_bytes(), "outer.eml", LoaderSettings(ocr=Ocr.NEVER, archives=True))
    words = next(item for item in items if "inner words" in item.text)
    assert (words.metadata["attachment"], words.metadata.get("parent")) == ("Inner.eml", None)
    deep = next(item for item in items if "deep words" in item.text or "a.zip" in item.text)
    assert deep.metadata["attachment"].startswith("Inner.eml/a.zip")
    assert deep.metadata["parent"].startswith("Inner.eml")


def test_mail_encodings(read: Read) -> None:
    raw = (
        b"From: a@example.org\nTo: b@example.org\nSubject: =?utf-8?b?R3LDvMOfZQ==?=\n"
        b"Content-Type: text/plain; charset=unknown-9\nContent-Transfer-Encoding: 8bit\n\nGr\xc3\xbc\xc3\x9fe aus Wien"
    )
    items = read(raw, "mail.eml")
    assert items[0].metadata["title"] == "Grüße"
    assert "Grüße aus Wien" in all_text(items)


def test_mailboxes_are_many_mails(read: Read) -> None:
    one = b"From x\nFrom: a@example.org\nTo: b@example.org\nSubject: First\nDate: x\n\nfirst words\n\n"
    items = read(one + one.replace(b"irst", b"ast"), "box.mbox")
    assert {item.metadata["attachment"] for item in items} == {"box-1.eml", "box-2.eml"}
    assert "first words" in all_text(items)
    assert "fast words" in all_text(items)


# --- Books, OpenDocument, RTF, XML ---


def test_book_chapters_in_reading_order(read: Read) -> None:
    items = read(made.epub(), "book.epub")
    text = all_text(items)
    assert text.index("reached the water") < text.index("Nobody spoke")
    assert next(item for item in items if "Nobody" in item.text).locator.section == ("Return",)
    (figure,) = of(items, Modality.FIGURE)
    assert (figure.text, figure.metadata["title"]) == ("A map of the lake", "The lake")


def test_protected_book_is_refused(read: Read) -> None:
    locked = "<encryption><EncryptionMethod Algorithm='http://www.w3.org/2001/04/xmlenc#aes256-cbc'/></encryption>"
    with pytest.raises(DocumentError, match="DRM"):
        read(made.with_members(made.epub(), {"META-INF/encryption.xml": locked}), "book.epub")


def test_opendocument_text(read: Read) -> None:
    body = (
        "<office:text><text:h text:outline-level='1'>Birds</text:h><text:p>Herons<text:s text:c='2'/>wade"
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>noted words</text:p>"
        "</text:note-body></text:note></text:p><text:list><text:list-item><text:p>one</text:p><text:list>"
        "<text:list-item><text:p>inner</text:p></text:list-item></text:list></text:list-item></text:list>"
        "<text:p><draw:frame><draw:image xlink:href='Pictures/one.png'/><svg:desc>An orange field</svg:desc>"
        "</draw:frame>"
        "<draw:frame><draw:text-box><text:p>boxed words</text:p></draw:text-box></draw:frame></text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell>"
        "<text:p>b</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell"
        " table:number-columns-repeated='2'><text:p>c</text:p></table:table-cell></table:table-row></table:table>"
        "</office:text>"
    )
    items = read(made.odf("text", body), "a.odt")
    text = all_text(items)
    for words in ("Herons  wade", "[1] noted words", "  - inner", "boxed words", "| c | c |"):
        assert words in text
    (figure,) = of(items, Modality.FIGURE)
    assert figure.text == "An orange field"
    assert figure.locator.section == ("Birds",)


def test_opendocument_sheets_and_slides(read: Read) -> None:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    row = "<table:table-row>{}</table:table-row>"
    sheet = "".join(row.format(cell.format(a) + cell.format(b)) for a, b in (("Name", "Count"), ("heron", "7")))
    empty = "<table:table-row table:number-rows-repeated='1000000'><table:table-cell/></table:table-row>"
    items = read(
        made.odf(
            "spreadsheet",
            f"<office:spreadsheet><table:table table:name='Birds'>{sheet}{empty}</table:table></office:spreadsheet>",
        ),
        "a.ods",
    )
    assert items[0].locator.section == ("Birds",)
    assert "| heron | 7 |" in items[0].text
    page = (
        "<draw:page><draw:frame presentation:class='title'><draw:text-box><text:p>{0}</text:p></draw:text-box>"
        "</draw:frame></draw:page>"
    )
    pages = "".join(page.format(title) for title in ("First slide", "Second slide"))
    slides = read(made.odf("presentation", f"<office:presentation>{pages}</office:presentation>"), "a.odp")
    assert [(item.locator.page, item.text) for item in slides] == [(1, "First slide"), (2, "Second slide")]


RTF = rb"""{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}}{\info{\title Lake}{\author Jo}}
{\*\generator evil}\pard\outlinelevel0 Birds\par\pard Gr\'fc\'dfe \u8364? and
 {\f1 \'d6\'e0\'ef\'eb\'ff}{\footnote noted}.\par
\pard\ls1 one\par two\par\trowd\pard\intbl a\cell b\cell\row\pard\intbl c\cell d\cell\row\pard
{\field{\*\fldinst HYPERLINK "http://evil"}{\fldrslt link words}}{\v hidden}\par\bin5 }}}}}after\par}"""


def test_rich_text() -> None:
    properties, parts = rtf_parts(RTF, "a.rtf")
    found = [(str(part.kind), part.text, [list(row) for row in part.rows]) for part in parts]
    assert properties == {"title": "Lake", "author": "Jo"}
    assert found == [
        ("heading", "Birds", []),
        ("paragraph", "Grüße € and Цапля [noted].", []),
        ("list_item", "one", []),
        ("list_item", "two", []),
        ("table", "", [["a", "b"], ["c", "d"]]),
        ("paragraph", "link words", []),
        ("paragraph", "after", []),
    ]


def test_xml_by_its_names_and_its_shape(read: Read) -> None:
    xml = (
        "<article><title>Herons</title><sec><title>Food</title><p>They eat <i>small</i> fish.</p></sec>"
        "<item><name>heron</name><count>7</count></item><post>&lt;p&gt;escaped "
        "&lt;b&gt;words&lt;/b&gt;&lt;/p&gt;</post>"
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table></article>"
    )
    items = read(xml.encode(), "a.xml")
    text = all_text(items)
    assert next(item for item in items if "small fish" in item.text).locator.section[-1] == "Food"
    for words in ("name: heron\ncount: 7", "escaped words", "| 1 | 2 |"):
        assert words in text
    assert items[0].metadata["title"] == "Herons"


# --- Old binary formats ---


def word_97(text: bytes, *, wide: bool, flags: int = 0x0200) -> dict[str, bytes]:
    """The streams of a Word 97 document with one piece of text."""
    start, length = 0x800, len(text) // (2 if wide else 1)
    main = bytearray(start) + text
    struct.pack_into("<H", main, 0, 0xA5EC)
    struct.pack_into("<H", main, 10, flags)
    struct.pack_into("<i", main, 0x4C, length)
    position = start if wide else (start * 2) | (1 << 30)
    pieces = struct.pack("<II", 0, length) + struct.pack("<HIH", 0, position, 0)
    table = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<II", main, 0x1A2, 0, len(table))
    return {"WordDocument": bytes(main), "1Table": table}


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le"])
def test_old_word_text_tables_and_fields(encoding: str) -> None:
    text = "Größe\rA\x07B\x07\x07C\x07D\x07\x07\rsee \x13 HYPERLINK evil \x14shown\x15 words\r"
    parts = list(word_parts(word_97(text.encode(encoding), wide=encoding != "cp1252"), "a.doc"))
    assert [part.text for part in parts if part.text] == ["Größe", "see shown words"]
    assert [[list(row) for row in part.rows] for part in parts if part.rows] == [[["A", "B"], ["C", "D"]]]


def test_old_word_with_a_password_is_refused() -> None:
    with pytest.raises(DocumentError, match="password"):
        word_parts(word_97(b"secret", wide=False, flags=0x0300), "a.doc")


def record(kind: int, content: bytes, *, container: bool = False, instance: int = 0) -> bytes:
    return struct.pack("<HHI", (0xF if container else 0) | instance << 4, kind, len(content)) + content


def test_old_slides_titles_text_and_notes() -> None:
    title = record(0x0F9F, struct.pack("<I", 0)) + record(0x0FA0, "Tïtle".encode("utf-16-le"))
    body = record(0x0F9F, struct.pack("<I", 1)) + record(0x0FA8, b"one\rtwo")
    listed = record(0x0FF0, record(0x03F3, bytes(20)) + title + body, container=True)
    notes = record(0x03F0, record(0x0FA8, b"noted words"), container=True)
    parts = list(presentation_parts({"PowerPoint Document": listed + notes}, "a.ppt"))
    assert [(str(part.kind), part.text, part.page) for part in parts] == [
        ("heading", "Tïtle", 1),
        ("paragraph", "one", 1),
        ("paragraph", "two", 1),
        ("paragraph", "noted words", 1),
    ]


# --- Pieces ---


def test_scatter_chart_without_cached_names() -> None:
    chart = (
        '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart><c:plotArea>'
        '<c:scatterChart><c:ser><c:xVal><c:numCache><c:pt idx="0"><c:v>1</c:v></c:pt></c:numCache></c:xVal>'
        '<c:yVal><c:numCache><c:pt idx="0"><c:v>10</c:v></c:pt></c:numCache></c:yVal></c:ser></c:scatterChart>'
        "</c:plotArea></c:chart></c:chartSpace>"
    )
    part = chart_part(chart.encode(), "chart.xml")
    assert part is not None
    assert [list(row) for row in part.rows] == [["", "Series 1"], ["1", "10"]]
    assert part.metadata["chart"] == "scatter"


def test_equations_read_as_one_line() -> None:
    space = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    run = "<m:r><m:t>{}</m:t></m:r>"
    power = f"<m:sSup><m:e>{run.format('x')}</m:e><m:sup>{run.format('2')}</m:sup></m:sSup>"
    root = f"<m:rad><m:degHide/><m:deg/><m:e>{power}{run.format('+1')}</m:e></m:rad>"
    assert linear_math(parse_xml(f'<m:oMath xmlns:m="{space}">{root}</m:oMath>'.encode(), "x")) == "√(x^2+1)"


@pytest.mark.slow
def test_the_partitioner_is_quiet_and_light() -> None:
    """In a process of its own: no spaCy, no torch, no look-up of any host."""
    program = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('reached for the network')\n"
        "socket.getaddrinfo = socket.socket.connect = refuse\n"
        "from ragmm.loaders.office.quiet import partitioner\n"
        "page = '<h1>A</h1><p>One sentence. Another one.</p>'\n"
        "found = partitioner('html').partition_html(text=page, languages=[''])\n"
        "print([(e.category, e.text) for e in found][0], [m for m in ('spacy', 'torch') if m in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=110, check=False)
    assert run.stdout.strip() == "('Title', 'A') []", run.stderr
    assert run.stderr == ""


def test_the_partitioner_is_the_release_that_was_checked() -> None:
    assert importlib.metadata.version("unstructured") == quiet.TESTED_VERSION
    names = {"sent_tokenize", "word_tokenize", "pos_tag"}
    source = Path(importlib.metadata.distribution("unstructured").locate_file("unstructured/nlp/tokenize.py"))
    defined = source.read_text(encoding="utf-8")
    assert all(f"def {name}(" in defined for name in names)


def test_real_files_of_the_development_set(read: Read, repository: Path) -> None:
    """Every line that must be found is found; compared by letters and digits."""
    import json
    import warnings

    folder = repository.parent / "shared" / "data" / "office"
    if not folder.is_dir():
        pytest.skip("the development data is not on this machine")
    kinds = (".docx", ".pptx", ".odp", ".html", ".nxml", ".xml", ".doc")

    def letters(text: str) -> str:
        return "".join(character for character in text.lower() if character.isalnum())

    missing = []
    for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        query = json.loads(line)
        name = query["document"]
        if not name.endswith(kinds):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DocumentWarning)
            text = letters(all_text(read((folder / "files" / name).read_bytes(), name)))
        missing += [(name, wanted) for wanted in query["must_contain"] if letters(wanted) not in text]
    assert not missing


def test_password_protected_office_files_say_so(read: Read) -> None:
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    directory = "EncryptedPackage\0".encode("utf-16-le").ljust(512, b"\0")
    with pytest.raises(DocumentError, match="password"):
        read(bytes(header) + directory, "locked.docx")


def test_damaged_packages_name_what_is_wrong(read: Read) -> None:
    whole = made.docx()
    with pytest.raises(DocumentError, match="damaged"):
        read(whole[: len(whole) // 2], "half.docx")
    with pytest.raises(DocumentError, match=r"a\.docx"):
        read(made.zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}), "a.docx")


def test_metafiles_are_named_not_lost_silently(read: Read) -> None:
    package = made.docx()
    with io.BytesIO(package) as stream:
        import zipfile

        with zipfile.ZipFile(stream) as archive:
            picture = next(name for name in archive.namelist() if name.startswith("word/media/"))
    metafile = made.with_members(package, {picture: bytes(40) + b" EMF" + bytes(60)})
    with pytest.warns(DocumentWarning, match="image/emf"):
        items = read(metafile, "a.docx")
    assert not of(items, Modality.FIGURE)
    assert "Figure 1: Herons by year" in all_text(items)
