"""What is asked of charts: the dearest thing, a share, an age, a series, a colour of the legend."""

from __future__ import annotations

from typing import Any

import pytest

from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.found_values import TableWeights, values_in_tables
from ragmm.pipelines.answer.fractions_said import with_exact_first
from ragmm.pipelines.query.asked_colours import asks_for_colour, names_colour
from ragmm.pipelines.query.wanted import wanted
from ragmm.types import Modality
from tests.unit.hits import make_hit as hit

TOOLS = """Tools and what they cost
Values with ~ are read off the axis.
|  |  |
| --- | --- |
| Hammer | ~$20 |
| Drill | ~$120 |
| Lamp | ~$75 |"""
VOTES = """Colour of Support: blue
Colour of No vote: red
Colour of Oppose: green
Values with ~ are read off the axis.
|  | Support | No vote | Oppose |
| --- | --- | --- | --- |
| Anna | ~580 | ~150 | ~90 |
| Boris | ~300 | ~410 | ~250 |
| Clara | ~40 | ~220 | ~550 |"""
AGES = """Visitors by age
|  |  |
| --- | --- |
| 15-24 years | 8% |
| 25-44 years | 58% |
| 45-64 years | 34% |"""


def asked(question: str, text: str, **parts: Any) -> tuple[str, float]:
    """The value and how likely it is."""
    hits = [hit(1, text, modality=Modality.FIGURE, **parts)]
    found = values_in_tables(question, wanted(question), hits, TableWeights())
    return (found[0].value, found[0].confidence) if found else ("", 0.0)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What is the most expensive tool in the chart of tools and their cost?", "Drill"),
        ("cheapest tool in the chart", "Hammer"),
        ("How much does the most expensive tool cost?", "~$120"),
    ],
)
def test_the_dearest_and_the_cheapest_are_things_unless_their_price_is_asked(question: str, value: str) -> None:
    assert asked(question, TOOLS)[0] == value


def test_the_series_that_is_named_whole_is_meant() -> None:
    assert asked("Who had the most oppose votes in the election chart?", VOTES)[0] == "Clara"
    assert asked("Which candidate got the most support?", VOTES)[0] == "Anna"


def test_what_questions_call_charts_shares_and_ages_is_not_missing() -> None:
    value, likely = asked("What share of people in the chart was between 45 and 64 years old?", AGES)
    assert value == "34%"
    passage = [hit(1, AGES, modality=Modality.TABLE)]
    question = "What share of people in the chart was between 45 and 64 years old?"
    assert likely > values_in_tables(question, wanted(question), passage, TableWeights())[0].confidence


def test_the_colour_of_an_entry_is_told_and_numbers_are_none() -> None:
    assert asked("Which colour has the Oppose line?", VOTES)[0] == "green"
    assert asked("what color is the support line in the chart", VOTES)[0] == "blue"
    value, likely = asked("Which colour has the line of abstentions?", VOTES)
    assert value not in {"blue", "red", "green"} or likely < 0.3


@pytest.mark.parametrize(
    "question", ["What color is the 2017 line?", "Welche Farbe hat die Linie?", "de quelle couleur"]
)
def test_questions_for_colours(question: str) -> None:
    assert asks_for_colour(question)


def test_names_of_colours() -> None:
    assert names_colour("dark green")
    assert names_colour("grün")
    assert not names_colour("Net")
    assert not asks_for_colour("How many colours does the printer have?")


def test_an_exact_share_comes_before_about_the_same_in_words() -> None:
    def found(value: str, likely: float) -> FoundValue:
        return FoundValue(value=value, shown=value, quote=value, hit=hit(1, value), confidence=likely)

    words, exact, other = found("a quarter", 0.5), found("25.5%", 0.3), found("40%", 0.45)
    first, *rest = with_exact_first([words, other, exact])
    assert (first.value, first.confidence) == ("25.5%", 0.5)
    assert rest == [words, other]
    assert with_exact_first([words, other]) == [words, other]
    assert with_exact_first([found("two-thirds", 0.5), found("65%", 0.3)])[0].value == "65%"
    assert with_exact_first([]) == []
