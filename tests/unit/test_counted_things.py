"""A number answers "how many" where something around it speaks of what is counted."""

from __future__ import annotations

import pytest

from ragmm.pipelines.answer.counted_things import counted_thing, speaks_of_counted
from ragmm.pipelines.answer.quoted import extract_answer
from ragmm.types import Locator, Modality
from ragmm.wiring import build_reader
from tests.unit.hits import make_hit

ROUTES = """| route | passengers | crossing |
| --- | --- | --- |
| Heron Island | 412,000 | 35 min |
| Gull Rock | 81,000 | 70 min |"""


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("How many life rafts does each boat carry?", "rafts"),
        ("how many open seats are there", "seats"),
        ("How many panel members took part in 2021?", "members"),
        ("After how many hours was it overhauled?", ""),
        ("How many people came?", ""),
        ("How many children came?", ""),
        ("How much did it cost?", ""),
    ],
)
def test_what_is_counted(question: str, thing: str) -> None:
    assert counted_thing(question) == thing


def test_a_head_a_caption_and_a_section_speak_of_it_too() -> None:
    item = make_hit(
        1, ROUTES, metadata={"caption": "Boats by route"}, locator=Locator(page=1, section=("Bridges",))
    ).item
    assert all(speaks_of_counted(thing, item) for thing in ("passengers", "boats", "bridges", "routes"))
    assert not speaks_of_counted("kayaks", item)


@pytest.mark.parametrize("thing", ["kayaks", "bridges"])
def test_a_number_of_something_else_is_no_answer(thing: str) -> None:
    hits = [make_hit(1, ROUTES, modality=Modality.TABLE)]
    reader = build_reader("mini")
    there = extract_answer("How many passengers went to Gull Rock?", hits, reader=reader)
    assert there.short == "81,000"
    answer = extract_answer(f"How many {thing} went to Gull Rock?", hits, reader=reader)
    assert answer.abstained or answer.tentative
