"""The most and the least of long tables, which are stored in parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import pytest
from reportlab.platypus import SimpleDocTemplate, Table

import ragmm
from ragmm.pipelines.answer.asked_tables import AskedOrder
from ragmm.pipelines.answer.grids import grid_of
from ragmm.pipelines.answer.quoted import extract_answer
from ragmm.pipelines.answer.whole_tables import winners_beside, with_whole_tables
from ragmm.pipelines.query.question import Fetch
from ragmm.types import Hit, Modality, StoredItem
from ragmm.wiring import build_reader
from tests.unit.hits import make_hit

HEAD = "| town | founded | dues | loadpercent |\n| --- | --- | --- | --- |\n"
ROWS = [(f"Town{chr(65 + at)}", 1900 + at, f"{1000 + 7 * at % 83 * 10:,}", f"{30 + at * 1.5:.3f}") for at in range(24)]
ROWS[17] = ("Skarby", 1917, "4,210", "66.97")
ROWS[3] = ("Lundo", 1903, "310", "12.5")


def parts(rows: list[tuple[str, int, str, str]] = ROWS, size: int = 2) -> list[Hit]:
    """Every part of the table, as hits."""
    found = []
    for at in range(0, len(rows), size):
        lines = "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows[at : at + size])
        held = {"rows": [at + 2, at + 1 + size]}
        found.append(make_hit(at // size + 1, HEAD + lines, modality=Modality.TABLE, uri="towns.csv", metadata=held))
    return found


def fetch_of(every: list[Hit]) -> Fetch:
    stored = {hit.item.id: hit.item for hit in every}

    def fetch(ids: Iterable[int]) -> list[StoredItem]:
        return [stored[one] for one in ids if one in stored]

    return fetch


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("Which town has the highest dues?", "Skarby"),
        ("Which town has the lowest dues?", "Lundo"),
        ("What are the highest dues?", "4,210"),
        ("Which town has the highest load percent?", "Skarby"),
    ],
)
def test_the_row_that_wins_is_found_in_whichever_part_it_stands(question: str, short: str) -> None:
    every = parts()
    found = [dataclasses.replace(every[at], rank=rank) for rank, at in enumerate((5, 2), 1)]
    shown = winners_beside(question, found, fetch_of(every))
    assert [hit.rank for hit in shown] == [1, 2, 3]
    assert shown[:2] == found
    assert shown[2].item in [hit.item for hit in every]
    answer = extract_answer(question, with_whole_tables(question, shown, fetch_of(every)), reader=build_reader("mini"))
    assert answer.short == short
    (claim,) = answer.claims
    (citation,) = claim.citations
    assert citation.rank == 3
    assert citation.quote in shown[2].item.text


def test_nothing_is_said_of_a_part_where_two_rows_of_the_whole_are_alike() -> None:
    rows = [*ROWS, ("Twin", 1990, "4,210", "20.5")]
    every = parts(rows, size=5)
    found = every[:2]
    question = "Which town has the highest dues?"
    assert winners_beside(question, found, fetch_of(every)) == found
    told = with_whole_tables(question, found, fetch_of(every))
    assert extract_answer(question, told, reader=build_reader("mini")).abstained


@pytest.mark.parametrize(
    ("dues", "short"),
    [
        (("900,000", "1.5 million", "2 million", "3", "4"), None),
        (("900 g", "1.5 kg", "2 kg", "3 t", "4 g"), None),
        (("$9", "€4", "£3", "$2", "$1"), None),
        (("9 days", "4 days", "3 days", "2 days", "1 day"), "TownA"),
        (("$9", "4", "$3", "2", "$1"), "TownA"),
        (("$9 million", "$4.5 million", "$3 million", "$2 million", "$1 million"), "TownA"),
    ],
)
def test_amounts_of_several_units_are_in_no_order(dues: tuple[str, ...], short: str | None) -> None:
    rows = [(f"Town{chr(65 + at)}", 1900, one, "7.5") for at, one in enumerate(dues)]
    grid = grid_of(parts(rows, len(rows))[0].item)
    assert grid is not None
    assert bool(AskedOrder.of("Which town has the highest dues?", grid).extremes) is (short is not None)
    every = parts(rows)
    question = "Which town has the highest dues?"
    told = with_whole_tables(question, every[:1], fetch_of(every))
    assert extract_answer(question, told, reader=build_reader("mini")).short == short


def test_items_that_name_no_rows_are_parts_of_nothing() -> None:
    every = [
        make_hit(at, "town: Skarby\ndues: 4,210", modality=Modality.TABLE, uri="a.x", metadata={"rows": []})
        for at in (1, 2)
    ]
    assert winners_beside("Which town has the highest dues?", every[:1], fetch_of(every)) == every[:1]


def test_other_questions_and_whole_tables_are_left_alone() -> None:
    every = parts()
    for question in ("When was Skarby founded?", "Which is the highest and which the lowest?"):
        assert winners_beside(question, every[:2], fetch_of(every)) == every[:2]
    alone = parts(ROWS[:2])
    assert winners_beside("Which town has the highest dues?", alone, fetch_of(alone)) == alone


def test_a_sheet_that_was_ingested_is_looked_through(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    rows = "\n".join(",".join(str(cell).replace(",", "") for cell in row) for row in ROWS)
    (folder / "towns.csv").write_text(f"town,founded,dues,loadpercent\n{rows}\n", encoding="utf-8")
    pipeline = tmp_path / "parts.toml"
    pipeline.write_text("[loaders]\nchunk_tokens = 40\n", encoding="utf-8")
    with ragmm.create(tmp_path / "made", pipeline=pipeline) as docs:
        docs.ingest(folder)
        result = docs.query("Which town has the highest dues?")
        assert docs.info().items > 8
        docs.remove("towns.csv")
        assert docs.info().documents == 0
    assert result.answer is not None
    assert result.answer.short == "Skarby"


def test_a_filter_holds_for_what_joins_the_hits_and_for_what_is_answered(tmp_path: Path) -> None:
    table = [["town", "dues"], *([name, dues.replace(",", "")] for name, _, dues, _ in ROWS * 3)]
    table[60] = ["Farhaven", "9210"]
    (tmp_path / "files").mkdir()
    grid = Table(table, repeatRows=1, style=[("GRID", (0, 0), (-1, -1), 1, "black")])
    SimpleDocTemplate(str(tmp_path / "files" / "dues.pdf")).build([grid])
    with ragmm.create(tmp_path / "made") as docs:
        docs.ingest(tmp_path / "files")
        for where, short in (((), "Farhaven"), ("page=1", "Skarby")):
            result = docs.query("Which town has the highest dues?", where=where)
            assert {hit.item.locator.page for hit in result.hits} == ({1} if where else {1, 2})
            assert result.answer is not None
            assert result.answer.short == short


def test_the_words_of_an_item_whose_like_is_looked_for_ask_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    rows = "\n".join(",".join(str(cell).replace(",", "") for cell in row) for row in ROWS)
    (tmp_path / "files" / "towns.csv").write_text(f"town,founded,dues,loadpercent\n{rows}\n", encoding="utf-8")
    (tmp_path / "files" / "a.txt").write_text("Which town has the highest dues?", encoding="utf-8")
    pipeline = tmp_path / "parts.toml"
    pipeline.write_text("[loaders]\nchunk_tokens = 40\n", encoding="utf-8")
    with ragmm.create(tmp_path / "made", pipeline=pipeline) as docs:
        docs.ingest(tmp_path / "files")
        (asks,) = docs.items("a.txt")
        assert len(docs.search(like=asks.id, k=2)) == 2
