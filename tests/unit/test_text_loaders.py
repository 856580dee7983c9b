"""Plain text, Markdown, CSV and JSON: what becomes an item, and where it stands."""

from __future__ import annotations

import json
import warnings
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmm.errors import ConfigError, DocumentError, LimitError, UnsupportedError
from ragmm.loaders.base import DocumentWarning
from ragmm.loaders.decoding import decode, looks_binary
from ragmm.loaders.registry import default_loaders, load, probe
from ragmm.loaders.settings import LoaderSettings, Ocr, PageImages
from ragmm.loaders.text import TextLoader
from ragmm.text.names import display_name
from ragmm.types import Modality
from tests.unit.office_files import docx


@pytest.fixture
def read(tmp_path):
    """Items of bytes under a name."""

    def reader(name: str, data: bytes | str, config: LoaderSettings | None = None):
        file = tmp_path / "spooled"
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        loaders = default_loaders(config or LoaderSettings())
        return list(load(file, probe(file, name), loaders))

    return reader


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


# --- plain text


def test_offsets_count_decoded_characters_and_line_ends_stay(read):
    text = "Überschrift\r\n\r\nErster Satz. " * 60
    items = read("a.txt", text.encode("cp1252"))
    assert len(items) > 1
    assert "".join(item.text for item in items) == text
    assert all(item.text == text[item.locator.start : item.locator.end] for item in items)
    assert items[0].metadata == {"encoding": "cp1252"}


LANGUAGES = {
    "cp1252": ["Größe der Straße. ", "Élève français à côté. ", "¿El niño comió jamón? ", "Rød grød på øen. ",
               "A café’s £5 “tea” – "],
    "cp1250": ["Zażółć gęślą jaźń. ", "Příliš žluťoučký kůň. ", "Árvíztűrő tükörfúrógép nőtt. "],
    "iso8859_2": ["Zażółć gęślą jaźń, wzrosła o łącznie. "],
    "cp1251": ["Привет, это русский текст о продажах. "],
    "koi8_r": ["Привет, это русский текст о продажах. "],
    "cp866": ["Привет, это русский текст о продажах. "],
    "cp1253": ["Αυτό είναι ένα ελληνικό κείμενο. "],
    "cp1254": ["Bu çeyrekte satışlar değişiklik gösterdi. "],
    "cp1255": ["שלום עולם זה טקסט בעברית. "],
    "cp1256": ["هذا نص عربي عن المبيعات في الربع. "],
    "cp874": ["นี่คือข้อความภาษาไทยเกี่ยวกับยอดขาย "],
    "gb18030": ["这是一个关于季度收入增长的中文文档。"],
    "big5": ["這是一個關於季度收入增長的中文文檔。"],
    "shift_jis": ["これは四半期の売上に関する文書です。"],
    "euc_jp": ["これは四半期の売上に関する文書です。"],
    "euc_kr": ["이것은 분기별 매출에 관한 한국어 문서입니다."],
    "cp850": ["Größe der Straße. "],
    "utf-8-sig": ["Bögen"],
    "utf-16": ["Bögen und 汉字"],
    "utf-32": ["Bögen und 汉字"],
    "utf-16-le": ["Plain text without a mark"],
    "utf-16-be": ["Plain text without a mark"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "text"), [(encoding, text) for encoding, texts in LANGUAGES.items() for text in texts]
)
@pytest.mark.parametrize("times", [1, 20])
def test_encodings(encoding, text, times):
    assert decode((text * times).encode(encoding), "f").text == text * times


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_an_error(data):
    if looks_binary(data) or b"\0" in data:
        with suppress(DocumentError):
            decode(data, "f")
    else:
        assert len(decode(data, "f").text) <= len(data)


