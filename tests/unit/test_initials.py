"""What a question says in words and a table in initials, and the other way round."""

from __future__ import annotations

import pytest

from ragmm.pipelines.answer.asked_tables import AskedTable
from ragmm.pipelines.answer.cells import CellWeights, pick
from ragmm.pipelines.answer.grids import Grid
from ragmm.pipelines.query.wanted import wanted
from ragmm.text.initials import initials_of

GRID = Grid(
    heads=("Route", "Pax", "L/F(%)", "Gross domestic product"),
    rows=(("Europe", "42,097", "62.0", "88"), ("Asia", "97,180", "58.9", "91")),
    quotes=("", ""),
    about="",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What is the load factor of Europe?", "62.0"),
        ("GDP of Asia", "91"),
        ("How high was the load factor for Asia?", "58.9"),
    ],
)
def test_a_column_is_found_by_initials(question: str, value: str) -> None:
    found = pick(question, wanted(question), AskedTable.of(GRID, question), CellWeights())
    assert found is not None
    assert found.value == value


def test_what_stands_beside_initials() -> None:
    asked = initials_of("What was the revenue per available seat of the US line?")
    assert asked.beside("R.A.S. (€)") == "R.A.S. (€) revenue per available seat"
    assert asked.beside("RAS") == "RAS revenue per available seat"
    assert asked.beside("lines of the United States") == "lines of the United States US"
    assert asked.beside("RASH") == "RASH"
    assert asked.beside("Ras al-Khaimah") == "Ras al-Khaimah"
    assert initials_of("").beside("L/F") == "L/F"
