"""Days, whichever way they are written."""

from __future__ import annotations

import pytest

from ragmm.pipelines.answer.cells import of_day
from ragmm.pipelines.answer.grids import Grid
from ragmm.text.dates import date_phrases, days_of, months_of


@pytest.mark.parametrize(
    "text",
    [
        "12 August 2014",
        "on August 12th, 2014",
        "the 12th of August 2014",
        "12. August 2014",
        "12 août 2014",
        "12 de agosto de 2014",
        "2014-08-12",
        "2014-8-12",
        "2014/08/12",
        "2014年8月12日",
        "12 Aug 2014",
        "8/12/14",
        "12.08.2014",
    ],
)
def test_a_day_is_known_by_any_of_its_forms(text: str) -> None:
    assert (2014, 8, 12) in days_of(f"It was cold on {text}, they say.")


@pytest.mark.parametrize("text", ["12 of 2014 boats", "version 1.2.3.4", "August 2014", "99/99/99", "10-12-14-16", ""])
def test_other_numbers_are_no_days(text: str) -> None:
    assert not days_of(text)
    assert date_phrases(text) == ""


def test_a_day_is_searched_as_others_write_it() -> None:
    phrases = date_phrases("How warm was it on 12 August 2014?")
    for form in ('"2014 8 12"', '"2014 08 12"', '"8 12 14"', '"august 12 2014"'):
        assert form in phrases


def test_rows_of_the_day_asked_about() -> None:
    rows = (("2014-8-11", "70"), ("2014-8-12", "81"), ("total", "151"))
    grid = Grid(heads=("date", "max"), rows=rows, quotes=("", "", ""), about="")
    assert of_day("How warm was it on 12 August 2014?", grid).tolist() == [0, 1, 0]
    assert of_day("How warm was it?", grid).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "text",
    [
        "December 2015",
        "Dec-2015",
        "dec. 2015",
        "Dec-15",
        "2015-12",
        "décembre 2015",
        "2015年12月",
        "31 December 2015",
        "12/31/15",
    ],
)
def test_a_month_is_named_with_its_year(text: str) -> None:
    assert (2015, 12) in months_of(f"Guests in {text}, they say.")


@pytest.mark.parametrize("text", ["Dec 15", "may be 15", "2,954", "4.12.1", "", "December", "2015"])
def test_what_names_no_month_of_a_year(text: str) -> None:
    assert not months_of(text)
