"""How results look: the JSON of the contract, harmless terminal text, and self-contained HTML."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_results import ASSET, HOSTILE, assets_in, hit, item, result
from rich.console import Console

from ragmm.render.answer import print_result
from ragmm.render.body import body, row_text, table_parts
from ragmm.render.html import html_report
from ragmm.render.records import document_record, item_record, query_record, report_record, to_json
from ragmm.render.text import file_link, place, quoted, safe, safe_name, short_path, shorten
from ragmm.types import Answer, Correction, Document, DocumentState, Failure, Locator, Modality, Report
from ragmm.values import to_record

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")


# JSON


def test_the_json_of_a_query_has_the_documented_shape(tmp_path: Path) -> None:
    record = json.loads(to_json(query_record(result(), assets_in(tmp_path))))
    assert list(record) == [
        "question",
        "read_as",
        "corrections",
        "collection",
        "generation",
        "hits",
        "answer",
        "timings_ms",
        "warnings",
    ]
    assert record["corrections"] == []
    first, second, _ = record["hits"]
    assert first | {"box": None} == {
        "rank": 1,
        "score": 1.0,
        "relevance": 0.0,
        "cited": True,
        "item": 7,
        "uri": "reports/2023 a.pdf",
        "page": 4,
        "box": None,
        "time": None,
        "modality": "passage",
        "text": "North grew by 12 %, ahead of all others.",
        "asset": None,
        "section": ["Results", "Regions"],
        "also_at": [],
        "looks_like": [],
        "found_by": [{"leg": "lexical", "rank": 1, "score": 3.5}],
        "alternatives": [],
    }
    assert first["box"] == [72.0, 90.5, 300.0, 120.0]
    assert Path(second["asset"]).read_bytes().startswith(b"\x89PNG")
    answer = record["answer"]
    assert answer["claims"][0] == {
        "text": "North grew fastest.",
        "citations": [1],
        "quotes": ["North grew by 12 %"],
        "support": "supported",
    }
    assert answer["figures"] == [{"rank": 2, "asset": second["asset"]}]
    assert (answer["abstained"], answer["degraded"], answer["model"]) == (False, False, "extractive")
    assert record["timings_ms"] == {"total": 41.3}


def test_without_an_answer_the_json_says_null(tmp_path: Path) -> None:
    assert query_record(result(answer=None), assets_in(tmp_path))["answer"] is None


def test_the_json_of_an_ingest_has_the_documented_shape() -> None:
    report = Report(
        collection="reports",
        generation=2,
        documents={"added": 1, "failed": 1},
        items={Modality.PASSAGE: 3},
        embedded=3,
        captioned=0,
        reused=1,
        seconds=1.23456,
        failures=(Failure(uri="b.bin", reason="unsupported"),),
    )
    assert json.loads(to_json(report_record(report))) == {
        "collection": "reports",
        "generation": 2,
        "documents": {"added": 1, "failed": 1},
        "items": {"passage": 3},
        "embedded": 3,
        "captioned": 0,
        "reused": 1,
        "seconds": 1.235,
        "failures": [{"uri": "b.bin", "reason": "unsupported"}],
        "interrupted": False,
        "waiting": {},
        "warnings": [],
    }


def test_an_item_record_has_all_fields(tmp_path: Path) -> None:
    record = item_record(item(), assets_in(tmp_path))
    assert {"item", "uri", "page", "box", "modality", "text", "asset", "section"} <= set(record)
    assert (record["start"], record["end"]) == (10, 50)


def test_a_document_record_names_its_state() -> None:
    document = Document(
        uri="a.md", path="/a.md", sha256=None, media_type=None, size=3, state=DocumentState.FAILED, reason="is empty"
    )
    assert json.loads(to_json(document_record(document)))["state"] == "failed"


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_survives_json_and_leaves_it_printable(text: str) -> None:
    written = to_json({"text": text})
    assert json.loads(written) == {"text": text}
    assert not CONTROLS.search(written)
    written.encode("utf-8")


def test_sets_enums_and_paths_become_plain_values() -> None:
    assert to_record({"a": {Modality.PHOTO, Modality.FIGURE}, 3: Path("x")}) == {"a": ["figure", "photo"], "3": "x"}


def test_a_number_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(float("nan"))


# Text


@given(st.text(st.characters(exclude_categories=[])))
def test_text_for_a_terminal_holds_no_escape(text: str) -> None:
    for made in (safe(text), safe_name(text), shorten(text, 20), quoted(text)):
        assert not CONTROLS.search(made)
        made.encode("utf-8")


@given(st.text(), st.integers(4, 50))
def test_shortened_text_is_one_line_of_at_most_that_length(text: str, length: int) -> None:
    line = shorten(text, length)
    assert len(line) <= length
    assert "\n" not in line


def test_a_strange_file_name_is_shown_byte_for_byte() -> None:
    assert safe_name("a\nb\x1b[2J\udcff.md") == r"a\nb\x1b[2J\udcff.md"


def test_the_place_of_an_item_in_words() -> None:
    assert place(item()) == "reports/2023 a.pdf, page 4 · Results › Regions"
    assert place(item(locator=Locator(time=(75.0, 3671.5)))) == "reports/2023 a.pdf, 1:15 to 1:01:11"


def test_a_path_is_shown_as_one_would_type_it_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert short_path(tmp_path / "work" / "a.png") == "a.png"
    assert short_path(tmp_path / "other" / "a.png") == "~/other/a.png"
    assert short_path("/else/a.png") == "/else/a.png"


def test_links_open_the_page_of_a_pdf_and_escape_the_rest() -> None:
    assert file_link("/a b/ü#.pdf", page=3) == "file:///a%20b/%C3%BC%23.pdf#page=3"
    assert file_link("/a.md", page=3) == "file:///a.md"
    assert file_link("/\udcff.md") == "file:///%FF.md"


# Terminal


def _printed(what: object, folder: Path, *, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=100,
        markup=False,
        highlight=False,
        emoji=False,
        force_terminal=terminal,
        color_system="standard" if terminal else None,
    )
    print_result(what, assets_in(folder), console)  # type: ignore[arg-type]
    return out.getvalue()


def test_a_person_sees_the_answer_then_its_sources_then_the_rest(tmp_path: Path) -> None:
    text = _printed(result(), tmp_path)
    assert text.index("North grew fastest. [1]") < text.index("By far. [1] (weak)") < text.index("Sources")
    assert "[1] reports/2023 a.pdf, page 4 · Results › Regions  passage" in text
    assert "“North grew by 12 %”" in text
    assert "aaaaaaaa.png" in text
    assert text.index("Sources") < text.index("Also found") < text.index("photos/pier.jpg")
    assert text.rstrip().endswith("extractive · reports, generation 3 · 41 ms")


def test_a_figure_that_is_shown_but_not_cited_is_no_source(tmp_path: Path) -> None:
    assert result().cited == {1}
    text = _printed(result(), tmp_path)
    assert text.index("Sources") < text.index("[1] reports") < text.index("Also found") < text.index("[2] reports")
    record = query_record(result(), assets_in(tmp_path))
    assert [hit["cited"] for hit in record["hits"]] == [True, False, False]


def test_what_was_searched_for_instead_is_said_everywhere(tmp_path: Path) -> None:
    mended = (Correction(word="regoin", searched="region"), Correction(word="<i>\x1b[1m", searched="grew"))
    said = "searched for: region, grew (instead of regoin, <i>\\x1b[1m)"
    what = result(corrections=mended)
    assert _printed(what, tmp_path).startswith(said)
    page = html_report([what], assets_in(tmp_path))
    assert said.replace("<", "&lt;").replace(">", "&gt;") in page
    assert query_record(what, assets_in(tmp_path))["corrections"][0] == {"word": "regoin", "searched": "region"}
    assert "searched for" not in _printed(result(), tmp_path) + html_report([result()], assets_in(tmp_path))


def test_how_a_follow_up_was_read_is_said_everywhere(tmp_path: Path) -> None:
    what = result(read_as="And <i>\x1b[1m Gull Rock?")
    assert _printed(what, tmp_path).startswith("read as: And <i>\\x1b[1m Gull Rock?")
    assert "read as: And &lt;i&gt;\\x1b[1m Gull Rock?" in html_report([what], assets_in(tmp_path))
    assert query_record(what, assets_in(tmp_path))["read_as"] == what.read_as
    assert "read as" not in _printed(result(), tmp_path) + html_report([result()], assets_in(tmp_path))


def test_on_a_terminal_a_source_is_a_link_to_its_page(tmp_path: Path) -> None:
    text = _printed(result(), tmp_path, terminal=True)
    assert re.search(r"\x1b\]8;[^;]*;file:///data/reports/2023%20a\.pdf#page=4\x1b\\", text)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_that_can_show_pictures_gets_those_of_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TERM_PROGRAM", "iTerm.app")
    print_result(result(), assets_in(tmp_path), Console(file=terminal, width=100))
    assert terminal.getvalue().count("\x1b]1337;File=") == 1


def test_in_a_pipe_there_are_no_escapes(tmp_path: Path) -> None:
    assert "\x1b" not in _printed(result(), tmp_path)


def test_an_abstention_shows_the_nearest_hits(tmp_path: Path) -> None:
    text = _printed(result(answer=Answer(text="The documents do not say.", abstained=True)), tmp_path)
    assert text.startswith("The documents do not say.")
    assert "Nearest" in text


def test_nothing_found_is_said(tmp_path: Path) -> None:
    assert "Nothing was found." in _printed(result(answer=None, hits=()), tmp_path)


def _hostile() -> object:
    bad = item(
        text=HOSTILE,
        uri=HOSTILE,
        path="/" + HOSTILE,
        locator=Locator(section=(HOSTILE,)),
        metadata={"caption": HOSTILE},
        asset=ASSET,
        modality=Modality.FIGURE,
    )
    answer = result().answer
    assert answer is not None
    claims = tuple(
        replace(claim, text=HOSTILE, citations=(replace(claim.citations[0], quote=HOSTILE),)) for claim in answer.claims
    )
    return result(
        question=HOSTILE,
        collection=HOSTILE,
        hits=(hit(1, bad), hit(2, bad), hit(3, bad)),
        answer=replace(answer, text=HOSTILE, claims=claims, model=HOSTILE, warnings=(HOSTILE,)),
        warnings=(HOSTILE,),
    )


def test_a_hostile_document_cannot_reach_the_terminal(tmp_path: Path) -> None:
    text = _printed(_hostile(), tmp_path)
    assert not CONTROLS.search(text)
    assert "[bold]markup[/bold]" in text


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("| a | b |\n| --- | --- |\n| 1 | 2 |", [["a", "b"], ["1", "2"]]),
        ("a | b\n--|--\n1 \\| 3 |", [["a", "b"], ["1 | 3"]]),
        ("a\n---\n", []),
        ("| a |\n| --- |\nand more", []),
        ("", []),
    ],
)
def test_a_markdown_table_is_told_from_text(text: str, rows: list[list[str]]) -> None:
    names, others = table_parts(text)
    assert [row for row in (names, *others) if row] == rows


def test_the_body_of_an_item_leaves_out_what_its_place_says() -> None:
    assert body(item(text="# Results\n\n## Regions\nNorth.\n# Else")) == "North.\n# Else"
    assert body(item(text="| a | b |\n|---|---|\n| 1 |  |")) == "a · b\n1"


def test_a_table_is_a_table_in_the_report(tmp_path: Path) -> None:
    table = item(text="| a<b | c |\n|---|---|\n| 1 | 2 |", modality=Modality.TABLE)
    text = html_report([result(hits=(hit(1, table),))], assets_in(tmp_path))
    assert "<table><tr><th>a&lt;b</th><th>c</th></tr><tr><td>1</td><td>2</td></tr></table>" in text


# HTML


class _Page(HTMLParser):
    """Elements with their attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_report_holds_the_answer_the_pictures_and_the_sources(tmp_path: Path) -> None:
    page = _Page(html_report([result()], assets_in(tmp_path)))
    text = " ".join(page.words)
    for expected in (
        "Which region grew fastest?",
        "North grew fastest.",
        "weak",
        "page 4",
        "Also found",
        "generation 3",
    ):
        assert expected in text
    pictures = [attributes for tag, attributes in page.elements if tag == "img"]
    assert all((attributes["src"] or "").startswith("data:image/png;base64,") for attributes in pictures)
    assert pictures[0]["alt"] == "Figure 1: growth"


