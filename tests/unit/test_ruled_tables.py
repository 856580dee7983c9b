"""Drawn cells that hold several rows of values are several rows; those that hold wrapped words stay one."""

from __future__ import annotations

from ragmm.loaders.pdf.base import DrawnShape, Line
from ragmm.loaders.pdf.ruled_tables import ruled_tables

EDGES, ROWS = (50.0, 150.0, 230.0, 310.0), (40.0, 60.0, 110.0)


def line(text: str, left: float, top: float) -> Line:
    return Line(text=text, box=(left, top, left + 5 * len(text), top + 10), size=10.0, bold=False, upright=True)


def rules() -> list[DrawnShape]:
    boxes = [(EDGES[0], y, EDGES[-1], y) for y in ROWS] + [(x, ROWS[0], x, ROWS[-1]) for x in EDGES]
    return [DrawnShape(box=box, stroked=True, curved=False, color=0) for box in boxes]


HEADS = [line("Month", 55, 45), line("Guests", 155, 45), line("Share", 235, 45)]


def test_months_between_two_rules_are_rows() -> None:
    lines = [*HEADS]
    for at, (month, guests, share) in enumerate(
        [("Oct-2015", "684", "81.1"), ("Nov-2015", "642", "–"), ("Dec-2015", "647", "74")]
    ):
        lines += [line(month, 55, 64 + 14 * at), line(guests, 155, 64 + 14 * at), line(share, 235, 64 + 14 * at)]
    (found,) = ruled_tables(rules(), lines)
    assert found.cells == (
        ("Month", "Guests", "Share"),
        ("Oct-2015", "684", "81.1"),
        ("Nov-2015", "642", "–"),
        ("Dec-2015", "647", "74"),
    )


def test_wrapped_words_and_values_that_stand_elsewhere_stay_one_row() -> None:
    words = [line("Autumn and", 55, 64), line("winter", 55, 78), line("684 of", 155, 64), line("them all", 155, 78)]
    (found,) = ruled_tables(rules(), [*HEADS, *words, line("81.1", 235, 64), line("82.0", 235, 78)])
    assert found.cells[1] == ("Autumn and winter", "684 of them all", "81.1 82.0")
    apart = [line("Autumn", 55, 64), line("684", 155, 64), line("9", 155, 78), line("81", 235, 70), line("82", 235, 92)]
    (found,) = ruled_tables(rules(), [*HEADS, *apart])
    assert found.cells[1] == ("Autumn", "684 9", "81 82")


def test_heads_side_by_side_in_one_drawn_cell_are_those_of_their_columns() -> None:
    # The rule between the second and the third column begins below the heads.
    drawn = [rule for rule in rules() if rule.box[0] != EDGES[2] or rule.box[2] != EDGES[2]]
    drawn.append(DrawnShape(box=(EDGES[2], ROWS[1], EDGES[2], ROWS[2]), stroked=True, curved=False, color=0))
    heads = [line("Month", 55, 48), line("Visits", 200, 40), line("Guests", 155, 50), line("Share", 235, 50)]
    values = [line("Oct-2015", 55, 80), line("684", 155, 80), line("81.1", 235, 80)]
    (found,) = ruled_tables(drawn, [*heads, *values])
    assert found.cells == (("Month", "Visits Guests", "Visits Share"), ("Oct-2015", "684", "81.1"))


def test_values_that_only_another_column_parts_go_to_their_rows() -> None:
    drawn = [rule for rule in rules() if rule.box[1] != rule.box[3] or rule.box[1] != ROWS[2]]
    drawn += [
        DrawnShape(box=(EDGES[0], ROWS[2], EDGES[-1], ROWS[2]), stroked=True, curved=False, color=0),
        DrawnShape(box=(EDGES[2], 85.0, EDGES[3], 85.0), stroked=True, curved=False, color=0),
    ]
    lines = [*HEADS, line("Cancelled", 55, 66), line("by weather", 55, 92)]
    lines += [line("21", 155, 66), line("17", 155, 92), line("229", 235, 66), line("101", 235, 92)]
    (found,) = ruled_tables(drawn, lines)
    assert found.cells[1:] == (("Cancelled", "21", "229"), ("by weather", "17", "101"))


def test_a_name_beside_several_rows_of_values_is_said_of_each() -> None:
    lines = [*HEADS, line("Group", 55, 78)]
    for at, (guests, share) in enumerate([("684", "81.1"), ("642", "–"), ("647", "74")]):
        lines += [line(guests, 155, 64 + 14 * at), line(share, 235, 64 + 14 * at)]
    (found,) = ruled_tables(rules(), lines)
    assert found.cells[1:] == (("Group", "684", "81.1"), ("Group", "642", "–"), ("Group", "647", "74"))


def test_a_name_in_a_cell_as_high_as_several_drawn_rows_is_said_of_each() -> None:
    parted = [DrawnShape(box=(EDGES[1], 85.0, EDGES[-1], 85.0), stroked=True, curved=False, color=0)]
    values = [line("Alma", 155, 66), line("229", 235, 66), line("Berta", 155, 92), line("101", 235, 92)]
    (found,) = ruled_tables([*rules(), *parted], [*HEADS, line("Norrby", 55, 80), *values])
    assert found.cells[1:] == (("Norrby", "Alma", "229"), ("Norrby", "Berta", "101"))
    words = [line("Alma", 155, 66), line("open", 235, 66), line("Berta", 155, 92), line("closed", 235, 92)]
    (found,) = ruled_tables([*rules(), *parted], [*HEADS, line("Norrby", 55, 80), *words])
    assert found.cells[2] == ("", "Berta", "closed")
