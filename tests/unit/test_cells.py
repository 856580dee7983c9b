"""Cells of tables: how rows and columns are written as options, what order is asked for, and what a reader changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ragmm.pipelines.answer.asked_tables import AskedOrder, AskedTable
from ragmm.pipelines.answer.cells import CellWeights, PickedCell, pick
from ragmm.pipelines.answer.found_values import TableWeights, values_in_tables
from ragmm.pipelines.answer.grids import Grid, grid_of
from ragmm.pipelines.answer.options import column_option, row_option
from ragmm.pipelines.query.asked_extremes import asks_for_extreme, without_order_words
from ragmm.pipelines.query.wanted import wanted
from ragmm.readers.base import OptionSide, Passage, Span
from ragmm.text.alike import spelt_out
from ragmm.text.terms import content_terms
from ragmm.types import Locator, Modality, ModelInfo
from tests.unit.hits import make_hit as hit

BOATS = Grid(
    heads=("Boat", "Skipper", "Built", "Length (m)"),
    rows=(
        ("Windhover", "Jon Varga", "1974", "7.35"),
        ("Tern", "Ilse Brandt", "1931", "9.10"),
        ("Petrel", "Anna Foss", "2003", "6.20"),
        ("Total", "", "", "22.65"),
    ),
    quotes=("",) * 4,
    about="boats of the harbour",
)
FERRIES = "| Ferry | Seats | Crew |\n| --- | --- | --- |\n| Alma | 88 | 4 |\n| Berta | 64 | 3 |"
TRAINS = "| Train | Seats | Crew |\n| --- | --- | --- |\n| Anton | 188 | 2 |\n| Bruno | 164 | 1 |"


class OptionReader:
    """Scores an option by what a function says of its text; `None` where it has learnt nothing of tables."""

    def __init__(self, judge: Callable[[str, OptionSide], float] | None) -> None:
        self._judge = judge
        self.asked: list[tuple[OptionSide, list[str]]] = []

    @property
    def info(self) -> ModelInfo:
        raise NotImplementedError

    def read(self, question: str, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        return [() for _ in passages]

    def score(self, question: str, options: Sequence[Passage], side: OptionSide) -> list[float] | None:
        self.asked.append((side, [one.text for one in options]))
        judge = self._judge
        return None if judge is None else [judge(one.text, side) for one in options]


def likes(*words: str) -> OptionReader:
    return OptionReader(lambda text, _: 6.0 if any(word in text for word in words) else -6.0)


# Options ---------------------------------------------------------------------------------------------------------


def option_of(question: str, row: int, grid: Grid = BOATS) -> Passage:
    table = AskedTable.of(grid)
    return row_option(content_terms(question), AskedOrder.of(question, grid), table, row)


def test_a_row_begins_with_its_label_and_what_the_question_names() -> None:
    option = option_of("How long is the boat of Jon Varga?", 0)
    assert option.text.startswith("Windhover; Skipper: Jon Varga; ")
    assert option.text[: option.prefix] == "Windhover"
    assert "highest" not in option.text


def test_order_is_written_only_where_it_is_asked_for() -> None:
    assert "Built: 1931 lowest" in option_of("Which boat is the oldest?", 1).text
    assert "Length (m): 9.10 highest" in option_of("Which boat has the highest length?", 1).text  # but for the total
    assert "last row" in option_of("Which boat is listed last?", 3).text
    assert "after Windhover" in option_of("Which boat comes after the Windhover?", 1).text
    assert "before Petrel" in option_of("Which boat comes before the Petrel?", 1).text


def test_a_column_is_written_with_its_value_in_the_row() -> None:
    option = column_option(AskedTable.of(BOATS), 1, 3)
    assert option.text == "Tern; Length (m): 9.10"
    assert option.text[: option.prefix] == "Tern"


def test_of_long_heads_both_ends_are_kept() -> None:
    head = "all boats of the harbour office and the yacht club together, average length by the end of the year 2017"
    grid = Grid(heads=("Boat", head), rows=(("Tern", "9.10"),), quotes=("",), about="")
    text = column_option(AskedTable.of(grid), 0, 1).text
    assert text.startswith("Tern; all boats")
    assert text.endswith("of the year 2017: 9.10")
    assert len(text) < 80


# Picking ---------------------------------------------------------------------------------------------------------


def picked_value(question: str, reader: OptionReader | None = None, grid: Grid = BOATS) -> str:
    found = pick(question, wanted(question), AskedTable.of(grid), CellWeights(), reader=reader)
    return found.value if found else ""


@pytest.mark.parametrize(
    ("question", "boat"),
    [
        ("Who is the skipper of the boat with the highest length?", "Tern"),
        ("Who is the skipper of the boat with the lowest length?", "Petrel"),
        ("Which boat was built earliest?", "Tern"),
        ("What is the length of the boat listed first?", "Windhover"),
    ],
)
def test_the_row_with_the_most_the_least_or_the_first_is_found_by_words(question: str, boat: str) -> None:
    found = pick(question, wanted(question), AskedTable.of(BOATS), CellWeights())
    assert found is not None
    assert BOATS.rows[found.row][0] == boat


@pytest.mark.parametrize(("boat", "year"), [("Tern", "1931"), ("Petrel", "2003"), ("Windhover", "1974")])
def test_a_reader_decides_between_rows_and_columns_that_words_leave_open(boat: str, year: str) -> None:
    def judge(text: str, side: OptionSide) -> float:
        return 9.0 if (text.startswith(boat) if side is OptionSide.ROW else "Built" in text) else -9.0

    assert picked_value("Of the Tern, the Petrel and the Windhover, which one?", OptionReader(judge)) == year


ARRESTS = Grid(
    heads=("Offence", "Total", "Male", "Female", "Rel. change", "Fee", "Dec"),
    rows=(
        ("Speeding", "1,158", "895", "262", "2.64", "$ 12.50", "77"),
        ("Littering", "40", "31", "9", "1.10", "$ 3", "2"),
    ),
    quotes=("", ""),
    about="offences elnorrby",
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("men speeding", "895"),
        ("women caught speeding", "262"),
        ("relative change of speeding", "2.64"),
        ("speeding in December", "77"),
        ("What is the fee for speeding?", "$ 12.50"),
    ],
)
def test_a_head_may_say_it_in_short_or_by_the_other_name(question: str, value: str) -> None:
    assert picked_value(question, grid=ARRESTS) == value


def test_a_reader_is_given_whole_words() -> None:
    assert "; Relative change: 2.64" in column_option(AskedTable.of(ARRESTS), 0, 4).text
    assert spelt_out("Avg. temp (max)") == "Average temperature (maximum)"
    assert spelt_out("Maxwell's relay, noted") == "Maxwell's relay, noted"


def test_a_sum_of_money_is_no_count_of_things() -> None:
    grid = Grid(heads=("Sweet", "Sum", "Of it"), rows=(("Toffee", "$ 61", "415"),), quotes=("",), about="")
    assert picked_value("How many toffee are there?", grid=grid) == "415"
    assert picked_value("How many dollars is the sum of toffee?", grid=grid) == "$ 61"


def test_the_noun_counts_more_than_what_stands_before_it() -> None:
    grid = Grid(heads=("Work", "Hours", "Rate"), rows=(("Paint", "2", "150"),), quotes=("",), about="")
    assert picked_value("hourly rate for paint", grid=grid) == "150"


def test_what_a_name_joins_is_said_of_the_table() -> None:
    asked = "How many of Norrby were caught littering?"
    found = pick(asked, wanted(asked), AskedTable.of(ARRESTS), CellWeights())
    other = pick(asked, wanted(asked), AskedTable.of(dataclasses.replace(ARRESTS, about="offences")), CellWeights())
    assert found is not None
    assert other is not None
    assert found.unsaid < other.unsaid


def test_a_reader_without_tables_changes_nothing() -> None:
    question = "How many metres is the Petrel long?"
    reader = OptionReader(None)
    with_it, without = (
        pick(question, wanted(question), AskedTable.of(BOATS), CellWeights(), reader=one) for one in (reader, None)
    )
    assert with_it == without
    assert with_it is not None
    assert with_it.read is None


def test_a_reader_reads_a_few_rows_and_filled_columns_of_the_best() -> None:
    rows = tuple((f"Boat {number}", "Jon Varga", "", str(1900 + number)) for number in range(40))
    grid = Grid(heads=BOATS.heads, rows=rows, quotes=("",) * 40, about="")
    reader = likes("Length (m): 1917")
    assert picked_value("How long is boat 17?", reader, grid) == "1917"
    (side, options), (other, columns) = reader.asked
    assert (side, other) == (OptionSide.ROW, OptionSide.COLUMN)
    assert 1 < len(options) <= 6  # and none that the words rule out
    assert options[0].startswith("Boat 17")
    assert all(text.startswith("Boat 17") for text in columns)
    assert len(columns) == 3


def test_the_next_table_is_read_where_the_first_holds_no_row() -> None:
    hits = [hit(rank, text, modality=Modality.TABLE) for rank, text in ((1, FERRIES), (2, TRAINS))]
    question = "How many seats does the first one have?"
    wants_trains = OptionReader(lambda text, _: 6.0 if "Bruno" in text else -6.0)
    found = values_in_tables(question, wanted(question), hits, TableWeights(), reader=wants_trains)
    assert found[0].quote == "| Bruno | 164 | 1 |"
    assert [side for side, _ in wants_trains.asked] == [OptionSide.ROW, OptionSide.COLUMN] * 2
    wants_ferries = OptionReader(lambda text, _: 6.0 if "Berta" in text else -6.0)
    found = values_in_tables(question, wanted(question), hits, TableWeights(), reader=wants_ferries)
    assert found[0].quote == "| Berta | 64 | 3 |"
    assert len(wants_ferries.asked) == 2


# Answers from tables ---------------------------------------------------------------------------------------------

TOWNS = ("Adams", "Boone", "Cuming", "Dixon", "Erie", "Frontier")
MOORINGS = "Moorings by harbour\n|  |  |\n| --- | --- |\n| Penmoor | 128 |\n| Elverby | 94 |\n| Tarn | 57 |"


def from_table(question: str, text: str, modality: Modality = Modality.PHOTO, **parts: Any) -> str:
    found = values_in_tables(question, wanted(question), [hit(1, text, modality=modality, **parts)], TableWeights())
    return found[0].value if found else ""


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many moorings does Elverby have?", "94"),
        ("Which harbour has the fewest moorings?", "Tarn"),
        ("What is the highest number of moorings?", "128"),
        ("Which harbour has 57 moorings?", "Tarn"),
    ],
)
def test_a_chart_is_asked_by_label_by_value_and_for_the_most(question: str, value: str) -> None:
    assert from_table(question, MOORINGS) == value


def test_of_equals_none_is_the_most() -> None:
    text = MOORINGS.replace("128", "94")
    assert from_table("Which harbour has the most moorings?", text) not in {"Penmoor", "Elverby"}


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Welcher Hafen hat die meisten moorings?", "Penmoor"),
        ("Quel port a le moins de moorings ?", "Tarn"),
        ("Quel port a le plus grand nombre de moorings ?", "Penmoor"),
        ("Welke haven heeft de minste moorings?", "Tarn"),
        ("¿Qué puerto tiene la mayor cantidad de moorings?", "Penmoor"),
        ("moorings が最も少ない港は？", "Tarn"),
    ],
)
def test_the_most_is_asked_for_in_other_languages(question: str, value: str) -> None:
    assert from_table(question, MOORINGS) == value


def test_only_foreign_questions_have_foreign_words_of_order() -> None:
    assert without_order_words("Which court has the most cases?", ["court", "most", "cases"]) == ["court", "cases"]
    asked = "Quel port a le plus petit nombre ?"
    assert without_order_words(asked, ["port", "plus", "petit", "nombre"]) == ["port", "nombre"]


@pytest.mark.parametrize("question", ["Who is the mayor?", "What is a minor planet?", "Mindestens wie viele Boote?"])
def test_what_asks_for_no_extreme(question: str) -> None:
    assert not asks_for_extreme(question)


def test_rows_of_which_nothing_is_known_do_not_stand_in_the_way() -> None:
    rows = "\n| Vik | nd |\n| Norrby | n/a |\n| Sund | – |\n| World average | 990 |\n| All harbours | 279 |"
    assert from_table("Which harbour has the most moorings?", MOORINGS + rows) == "Penmoor"


def test_how_much_is_answered_from_a_column_of_shares() -> None:
    text = """| Cycle | Distance (mi) | Fuel savings without stops |
