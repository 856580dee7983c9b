"""What of a table is embedded: the words, each once."""

from __future__ import annotations

from ragmm.pipelines.embedding import meant_text
from ragmm.text.table_words import table_words
from ragmm.types import Item, Locator, Modality


def test_numbers_and_repetitions_are_left_out() -> None:
    rows = (
        "| Region | 2023 | Change |",
        "| --- | --- | --- |",
        "| North | 1,204 | -3.5 % |",
        "| South | 988 | no change |",
    )
    assert table_words("\n".join([*rows, "| North | 7 | |"])) == "Region | Change\nNorth\nSouth | no change"


def test_facts_with_words_stay_whole() -> None:
    assert table_words("Rank: 3\nMajor: Metallurgy\nTotal: 856\nShare: .15") == "Major: Metallurgy"
    assert table_words("门票: 30 元\n面积：120") == "门票: 30 元"


def test_the_parts_of_a_long_sheet_of_numbers_mean_the_same() -> None:
    """Their heads stand in the context: one vector serves all parts."""

    def part(first: int) -> Item:
        rows = "\n".join(f"| {n} | {n * 1.5} | {n * n} |" for n in range(first, first + 9))
        return Item(modality=Modality.TABLE, text=rows, context="measured\n| hour | level | flow |", locator=Locator())

    assert meant_text(part(0)) == meant_text(part(9)) == "measured\n| hour | level | flow |"
    assert table_words("\n".join(f"| site {n % 2} | {n} |" for n in range(9))) == "site 0\nsite 1"


def test_a_table_of_numbers_alone_is_embedded_whole() -> None:
    item = Item(modality=Modality.TABLE, text="| 1 | 2 |\n| --- | --- |\n| 3 | 4 |", context="", locator=Locator())
    assert meant_text(item) == item.text


def test_other_items_are_embedded_as_they_are() -> None:
    item = Item(modality=Modality.PASSAGE, text="It rose by 3.5.", context="Levels", locator=Locator())
    assert meant_text(item) == "Levels\nIt rose by 3.5."
