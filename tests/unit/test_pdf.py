"""The parts of the PDF loader: reading order, paragraphs, captions, mentions, tables, budgets."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ragmm.errors import LimitError
from ragmm.loaders.base import DocumentWarning, Probe
from ragmm.loaders.figure_labels import caption_label, link_mentions, mentions
from ragmm.loaders.pdf import PdfLoader
from ragmm.loaders.pdf.aligned_tables import aligned_tables
from ragmm.loaders.pdf.base import DrawnShape, Line, OutlineEntry, Picture, is_bold_name
from ragmm.loaders.pdf.budget import Budget
from ragmm.loaders.pdf.captions import assign, captions
from ragmm.loaders.pdf.columns import regions
from ragmm.loaders.pdf.figures import find_figures, picture_share
from ragmm.loaders.pdf.headings import Headings
from ragmm.loaders.pdf.page_furniture import RunningLines
from ragmm.loaders.pdf.placement import Placement
from ragmm.loaders.pdf.rows import Paragraph, clean, paragraphs, rows
from ragmm.loaders.pdf.ruled_tables import ruled_tables
from ragmm.loaders.pdf.table import Table
from ragmm.loaders.pdf.table_text import markdown, stored_rows
from ragmm.loaders.pdf.text import PageText, compounds, is_gibberish
from ragmm.loaders.settings import LoaderSettings, Ocr
from ragmm.types import Box, Item, Locator, Modality

PAGE: Box = (0.0, 0.0, 600.0, 800.0)


def line(text: str, x: float, top: float, *, size: float = 10.0, bold: bool = False, upright: bool = True) -> Line:
    width = 0.5 * size * len(text)
    box = (x, top, x + width, top + 1.1 * size) if upright else (x, top, x + 1.1 * size, top + width)
    return Line(text, box, size, bold, upright)


def column(x: float, top: float, *texts: str, step: float = 12.0) -> list[Line]:
    return [line(text, x, top + step * index) for index, text in enumerate(texts)]


def order(lines: Sequence[Line]) -> str:
    return " ".join(one.text for region in regions(lines) for one in region)


def blocks(lines: Sequence[Line]) -> list[Paragraph]:
    return [paragraph for region in regions(lines) for paragraph in paragraphs(rows(region))]


def text_of(lines: Sequence[Line], known: frozenset[str] = frozenset()) -> str:
    return PageText.build(blocks(lines), known).text


# Reading order

LEFT = [f"left {n} with enough words" for n in range(8)]
RIGHT = [f"right {n} with enough words" for n in range(8)]


def test_columns_in_the_files_order_or_interleaved() -> None:
    left, right = column(50, 100, *LEFT), column(320, 100, *RIGHT)
    assert order([*left, *right]) == " ".join(LEFT + RIGHT)
    longer = [text + " and some more" for text in LEFT], [text + " and some more" for text in RIGHT]
    mixed = [
        one for pair in zip(column(30, 100, *longer[0]), column(320, 100, *longer[1]), strict=True) for one in pair
    ]
    assert order(mixed) == " ".join(longer[0] + longer[1])


def test_a_table_is_read_by_rows() -> None:
    cells = [line(f"{row}{col}", 50 + 120 * col, 100 + 14 * row) for row in range(6) for col in range(3)]
    (region,) = regions(cells)
    assert [one.text for one in region] == [f"{row}{col}" for row in range(6) for col in range(3)]


def test_what_spans_the_columns_separates_them() -> None:
    lines = [
        line("T" * 90, 50, 60),
        *column(50, 100, *LEFT[:4]),
        *column(320, 100, *RIGHT[:4]),
        line("S" * 90, 50, 180),
        *column(50, 220, *LEFT[4:]),
        *column(320, 220, *RIGHT[4:]),
    ]
    assert order(lines) == " ".join(["T" * 90, *LEFT[:4], *RIGHT[:4], "S" * 90, *LEFT[4:], *RIGHT[4:]])


def test_a_heading_below_two_columns_comes_after_both() -> None:
    lines = [
        *column(50, 100, *LEFT),
        *column(320, 100, *RIGHT),
        line("Next part", 50, 240, size=12, bold=True),
        line("W" * 90, 50, 262),
    ]
    assert order(lines).endswith(f"{RIGHT[-1]} Next part {'W' * 90}")


def test_three_columns_and_uneven_lengths() -> None:
    lines = column(30, 100, *LEFT) + column(220, 100, *RIGHT[:3]) + column(410, 100, *["third one of all"] * 6)
    assert order(lines) == " ".join([*LEFT, *RIGHT[:3], *["third one of all"] * 6])


def test_a_long_line_that_leaves_little_of_the_gutter_does_not_mix_the_columns() -> None:
    left = [*LEFT[:3], "this line reaches nearly to the one in the next column"[:53], *LEFT[4:]]
    lines = column(50, 100, *left) + column(320, 106, *RIGHT)
    assert lines[3].box[2] > 320 - 6
    assert order(lines) == " ".join([*left, *RIGHT])


def test_vertical_writing_runs_from_the_right() -> None:
    lines = [line("一", 300 - 20 * n, 100, upright=False)._replace(text=f"列{n}") for n in range(4)]
    assert order(lines) == "列0 列1 列2 列3"


def test_many_lines_take_little_time() -> None:
    grid = [line("x", 5 + 12 * (n % 45), 5 + 3.0 * (n // 45)) for n in range(9_000)]
    for lines in (grid[:3_900], grid):
        start = time.process_time()
        assert sum(map(len, regions(lines))) == len(lines)
        assert time.process_time() - start < 3


# Rows and paragraphs


def test_paragraphs_end_by_gap_indent_size_and_short_lines() -> None:
    full = "word " * 16
    lines = [
        line(full, 50, 100),
        line("ends here.", 50, 112),
        line(full, 50, 124),
        line(full, 50, 136),
        line(full, 65, 148),  # indented
        line(full, 50, 160),
        line(full, 50, 190),  # after a gap
        line("Larger", 50, 204, size=14),
    ]
    assert [len(paragraph.rows) for paragraph in blocks(lines)] == [2, 2, 2, 1, 1]


def test_a_paragraph_that_begins_in_bold_is_one_and_a_heading_is_not() -> None:
    full = "Revenue recognition. The company generates what it earns by sales"
    run_in = [line(full, 50, 100, bold=True), line("and services of all kinds,", 50, 112), line(full, 50, 124)]
    assert [len(paragraph.rows) for paragraph in blocks(run_in)] == [3]
    headed = [line("Revenue recognition", 50, 100, bold=True), line(full, 50, 112), line(full, 50, 124)]
    assert [len(paragraph.rows) for paragraph in blocks(headed)] == [1, 2]
    said = full + "."
    assert [len(paragraph.rows) for paragraph in blocks([line(said, 50, 100, bold=True), line(said, 50, 112)])] == [
        1,
        1,
    ]


def test_list_entries_stand_alone() -> None:
    found = blocks(column(50, 100, "• one thing", "• another thing", "2. a numbered one", "(b) and a lettered"))
    assert [paragraph.is_list for paragraph in found] == [True] * 4


def test_lines_on_one_baseline_make_one_row_in_their_order() -> None:
    (row,) = rows([line("second", 200, 101), line("first", 50, 100)])
    assert (row.text, row.cells) == ("first  second", 2)


@pytest.mark.parametrize(("before", "text"), [("how did ", "how did herons"), ("how did", "how didherons")])
def test_a_line_that_a_rule_cut_in_two_keeps_its_space(before: str, text: str) -> None:
    first = line(before, 50, 100)
    (row,) = rows([first, line("herons", first.box[2], 100)])
    assert (row.text, row.cells) == (text, 1)
    (close,) = rows([line("H", 50, 100), line("2", 55, 103, size=6), line("O", 58.2, 100)])
    assert close.text == "H2O"


def test_right_to_left_rows_are_put_together_from_the_right() -> None:
    (row,) = rows([line("שלום", 300, 100), line("עולם", 100, 100)])
    assert row.text == "שלום עולם"


def test_words_are_joined_over_lines() -> None:
    lines = column(
        50,
        100,
        "The infor-",
        "mation of the well-",
        "known sub\u00ad",
        "marine is on pages 3-",
        "4 of the COVID-",
        "19 report.",
    )
    joined = text_of(lines, frozenset(compounds(column(0, 0, "a well-known fact"))))
    assert joined == "The information of the well-known submarine is on pages 3-4 of the COVID-19 report."


def test_a_row_that_ends_where_the_next_word_had_room_is_a_line_of_its_own() -> None:
    steps = [
        "Connect the motor to the pulse output of",
        "Set the mass to 30 gm",
        "Adjust the pot",
        "and wait a while, until all of it has stopped",
    ]
    assert text_of(column(50, 100, *steps)) == f"{steps[0]} {steps[1]}\n{steps[2]} {steps[3]}"
    flowing = ["The tension on the thread is varied by the Board", "President when the mass of it is changed, and"]
    assert text_of(column(50, 100, *flowing)) == " ".join(flowing)
    centred = [line("Guidelines for the", 90, 100), line("Administration of the very large programs", 50, 112)]
    assert "\n" not in text_of(centred)


def test_ideographs_are_joined_without_a_space() -> None:
    assert text_of(column(50, 100, "图像检索的", "方法")) == "图像检索的方法"


def test_ligatures_and_hidden_characters_are_made_plain() -> None:
    assert clean("\ufeffeﬃcient\u00a0ﬁsh\u200b \x01 \uf0b7") == "efficient fish  •"


def test_boxes_follow_the_text() -> None:
    text = PageText.build(blocks([*column(50, 100, "first line", "second line"), line("far", 300, 400)]), frozenset())
    assert text.text == "first line second line\n\nfar"
    assert text.box(0, 5) == pytest.approx((50, 100, 100, 111))
    assert text.box(12, 15) == pytest.approx((50, 112, 105, 123))
    assert text.box(0, len(text.text)) == pytest.approx((50, 100, 315, 411))


def test_a_text_layer_of_noise_is_noticed() -> None:
    assert is_gibberish([line("\ue001\ue002\ufffd\x02" * 20, 50, 100)])
    assert not is_gibberish([line("Ein Satz über Füße, π und 图像. " * 4, 50, 100)])
    assert not is_gibberish([line("\uf0b7 a list entry of a usual kind", 50, 100)])


# Headings


def test_headings_by_size_weight_and_bookmark() -> None:
    body = [line("text of the body " * 4, 50, 100 + 12 * n) for n in range(30)]
    title, part = line("The title", 50, 40, size=20), line("A part", 50, 70, size=14)
    bold, marked = line("In bold", 50, 90, bold=True), line("3.1 Marked one", 50, 95)
    plain = Headings([[title, part, bold, *body]], [])
    levels = [plain.level(blocks([one])[0], 1) for one in (title, part, bold, marked, body[0])]
    assert levels == [1, 2, 3, 0, 0]
    outlined = Headings([[title, part, *body]], [OutlineEntry(level=2, title="Marked one", page=1)])
    assert outlined.level(blocks([marked])[0], 1) == 2
    assert outlined.level(blocks([marked])[0], 2) == 0


@pytest.mark.parametrize("text", ["Figure 3: large caption", "12.5", "A sentence that ends.", "* * *"])
def test_what_is_no_heading_however_large(text: str) -> None:
    headings = Headings([[line("body " * 20, 50, 100)]], [])
    assert headings.level(blocks([line(text, 50, 100, size=18)])[0], 1) == 0


# Captions and mentions


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Figure 3: The flow", "Figure 3"),
        ("Fig. 2. Something", "Figure 2"),
        ("FIGURE 1 The nest", "Figure 1"),
        ("Figure 4–2. Parts", "Figure 4-2"),
        ("Table A.2 Results", "Table A.2"),
        ("TABLE IV\nRESULTS", "Table IV"),
        ("Abb. 4: Ein Nest", "Figure 4"),
        ("Tabelle 3: Zahlen", "Table 3"),
        ("图3-1 系统结构", "Figure 3-1"),
        ("图 2：结构", "Figure 2"),
        ("附图2 外形", "Figure 2"),
        ("表 2 数据", "Table 2"),
        ("Exhibit 10.1 Letter", "Exhibit 10.1"),
        ("Table 2 shows that", ""),
        ("Figure 3 illustrates the nest", ""),
        ("图3所示的结构", ""),
        ("Figures are drawn", ""),
        ("Configure 3 things", ""),
        ("", ""),
    ],
)
def test_labels_of_captions(text: str, label: str) -> None:
    assert caption_label(text) == label


def test_mentions_name_each_label_once() -> None:
    text = "See Fig. 3a and Figs. 4, table 2 and Figure 3a again; 如图5所示, but no configure 3, tabled 4 or Figure."
    assert mentions(text) == ["Figure 3a", "Figure 4", "Table 2", "Figure 5"]


@pytest.mark.parametrize(
    "text", ["fig" * 300_000, "Figure " * 150_000, "Figure 1." * 100_000, "图" * 1_000_000, "table  " * 150_000]
)
def test_labels_are_found_in_linear_time(text: str) -> None:
    start = time.process_time()
    mentions(text)
    caption_label(text)
    assert time.process_time() - start < 1


def test_a_figure_knows_what_is_said_of_it_before_and_after() -> None:
    figure = Item(modality=Modality.FIGURE, text="Figure 1: A nest", metadata={"label": "Figure 1"}, context="Birds")
    items = [
        Item(modality=Modality.PASSAGE, text="Herons nest. Figure 1 shows a nest.", locator=Locator(page=1)),
        figure,
        Item(modality=Modality.PASSAGE, text="Figure 1: A nest", locator=Locator(page=2)),
        Item(modality=Modality.PASSAGE, text="Unlike Figure 2, Fig. 1 is old.", locator=Locator(page=3)),
    ]
    first, linked, caption, last = link_mentions(items)
    assert first.metadata == {"mentions": ["Figure 1"]}
    assert last.metadata == {"mentions": ["Figure 2", "Figure 1"]}
    assert caption.metadata == {}
    said = [{"page": 1, "text": "Figure 1 shows a nest."}, {"page": 3, "text": "Unlike Figure 2, Fig. 1 is old."}]
    assert linked.metadata["mentioned"] == said
    assert linked.context == "Birds\nFigure 1 shows a nest.\nUnlike Figure 2, Fig. 1 is old."
    assert [item.text for item in link_mentions(items, ahead=1)] == [item.text for item in items]


def test_captions_go_to_the_nearest_of_their_kind() -> None:
    figure, table = (100.0, 100.0, 300.0, 200.0), (100.0, 300.0, 300.0, 400.0)
    found = captions(
        [*column(100, 210, "Figure 1: A nest in the reeds", "at the lake."), line("Table 1: Counts", 100, 285)]
    )
    assert [caption.text for caption in found] == ["Figure 1: A nest in the reeds at the lake.", "Table 1: Counts"]
    given = assign([figure, table], [False, True], found)
    assert [caption and caption.label for caption in given] == ["Figure 1", "Table 1"]
    assert assign([(400.0, 100.0, 500.0, 200.0)], [False], found) == [None]


# Figures


def test_pieces_of_a_drawing_are_one_figure_and_rules_are_none() -> None:
    curves = [DrawnShape((100 + 15 * n, 200, 130 + 15 * n, 260 + 5 * n), True, True, 0) for n in range(8)]
    rule = DrawnShape((50, 100, 550, 100.5), True, False, 0)
    (figure,) = find_figures(PAGE, [], [*curves, rule], [], frozenset())
    assert figure.box == pytest.approx((100, 200, 235, 295))
    assert find_figures(PAGE, [], [rule] * 50, [], frozenset()) == []


def test_shaded_rows_are_no_chart() -> None:
    shades = [DrawnShape((50, 100 + 20 * n, 300 + 10 * n, 118 + 20 * n), False, False, 0xDDEEFF) for n in range(6)]
    cells = [line("a row of the table", 60, 103 + 20 * n) for n in range(6)]
    assert find_figures(PAGE, [], shades, cells, frozenset()) == []
    assert len(find_figures(PAGE, [], shades, [], frozenset())) == 1


def test_drawings_of_very_many_pieces_take_little_time() -> None:
    pieces = [DrawnShape((n % 590, n // 590 * 4, n % 590 + 3, n // 590 * 4 + 3), False, True, n) for n in range(50_000)]
    start = time.process_time()
    find_figures(PAGE, [], pieces, [], frozenset())
    assert time.process_time() - start < 4


def test_the_share_of_a_page_that_pictures_cover() -> None:
    half = Picture((0, 0, 600, 400), "a", 100, 100)
    assert picture_share(PAGE, [half], []) == pytest.approx(0.5, abs=0.02)
    assert picture_share(PAGE, [half, half], []) == pytest.approx(0.5, abs=0.02)
    assert picture_share(PAGE, [], []) == 0


# Tables: cell-level F1 over a generated set

Cells = list[list[str]]


def plain_cells(count: int, width: int) -> Cells:
    head = [f"Column {n}" for n in range(width)]
    return [head, *([f"row {r}", *(f"{r * 10 + c}.{c} %" for c in range(1, width))] for r in range(count))]


def draw(
    cells: Cells, *, rules: bool, merged: frozenset[tuple[int, int]] = frozenset()
) -> tuple[list[DrawnShape], list[Line]]:
    """`merged` names cells that go on into the one to their right."""
    width, height, x, y = 100.0, 18.0, 60.0, 120.0
    lines = [
        line(cell, x + width * c + 4, y + height * r + 4)
        for r, row in enumerate(cells)
        for c, cell in enumerate(row)
        if cell
    ]
    if not rules:
        return [], lines
    right, bottom = x + width * len(cells[0]), y + height * len(cells)
    shapes = [
        DrawnShape((x, y + height * r, right, y + height * r + 0.5), True, False, 0) for r in range(len(cells) + 1)
    ]
    for r in range(len(cells)):
        for c in range(len(cells[0]) + 1):
            if (r, c - 1) not in merged:
                left, top = x + width * c, y + height * r
                shapes.append(DrawnShape((left, top, left + 0.5, min(top + height, bottom)), True, False, 0))
    return shapes, lines


def f1(found: Sequence[Table], truth: Cells) -> float:
    """Of cells with their row and column; rows and columns counted from those of the truth."""
    expected = Counter((r, c, cell) for r, row in enumerate(truth) for c, cell in enumerate(row) if cell)
    offset, got = 0, Counter[tuple[int, int, str]]()
    for table in found:
        got.update((offset + r, c, cell) for r, row in enumerate(table.cells) for c, cell in enumerate(row) if cell)
        offset += len(table.cells)
    shared = (expected & got).total()
    return 2 * shared / (expected.total() + got.total()) if shared else 0.0


RULED = {
    "simple": (plain_cells(4, 3), frozenset[tuple[int, int]]()),
    "wide": (plain_cells(9, 5), frozenset[tuple[int, int]]()),
    "gaps": (
        [["Bird", "", "Count"], ["Heron", "", "3"], ["", "young", "1"], ["Egret", "old", ""]],
        frozenset[tuple[int, int]](),
    ),
    "merged": ([["Counts by year", "", ""], *plain_cells(5, 3)], frozenset({(0, 0), (0, 1)})),
}


@pytest.mark.parametrize("name", RULED)
def test_ruled_tables_are_read_cell_by_cell(name: str) -> None:
    cells, merged = RULED[name]
    shapes, lines = draw(cells, rules=True, merged=merged)
    assert f1(ruled_tables(shapes, lines), cells) >= 0.95


@pytest.mark.parametrize(("count", "width"), [(4, 3), (9, 5), (30, 4)])
def test_tables_without_rules_are_read_cell_by_cell(count: int, width: int) -> None:
    cells = plain_cells(count, width)
    _, lines = draw(cells, rules=False)
    assert f1(aligned_tables(lines), cells) >= 0.9


def test_a_table_over_two_pages_is_two_tables_with_all_cells() -> None:
    cells = plain_cells(40, 3)
    parts = [draw(cells[:25], rules=True), draw(cells[25:], rules=True)]
    assert f1([table for shapes, lines in parts for table in ruled_tables(shapes, lines)], cells) >= 0.95


def test_rules_between_groups_only_leave_the_cells_to_their_alignment() -> None:
    cells = plain_cells(6, 4)
    shapes, lines = draw(cells, rules=True)
    few = [shape for shape in shapes if shape.box[2] - shape.box[0] < 1 and shape.box[0] in {160.0}]
    few += [shape for shape in shapes if shape.box[1] in {120.0, 138.0, 246.0} and shape.box[2] - shape.box[0] > 100]
    (table,) = ruled_tables(few, lines)
    assert f1([table], cells) >= 0.95


def test_a_line_set_over_a_rule_is_two_cells() -> None:
    shapes, _ = draw([["a", "b"], ["c", "d"]], rules=True)
    joined = Line("left part right part", (110, 124, 210, 135), 10, False, True)
    (table,) = ruled_tables(
        shapes, [joined, line("c", 64, 142), line("d", 164, 142), line("x", 70, 126)._replace(text="")]
    )
    assert table.cells[0] == ("left part", "right part")


def test_frames_and_drawings_are_no_tables() -> None:
    frame = [DrawnShape((50, 50, 550, 750), True, False, 0), DrawnShape((60, 60, 540, 300), True, False, 0)]
    prose = [line("words " * 14, 70, 80 + 12 * n) for n in range(15)]
    assert ruled_tables(frame, prose) == []
    axes = [DrawnShape((100, 100 + 40 * n, 400, 100.5 + 40 * n), True, False, 0) for n in range(6)]
    axes += [DrawnShape((100 + 60 * n, 100, 100.5 + 60 * n, 300), True, False, 0) for n in range(6)]
    assert ruled_tables(axes, [line("label", 60, 305), line("2020", 120, 305)]) == []


def test_prose_lists_and_contents_are_no_tables() -> None:
    prose = [line("words " * 14, 70, 80 + 12 * n) for n in range(15)]
    bullets = [one for n in range(6) for one in (line("•", 50, 100 + 12 * n), line(f"thing {n}", 80, 100 + 12 * n))]
    contents = [
        one
        for n in range(6)
        for one in (line(f"Chapter {n} ...........", 50, 100 + 12 * n), line(str(n * 9), 400, 100 + 12 * n))
    ]
    for lines in (prose, bullets, contents):
        assert aligned_tables(lines) == []


def test_signs_stay_with_their_numbers() -> None:
    cells = []
    for n, (name, value) in enumerate((("Sales", "12.5"), ("Costs", "(8.1"), ("Rest", "4.4"))):
        cells += [line(name, 50, 100 + 14 * n), line("$", 200, 100 + 14 * n), line(value, 240, 100 + 14 * n)]
        cells += [line(")" if value.startswith("(") else "%", 270, 100 + 14 * n)]
    (table,) = aligned_tables(cells)
    assert table.cells == (("Sales", "$ 12.5 %"), ("Costs", "$ (8.1 )"), ("Rest", "$ 4.4 %"))


def test_markdown_escapes_and_knows_its_header() -> None:
    text, header_end = markdown(stored_rows(Table(box=PAGE, cells=(("a|b", "c"), ("1", "")))))
    assert text == "| a\\|b | c |\n| --- | --- |\n| 1 |  |\n"
    assert text[:header_end] == "| a\\|b | c |\n| --- | --- |\n"


# The rest


def test_a_budget_says_once_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = Budget("a.pdf", pixels=100)
    assert budget.draw(60, 1)
    with pytest.warns(DocumentWarning, match=r"a\.pdf: from page 2 on some images are left out"):
        assert not budget.draw(60, 2)
    assert not budget.draw(60, 3)
    assert budget.draw(40, 4)
    budget.grant(50)
    assert budget.draw(50, 4)
    assert budget.has_time_for("OCR", 1)
    monkeypatch.setattr("ragmm.loaders.pdf.budget.seconds_left", lambda: 3.0)
    with pytest.warns(DocumentWarning, match="from page 5 on there is no OCR"):
        assert not budget.has_time_for("OCR", 5)


@pytest.mark.parametrize(
    ("rotation", "box"),
    [(0, (10, 750, 30, 780)), (90, (20, 10, 50, 30)), (180, (570, 20, 590, 50)), (270, (750, 570, 780, 590))],
)
def test_places_on_a_turned_page(rotation: int, box: Box) -> None:
    place = Placement(rotation, (0, 0, 600, 800))
    assert place(10, 20, 30, 50) == box
    assert Placement(rotation, (100, 200, 700, 1000))(110, 220, 130, 250) == box


def test_bold_by_name() -> None:
    assert is_bold_name("ABCDEF+Helvetica-BoldOblique")
    assert not is_bold_name("Times-Roman")


class SamplePage:
    """As much of a page as running lines are learnt from."""

    number, width, height = 1, 600.0, 800.0


def test_what_recurs_on_one_page_only_is_not_running() -> None:
    pages = [
        (SamplePage(), [line(f"Chapter {n}", 50, 30), *[line("total", 50 * m, 40) for m in range(5)]]) for n in range(3)
    ]
    pages[1] = (pages[1][0], pages[1][1][:1])
    pages[2] = (pages[2][0], pages[2][1][:1])
    running = RunningLines(pages)
    assert [one.text for one in running.without(*pages[0])] == ["total"] * 5
    assert running.without(SamplePage(), [line("Chapter 77", 50, 32)]) == []
    assert len(running.without(SamplePage(), [line("Chapter 77", 50, 400)])) == 1


def test_running_lines_are_found_in_linear_time() -> None:
    many = [line("w", n % 600, 10 + n % 80) for n in range(30_000)]
    start = time.process_time()
    RunningLines([(SamplePage(), many)] * 3).without(SamplePage(), many)
    assert time.process_time() - start < 2


def test_a_file_of_more_pages_than_are_read_is_refused(tmp_path: Path) -> None:
    endless = SimpleNamespace(pages=5_001, close=lambda: None)
    backend: Any = SimpleNamespace(name="endless", open=lambda _file, _name: endless)
    probe = Probe(name="a.pdf", media_type="application/pdf", size=1, head=b"%PDF")
    with pytest.raises(LimitError, match="5,001 pages"):
        list(PdfLoader(LoaderSettings(ocr=Ocr.NEVER), backend).load(tmp_path / "a.pdf", probe))