def test_a_picture_stands_in_the_report_once(tmp_path: Path) -> None:
    other = replace(result().hits[2], item=item(9, asset="b" * 64, modality=Modality.PHOTO, text=""))
    hits = (*result().hits[:2], other)
    page = _Page(html_report([result(hits=hits)], assets_in(tmp_path)))
    assert len([tag for tag, _ in page.elements if tag == "img"]) == 2


def test_the_picture_that_was_asked_with_is_shown(tmp_path: Path) -> None:
    page = _Page(html_report([result(question="")], assets_in(tmp_path), pictures=[b"\xff\xd8\xffjpeg"]))
    assert "What is like this picture?" in page.words
    sources = [attributes["src"] for tag, attributes in page.elements if tag == "img"]
    assert sources[0] == "data:image/jpeg;base64," + base64.standard_b64encode(b"\xff\xd8\xffjpeg").decode()


def test_every_citation_in_the_report_leads_to_its_source(tmp_path: Path) -> None:
    page = _Page(html_report([result(), result()], assets_in(tmp_path)))
    targets = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    inner = [a["href"] for tag, a in page.elements if tag == "a" and (a["href"] or "").startswith("#")]
    assert len(inner) >= 6
    assert {link.removeprefix("#") for link in inner if link} <= targets


def test_the_report_forbids_itself_everything_but_its_own_style_and_pictures(tmp_path: Path) -> None:
    text = html_report([result()], assets_in(tmp_path))
    page = _Page(text)
    (policy,) = [
        a["content"] for tag, a in page.elements if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.standard_b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert (
        policy == f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("make", [result, _hostile])
def test_the_report_has_no_script_no_handler_and_no_remote_reference(tmp_path: Path, make: object) -> None:
    page = _Page(html_report([make()], assets_in(tmp_path)))  # type: ignore[operator, list-item]
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "article",
        "section",
        "h1",
        "h2",
        "p",
        "a",
        "ol",
        "li",
        "div",
        "span",
        "figure",
        "figcaption",
        "img",
        "br",
    }
    assert {tag for tag, _ in page.elements} <= allowed
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src"):
            assert re.match(r"#|file:///|data:image/png;base64,", attributes.get(name) or "#")


def test_a_file_that_is_no_picture_is_not_embedded(tmp_path: Path) -> None:
    def asset_path(_: str) -> Path:
        file = tmp_path / "asset"
        file.write_bytes(b"<svg onload=alert(1)>")
        return file

    assert "onload" not in html_report([result()], asset_path)


@pytest.mark.parametrize(("quote", "shown"), [
    ("| Inventories | 5,409 |  | 5,209 |", "Inventories · 5,409 · 5,209"),
    ("a | b", "a | b"), ("| a |\n| b |", "| a |\n| b |"), ("|x", "|x"), ("", ""),
])  # fmt: skip
def test_a_quoted_row_is_its_cells(quote: str, shown: str) -> None:
    assert row_text(quote) == shown


@pytest.mark.parametrize(("text", "parts"), [
    ("| a | b |\n| --- | --- |\n| 1 | 2 |", (["a", "b"], [["1", "2"]])),
    ("| 3 | 4 |\n| 5 | x \\| y |", ([], [["3", "4"], ["5", "x | y"]])),
    ("| a |\nno row", ([], [])), ("", ([], [])),
])  # fmt: skip
def test_a_part_of_a_table_is_a_table_too(text: str, parts: object) -> None:
    assert table_parts(text) == parts


def test_the_rows_of_a_chart_stand_below_its_title() -> None:
    text = "Passengers by quarter\n|  |  |\n| --- | --- |\n| Q1 | 142 |\n| Q2 | 251 |"
    assert body(item(text=text, modality=Modality.PHOTO)) == "Passengers by quarter\nQ1 · 142\nQ2 · 251"


def test_doubt_about_a_value_is_seen_before_the_value(tmp_path: Path) -> None:
    for tentative in (False, True):
        asked = result(answer=replace(result().answer or Answer(text=""), short="12 %", tentative=tentative))
        assert ("Perhaps 12 %" in _printed(asked, tmp_path)) is tentative
        assert ('<span class="doubt">perhaps</span> 12 %' in html_report([asked], assets_in(tmp_path))) is tentative
        assert query_record(asked, assets_in(tmp_path))["answer"]["tentative"] is tentative