def test_a_few_damaged_bytes_do_not_make_utf8_another_encoding(read):
    data = ("Zürich, Köln, Łódź, 北京. " * 20).encode() + b"\xff end"
    with pytest.warns(DocumentWarning, match=r"a\.txt is utf-8 with 1 damaged"):
        items = read("a.txt", data)
    assert items[-1].text.endswith("\ufffd end")
    assert items[0].metadata == {"undecodable": 1}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"", r"a\.txt is empty \(0 bytes\)"),
        ("a.txt", b" \n\t\r\n", "holds no text, only white space"),
        ("a.csv", b",,,\n,,\n", "holds neither text nor images"),
        ("a.json", b"{}", "holds neither text nor images"),
        ("a.txt", b"\x01\x02\x03\x04binary\x00", "is no format that ragmm reads: its content is binary"),
        ("bad\nname\udcff.txt", b"\x00\x01\x02", r"bad\ufffdname\?\.txt is no format"),
    ],
)
def test_what_cannot_be_read_says_why(read, name, data, message):
    with pytest.raises(DocumentError, match=message):
        read(name, data)


def test_too_much_text(read):
    with pytest.raises(LimitError, match=r"a\.txt has 101 bytes of text; at most 100"):
        read("a.txt", "x" * 101, LoaderSettings(max_text_bytes=100))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.docx", docx(), r"wordprocessingml.*'ragmm\[office\]', or by itself: pip install --no-deps unstructured=="),
        ("a.gz", b"\x1f\x8b\x08\0", "application/gzip.*unpack it"),
        ("a.psd", b"8BPS\0\x01", "image/vnd.adobe.photoshop, which no loader reads"),
        ("a.docx", b"PK\x03\x04" + bytes(60), "is damaged: it is a zip file"),
        ("page.html", b"<html><body>Hi</body></html>", r"page\.html is text/html.*pip install 'ragmm\[office\]'"),
    ],
)  # fmt: skip
def test_unsupported_files_are_named_with_what_to_do(tmp_path, name, data, message):
    file = tmp_path / "spooled"
    file.write_bytes(data)
    with pytest.raises(UnsupportedError, match=message):
        list(load(file, probe(file, name), [TextLoader(LoaderSettings())]))


# --- Markdown

MARKDOWN = """---
title: "Annual report"
tags: [a, b]
---

# Sales

Growth was strong. ![Chart of sales](img/sales.png) See ![](http://example.com/x.png).

| region | revenue |
|--------|---------|
| North  | 12      |
| South  | 7       |

## Outlook

It will go on.
"""


def test_markdown_sections_tables_and_front_matter(read):
    matter, sales, table, outlook = read("a.md", MARKDOWN)
    assert "".join(item.text for item in (matter, sales, table, outlook)) == MARKDOWN
    assert (sales.locator.section, sales.context) == (("Sales",), "Annual report\nSales")
    assert (table.modality, table.locator.section) == (Modality.TABLE, ("Sales",))
    assert table.text.startswith("| region")
    assert (outlook.locator.section, outlook.context) == (("Sales", "Outlook"), "Annual report\nSales > Outlook")
    assert sales.metadata["front_matter"]["title"] == "Annual report"


def test_images_in_markdown_are_named_not_fetched(read):
    sales = read("a.md", MARKDOWN)[1]
    assert sales.metadata["images"] == [
        {"alt": "Chart of sales", "target": "img/sales.png"},
        {"alt": "", "target": "http://example.com/x.png"},
    ]


# --- tables


def test_what_a_csv_says_before_its_table_is_the_tables_context(read):
    ahead = 'Title:,"Area and population, 1996"\nSource:,National statistics\nTable\n'
    names = ["Angus", "Fife", "Moray"]
    rows = " ,Area,Men,Women,\n" + "".join(f"{name},{n},{n + 1},{n + 2},\n" for n, name in enumerate(names))
    told, table = read("a.csv", ahead + rows)
    assert told.text == "Title: Area and population, 1996\nSource: National statistics\nTable"
    assert table.text.splitlines()[0] == "|  | Area | Men | Women |"
    assert "| Fife | 1 | 2 | 3 |" in table.text
    assert table.context == "Title: Area and population, 1996 Source: National statistics Table"
    low, high = table.metadata["chars"]
    assert (ahead + rows)[low:high] == rows
    (whole,) = read("b.csv", "name,n,m\nkestrel,1,2\nheron,3,4\n")
    assert whole.context == ""


