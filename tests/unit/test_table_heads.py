"""Column heads in two rows made one, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ragmm.loaders.table_heads import parts_at_heads, with_one_head


def test_a_head_above_several_columns_is_said_of_each() -> None:
    rows = [
        ["", "Week to date", "", "Year to date", ""],
        ["", "2017", "2016", "2017", "2016"],
        ["Robbery", "16", "25", "540", "608"],
        ["Burglary", "20", "29", "621", "736"],
    ]
    head, *data = with_one_head(rows)
    assert head == ("", "Week to date 2017", "Week to date 2016", "Year to date 2017", "Year to date 2016")
    assert data == [tuple(row) for row in rows[2:]]


def test_ages_stand_beside_words_as_heads() -> None:
    rows = [
        ["", "Finland", "", "", "EU-15", "", ""],
        ["", "Female", "Total", "15-24", "Female", "Total", "15-24"],
        ["1995", "15.1", "15.4", "29.7", "12.0", "10.1", "21.1"],
        ["2000", "10.6", "9.8", "21.4", "9.3", "7.7", "15.3"],
    ]
    assert with_one_head(rows)[0][1:4] == ("Finland Female", "Finland Total", "Finland 15-24")


def test_three_rows_of_heads() -> None:
    rows = [
        ["", "Cash", "", ""],
        ["", "in", "in", "out"],
        ["", "2019", "2020", "2020"],
        ["Fees", "1,250", "980", "(4)"],
    ]
    assert with_one_head(rows)[0] == ("", "Cash in 2019", "Cash in 2020", "Cash out 2020")


def test_a_title_in_the_first_cell_is_said_of_no_column() -> None:
    rows = [
        ["Energy prices", "", "", ""],
        ["", "This week", "Last week", "Year ago"],
        ["Iowa", "1.35 - 1.42", "1.4", "1.3"],
    ]
    assert with_one_head(rows)[0] == ("Energy prices", "This week", "Last week", "Year ago")


@pytest.mark.parametrize(
    "rows",
    [
        [["Boat", "Length", "Berth"], ["Tern", "9.10", "C 18"], ["Alma", "7.35", "C 20"]],
        [["Name", "Role", "Since"], ["Ilse Brandt", "Chair", "May"], ["Anna Foss", "Treasurer", "June"]],
        [["Region", "2019", "2020"], ["North", "n/a", "n/a"], ["South", "12", "14"]],
        [["North", "12", "14"], ["", "Total", "Sum"], ["South", "12", "14"]],
        [["Question", "Yes", "No"], ["Dogs", "allowed", "never"], ["Cats", "3", "4"]],
        [["a", "b"], ["", "x y"], ["1", "2"]],
        [],
    ],
)
def test_other_rows_stay_as_they_are(rows: Sequence[Sequence[str]]) -> None:
    assert with_one_head(rows) == [tuple(row) for row in rows]


def test_a_form_and_the_figures_below_it_are_two_tables() -> None:
    form = [
        ("Customer", "", "Vehicle", ""),
        ("Name", "Gabriel Diaz", "Make", "Jeep"),
        ("Policy", "P-5", "Color", "White"),
    ]
    figures = [("Parts", "", "", "2,100"), ("Body Labor", "2", "150", "300"), ("Paint Labor", "1.5", "150", "225")]
    first, second = parts_at_heads([*form, ("", "Totals", "", ""), ("", "Hours", "Rate", "Cost"), *figures])
    assert first == form
    assert second == [("Totals", "Hours", "Rate", "Cost"), *figures]


def test_headings_of_parts_make_no_tables_of_their_own() -> None:
    rows = [
        ("", "2019", "2020"),
        ("Fees", "1,250", "980"),
        ("", "as reported", "as restated"),
        ("Rent", "400", "410"),
        ("Wages", "800", "790"),
    ]
    assert parts_at_heads(rows) == [rows]
