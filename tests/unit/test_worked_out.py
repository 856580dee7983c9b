"""Answers that are worked out from cells, and comparisons of two documents."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ragmm.pipelines.answer.exact import exact_figure, head_unit, written
from ragmm.pipelines.answer.quoted import extract_answer
from ragmm.pipelines.answer.table_parts import tables_of, with_parts
from ragmm.types import Answer, Hit, Modality, StoredItem
from ragmm.wiring import build_reader
from tests.unit.hits import make_hit

INCOME = """| EUR million | 2021 | 2022 | 2023 |
| --- | --- | --- | --- |
| Revenue | 46.2 | 51.0 | 58.4 |
| Wages | 12.5 | 13.1 | 14.6 |
| Net profit | 3.9 | n/a | 5.1 |"""
USE = """| Month | Electricity (kWh) | Water (m³) |
| --- | --- | --- |
| January | 21,400 | 1,120 |
| February | 19,850 | 1,045 |
| March | 20,300 | 1,190 |"""
QUARTERS = """| ($ in millions) | Q1 FY25 | Q4 FY24 | Q3 FY24 | Q2 FY24 | Q1 FY24 |
| --- | --- | --- | --- | --- | --- |
| Data Center | $22,563 | $18,404 | $14,514 | $10,323 | $4,284 |
| Gaming | 2647 | 2865 | 2856 | 2486 | 2240 |"""
TREES = """| tree | species | height_m |
| --- | --- | --- |
| T1 | lime | 18.5 |
| T2 | oak | 21.0 |
| T3 | lime | 15.5 |"""


BILL = """| Boat | Bill fees | Paid fees |
| --- | --- | --- |
| Tern | € 5.50 | € 4.00 |
| Alk | € 2.50 | € 2.00 |"""
RATES = """| Year | Norrby rate | Vik rate |
| --- | --- | --- |
| 2004 | 15.4 | 61.0 |
| 2005 | 8.4 | 62.5 |"""


def ask(question: str, *texts: str, **item: object) -> Answer:
    hits = [
        make_hit(rank, text, modality=Modality.TABLE if text.startswith("|") else Modality.PASSAGE, **item)
        for rank, text in enumerate(texts, start=1)
    ]
    return ask_hits(question, hits)


def ask_hits(question: str, hits: list[Hit]) -> Answer:
    hits = [Hit(rank=h.rank, score=h.score, item=h.item, found_by=h.found_by, relevance=0.6 / h.rank) for h in hits]
    return extract_answer(question, hits, reader=build_reader("mini"))


def test_a_share_that_is_stated_is_not_worked_out() -> None:
    regions = (
        "| Region | % of students |\n| --- | --- |\n"
        "| Inner Harbour | 40.5% |\n| Outer Harbour | 36.5% |\n| Gozo | 23.0% |"
    )
    answer = ask("What percentage of the students came from the Outer Harbour?", regions)
    assert answer.short == "36.5%"


@pytest.mark.parametrize(
    ("question", "text", "short"),
    [
        ("By how much did revenue grow from 2022 to 2023?", INCOME, "EUR 7.4 million"),
        ("By what percentage did wages grow from 2021 to 2022?", INCOME, "4.8 %"),
        ("By what percentage did wages grow from 2021 to 2022, to two decimal places?", INCOME, "4.80 %"),
        ("What was the ratio of wages to revenue in 2023?", INCOME, "0.25"),
        ("What was the average revenue over 2021 to 2023?", INCOME, "EUR 51.87 million"),
        ("What is the sum of revenue and wages in 2021?", INCOME, "EUR 58.7 million"),
        ("By how much did electricity fall from January to February?", USE, "1,550 kWh"),
        ("How much electricity was used in January and March together?", USE, "41,700 kWh"),
        ("What was the average water use from January to March?", USE, "1,118.3 m³"),
        ("What share of electricity was used in March?", USE, "33.0 %"),
        ("By how much did data center rise from Q1 FY24 to Q1 FY25?", QUARTERS, "$18,279"),
        ("How much more was gaming in the third quarter of fiscal 2024 than in Q2 FY24?", QUARTERS, "$370"),
        ("What is the sum of gaming over the four quarters of fiscal 2024?", QUARTERS, "$10,447"),
        ("How many limes are in the list of trees?", TREES, "2"),
        ("What is the sum of all paid fees on the bill?", BILL, "€6.00"),
        ("By how many points did the Vik rate go up from 2004 to 2005?", RATES, "1.5"),
        ("What is the average height of the trees?", TREES, "18.33 m"),
        ("How much taller is tree T2 than tree T1?", TREES, "2.5 m"),
    ],
)
def test_worked_out_exactly(question: str, text: str, short: str) -> None:
    answer = ask(question, text)
    assert answer.short == short
    # Shares and means are mostly stated: where nothing says that they are to be worked out, a result is marked.
    assert answer.tentative == question.startswith(("What share of electricity", "What is the average height"))
    assert all(citation.quote in text for claim in answer.claims for citation in claim.citations)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("By how much did revenue grow from 2019 to 2023?", INCOME),
        ("By how much did net profit grow from 2022 to 2023?", INCOME),
        ("What was the average net profit over 2021 to 2023?", INCOME),
        ("What is the difference between revenue and dividends in 2023?", INCOME),
        ("What is the sum of electricity and water in March?", USE),
        ("How much electricity was used in March and May together?", USE),
        ("By how much did electricity change from March to April?", USE),
        ("How much taller is tree T2 than tree T9?", TREES),
        ("By how many points did the Norrby rate go up from 2004 to 2005?", RATES),
    ],
)
def test_nothing_is_worked_out_where_something_is_missing(question: str, text: str) -> None:
    answer = ask(question, text)
    assert answer.abstained or answer.tentative


def test_the_formula_is_shown_and_every_cell_is_cited() -> None:
    answer = ask("What is the sum of revenue and wages in 2021?", INCOME)
    assert "46.2 + 12.5 = EUR 58.7 million: Revenue, 2021; Wages, 2021" in answer.text
    assert [citation.quote for citation in answer.claims[0].citations] == INCOME.splitlines()[2:4]


def test_a_stated_value_goes_before_a_cell_to_be_worked_with() -> None:
    answer = ask("By how much did turnover grow from 2022 to 2023?", "In 2023 turnover grew by 11 % on 2022.", INCOME)
    assert answer.short is not None
    assert "11 %" in answer.short


FEES = """| Jahr | Mitglieder | Beitrag (EUR) |
| --- | --- | --- |
| 2019 | 120 | 20 |
| 2020 | 150 | 24 |
| 2021 | 141 | 25 |"""
ROOMS = """| Posten | Betrag (EUR) |
| --- | --- |
| Saal | 120 |
| Küche | 45 |
| Garten | 30 |"""


@pytest.mark.parametrize(
    ("question", "text", "short"),
    [
        ("Wie viel kosten Saal und Küche zusammen?", ROOMS, "EUR 165"),
        ("Wie viel mehr kostet der Saal als die Küche?", ROOMS, "EUR 75"),
        ("Combien coûtent Saal et Küche ensemble ?", ROOMS, "EUR 165"),
        ("Hoeveel duurder is Saal dan Garten?", ROOMS, "EUR 90"),
        ("Um wie viel Prozent stieg der Beitrag von 2019 auf 2020?", FEES, "20 %"),
        ("De combien les Mitglieder ont-ils augmenté de 2019 à 2020 ?", FEES, "30"),
        ("Um wie viel sank die Zahl der Mitglieder von 2020 auf 2021?", FEES, "9"),
        ("Wie hoch war der durchschnittliche Beitrag von 2019 bis 2021?", FEES, "EUR 23"),
        ("By how much did Mitglieder of 2020 exceed those of 2019?", FEES, "30"),
        ("How many times larger is Saal than Garten?", ROOMS, "4"),
    ],
)
def test_worked_out_in_other_words_and_languages(question: str, text: str, short: str) -> None:
    assert ask(question, text).short == short


def test_the_total_of_one_row_is_not_what_two_come_to() -> None:
    text = """| item | pieces | total |