def test_csv_becomes_tables_under_their_header_with_exact_places(read):
    rows = "".join(f'{n},"Müller, {n}",{n * 1.5}\r\n' for n in range(100))
    text = "id,name,amount\r\n" + rows
    items = read("customer_list-2023.csv", text)
    assert len(items) > 3
    assert {item.modality for item in items} == {Modality.TABLE}
    assert all(item.text.startswith("| id | name | amount |\n| --- | --- | --- |\n") for item in items)
    assert {item.context for item in items} == {""}, "a name is no content"
    assert "".join(text[slice(*item.metadata["chars"])] for item in items) == text
    assert [item.metadata["rows"][0] for item in items[1:]] == [item.metadata["rows"][1] + 1 for item in items[:-1]]
    assert "| 7 | Müller, 7 | 10.5 |" in items[0].text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(read, delimiter):
    text = "\n".join(delimiter.join(row) for row in [("city", "note"), ("Bonn", "1,5 and; more"), ("Köln", "2,5")])
    text = text.replace("1,5 and; more", '"1,5 and; more"')
    (item,) = read("a.csv", text)
    assert "| Bonn | 1,5 and; more |" in item.text


def test_without_a_header_columns_are_numbered(read):
    (item,) = read("a.csv", "1,2.5,x\n2,3.5,y\n")
    assert item.text == "| column 1 | column 2 | column 3 |\n| --- | --- | --- |\n| 1 | 2.5 | x |\n| 2 | 3.5 | y |"


def test_years_may_be_names_of_columns(read):
    (item,) = read("a.csv", "region,2022,2023\nNorth,1,2\n")
    assert item.text.startswith("| region | 2022 | 2023 |")


def test_ragged_rows_bars_and_line_breaks_in_cells(read):
    (item,) = read("a.csv", 'a,b\n"x|y","two\nlines",extra\n\nlast\n')
    assert item.text.splitlines() == [
        "| a | b | column 3 |", "| --- | --- | --- |", "| x\\|y | two lines | extra |", "| last |  |  |",
    ]  # fmt: skip


def test_a_quote_that_never_closes_swallows_nothing(read):
    text = 'a,b\n1,"open\n' + "".join(f"{n},x{n}\n" for n in range(30))
    shown = "\n".join(item.text for item in read("a.csv", text))
    assert '| 1 | "open |' in shown
    assert "| 29 | x29 |" in shown


def test_a_quote_inside_a_cell_is_a_quote(read):
    (item,) = read("a.csv", 'part,size\ndisk,5" wide\ncase,"7"" deep"\n')
    assert '| disk | 5" wide |' in item.text
    assert '| case | 7" deep |' in item.text


def test_a_row_too_wide_for_a_table_becomes_lines(read):
    header = ",".join(f"field number {n}" for n in range(200))
    row = ",".join(f"value{n}" for n in range(200))
    items = read("a.csv", header + "\n" + row + "\n")
    assert len(items) > 2
    assert "field number 199: value199" in items[-1].text
    assert {tuple(item.metadata["rows"]) for item in items} == {(2, 2)}


def test_a_huge_cell_is_cut_not_lost(read):
    items = read("a.csv", "name,text\nx," + "word " * 40_000 + "\n")
    assert sum(item.text.count("word") for item in items) == 40_000


def test_a_header_alone(read):
    (item,) = read("a.csv", "name,city\n")
    assert item.text == "column 1: name\ncolumn 2: city"


# --- JSON


def test_records_are_lines_of_keys_and_values(read):
    data = {
        "title": "Orders",
        "orders": [
            {"id": 1, "total": 9.90, "tags": ["a", "b"], "to": {"city": "Bonn"}},
            {"id": 2, "paid": True, "note": None},
        ],
    }
    head, first, second = read("a.json", json.dumps(data).replace("9.9", "9.90"))
    assert head.text == "title: Orders"
    assert first.text == "id: 1\ntotal: 9.90\ntags: a, b\nto.city: Bonn"
    assert (first.locator.section, first.metadata["pointer"]) == (("orders",), "orders[0]")
    assert first.context == "orders\ntitle: Orders"
    assert second.text == "id: 2\npaid: yes"


def test_deep_objects_are_records_of_their_own_path(read):
    inner = {f"key{n}": n for n in range(12)}
    items = read("config.json", json.dumps({"server": {"http": inner}, "name": "x"}))
    assert [(item.locator.section, item.context) for item in items] == [
        ((), ""),
        (("server", "http"), "server > http\nname: x"),
    ]


