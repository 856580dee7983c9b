"""Quarters of years in questions, heads and rows."""

from __future__ import annotations

import pytest

from ragmm.pipelines.answer.cells import of_quarter
from ragmm.pipelines.answer.found_values import TableWeights, values_in_tables
from ragmm.pipelines.query.wanted import wanted
from ragmm.text.quarters import quarters_of
from ragmm.types import Modality
from tests.unit.hits import make_hit


@pytest.mark.parametrize(
    ("text", "quarters"),
    [
        ("Q1 FY25", {(2025, 1)}),
        ("the first quarter of fiscal 2025", {(2025, 1)}),
        ("third-quarter 2019", {(2019, 3)}),
        ("4Q07", {(2007, 4)}),
        ("2025-Q1", {(2025, 1)}),
        ("Q2'24 and Q2 2023", {(2024, 2), (2023, 2)}),
        ("Q3", {(0, 3)}),
        ("the IQ test of 2020", set()),
    ],
)
def test_quarters_however_written(text: str, quarters: set[tuple[int, int]]) -> None:
    assert quarters_of(text) == quarters


def test_of_the_quarter_of_another_or_of_none() -> None:
    heads = ["Q4 FY23", "Q3 FY23", "Q4", "Segment"]
    assert list(of_quarter("gaming in the fourth quarter of fiscal 2023", heads)) == [1, -1, 1, 0]
    assert list(of_quarter("gaming in 2023", heads)) == [0, 0, 0, 0]


def test_the_column_of_the_quarter_answers() -> None:
    table = (
        "| ($ in millions) | Q1 FY25 | Q4 FY24 | Q1 FY24 |\n| --- | --- | --- | --- |\n"
        "| Data Center | 22,563 | 18,404 | 4,284 |\n| Gaming | 2,647 | 2,865 | 2,240 |"
    )
    question = "What was data center revenue in the first quarter of fiscal 2025?"
    hits = [make_hit(1, table, modality=Modality.TABLE)]
    (best, *_) = values_in_tables(question, wanted(question), hits, TableWeights())
    assert best.value == "22,563"
    other = "data center revenue in Q3 FY22"
    (doubted, *_) = values_in_tables(other, wanted(other), hits, TableWeights())
    assert doubted.confidence < 0.3
