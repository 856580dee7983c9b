"""What a question is after: a fact, an account, or a picture; and whether a value is one amount or one date."""

from __future__ import annotations

import pytest

from ragmm.pipelines.query.question_kind import asks_for_fact, asks_to_describe, looks_for_picture
from ragmm.pipelines.query.value_kinds import AskedKind, is_plain, is_run_of_numbers
from ragmm.pipelines.query.wanted import wanted


@pytest.mark.parametrize(
    ("question", "fact", "picture"),
    [
        ("a red boat at a pier", False, True),
        ("show me the photo of the dock", False, True),
        ("Which photo shows a red boat?", False, True),
        ("What does the logo look like?", False, True),
        ("How do partisans see gun laws?", True, False),
        ("What share does the chart give for metal?", True, False),
        ("In the first chart, what is the value of metal?", True, False),
        ("cigarette exports in 2002-03", False, False),
        ("honor watch adding music which version at least", False, False),
        ("Describe the news of last week", False, False),
    ],
)
def test_pictures_answer_only_who_looks_for_one(question: str, fact: bool, picture: bool) -> None:
    assert (asks_for_fact(question), looks_for_picture(question)) == (fact, picture)


def test_an_account_is_asked_for() -> None:
    assert asks_to_describe("Compare the two harbours")
    assert not asks_to_describe("Which harbour compares well?")
    assert asks_to_describe("Comment on the harbour")
    assert not asks_to_describe("Comment s'appelle le port ?")


@pytest.mark.parametrize(
    ("kind", "value", "plain"),
    [
        (AskedKind.NUMBER, "36", True),
        (AskedKind.NUMBER, "0.68", True),
        (AskedKind.NUMBER, "09:15", False),
        (AskedKind.NUMBER, "9.15 am", False),
        (AskedKind.DAY, "16 agosto 1993", True),
        (AskedKind.DAY, "8 januari 2020", True),
        (AskedKind.NUMBER, "Thirty-eight members", True),
        (AskedKind.NUMBER, "30-49", False),
        (AskedKind.NUMBER, "57 27 84 2", False),
        (AskedKind.MONEY, "1.3 million euros", True),
        (AskedKind.MEASURE, "325 mm", True),
        (AskedKind.MEASURE, "fully automatic single cup", False),
        (AskedKind.DATE, "2024-03-18", True),
        (AskedKind.DATE, "09:15", True),
        (AskedKind.DATE, "2024年9月14日", True),
        (AskedKind.DATE, "14.50", False),
        (AskedKind.DATE, "12,000 hours", False),
        (AskedKind.ANY, "anything at all", True),
    ],
)
def test_one_amount_or_one_date(kind: AskedKind, value: str, plain: bool) -> None:
    assert is_plain(kind, value) is plain


@pytest.mark.parametrize(
    ("question", "value", "suits"),
    [
        ("How much fuel would it save?", "9.5%", True),
        ("How much fuel would it save?", "£40", True),
        ("How much fuel would it save?", "on Monday", False),
        ("How many people came?", "9.5%", False),
    ],
)
def test_how_much_may_be_a_share_or_a_sum_of_money(question: str, value: str, suits: bool) -> None:
    assert wanted(question).suits(value) is suits
    assert wanted(question).suits_plainly(value) is suits


def test_figures_that_ran_together() -> None:
    assert is_run_of_numbers("57 27 84 2 8 10")
    assert not is_run_of_numbers("14 September 2023")


def test_how_much_something_grew_may_be_a_share() -> None:
    assert wanted("How much VAT is on the receipt?").kind is AskedKind.MONEY
    assert wanted("How much change was given?").kind is AskedKind.MONEY
    assert wanted("How much did revenue grow in 2023?").kind is AskedKind.PERCENT
    assert wanted("How many people came?").kind is AskedKind.NUMBER


def test_a_sum_to_date_is_no_date() -> None:
    assert wanted("grand larceny year to date 2017").kind is AskedKind.ANY
    assert wanted("date of the meeting").kind is AskedKind.DATE


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("percentage of drivers in fatal crashes who were speeding, Hawaii", AskedKind.PERCENT),
        ("cost of the boat which sank", AskedKind.MONEY),
        ("the share price at which he sold", AskedKind.MONEY),
        ("population of Kenya when it became free", AskedKind.NUMBER),
        ("order number of the part which broke", AskedKind.CODE),
        ("What is the IBAN on the receipt?", AskedKind.CODE),
        ("What is the year end total amount of inventories?", AskedKind.NUMBER),
        ("population of Selby 2010", AskedKind.NUMBER),
        ("voucher number of the flight to Selby", AskedKind.CODE),
        ("Which tax rate was charged on the rope?", AskedKind.PERCENT),
        ("When did the interest rate change?", AskedKind.DATE),
        ("In the budget of 2011, who was first?", AskedKind.PERSON),
    ],
)
def test_what_a_few_words_name_first_is_asked_for_and_not_what_a_clause_of_theirs_asks(
    question: str, kind: AskedKind
) -> None:
    assert wanted(question).kind is kind


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Hoeveel leden waren aanwezig?", AskedKind.NUMBER),
        ("Wie is de voorzitter?", AskedKind.PERSON),
        ("Wie lang dauert die Garantie?", AskedKind.MEASURE),
        ("Wanneer begint de vergadering?", AskedKind.DATE),
        ("Quanti soci erano presenti?", AskedKind.NUMBER),
        ("Chi ha firmato il verbale?", AskedKind.PERSON),
        ("A che ora inizia la riunione?", AskedKind.TIME),
        ("Quanto costa l'iscrizione?", AskedKind.MONEY),
        ("Quando foi fundada a associação?", AskedKind.DATE),
        ("Quem preside a reunião?", AskedKind.PERSON),
        ("Combien de temps dure la garantie ?", AskedKind.MEASURE),
        ("¿Cuánto tiempo dura la garantía?", AskedKind.MEASURE),
        ("회의는 언제 시작합니까?", AskedKind.DATE),
        ("会議の議長は誰ですか", AskedKind.PERSON),
    ],
)
def test_kinds_in_other_languages(question: str, kind: AskedKind) -> None:
    assert wanted(question).kind is kind