def test_numbers_are_kept_as_written(read):
    (item,) = read(
        "a.json",
        '{"big": ' + "9" * 6000 + ', "exact": 1.10, "huge": 1e999, "nan": NaN}',
        LoaderSettings(chunk_tokens=4000),
    )
    assert "9" * 6000 in item.text
    assert "exact: 1.10\nhuge: 1e999\nnan: NaN" in item.text


def test_json_lines_name_their_line(read):
    text = '{"a": "x"}\n\n{"a": "ü"}\n'
    items = read("a.jsonl", text)
    assert [(item.text, item.metadata["line"]) for item in items] == [("a: x", 1), ("a: ü", 3)]
    assert [text[slice(*item.metadata["chars"])] for item in items] == ['{"a": "x"}', '{"a": "ü"}']


def test_a_broken_line_is_named_and_kept(read):
    with pytest.warns(DocumentWarning, match=r"log\.jsonl, line 2, is not JSON: .* at column 7; .* kept as plain text"):
        items = read("log.jsonl", '{"a": 1}\n{"a": oops}\n{"a": 3}\n')
    assert [item.text for item in items] == ["a: 1", '{"a": oops}', "a: 3"]
    assert items[1].metadata["unparsed"] is True


def test_many_broken_lines_are_counted(read):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read("log.jsonl", '{"a": 1}\n' + "{oops}\n" * 10)
    assert [str(warning.message)[:24] for warning in caught][-1] == "7 more lines are not JSO"
    assert len(caught) == 4


def test_json_that_is_none(read):
    with pytest.raises(DocumentError, match=r"a\.json is not JSON: .* at line 2, column 8; correct it there"):
        read("a.json", '{"a": 1,\n  "b": ]\n}')
    with pytest.raises(DocumentError, match=r"a\.jsonl, line 1, is not JSON"):
        read("a.jsonl", "no\nnone\n")


def test_several_values_in_a_json_file_are_read_line_by_line(read):
    long = '{"a": "' + "x" * 10_000 + '"}'
    items = read("a.json", f"{long}\n{long}\n", LoaderSettings(chunk_tokens=4000))
    assert [item.metadata["line"] for item in items] == [1, 2]


@pytest.mark.parametrize("depth", [150, 900, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_an_error(read, depth, opening, closing):
    with pytest.raises(DocumentError, match="nested"):
        read(
            "a.json",
            opening * depth + "1" + closing * depth if opening != "[" else "[[1],{}," * depth + "1" + "]" * depth,
        )


# --- settings, names, registry


def test_settings_survive_json_and_name_what_is_wrong():
    config = LoaderSettings(ocr=Ocr.NEVER, chunk_tokens=64, chunk_overlap=10)
    assert LoaderSettings.from_dict(json.loads(json.dumps(config.as_dict()))) == config
    assert LoaderSettings.from_dict({"page_images": "all"}).page_images is PageImages.ALL
    with pytest.raises(ConfigError, match=r"loaders\.ocr is 'maybe'; allowed are: auto, never, always"):
        LoaderSettings.from_dict({"ocr": "maybe"})
    with pytest.raises(ConfigError, match=r"loaders\.chunk_size is not a setting; .*chunk_tokens"):
        LoaderSettings.from_dict({"chunk_size": 3})
    with pytest.raises(ConfigError, match=r"loaders\.chunk_tokens is 3; it must be a whole number of at least 16"):
        LoaderSettings(chunk_tokens=3)
    with pytest.raises(ConfigError, match=r"chunk_overlap is 20; it can be at most half of chunk_tokens \(16\)"):
        LoaderSettings(chunk_tokens=32, chunk_overlap=20)


def test_a_name_can_always_be_shown():
    assert display_name("a\nb\x1b[31m\udcff") == "a\ufffdb\ufffd[31m?"


def test_a_tokenizer_that_is_none(read, tmp_path):
    with pytest.raises(ConfigError, match=r"loaders\.tokenizer is '/nowhere/t\.json', but .* does not exist"):
        read("a.txt", "text", LoaderSettings(tokenizer="/nowhere/t.json"))
    broken = tmp_path / "tokenizer.json"
    broken.write_text("{}")
    with pytest.raises(ConfigError, match=r"is not a tokenizer\.json"):
        read("a.txt", "text", LoaderSettings(tokenizer=str(broken)))
