"""Columns of signs join the numbers they belong to; columns of anything else stay."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ragmm.loaders.sign_columns import with_signs_joined


def test_signs_before_and_behind_numbers() -> None:
    rows = [
        ["", "2022", "", "2021", "", ""],
        ["Fees", "$", "1,671", "$", "2,148", ""],
        ["Loans", "", "(20)", "", "(20,263", ")"],
        ["Share", "", "23", "", "20", "%"],
    ]
    assert with_signs_joined(rows) == [
        ("", "2022", "2021"),
        ("Fees", "$ 1,671", "$ 2,148"),
        ("Loans", "(20)", "(20,263)"),
        ("Share", "23", "20%"),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [["Item", "Currency", "Price"], ["Rope", "$", "12"], ["Net", "€", "30"]],
        [["Sign", "$"], ["Meaning", "dollar"]],
        [["a", "%", "b"], ["c", "%", "none"]],
        [["a", "", "b"], ["c", "", "2"]],
        [],
    ],
    ids=["a named column", "last column", "signs beside words", "empty column", "nothing"],
)
def test_other_columns_stay(rows: Sequence[Sequence[str]]) -> None:
    assert with_signs_joined(rows) == [tuple(row) for row in rows]
