"""Whether an answer gives the accepted value, and that alone."""

from __future__ import annotations

import time

import pytest

from ragmm.evaluation.values import Kind, elements, kind_of, likeness

RIGHT = [
    ("1.3 M", "1,300,000"),
    ("1.3 million", "It was 1,300,000 in all."),
    ("1.3 million", "1.3M"),
    ("1,300,000", "1.3 million euros"),
    ("1,3 Mio.", "1.300.000 Euro"),
    ("1,3 Millionen", "1.3 million"),
    ("2,5 milliards", "2.5 billion"),
    ("$5.8 million", "$5.8m"),
    ("$5.8m", "5.8 million dollars"),
    ("€12,500", "12.500 €"),
    ("12 500 €", "12,500 euros"),
    ("1 300 000", "1.3 million"),
    ("1\u202f300", "1300"),
    ("CHF 1'200", "1,200 francs"),
    ("12 %", "0.12"),
    ("12 %", "12 per cent"),
    ("12%", "12 Prozent"),
    ("12.5 %", "12,5 %"),
    ("-5", "−5"),
    ("-1234", "(1,234)"),
    ("(1,234)", "-1,234"),
    ("(12.5)", "a loss of (12.5) that year"),
    ("54 %", "a majority ( 54 % ) agreed"),
    ("44", "The club has 44 members."),
    ("44 members", "44"),
    ("eight knots", "8 knots"),
    ("six", "there is room for 6"),
    ("twenty-three", "23"),
    ("90 minutes", "1.5 hours"),
    ("5 km", "5000 metres"),
    ("10-20", "between 10 and 20"),
    ("10–20 km", "10 to 20 km"),
    ("3rd", "the third"),
    ("third", "3rd"),
    ("0.69", "0.690"),
    ("1.300", "1300"),
    ("1.3", "1.300"),
    ("399 million", "399,000,000"),
    ("1.5 hundred thousand", "150,000"),
    ("7", "7."),
    ("70 minutes", "The crossing takes 70 minutes."),
    ("4", "a4b5 and 4"),
    ("$0", "$0"),
    ("4个", "共有4个"),
    ("1.3亿", "130,000,000"),
    ("1.3亿", "1.3亿元"),
    ("百分之12", "12%"),
    ("百分之十二", "12%"),
    ("12%", "占百分之十二"),
    ("三千五百", "3,500"),
    ("35万", "350,000"),
    ("三百人", "300人"),
    ("14 September 2023", "2023-09-14"),
    ("2023-09-14", "Sept. 14, 2023"),
    ("14 September 2023", "on September 14th, 2023,"),
    ("14. September 2023", "14.09.2023"),
    ("14 septembre 2023", "14/9/2023"),
    ("2 March 2023", "03/02/2023"),
    ("14 de septiembre de 2023", "14 September 2023"),
    ("2023年9月14日", "14 September 2023"),
    ("14 September 2023", "二〇二三年九月十四日"),
    ("1874年", "1874"),
    ("2007", "于2007年成立"),
    ("May 2025", "on 3 May 2025"),
    ("1er mai 2024", "2024-05-01"),
    ("17:40", "5:40 pm"),
    ("9 am", "09:00"),
    ("5:40 p.m.", "17.40 Uhr"),
    ("下午3点", "15:00"),
    ("19:40", "It leaves at 18:10 instead of 19:40."),
    ("2011", "It was founded in 2011."),
    ("yes", "Yes, they may."),
    ("no", "No; dogs stay outside."),
    ("Yes. It decreased.", "Yes"),
    ("no", "Nein."),
    ("是", "是的，可以。"),
    ("不", "不是"),
    ("Ilse Brandt", "ilse brandt"),
    ("the north", "North"),
    ("Café Löwe", "cafe lowe"),
    ("J. O'Neil", "J. O’Neil"),
    ("江苏省扬州市", "位于江苏省扬州市。"),
    ("['3', '4']", "3 and 4"),
    ("2; 10", "10; 2"),
    ("red; green", "green and red"),
    ("[\"O'Hara\", 'Lee']", "Lee and O'Hara"),
    ("first Monday", "on the first Monday"),
]
WRONG = [
    ("1.3 million", "1.3"),
    ("1.3 million", "1.3 billion"),
    ("12", "0.12"),
    ("12 %", "12 km"),
    ("12 km", "12 miles"),
    ("$5", "€5"),
    ("5", "-5"),
    ("-5", "5"),
    ("-5", "10-5"),
    ("500", "1,500"),
    ("500", "500.5"),
    ("15", "1.5"),
    ("3", "in the 3rd quarter"),
    ("3", "the third"),
    ("2011", "2,011 members"),
    ("1,950", "in 1950"),
    ("2023", "It was 2022."),
    ("14 September 2023", "14 September 2022"),
    ("14 September 2023", "September 2023"),
    ("14 September 2023", "4 September 2023"),
    ("May 2025", "you may come in 2025"),
    ("no", "No. 5"),
    ("no", "No 5 Harbour Lane"),
    ("no", "Yes"),
    ("yes", "Yesterday it rained."),
    ("no", "Nothing of the kind"),
    ("no", "November"),
    ("5", "No. 51"),
    ("10-20", "10"),
    ("Ilse Brandt", "Ilse Brandtner"),
    ("Lee", "sleep"),
    ("['3', '4']", "3"),
    ("1.3亿", "1.3万"),
    ("百分之12", "120"),
    ("2023年9月14日", "2023年9月15日"),
    ("17:40", "5:40 am"),
    ("4", "a4b5"),
    ("Gull Rock 3", "3"),
]
ALONE = [
    ("12 %", "12 % in 2023"),
    ("50 minutes", "It takes 50 minutes and costs 8 euro."),
    ("44", "one of 44"),
    ("44", "44 in the 3rd quarter"),
    ("14 September 2023", "on 14 September 2023, at 17:40"),
    ("2011", "2011, with 44 members"),
    ("Ilse Brandt", "Ilse Brandt"),
    ("Ilse Brandt", "The treasurer is Ilse Brandt."),
    ("red; green", "red and green"),
    ("seal bank", "because the boat keeps outside the seal bank"),
    ("江苏省扬州市", "位于江苏省扬州市"),
    ("12 %", "12 % (0.12)"),
]
BESIDE = [
    ("44", "44 or 45"),
    ("12 %", "12 % and 15 %"),
    ("50 minutes", "50 minutes, or 70 minutes in fog"),
    ("2011", "2011 and 2012"),
    ("14 September 2023", "14 September 2023 or 3 May 2024"),
    ("Ilse Brandt", "It is Ilse Brandt with Tom Lee."),
    ("['3', '4']", "3, 4, 5"),
    ("57", "57 59"),
    ("blue", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen words of blue"),
]
KINDS = [
    ("44", Kind.NUMBER),
    ("44 members", Kind.NUMBER),
    ("about 1.3 M", Kind.NUMBER),
    ("12 %", Kind.NUMBER),
    ("4个", Kind.NUMBER),
    ("2011", Kind.DATE),
    ("14 September", Kind.DATE),
    ("17:40", Kind.DATE),
    ("in May 2025", Kind.DATE),
    ("yes", Kind.YES_NO),
    ("No. The ratio was 0.54.", Kind.YES_NO),
    ("No. 5", Kind.NAME),
    ("5 Fleet Street", Kind.NAME),
    ("first Monday", Kind.NAME),
    ("Gull Rock 3", Kind.NAME),
    ("['a', 'b']", Kind.LIST),
    ("a; b", Kind.LIST),
    ("Because the boat keeps well outside the seal bank for most of the whole summer season", Kind.PROSE),
]


@pytest.mark.parametrize(("accepted", "said"), RIGHT)
def test_the_same_value_in_another_form_is_right(accepted: str, said: str) -> None:
    assert likeness(said, [accepted]).right


@pytest.mark.parametrize(("accepted", "said"), WRONG)
def test_another_value_is_wrong(accepted: str, said: str) -> None:
    assert not likeness(said, [accepted]).right


@pytest.mark.parametrize(("accepted", "said"), ALONE)
def test_what_is_of_another_kind_is_no_second_value(accepted: str, said: str) -> None:
    assert likeness(said, [accepted]) == likeness(accepted, [accepted])


@pytest.mark.parametrize(("accepted", "said"), BESIDE)
def test_a_second_value_is_seen(accepted: str, said: str) -> None:
    found = likeness(said, [accepted])
    assert found.right
    assert not found.alone


@pytest.mark.parametrize(("accepted", "kind"), KINDS)
def test_the_form_of_an_accepted_answer_says_what_it_is(accepted: str, kind: Kind) -> None:
    assert kind_of(accepted) is kind


def test_what_the_question_says_is_no_second_value() -> None:
    assert not likeness("Of 80 seats 44 are taken.", ["44"]).alone
    assert likeness("Of 80 seats 44 are taken.", ["44"], "How many of the 80 seats are taken?").alone


def test_a_bare_year_is_an_amount_where_the_question_asks_for_one() -> None:
    assert kind_of("1950", "How many visitors came?") is Kind.NUMBER
    assert likeness("There were 1,950.", ["1950"], "How many visitors came?").right
    assert not likeness("In 1950 nobody counted.", ["1,950"], "How many visitors came?").right
    assert kind_of("1950", "In which year was it founded?") is Kind.DATE


def test_the_scale_that_the_question_asks_for_may_be_left_out() -> None:
    assert likeness("$1,832 million", ["$1832.00"], "What is the EBITDA in USD millions?").right
    assert likeness("1,832", ["1.832 billion"], "What is it in millions?").right
    assert not likeness("$1,832 million", ["$1832.00"]).right


def test_the_year_that_the_question_names_may_be_left_out_of_a_date() -> None:
    assert likeness("on 14 September", ["14 September 2023"], "When did they meet in 2023?").right
    assert not likeness("on 14 September", ["14 September 2023"], "When did they meet?").right


def test_of_a_statement_half_its_numbers_and_words_are_asked() -> None:
    accepted = "A modest majority of the members, 54 %, were in favour of the new pier, while 30 % were against it."
    assert likeness("54 % of the members were in favour of the new pier, 30 % against it", [accepted]).right
    assert not likeness("The majority of members were in favour of a new pier: 61 %, against it 22 %", [accepted]).right
    assert not likeness("54 and 30", [accepted]).right


def test_any_accepted_answer_counts_and_none_is_never_right() -> None:
    assert likeness("35", ["70", "35"]).right
    assert not likeness("35", []).right
    assert not likeness("", ["35"]).right
    assert not likeness("anything", [""]).right
    assert not likeness("anything", ["..."]).right


def test_a_list_is_taken_apart() -> None:
    assert elements("['a, b', \"c's\", 3]") == ("a, b", "c's", "3")
    assert elements("a; b ;") == ("a", "b")
    assert elements("[]") == ()
    statement = "Half of them came by boat, which took the whole of the morning; nobody minded"
    assert elements(statement) == (statement,)


def test_a_lone_letter_is_a_choice() -> None:
    assert likeness("A. The first.", ["A"]).right
    assert not likeness("It was a boat.", ["A"]).right
    assert not likeness("an apple", ["A"]).right


@pytest.mark.parametrize(
    "piece",
    [
        "9",
        "1,",
        "1,111",
        "1 111 ",
        "(",
        "[",
        "'",
        "['a',",
        "-",
        "一",
        "年",
        "1年",
        "jan ",
        "14 may ",
        "$",
        "1:",
        "no ",
        ";",
        "a",
    ],
)
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    likeness(text, ["14 September 2023", "12 %", text, f"[{text}]"], text)
    assert time.process_time() - began < 5