| --- | --- | --- |
| A1 | 11.2 | 9.5% |
| B2 | 58.7 | 8.1% |
| C3 | 1.3 | 29.2% |"""
    assert from_table("How much fuel would cycle A1 save without stops?", text, Modality.TABLE) == "9.5%"


def test_a_table_of_contents_answers_nothing() -> None:
    contents = "| | i |\n| --- | --- |\n" + "\n".join(
        f"| {town} County | {page} |" for town, page in zip(TOWNS, (2, 5, 9, 9, 14, 20), strict=True)
    )
    question = "What was the population of Cuming County?"
    assert from_table(question, contents, Modality.TABLE, locator=Locator(page=3)) == ""
    assert from_table(question, contents, Modality.TABLE, locator=Locator(page=40)) == "9"


def test_several_numbers_in_a_cell_are_less_likely_than_one() -> None:
    one, several = (
        values_in_tables(
            "How many seats does Alma have?",
            wanted("How many seats does Alma have?"),
            [
                hit(
                    1,
                    f"| Ferry | Seats | Port |\n| --- | --- | --- |\n| Alma | {cell} | Tarn |",
                    modality=Modality.TABLE,
                )
            ],
            TableWeights(),
        )[0]
        for cell in ("88", "88 64 12 9")
    )
    assert one.value == "88"
    assert several.confidence < 0.4 * one.confidence


def test_an_empty_cell_and_a_year_for_a_day_are_no_answers() -> None:
    grid = dataclasses.replace(
        BOATS,
        heads=("Year", "Show", "Guest", "Work"),
        rows=(("2010", "12/1/10", "Ilse Brandt", "N/A"), ("2011", "3/8/11", "Jon Varga", "smith")),
        quotes=("", ""),
    )
    day = picked("On which day was Ilse Brandt a guest?", grid)
    assert day.value == "12/1/10"
    assert picked("What is the work of Ilse Brandt?", grid).value != "N/A"


def test_a_row_of_another_day_is_doubted() -> None:
    text = "| Show | Guest |\n| --- | --- |\n| 8/30/99 | Ilse Brandt |\n| 1/12/99 | Jon Varga |"
    question = "Who was the guest, not Ilse Brandt, of the show on 12 January 1999?"
    (right, *_) = values_in_tables(question, wanted(question), [hit(1, text)], TableWeights())
    (other, *_) = values_in_tables(question, wanted(question), [hit(1, text.replace("1/12", "2/13"))], TableWeights())
    assert (right.value, right.doubt) == ("Jon Varga", 1.0)
    assert other.doubt < right.doubt


def test_a_row_of_the_month_asked_about_is_found_however_it_is_written_and_another_is_doubted() -> None:
    text = "| Month | Guests |\n| --- | --- |\n| Oct-2015 | 684 |\n| Dec-2015 | 647 |"
    question = "How many guests came in December 2015?"
    (right, *_) = values_in_tables(question, wanted(question), [hit(1, text)], TableWeights())
    assert (right.value, right.doubt) == ("647", 1.0)
    (other, *_) = values_in_tables(question, wanted(question), [hit(1, text.replace("Dec", "Nov"))], TableWeights())
    assert other.doubt < 1.0


def test_labels_with_a_value_each_have_no_heads() -> None:
    text = "| Invoice Number: | 4218-17 |\n| --- | --- |\n| Issued by: | Ilse Brandt |\n| Total | $4.11 |"
    grid = grid_of(hit(1, text).item)
    assert grid is not None
    assert grid.labelled
    assert grid.rows[0] == ("Invoice Number:", "4218-17")
    bare = grid_of(hit(1, "| Berths | 120 |\n| --- | --- |\n| Moorings | 30 |").item)
    assert bare is not None
    assert bare.rows[0] == ("Berths", "120")


def test_labels_above_their_values_are_labels_of_them() -> None:
    lines = ["Receipt", "Guest: Ilse Brandt", "Booking ID  Payment mode", "IB-2087  Cash", "Grand total  Rs 1939"]
    grid = grid_of(hit(1, "\n".join([*lines, "Date: 3 May 2021"]), modality=Modality.FIGURE).item)
    assert grid is not None
    assert ("Booking ID", "IB-2087") in grid.rows
    assert ("Payment mode", "Cash") in grid.rows
    assert ("Grand total", "Rs 1939") in grid.rows
    assert ("Booking ID", "Payment mode") not in grid.rows
    assert picked("What is the booking ID?", grid).value == "IB-2087"


def test_a_row_without_the_name_that_another_has_is_doubted() -> None:
    summary = "| Month | Employees |\n| --- | --- |\n| October 2015 | 6,102 |"
    notices = "| Date | Company | Employees |\n| --- | --- | --- |\n| 10/12/2015 | Selby Mills | 240 |"
    question = "How many employees of Selby Mills were let go in October 2015?"
    found = values_in_tables(question, wanted(question), [hit(1, summary), hit(2, notices)], TableWeights())
    doubts = {one.value: one.doubt for one in found}
    assert doubts["6,102"] < doubts["240"] == 1.0


def picked(question: str, grid: Grid) -> PickedCell:
    found = pick(question, wanted(question), AskedTable.of(grid), CellWeights())
    assert found is not None
    return found


def test_the_year_of_a_pictures_title_is_no_value() -> None:
    words = "Blue Heron Ferries\nPassengers by quarter 2023\nQuarter one 142\nQuarter two 251"
    grid = grid_of(hit(1, words, modality=Modality.FIGURE).item)
    assert grid is not None
    assert grid.rows == (("Quarter one", "142"), ("Quarter two", "251"))


FORM = (
    "| Customer |  | Vehicle |  |\n| --- | --- | --- | --- |\n"
    "| Insured name | Gabriel Diaz | Year | 2022 |\n| Claim # | SF-1008 | Make | Jeep |\n|  |  | Color | White |"
)


def test_several_labels_with_a_value_each_stand_in_a_row() -> None:
    grid = grid_of(hit(1, FORM, modality=Modality.TABLE).item)
    assert grid is not None
    assert grid.labelled
    assert ("Customer Claim #", "SF-1008") in grid.rows
    assert ("Vehicle Year", "2022") in grid.rows


@pytest.mark.parametrize(
    "table",
    [
        "| Team | Won | Lost | Drawn |\n| --- | --- | --- | --- |\n| Oslo | 3 | 2 | 1 |\n| Bergen | 1 | 4 | 1 |",
        "| a | b | a | b |\n| --- | --- | --- | --- |\n| x | 1 | y | 2 |\n| x | 3 | y | 4 |",
        "| Ann Lee | chair | Oslo | 2019 |\n| Bo Dahl | clerk | Bergen | 2020 |",
    ],
)
def test_other_tables_stay_what_they_are(table: str) -> None:
    grid = grid_of(hit(1, table, modality=Modality.TABLE).item)
    assert grid is not None
    assert not grid.labelled


def test_why_is_not_answered_by_any_cell() -> None:
    def surest(question: str, table: str) -> float:
        found = values_in_tables(question, wanted(question), [hit(1, table, modality=Modality.TABLE)], TableWeights())
        return max((one.confidence for one in found), default=0.0)

    loans = "| Degree | Borrowed |\n| --- | --- |\n| Master's | 36,900 |\n| Doctorate | 41,200 |"
    causes = "| Flight | Reason of delay |\n| --- | --- |\n| KL 12 | fog over the airport |\n| KL 14 | late crew |"
    assert surest("Why did students taking a master's degree borrow less?", loans) < 0.3
    assert surest("Why was flight KL 12 delayed?", causes) > 2 * surest("Why was flight KL 12 delayed?", loans)
