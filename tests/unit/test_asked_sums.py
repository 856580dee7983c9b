"""What questions ask to be worked out, and which two things they compare."""

from __future__ import annotations

import pytest

from ragmm.pipelines.query.asked_sides import asked_sides
from ragmm.pipelines.query.asked_sums import Operation, asked_sum, asked_sums


@pytest.mark.parametrize(
    ("question", "operation"),
    [
        ("By how much did revenue grow from 2022 to 2023?", Operation.CHANGE),
        ("What was the growth rate of sales between 2021 and 2022?", Operation.CHANGE),
        ("By what percentage did the rent rise in 2023?", Operation.CHANGE),
        ("By how many percentage points did the share go up from 1995 to 2005?", Operation.CHANGE),
        ("What is the difference between roads and parks in 2023?", Operation.DIFFERENCE),
        ("How many more boys than girls are there?", Operation.DIFFERENCE),
        ("How many minutes after Ines did Tess finish?", Operation.DIFFERENCE),
        ("By how many visitors did Vik's average month exceed Norrby's?", Operation.DIFFERENCE),
        ("What is the gap between imports and exports in 2019?", Operation.DIFFERENCE),
        ("What was the surplus of income over expenses?", Operation.DIFFERENCE),
        ("Wie viel mehr kostet das Einzelzimmer als das Doppelzimmer?", Operation.DIFFERENCE),
        ("Quelle est la différence entre le budget 2019 et 2020 ?", Operation.DIFFERENCE),
        ("Hoeveel duurder is de boot dan het vlot?", Operation.DIFFERENCE),
        ("What is the ratio of debt to cash?", Operation.RATIO),
        ("How many times larger was revenue in 2020 than in 2015?", Operation.RATIO),
        ("How much did we spend on paint plus brushes?", Operation.SUM),
        ("What would the hall and the kitchen come to?", Operation.SUM),
        ("Hoeveel kosten de twee posten samen?", Operation.SUM),
        ("Um wie viel Prozent stieg der Beitrag von 2019 auf 2020?", Operation.CHANGE),
        ("De combien le budget a-t-il baissé de 2019 à 2020 ?", Operation.CHANGE),
        ("Wie hoch war der durchschnittliche Beitrag von 2019 bis 2021?", Operation.AVERAGE),
        ("Wie viel kosten Saal und Küche zusammen?", Operation.SUM),
        ("How many times as much ore as Ebba did Dawson produce?", Operation.RATIO),
        ("What share of the total is A?", Operation.SHARE),
        ("What do A and B cost together?", Operation.SUM),
        ("What is the average of X over 2019 to 2023?", Operation.AVERAGE),
        ("How many entries are there?", Operation.COUNT),
        ("Who wrote the report of 2023?", None),
        ("By how much did lead levels fall from 2019 to 2020?", Operation.CHANGE),
        ("How many singers are in the ensemble?", Operation.COUNT),
        ("Wie viele Mitglieder waren im Jahr 2020 anwesend?", None),
        ("Combien de personnes sont venues ?", None),
        ("What did the mayor and the clerk come to discuss?", None),
        ("What is the price of the lamp?", None),
        ("When did the number of members begin to fall?", None),
    ],
)
def test_operations(question: str, operation: Operation | None) -> None:
    asked = asked_sum(question)
    assert (asked.operation if asked else None) == operation


def test_words_that_only_begin_like_foreign_ones_say_no_direction() -> None:
    asked = asked_sum("By how much did the subsidies of fields change from 2019 to 2020?")
    assert asked is not None
    assert (asked.rises, asked.falls) == (False, False)


def test_how_it_is_rounded_and_which_way_it_goes() -> None:
    grown = asked_sum("By what percentage did it fall from 2022 to 2023, to two decimal places?")
    assert grown is not None
    assert (grown.percent, grown.falls, grown.places) == (True, True, 2)
    whole = asked_sum("What is the average of A and B, rounded to the nearest whole number?")
    assert whole is not None
    assert whole.places == 0


def test_named_ratios_are_spelt_out() -> None:
    first = asked_sums("What is the current ratio of Castor in 2023?")[0]
    assert first.operation is Operation.RATIO
    assert "total current assets to total current liabilities" in first.text
    margins = asked_sums("What was the operating margin in 2023?")
    assert {one.operation for one in margins} == {Operation.SHARE}
    assert any("net sales is operating income" in one.text for one in margins)


@pytest.mark.parametrize(
    ("question", "sides", "least", "asks"),
    [
        ("Which of Lark and Wren has more rooms?", ("Lark", "Wren"), False, "How many rooms does Lark have?"),
        ("Which ship is longer, the Aster or the Borage?", ("Aster", "Borage"), False, "What is the length of Aster?"),
        ("Is a room cheaper at the Lark or at the Wren?", ("Lark", "Wren"), True, "What is the price room of Lark?"),
        ("Was Alder or Birch launched first?", ("Alder", "Birch"), True, "When was Alder launched?"),
        (
            "Did more visitors come in July or in August 2023?",
            ("July", "August"),
            False,
            "How many visitors come does July have in 2023?",
        ),
    ],
)
def test_sides(question: str, sides: tuple[str, str], least: bool, asks: str) -> None:
    asked = asked_sides(question)
    assert asked is not None
    assert (asked.sides, asked.least, asked.question(sides[0], frozenset())) == (sides, least, asks)


@pytest.mark.parametrize(
    "question",
    ["Should I book the Lark or the Wren?", "Which is older?", "Is the boat red or blue?", "Which pit is the deepest?"],
)
def test_what_compares_no_two_things(question: str) -> None:
    assert asked_sides(question) is None
