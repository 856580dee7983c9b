"""Questions that follow up others are written out: parts, asking words, pronouns, and what stands by itself."""

from __future__ import annotations

import pytest

from ragmm.pipelines.query.follow_ups import completed
from ragmm.pipelines.query.phrases import phrases, topic
from ragmm.pipelines.query.question import Question
from ragmm.types import StoredItem
from tests.unit.hits import make_hit

SALES = ("How much did the northern region sell in 2010?", "4.2 million euros [1]")
OFFICE = ("Where is the head office of Foss Ltd?", "The head office is in Aarhus, Denmark. [1]")
REPORT = ("Who wrote the audit report?", "The audit report was written by Maria Lopez. [2]")
PUMP = ("What is the maximum pressure of the pump P-200?", "6 bar [1]")
STAFF = ("How many employees did Acme have in 2021?", "412")
MEETING = ("When is the next meeting?", "14 May")
COMPLAINTS = ("Which supplier had the most complaints?", "Borealis [1]")
WARRANTY = ("What does the warranty cover?", "defects in material")
CONTRACT = ("Wer hat den Vertrag unterschrieben?", "Der Vertrag wurde von Anna Schmidt unterschrieben.")
PROFIT = ("What was the profit in the second quarter?", "12 million")
COMPANY = ("公司2021年的利润是多少？", "3亿元")


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        # Another part in the place of its like.
        (("What is Tobias Wren's phone number?", "1"), "and his e-mail?", "What is the e-mail of Tobias Wren?"),
        (("Which plot is the largest?", "Elm 3"), "How large is it?", "How large is Elm 3?"),
        (("What is the rent for the hall?", "$22"), "for guests?", "What is the rent for the hall for guests?"),
        (
            ("How many employees does the Lund site have?", "138"),
            "and how many in 2022?",
            "How many employees does the Lund site have in 2022?",
        ),
        (("What is the density of the solvent?", "0.79"), "Is it flammable?", "Is the solvent flammable?"),
        (("What are the hours of the garden?", "9 to 6"), "In winter?", "What are the hours of the garden in winter?"),
        (("Show me the sales of Q1", "4.2"), "Q2", "Show me the sales of Q2"),
        (("How much rain fell in Orrin in March?", "9"), "What about Selby?", "How much rain fell in Selby in March?"),
        (("Does the hall have a kitchen?", "yes"), "an oven too?", "Does the hall have a kitchen an oven?"),
        (("Does the hall have a kitchen?", "yes"), "How many plates?", "How many plates (the hall)?"),
        (("How many beds does the Rosehill clinic have?", "140"), "where is it?", "where is the Rosehill clinic?"),
        (
            ("Does the warranty on the pump cover all rust?", "no"),
            "What voids it?",
            "What voids the warranty on the pump?",
        ),
        (("Who chairs the council?", "Marta Quint"), "Since when?", "Since when chairs Marta Quint the council?"),
        (("Which firm delivered the pumps?", "Hollis Marine"), "When?", "When Hollis Marine delivered the pumps?"),
        (("What is the e-mail of the hall?", "x@y"), "Who answers?", "Who answers (the hall)?"),
        (
            ("Wie hoch ist der Jahresbeitrag der Bootsgemeinschaft Erlensee für Jugendliche?", "64 €"),
            "Und wer ist der Hafenmeister?",
            "Wer ist der Hafenmeister (Bootsgemeinschaft Erlensee)?",
        ),
        (SALES, "And in 2011?", "How much did the northern region sell in 2011?"),
        (SALES, "and the year before?", "How much did the northern region sell in 2009?"),
        (SALES, "what about the other region?", "How much did the other region sell in 2010?"),
        (STAFF, "and in 2022 and 2023?", "How many employees did Acme have in 2022 and 2023?"),
        (STAFF, "what about contractors?", "How many contractors did Acme have in 2021?"),
        (STAFF, "And Globex?", "How many employees did Globex have in 2021?"),
        (PROFIT, "Q4?", "What was the profit in Q4?"),
        (PROFIT, "and the loss?", "What was the loss in the second quarter?"),
        (("What are the dues for adults?", "$9"), "And for juniors?", "What are the dues for juniors?"),
        (("What was the income of Foss?", "4"), "And in 2011?", "What was the income of Foss in 2011?"),
        (("What are the dues of adults?", "$9"), "And for juniors?", "What are the dues for juniors?"),
        (("What do residents pay for the hall?", "$9"), "And for others?", "What do others pay for the hall?"),
        (("How many books were lent by the library?", "9"), "and films?", "How many films were lent by the library?"),
        (("What grows on plot Birch 2?", "kale"), "and on Cedar 4?", "What grows on plot Cedar 4?"),
        # Another thing asked of the same.
        (PUMP, "and its weight?", "What is the weight of the pump P-200?"),
        (OFFICE, "and the fax number?", "What is the fax number of the head office of Foss Ltd?"),
        # An asking word.
        (SALES, "Why?", "Why did the northern region sell in 2010?"),
        (MEETING, "at what time?", "At what time is the next meeting?"),
        (("Who was made captain?", "Nora Quill"), "how many votes?", "How many votes was Nora Quill made captain?"),
        # Pronouns: what was answered, or what was asked about.
        (OFFICE, "where is that?", "where is Aarhus (the head office of Foss Ltd)?"),
        (REPORT, "who signed it?", "who signed the audit report?"),
        (REPORT, "when did she join?", "when did Maria Lopez join?"),
        (REPORT, "what is her e-mail address?", "what is Maria Lopez's e-mail address?"),
        (COMPLAINTS, "when was it founded?", "when was Borealis founded?"),
        (WARRANTY, "how long does it last?", "how long does the warranty last?"),
        (STAFF, "how many of them are women?", "how many employees are women (Acme)?"),
        (SALES, "What about the depot? When was that built?", "When was the depot built?"),
        # A short question that names nothing.
        (WARRANTY, "What are the exclusions?", "What are the exclusions (the warranty)?"),
        # Other languages.
        (CONTRACT, "Wann?", "Wann hat Anna Schmidt den Vertrag unterschrieben?"),
        (("Qui dirige la société Foss en 2019?", "Jean Martin"), "Et en 2020?", "Qui dirige la société Foss en 2020?"),
        (COMPANY, "2022年呢？", "公司2022年的利润是多少？"),
        (COMPANY, "收入呢？", "公司2021年的收入是多少？"),
        (COMPANY, "总部在哪里？", "公司总部在哪里？"),
    ],
)  # fmt: skip
def test_a_follow_up_is_written_out(before: tuple[str, str], question: str, whole: str) -> None:
    assert completed(question, [before]) == whole
    assert completed(question, []) == question


