"""Statements without rules: heads of columns, headings of parts and signs apart from their numbers."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ragmm.loaders.pdf.aligned_tables import aligned_tables
from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.table import Table
from ragmm.loaders.pdf.table_text import stored_rows

NUMBERS = (300.0, 380.0)
"""Where numbers end."""
WIDTH, LEADING = 5.0, 12.0


def line(text: str, left: float, top: float, size: float = 10.0) -> Line:
    return Line(text=text, box=(left, top, left + WIDTH * len(text), top + size), size=size, bold=False, upright=True)


def statement(rows: Sequence[Sequence[str]], *, top: float = 50.0, step: float = LEADING) -> list[Line]:
    """A label at the left and numbers that end below each other."""
    found = []
    for number, (label, *values) in enumerate(rows):
        place = top + step * number
        found += [line(label, 50.0, place)] if label else []
        found += [line(v, end - WIDTH * len(v), place) for v, end in zip(values, NUMBERS, strict=False) if v]
    return found


def stored(tables: Sequence[Table]) -> list[list[list[str]]]:
    return [list(map(list, stored_rows(table))) for table in tables]


def test_headings_of_parts_cut_no_statement_from_its_years() -> None:
    rows = [
        ["", "June 30,", "June 30,"],
        ["(in thousands)", "2021", "2020"],
        ["Assets"],
        ["Current assets"],
        ["Cash", "1,200", "1,100"],
        ["Boats", "7,310", "6,990"],
        ["Liabilities and reserves"],
        ["Current liabilities"],
        ["Commitments (Note 4)"],
        ["Loans", "(410)", "(395)"],
        ["Reserves", "8,100", "7,695"],
    ]
    (found,) = stored(aligned_tables(statement(rows)))
    assert found[0] == ["(in thousands)", "June 30, 2021", "June 30, 2020"]
    assert ["Loans", "(410)", "(395)"] in found
    assert ["Current liabilities", "", ""] in found


def test_a_second_table_with_heads_of_its_own_stays_a_second() -> None:
    first = [["Berths", "2021", "2020"], ["Large", "12", "14"], ["Small", "30", "31"]]
    second = [["Fees", "2019", "2018"], ["Large", "900", "880"], ["Small", "310", "300"]]
    rows = [*first, ["What members paid"], ["and when"], *second]
    assert stored(aligned_tables(statement(rows))) == [first, second]


def test_what_stands_far_below_or_in_other_columns_is_another_table() -> None:
    first = [["Large", "12", "14"], ["Small", "30", "31"], ["Dinghies", "8", "9"]]
    second = [["Adults", "210", "205"], ["Youth", "64", "60"], ["Honorary", "5", "5"]]
    apart = [*statement(first), *statement([["Members"], ["of the club"]], top=90), *statement(second, top=180)]
    assert stored(aligned_tables(apart)) == [first, second]
    wide = [line(text, 150.0 + 70 * at, 132 + 12 * row) for row in range(3) for at, text in enumerate("1234")]
    assert len(aligned_tables([*statement(first), *statement([["Berths"], ["by pier"]], top=90), *wide])) == 2


def test_prose_between_two_tables_keeps_them_apart() -> None:
    first = [["Large", "12", "14"], ["Small", "30", "31"], ["Dinghies", "8", "9"]]
    second = [["Adults", "210", "205"], ["Youth", "64", "60"], ["Honorary", "5", "5"]]
    prose = "The harbour master counted the boats twice, in spring and in the autumn."
    rows = [*first, [prose], [prose], *second]
    assert stored(aligned_tables(statement(rows))) == [first, second]


def test_a_currency_sign_belongs_to_the_number_behind_it() -> None:
    lines = [
        *statement([["", "2021", "2020"], ["Fees", "", ""], ["Loans", "40", "39"], ["Gifts", "7", "3"]]),
        line("$", 240.0, 62.0),
        line("1,671   $", 280.0, 62.0),
        line("2,148", 355.0, 62.0),
    ]
    (found,) = stored(aligned_tables(lines))
    assert found == [["", "2021", "2020"], ["Fees", "$ 1,671", "$ 2,148"], ["Loans", "40", "39"], ["Gifts", "7", "3"]]


def test_a_sign_close_behind_a_bracket_is_that_of_the_next_column() -> None:
    rows = [["", "2021", "2020"], ["Debt", "(284)", "578"], ["Loans", "(1,034)", "(962)"], ["Gifts", "7", "3"]]
    lines = [*statement(rows), line("$", 302.0, 62.0), line("$", 240.0, 62.0)]
    (found,) = stored(aligned_tables(lines))
    assert found[1:3] == [["Debt", "$ (284)", "$ 578"], ["Loans", "(1,034)", "(962)"]]


def test_two_amounts_in_one_line_are_two_cells() -> None:
    lines = [
        *statement([["", "2021", "2020"], ["Fees"], ["Loans", "40", "39"], ["Gifts", "7", "3"]]),
        line("$  9         $  9", 295.0, 62.0),
    ]
    (found,) = stored(aligned_tables(lines))
    assert [" ".join(cell.split()) for cell in found[1]] == ["Fees", "$ 9", "$ 9"]


def test_rows_led_by_dots_are_a_table_unless_they_end_in_pages() -> None:
    counted = [["", "Men", "Women"], ["Theft. . . . . . . . . . .", "608.8", "471.3"]]
    counted += [["Arson . . . . . . . . . .", "8.1", "1.7"], ["Fraud. . . . . . . . .", "98.4", "75.3"]]
    (found,) = stored(aligned_tables(statement(counted)))
    assert found[1:] == [["Theft", "608.8", "471.3"], ["Arson", "8.1", "1.7"], ["Fraud", "98.4", "75.3"]]
    contents = [
        ["Theft. . . . . . . . . . . . . .", "8"],
        ["Arson . . . . . . . .", "11"],
        ["Fraud. . . . . . . .", "125"],
    ]
    assert aligned_tables(statement(contents)) == []


def test_heads_over_two_columns_do_not_join_them() -> None:
    lines = [
        *statement([[""], ["Theft", "60", "47"], ["Arson", "8", "1"], ["Fraud", "98", "75"]]),
        line("Counted by the watch", 278.0, 50.0),
        line("Offence", 50.0, 50.0),
    ]
    (found,) = stored(aligned_tables(lines))
    assert found[1:] == [["Theft", "60", "47"], ["Arson", "8", "1"], ["Fraud", "98", "75"]]


def test_heads_set_close_to_each_other_stand_over_their_own_columns() -> None:
    rows = [["", "", ""], ["Theft", "608.8", "471.30"], ["Arson", "8.1", "1.70"], ["Fraud", "98.4", "75.30"]]
    heads = [line("Offence", 50.0, 50.0), line("Under eighteen", 268.0, 50.0), line("of any age", 342.0, 50.0)]
    (found,) = stored(aligned_tables([*heads, *statement(rows)]))
    assert found[0] == ["Offence", "Under eighteen", "of any age"]


def test_a_head_in_the_middle_over_several_columns_is_said_of_each() -> None:
    ends = (200.0, 260.0, 320.0, 380.0, 440.0, 500.0)
    rows = [["Theft", "1.1", "2.2", "3.3", "4.4", "5.5", "6.6"], ["Arson", "1.2", "2.3", "3.4", "4.5", "5.6", "6.7"]]
    rows += [["Fraud", "1.3", "2.4", "3.5", "4.6", "5.7", "6.8"]]
    years = ["", "2019", "2020", "2021", "2019", "2020", "2021"]
    lines = [line("Men", 240.0, 50.0), line("Women", 415.0, 50.0)]
    for number, (label, *values) in enumerate([years, *rows]):
        lines += [line(label, 50.0, 62.0 + 12 * number)] if label else []
        lines += [line(v, end - WIDTH * len(v), 62.0 + 12 * number) for v, end in zip(values, ends, strict=True)]
    (found,) = stored(aligned_tables(lines))
    assert found[0] == ["", "Men 2019", "Men 2020", "Men 2021", "Women 2019", "Women 2020", "Women 2021"]


def test_a_page_of_a_thousand_parts_takes_as_long_as_its_length() -> None:
    def spent(parts: int) -> float:
        rows = [row for _ in range(parts) for row in (["Assets"], ["Current"], *[["Cash", "1,200", "1,100"]] * 3)]
        lines = statement(rows)
        began = time.process_time()
        assert len(aligned_tables(lines)) == 1
        return time.process_time() - began

    assert spent(200) < 12 * max(spent(50), 0.05)
