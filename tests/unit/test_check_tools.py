"""The tools that print how well documents are read."""

from __future__ import annotations

import pytest

from tools import check_tables


def test_tables_of_every_kind_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_tables.main(["--tables", "2"]) == 0
    printed = capsys.readouterr().out
    assert all(kind in printed for kind in check_tables.KINDS)
    assert "pdfium" in printed


def test_a_cell_in_another_column_counts_as_wrong() -> None:
    truth = [[["place", "2021"], ["weir", "7"]]]
    assert check_tables.agreement(truth, truth) == (4, 4, 4)
    assert check_tables.agreement(truth, [[["place", "", "2021"], ["weir", "7", ""]]]) == (3, 4, 4)
    assert check_tables.agreement(truth, []) == (0, 4, 0)


def test_markdown_is_read_back_with_its_bars() -> None:
    assert list(check_tables.rows("| a \\| b | c |\n| --- | --- |\n| 1 |  |\n")) == [["a | b", "c"], ["1", ""]]
