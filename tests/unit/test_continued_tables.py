"""A table that goes on overleaf has the heads of the page before; another table has not."""

from __future__ import annotations

from ragmm.loaders.pdf.continued_tables import ContinuedTables
from ragmm.loaders.pdf.table import Table
from ragmm.types import Box

HEADS = ("Month", "Notices", "Employees")
TOP, LOW = 60.0, 400.0


def table(*rows: tuple[str, ...], top: float = TOP, left: float = 50.0, right: float = 500.0) -> Table:
    box: Box = (left, top, right, top + 12 * len(rows))
    return Table(box=box, cells=rows)


FIRST = table(HEADS, ("July", "8", "120"), ("August", "6", "80"), top=LOW)
REST = table(("September", "4", "64"), ("October", "9", "102"))


def test_the_rest_of_a_table_has_its_heads_over_as_many_pages_as_it_takes() -> None:
    run = ContinuedTables()
    run.rows(1, [table(("Name", "Seat"), ("Ilse", "Chair")), FIRST])
    assert run.rows(2, [REST, table(("Name", "Seat"), ("Ilse", "Chair"), top=LOW)])[0][0] == HEADS
    run.rows(3, [FIRST])
    assert run.rows(4, [REST])[0] == [HEADS, *REST.cells]
    assert run.rows(5, [table(("November", "1", "2"))])[0] == [HEADS, ("November", "1", "2")]


def test_other_tables_keep_what_they_have() -> None:
    for page, other in (
        (3, REST),
        (2, table(("Month", "Fees", "Gifts"), ("September", "4", "64"))),
        (2, table(("September", "4"), ("October", "9"))),
        (2, table(*REST.cells, left=120.0)),
    ):
        run = ContinuedTables()
        run.rows(1, [FIRST])
        assert run.rows(page, [other]) == [list(other.cells)]


def test_a_table_without_heads_gives_none_and_pages_without_tables_end_it() -> None:
    run = ContinuedTables()
    run.rows(1, [REST])
    assert run.rows(2, [REST]) == [list(REST.cells)]
    run.rows(3, [FIRST])
    assert run.rows(4, []) == []
    assert run.rows(5, [REST]) == [list(REST.cells)]
