"""Columns of two values a cell are set apart, and no others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ragmm.loaders.glued_columns import with_columns_apart


def test_what_stands_before_a_year_is_said_of_both() -> None:
    rows = [
        ["", "Week to Date 2017", "Week to Date 2016 % Chg"],
        ["Murder", "0", "0 ***.*"],
        ["Rape", "1", "3 -66.7"],
        ["Robbery", "16", "25 -36.0"],
        ["Burglary", "20", ""],
    ]
    assert with_columns_apart(rows) == [
        ("", "Week to Date 2017", "Week to Date 2016", "Week to Date % Chg"),
        ("Murder", "0", "0", "***.*"),
        ("Rape", "1", "3", "-66.7"),
        ("Robbery", "16", "25", "-36.0"),
        ("Burglary", "20", "", ""),
    ]


def test_two_words_are_two_heads_and_more_are_said_of_both() -> None:
    body = [["North", "12 4.5"], ["South", "9 1.5"], ["East", "7 n/a"]]
    assert with_columns_apart([["", "Boats Share"], *body])[0] == ("", "Boats", "Share")
    assert with_columns_apart([["", "Boats in use"], *body])[0] == ("", "Boats in use", "Boats in use")


@pytest.mark.parametrize(
    "cells",
    [
        ["1 250", "980", "12 400"],
        ["1 250", "3 980", "12 400"],
        ["1.35 - 1.42", "1.38 - 1.43", "1.2 - 1.3"],
        ["12 boats", "9 boats", "7 boats"],
        ["12 4.5", "9", "7"],
        ["12 4.5", "9 1.5"],
        ["07:10 07:45", "12:40 13:15", "17:40 18:15"],
        [],
    ],
)
def test_other_columns_stay_as_they_are(cells: Sequence[str]) -> None:
    rows = [["", "Found"], *(["x", cell] for cell in cells)]
    assert with_columns_apart(rows) == [tuple(row) for row in rows]
