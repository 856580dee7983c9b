"""Where sentences, clauses, lines and words begin."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmm.text.cuts import (
    clause_starts,
    grapheme_cut,
    line_starts,
    sentence_starts,
    sentences,
    word_starts,
)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["One. ", "Two! ", "Three? ", "Four"],
        ["Dr. Smith paid 3.50 at 5 p.m. yesterday. ", "He left."],
        ["See Fig. 3 and Eq. 4, e.g. the one of J. R. Tolkien. ", "Then stop."],
        ['He said "Stop!" ', "Then he left."],
        ["Version 2.0 is out. ", "Visit example.com now."],
        ["What?! ", "Yes... ", "No…"],
        ["the dots ... go on. ", "End."],
        ["第一句。", "第二句！", "“第三句？”", "第四句"],
        ["これは文です。", "次の文です。"],
        ["यह वाक्य है। ", "दूसरा वाक्य।"],
        ["هل هذا سؤال؟ ", "نعم."],
        ["A title without a stop\n\n", "Then a paragraph."],
        ["I know that I. ", "Then more."],
    ],
)
def test_sentences(expected):
    assert cut("".join(expected)) == expected


@given(st.text(alphabet="aZ .!?。\n\r\t\"')…é汉1", max_size=300))
def test_sentences_are_the_text(text):
    assert "".join(cut(text)) == text
    assert all(cut(text)) or not text


@given(st.text(alphabet="ab .,;\n\r汉。「」", max_size=200), st.data())
@pytest.mark.parametrize("finder", [sentence_starts, clause_starts, line_starts, word_starts])
def test_starts_are_inside_and_ascending(finder, text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = list(finder(text, start, end))
    assert found == sorted(set(found))
    assert all(start < at < end for at in found)


def test_clauses_end_at_commas_and_line_ends():
    text = "first, second; third: fourth\nfifth，第六、第七"
    starts = [0, *clause_starts(text, 0, len(text)), len(text)]
    assert [text[a:b] for a, b in pairwise(starts)] == [
        "first, ", "second; ", "third: ", "fourth\n", "fifth，", "第六、", "第七",
    ]  # fmt: skip


def test_lines_begin_before_their_indentation_and_blank_ones_are_skipped():
    text = "a\n\n    b\r\n\tc\rd"
    assert [text[at:] for at in line_starts(text, 0, len(text))] == ["    b\r\n\tc\rd", "\tc\rd", "d"]


def test_ideographs_are_words_but_closing_marks_stay():
    text = "ab 汉字。「引」x"
    assert [text[at] for at in word_starts(text, 0, len(text))] == ["汉", "字"]


@pytest.mark.parametrize("text", ["\n" * 300_000 + "x", ". " * 150_000, "a." + " \n" * 150_000 + "x", "!" * 300_000])
def test_linear_time(text):
    began = time.process_time()
    assert "".join(cut(text)) == text
    assert time.process_time() - began < 3  # a quadratic step takes minutes


def test_a_cut_moves_back_to_a_whole_character_but_not_for_ever():
    assert grapheme_cut("ab👍🏽c", 3, 0) == 2
    assert grapheme_cut("a" + "\u0301" * 500, 400, 0) == 400
