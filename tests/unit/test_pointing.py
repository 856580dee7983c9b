"""What is no answer though it is of the kind: numbers of paragraphs and houses, counts of other things, quantities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from ragmm.pipelines.answer.found_values import TableWeights, values_in_tables, values_in_text
from ragmm.pipelines.answer.named_things import documents_without_name
from ragmm.pipelines.answer.pointing import Pointed, point
from ragmm.pipelines.answer.quoted import ExtractiveSettings, extract_answer
from ragmm.pipelines.answer.windows import windows_of
from ragmm.pipelines.query.quantities import states_other_quantity
from ragmm.pipelines.query.wanted import wanted
from ragmm.readers.base import OptionSide, Passage, Span
from ragmm.types import Modality, ModelInfo
from tests.unit.hits import make_hit as hit


class FindingReader:
    """Points at given words wherever they stand, the first of them most surely."""

    def __init__(self, *values: str) -> None:
        self.values = values

    @property
    def info(self) -> ModelInfo:
        raise NotImplementedError

    def read(self, question: str, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        return [tuple(self._spans(passage)) for passage in passages]

    def _spans(self, passage: Passage) -> list[Span]:
        places = [(passage.text.find(value, passage.prefix), value) for value in self.values]
        return [
            Span(start=start, end=start + len(value), certainty=5.0 - number)
            for number, (start, value) in enumerate(places)
            if start >= 0
        ]

    def score(self, question: str, options: Sequence[Passage], side: OptionSide) -> list[float] | None:
        return None


def pointed(question: str, text: str, *values: str) -> list[Pointed]:
    return point(question, wanted(question), windows_of(question, [hit(1, text)]), FindingReader(*values))


@pytest.mark.parametrize(
    ("question", "text", "wrong", "right"),
    [
        ("How many members are a quorum?", "6.2 A quorum is eight members.", "6.2", "eight"),
        ("How many members are a quorum?", "Section 12. A quorum is eight members.", "12", "eight"),
        ("How many seats has the diner?", "At 231 Bunker Hill Street the diner has 88 seats.", "231", "88"),
        ("license number of the diner", "The diner, Boston, MA 02131, has LB-101844.", "MA 02131", "LB-101844"),
        ("How many died in the crash?", "The Boeing 737–5 fell, with 189 fatalities.", "5", "189"),
        ("How many countries have the filters?", "Over 125,000 filters went to 50 countries.", "125,000", "50"),
    ],
)
def test_the_other_number_is_meant(question: str, text: str, wrong: str, right: str) -> None:
    (best,) = pointed(question, text, wrong, right)
    assert right in best.value
    assert wrong not in best.value


class DoubtingReader(FindingReader):
    """Is as sure as it is told when it reads again."""

    def __init__(self, sure: dict[str, float], *values: str) -> None:
        super().__init__(*values)
        self.sure, self.asked = sure, 0

    def read_again(self, question: str, passages: Sequence[Passage]) -> list[tuple[Span, ...]] | None:
        self.asked += len(passages)
        return [
            tuple(
                Span(start=start, end=start + len(value), certainty=sure)
                for value, sure in self.sure.items()
                if (start := passage.text.find(value, passage.prefix)) >= 0
            )
            for passage in passages
        ]


def test_a_second_opinion_is_asked_about_the_surest_values() -> None:
    hits = [hit(n, f"In 199{n} the club of Norrby had {40 + n} members.") for n in range(1, 5)]
    question = "How many members had the club of Norrby?"
    reader = DoubtingReader({"41 members": 3.0}, "41", "42", "43", "44")
    found = point(question, wanted(question), windows_of(question, hits), reader)
    assert len(found) == 4
    assert reader.asked == 2
    assert [one.second for one in found[:2]] == [3.0, -12.0]
    assert [one.second for one in found[2:]] == [one.certainty for one in found[2:]]
    assert all(
        one.second == one.certainty
        for one in point(question, wanted(question), windows_of(question, hits), FindingReader("41"))
    )


def test_what_both_see_is_said_and_what_one_sees_alone_is_not() -> None:
    text, question = "The club of Norrby had 41 members in 1991.", "How many members had the club of Norrby?"

    def said(sure: float) -> str | None:
        return extract_answer(question, [hit(1, text)], reader=DoubtingReader({"41": sure}, "41")).short

    assert said(6.0) == "41 members"
    assert said(-10.0) is None


def test_a_number_before_what_is_counted_speaks_for_itself() -> None:
    (counted,) = pointed("How many countries have the filters?", "They went to 50 countries.", "50")
    (other,) = pointed("How many countries have the filters?", "They have 50 filters.", "50")
    (people,) = pointed("How many people came?", "They counted 50 heads.", "50")
    assert (counted.counts, other.counts, people.counts) == (1.0, -1.0, 0.0)


def test_both_ends_of_a_range_where_both_are_asked_for() -> None:
    text = "Shops shall be closed between the hours of 6 p.m. and 7 a.m., Sundays excepted."
    (both,) = pointed("Between which hours must shops be shut?", text, "6 p.m.")
    (one,) = pointed("When must shops be shut?", text, "6 p.m.")
    assert (both.value, one.value) == ("6 p.m. and 7 a.m.", "6 p.m.")


@pytest.mark.parametrize(
    ("question", "value", "other"),
    [
        ("max collector-base voltage", "800 mA", True),
        ("max collector-base voltage", "75 V", False),
        ("How long is the bridge?", "300 m", False),
        ("How long is the crossing?", "40 minutes", False),
        ("How wide is the machine?", "325 kg", True),
        ("thermal resistance from junction to case", "146 K/W", False),
        ("How high is the yearly allowance?", "S$6,500", False),
        ("Who is the chair?", "Ilse Brandt", False),
        ("How long is the Grey Egret in metres?", "55 minutes", True),
        ("How long is the Grey Egret in metres?", "38 m", False),
        ("How many minutes is the crossing?", "46 km", True),
        ("How far is it in the park?", "5 km", False),
        ("How fast is the train in miles per hour?", "60 mph", False),
        ("How many miles an hour does the train go, being fast?", "60 mph", False),
        ("How fast is the train in km/h?", "160 km", True),
    ],
)
def test_a_current_is_no_voltage(question: str, value: str, other: bool) -> None:
    assert states_other_quantity(question, value) is other


def test_a_value_of_another_quantity_is_doubted() -> None:
    question, text = "What is the width of the machine?", "The width of the machine is given; it holds 12 kg."
    (found, *_) = values_in_text(
        question, wanted(question), [hit(1, text)], FindingReader("12 kg"), ExtractiveSettings().texts
    )
    assert found.doubt < 1


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Does Almond Joy contain chocolate?", "yes"),
        ("Does Air Heads contain chocolate?", "no"),
        ("Does Air Heads contain no chocolate?", "yes"),
    ],
)
def test_yes_or_no_by_a_cell(question: str, says: str) -> None:
    table = "| name | chocolate | fruity |\n| --- | --- | --- |\n| Almond Joy | 1 | 0 |\n| Air Heads | 0 | 1 |"
    found = values_in_tables(question, wanted(question), [hit(1, table, modality=Modality.TABLE)], TableWeights())
    assert [one.value for one in found] == [says]


@pytest.mark.parametrize(
    ("question", "evidence", "misses"),
    [
        ("maximum collector current of the 2N3904", "2n2222.pdf collector current 800 mA", True),
        ("maximum collector current of the 2N2222A", "2N2222; 2N2222-A; collector current 800 mA", False),
        ("When was Taylor Swift on the show?", "Show: 3/10/14; Guest: Travis Wall", True),
        ("When was Taylor Swift on the show?", "Show: 3/10/14; Guest: T. Swift", False),
        ("What happened on the 12th in 2017-18?", "nothing", False),
        ("Who chairs the rowing club?", "nothing", False),
    ],
)
def test_the_part_or_person_named_must_stand_there(question: str, evidence: str, misses: bool) -> None:
    assert bool(documents_without_name(question, [hit(1, evidence, uri="x")])) is misses


def test_a_document_names_it_anywhere_in_what_was_found() -> None:
    hits = [
        hit(1, "The current is 800 mA.", uri="parts.pdf"),
        hit(2, "2N3904: NPN transistor", uri="parts.pdf"),
        hit(3, "The current is 200 mA.", uri="other.pdf"),
    ]
    assert documents_without_name("current of the 2N3904", hits) == {"other.pdf"}


def meaning_of(texts: Sequence[str]) -> NDArray[np.float32]:
    """Rows in which texts that share their first word lie together."""
    heads = sorted({text.split()[0].casefold() for text in texts})
    return np.array([[head == text.split()[0].casefold() for head in heads] for text in texts], np.float32)


@pytest.mark.parametrize(
    ("question", "sentence", "says"),
    [
        ("Must guests pay on Sundays?", "Must visitors give anything: on Sundays nobody does.", "no"),
        ("Can associate members vote for officers?",
         "Can do as others do, except for the right to vote.", "no"),
        ("Are collisions fine where the runner slides legally?",
         "Are collisions prohibited, except for those that come of a legal slide.", "yes"),
    ],
)  # fmt: skip
def test_a_sentence_of_the_same_meaning_decides_with_a_mark(question: str, sentence: str, says: str) -> None:
    answer = extract_answer(question, [hit(1, sentence)], meaning_of, reader=FindingReader("nothing"))
    assert (answer.short, answer.tentative) == (says, True)


def test_a_heading_decides_nothing() -> None:
    found = extract_answer("Is swimming allowed here?", [hit(1, "Is swimming")], meaning_of, reader=FindingReader("x"))
    assert found.abstained


def test_an_entry_behind_the_label_asked_for_is_given_whole() -> None:
    facts = hit(
        1,
        "Facts for the hirers of the hall, in brief\nAddress: 8 Church Walk, Low Penmoor\nRemarks follow",
    )
    question = "What is the address of the hall?"
    (found, *_) = point(question, wanted(question), windows_of(question, [facts], most=2), FindingReader("8"))
    assert found.value == "8 Church Walk, Low Penmoor"


def test_the_title_of_a_document_is_a_heading() -> None:
    notice = hit(1, "NOTICE TO RESIDENTS\nPlease ask Greta Osei about the water main.")
    question = "Whom do I ask about the water main?"
    (found, *_) = point(question, wanted(question), windows_of(question, [notice], most=1), FindingReader("NOTICE"))
    assert found.heading


def test_a_title_is_not_quoted_for_a_sum() -> None:
    text = "青石茶厂2023年年报\n2023年青石茶厂共生产茶叶126吨。\n全年收入为1.3亿元，利润为2150万元。"
    answer = extract_answer("青石茶厂的全年收入是多少？", [hit(1, text)], reader=FindingReader())
    assert not answer.abstained
    assert [claim.text for claim in answer.claims] == ["全年收入为1.3亿元，利润为2150万元。"]