| --- | --- | --- |
| Lab keeper salary | 1 | $40,000 |
| Panel traps | 200 | $5,000 |"""
    answer = ask("What do salary and benefits of the lab keeper add up to?", text)
    assert answer.abstained or answer.tentative


def test_two_documents_are_compared_and_both_cited() -> None:
    lark = make_hit(1, "Hotel Lark: facts\n\nRooms: 64\nOpened: 1987\nBreakfast: $16\n", uri="lark.txt")
    wren = make_hit(2, "Hotel Wren: facts\n\nRooms: 112\nOpened: 2003\nBeds: 200\n", uri="wren.txt")
    more = ask_hits("Which has more rooms, the Hotel Lark or the Hotel Wren?", [lark, wren])
    assert more.short == "Hotel Wren"
    assert [claim.citations[0].rank for claim in more.claims] == [2, 1]
    older = ask_hits("Which opened earlier, the Hotel Lark or the Hotel Wren?", [lark, wren])
    assert older.short == "Hotel Lark"
    missing = ask_hits("Which has the cheaper breakfast, the Hotel Lark or the Hotel Wren?", [lark, wren])
    assert missing.abstained
    assert "not for Hotel Wren" in missing.text


def parts() -> list[Hit]:
    head = "| tree | species |\n| --- | --- |\n"
    rows = [(2, 3, "| T1 | lime |\n| T2 | oak |"), (4, 5, "| T3 | lime |\n| T4 | lime |"), (6, 6, "| T5 | birch |")]
    return [
        make_hit(
            number,
            head + text,
            modality=Modality.TABLE,
            uri="trees.csv",
            metadata={"rows": [first, last]},
        )
        for number, (first, last, text) in enumerate(rows, start=1)
    ]


def fetched(hits: list[Hit], ids: list[int]) -> list[StoredItem]:
    return [hit.item for hit in hits if hit.item.id in ids]


def test_parts_of_a_table_are_counted_together_or_not_at_all() -> None:
    every = parts()
    whole = with_parts(every, lambda ids: fetched(every, list(ids)))
    [table] = tables_of(whole)
    assert table.whole
    assert [home.rank for home in table.homes] == [1, 1, 2, 2, 3]
    assert ask_hits("How many limes are in the list of trees?", whole).short == "3"
    some = with_parts(every[:2], lambda ids: fetched(every, list(ids)))
    assert not any(table.whole for table in tables_of(some))
    assert ask_hits("How many limes are in the list of trees?", some).short != "3"


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("£48,500", Fraction(48500), ("£", "")),
        ("(1,234)", Fraction(-1234), ("", "")),
        ("−3.5 %", Fraction(-7, 2), ("", "%")),
        ("1.234,50", Fraction(2469, 2), ("", "")),
        ("EUR 412 million", Fraction(412), ("EUR", "million")),
        ("910 litres", Fraction(910), ("", "litres")),
        ("46,2", Fraction(231, 5), ("", "")),
    ],
)
def test_figures_of_cells(cell: str, value: Fraction, unit: tuple[str, str]) -> None:
    figure = exact_figure(cell)
    assert figure is not None
    assert (figure.value, figure.unit) == (value, unit)


@pytest.mark.parametrize("cell", ["n/a", "", "4 of 5", "2-3", "12.05.2024", "A 14", "14 March 2011"])
def test_what_is_no_single_figure(cell: str) -> None:
    assert exact_figure(cell) is None


def test_units_of_heads_and_results() -> None:
    assert head_unit("Gas (kWh)") == ("", "kWh")
    assert head_unit("31 December, in $ thousand", whole=True) == ("$", "thousand")
    assert head_unit("Visitors", whole=True) == ("", "")
    assert written(Fraction(-5, 8), 2, ("£", "")) == "−£0.63"
    assert written(Fraction(33600), 0, ("EUR", "million")) == "EUR 33,600 million"


def test_a_cell_of_many_spaces_costs_nothing() -> None:
    assert exact_figure("1" + " " * 200_000 + "!!") is None
    assert exact_figure("EUR   1,234.5") is not None


SELBY = (
    "# Port of Selby: annual report {year}\n\n| Key figure | {year} |\n| --- | --- |\n| Containers handled | {n} |\n"
    "| Employees | {m} |"
)
PARK = "# Ashdown park\n\nIn 2023 the park counted 93,000 visits, after 88,500 in 2022."
CRUST = "Corn & Crust bakery\n\nThe bakery Corn & Crust has 14 shops. A loaf of rye bread costs €4.20."
MILL = "Mill Lane bakery\n\nThe bakery Mill Lane has 9 shops. A loaf of rye bread costs €4.60."


def two_years() -> list[Hit]:
    texts = [SELBY.format(year=2022, n="184,200", m=268), SELBY.format(year=2023, n="201,600", m=281)]
    return [
        make_hit(
            rank, text.split("\n\n", 1)[1], modality=Modality.TABLE, uri=f"selby-{year}.md", context=text.split("\n")[0]
        )
        for rank, (text, year) in enumerate(zip(texts, (2022, 2023), strict=True), start=1)
    ]


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("By how much did the containers handled at Selby grow from 2022 to 2023?", "17,400"),
        ("By what percentage did the containers handled at Selby grow from 2022 to 2023?", "9.4 %"),
        ("How many more employees did Selby have in 2023 than in 2022?", "13"),
        ("Did Selby handle more containers in 2023 than in 2022?", "yes"),
        ("Were the employees of Selby fewer in 2023 than in 2022?", "no"),
        ("Did Selby have more than 300 employees in 2023?", "no"),
    ],
)
def test_figures_of_two_documents_are_put_together_and_both_cited(question: str, short: str) -> None:
    answer = ask_hits(question, two_years())
    assert answer.short == short
    cited = {citation.rank for claim in answer.claims for citation in claim.citations}
    assert cited == ({1, 2} if "2022" in question else {2})


@pytest.mark.parametrize(
    "question",
    [
        "By how much did the containers handled at Selby grow from 2021 to 2023?",
        "By how much did the ferries handled at Selby grow from 2022 to 2023?",
        "Did Selby handle more ferries in 2023 than in 2022?",
    ],
)
def test_nothing_is_put_together_where_a_figure_is_missing(question: str) -> None:
    assert ask_hits(question, two_years()).abstained


def test_a_figure_of_running_text_is_of_the_year_of_its_clause() -> None:
    answer = ask_hits(
        "By how much did the visits to Ashdown park rise from 2022 to 2023?", [make_hit(1, PARK, uri="a.md")]
    )
    assert answer.short == "4,500"


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("How many more shops does Corn & Crust have than Mill Lane?", "5 shops"),
        ("How many shops do Corn & Crust and Mill Lane have together?", "23 shops"),
        ("Does Mill Lane have more shops than Corn & Crust?", "no"),
        ("Does Mill Lane have more than 10 shops?", "no"),
    ],
)
def test_figures_of_running_text(question: str, short: str) -> None:
    answer = ask_hits(question, [make_hit(1, CRUST, uri="crust.txt"), make_hit(2, MILL, uri="mill.txt")])
    assert answer.short == short


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("How many years older is the Aaby Hall than the Broby Hall?", "1 year"),
        ("How many years older is the Broby Hall than the Aaby Hall?", "−1 year"),
        ("How many years older is the Aaby Hall than the Carby Hall?", "12 years"),
    ],
)
def test_years_between_are_counted_and_written_as_other_figures(question: str, short: str) -> None:
    years = {"aaby": 1930, "broby": 1931, "carby": 1942}
    said = [f"The {name.title()} Hall was founded in {year}." for name, year in years.items()]
    hits = [make_hit(rank, text, uri=f"{text.split()[1].lower()}-hall.txt") for rank, text in enumerate(said, start=1)]
    assert ask_hits(question, hits).short == short