@pytest.mark.parametrize(
    "question",
    [
        "Which countries does Siemens sell to?",
        "How much does the tall crane in the old yard weigh?",
        "ok thanks",
        "really?",
        "landing stage",
        "Is there a lift in the Carrow building?",
        "",
    ],
)
def test_what_stands_by_itself_is_left_alone(question: str) -> None:
    assert completed(question, [SALES]) == question


def test_a_third_question_builds_on_the_second_written_out() -> None:
    asked = [SALES, ("what about the southern region?", "3.1 million"), ("thanks", "The documents do not say.")]
    assert completed("and in 2011?", asked) == "How much did the southern region sell in 2011?"


def test_phrases_leave_the_verb_and_the_years_out() -> None:
    found = phrases("How many passengers did the Heron Island route carry in 2023?")
    assert [(one.text, one.asked, one.named) for one in found] == [
        ("passengers", True, False),
        ("the Heron Island route", False, True),
    ]
    about = topic("How long does the crossing to Gull Rock take?")
    assert about is not None
    assert about.text == "the crossing to Gull Rock"


def test_a_question_with_a_picture_asks_of_the_picture() -> None:
    item: StoredItem = make_hit(1, "a pump").item
    assert Question("what is it?", image=b"png", history=[SALES]).asked(None).typed is None
    assert Question("and in 2011?", like=1, history=[SALES]).asked(item).text == "and in 2011?"
    asked = Question("and in 2011?", history=[SALES]).asked(None)
    assert (asked.typed, asked.searched) == ("and in 2011?", "How much did the northern region sell in 2011?")
