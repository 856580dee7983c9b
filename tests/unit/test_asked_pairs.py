"""Which two figures a question is made of, and which limit one is held against."""

from __future__ import annotations

import pytest

from ragmm.pipelines.query.asked_limits import Bound, asked_limit
from ragmm.pipelines.query.asked_pairs import asked_pair, pair_compared
from ragmm.pipelines.query.asked_sides import asked_sides


@pytest.mark.parametrize(
    ("question", "sides", "first"),
    [
        (
            "By how much did the revenue of Halden grow from 2021 to 2022?",
            ("2022", "2021"),
            "What was the revenue of Halden in 2022?",
        ),
        (
            "By how many tonnes did Selby's cargo fall from 2022 to 2023?",
            ("2022", "2023"),
            "What was Selby's cargo in 2022?",
        ),
        (
            "How many more people did Selby employ in 2023 than in 2022?",
            ("2023", "2022"),
            "How many people did Selby employ in 2023?",
        ),
        (
            "How many more loaves did Corn & Crust bake than Mill Lane?",
            ("Corn & Crust", "Mill Lane"),
            "How many loaves did Corn & Crust bake?",
        ),
        (
            "How many more guests did Selby have than Halden in November 2015?",
            ("Selby", "Halden"),
            "How many guests did Selby have in November 2015?",
        ),
        (
            "How many objects do the Glass House and the Tin Works show together?",
            ("Glass House", "Tin Works"),
            "How many objects does Glass House show?",
        ),
        (
            "What is the difference between the ticket price of the Glass House and that of the Tin Works?",
            ("Glass House", "Tin Works"),
            "What is the ticket price of Glass House?",
        ),
        (
            "What is the combined area of the parks Ashdown and Birkfell?",
            ("Ashdown", "Birkfell"),
            "What is the area of Ashdown?",
        ),
    ],
)
def test_figures_apart(question: str, sides: tuple[str, str], first: str) -> None:
    pair = asked_pair(question)
    assert pair is not None
    assert pair.sides is not None
    assert pair.sides.sides == sides
    assert pair.sides.question(sides[0], frozenset()) == first


@pytest.mark.parametrize("written", ["{x}", "{}", "{0}", "{", "{side.__class__}"])
def test_braces_of_a_question_stay_as_they_are_written(written: str) -> None:
    pair = asked_pair(f"By how much did the revenue of {written} grow from 2021 to 2022?")
    assert pair is not None
    assert pair.sides is not None
    assert pair.sides.question("2022", frozenset()) == f"What was the revenue of {written} in 2022?"


@pytest.mark.parametrize(
    "question",
    [
        "How many rooms does the Lark have?",
        "What was the revenue in 2022?",
        "By how much did the revenue grow in 2022?",
        "What is the difference between a lease and a loan?",
    ],
)
def test_one_figure_is_no_pair(question: str) -> None:
    assert asked_pair(question) is None


@pytest.mark.parametrize(
    ("question", "sides", "difference"),
    [
        (
            "Did Selby handle more containers in 2023 than in 2022?",
            ("2023", "2022"),
            "How many more containers did Selby handle in 2023 than in 2022?",
        ),
        (
            "Did Ottery spend more on roads than on parks in 2023?",
            None,
            "How much more did Ottery spend on roads than on parks in 2023?",
        ),
        ("Was the Tin Works opened before the Glass House?", ("Tin Works", "Glass House"), ""),
        (
            "Did visits to Birkfell park increase from 2022 to 2023?",
            ("2023", "2022"),
            "By how much did visits to Birkfell park increase from 2022 to 2023?",
        ),
        (
            "Were the charges of the Alder Fund higher than those of the Birch Fund?",
            ("Alder Fund", "Birch Fund"),
            "How much higher were the charges of the Alder Fund than those of the Birch Fund?",
        ),
    ],
)
def test_verdicts_on_two_figures(question: str, sides: tuple[str, str] | None, difference: str) -> None:
    pair = pair_compared(question)
    assert pair is not None
    assert (pair.sides.sides if pair.sides else None) == sides
    assert pair.difference == difference
    assert not pair.negated


def test_a_negation_turns_the_verdict_and_a_contraction_does_not() -> None:
    negated, contracted = (
        pair_compared("Was it not longer in 2023 than in 2022?"),
        pair_compared("Wasn't it longer in 2023 than in 2022?"),
    )
    assert negated is not None
    assert contracted is not None
    assert (negated.negated, contracted.negated) == (True, False)


@pytest.mark.parametrize("question", ["Are dogs allowed in the hall?", "Is the hall heated in winter?"])
def test_no_comparison(question: str) -> None:
    assert pair_compared(question) is None


@pytest.mark.parametrize(
    ("question", "asked", "bound", "limit"),
    [
        (
            "Did Selby have more than 300 employees in 2023?",
            "How many employees did Selby have in 2023?",
            Bound.OVER,
            "300 employees",
        ),
        ("Does a day ticket cost less than $10?", "How much does a day ticket cost?", Bound.UNDER, "$10"),
        ("Is the Moor Line over 60 km long?", "What is the length of the Moor Line km?", Bound.OVER, "60 km"),
        ("Does the park have at least 9 rangers?", "How many rangers does the park have?", Bound.AT_LEAST, "9 rangers"),
    ],
)
def test_limits(question: str, asked: str, bound: Bound, limit: str) -> None:
    found = asked_limit(question)
    assert found is not None
    assert (found.bound, found.limit) == (bound, limit)
    assert found.question == asked.replace(" km?", "?")


def test_a_year_is_no_limit() -> None:
    assert asked_limit("Was it opened over 2019?") is None
    assert asked_limit("Are dogs allowed?") is None


def test_a_month_beside_one_side_alone_holds_for_both() -> None:
    asked = asked_sides("Did Selby or Halden have more guests in November 2015?")
    assert asked is not None
    assert (asked.sides, asked.rest) == (("Selby", "Halden"), "in November 2015")
    months = asked_sides("Were there more visitors in July or in August 2023?")
    assert months is not None
    assert months.sides == ("July", "August")


def test_people_say_no_more_than_that_something_is_counted() -> None:
    asked = asked_sides("Which killed more people in 2010, earthquakes or droughts?")
    assert asked is not None
    assert asked.strict == ()
