"""Words: CJK pairs, whole codes, and questions that look like query syntax."""

from __future__ import annotations

import sqlite3

import pytest

from ragmm.indexes.store import lexicon as lexical
from ragmm.text import words as search_words

TEXTS = {
    1: "The retriever finds vectors in a space of meaning.",
    2: "向量空间检索系统的设计",
    3: "Invoice INV-2024-00317 was paid on 2024-05-01, total 1,250.00 EUR.",
    4: "Крещение Руси произошло в 988 году.",
    5: "Running runners ran; the café serves naïve visitors.",
}


@pytest.fixture
def lexicon() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE lexicon USING fts5 "
        "(text, context, content='', tokenize='porter unicode61 remove_diacritics 2')"
    )
    for number, text in TEXTS.items():
        connection.execute(
            "INSERT INTO lexicon (rowid, text, context) VALUES (?,?,'')", (number, search_words.segment(text))
        )
    return connection


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("retrievers", 1),
        ("检索", 2),
        ("向量空间", 2),
        ("INV-2024-00317", 3),
        ("1,250.00", 3),
        ("год 988", 4),
        ("cafe run", 5),
        ("What is a VECTOR?", 1),
    ],
)
def test_found(lexicon: sqlite3.Connection, question: str, first: int) -> None:
    found = lexical.search(lexicon, question, 5)
    assert found[0][0] == first
    assert all(score > 0 for _, score in found)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_no_false_friend_among_cjk(lexicon: sqlite3.Connection) -> None:
    assert lexical.search(lexicon, "索系", 5)[0][0] == 2
    assert lexical.search(lexicon, "空气", 5) == []


@pytest.mark.parametrize(
    "question",
    [
        '"',
        "AND OR NOT NEAR",
        "text:secret",
        "a* OR b",
        "(((",
        "^start",
        "-minus",
        "x" * 200_000,
        "\0",
        "'; DROP TABLE items",
    ],
)
def test_syntax_is_only_words(lexicon: sqlite3.Connection, question: str) -> None:
    lexical.search(lexicon, question, 5)


@pytest.mark.parametrize("question", ["", "  ", "?!.,", "_"])
def test_no_words_find_nothing(lexicon: sqlite3.Connection, question: str) -> None:
    assert lexical.search(lexicon, question, 5) == []


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("retriev*", [1]),
        ("INV-2024*", [3]),
        ("zzz*", []),
        ('"space of meaning"', [1]),
        ("“space of meaning”", [1]),
    ],
)
def test_prefixes_and_phrases(lexicon: sqlite3.Connection, question: str, found: list[int]) -> None:
    assert [item for item, _ in lexical.search(lexicon, question, 1)] == found


def test_a_code_is_looked_for_whole(lexicon: sqlite3.Connection) -> None:
    for number, text in ((11, "invoice 2024 and INV and 00317 apart"), (12, "see INV-2024-00317")):
        lexicon.execute("INSERT INTO lexicon (rowid, text, context) VALUES (?,?,'')", (number, text))
    found = [item for item, _ in lexical.search(lexicon, "INV-2024-00317", 5)]
    assert set(found[:2]) == {3, 12}


def test_words_that_stand_together_come_first(lexicon: sqlite3.Connection) -> None:
    for number, text in ((21, "quick gains and a ratio"), (22, "the quick ratio rose"), (23, "ratio of the quick")):
        lexicon.execute("INSERT INTO lexicon (rowid, text, context) VALUES (?,?,'')", (number, text))
    assert lexical.search(lexicon, "quick ratio", 5)[0][0] == 22


def test_idle_words_count_only_alone() -> None:
    idle = {"what", "is", "the"}
    assert lexical.match_expression("What is the vector?", idle) == '"vector"'
    assert lexical.match_expression("what is", idle) == '"what" OR "is"'


def test_the_title_weighs_less_than_the_words(lexicon: sqlite3.Connection) -> None:
    rows = ((31, "glacier melting faster", "reports"), (32, "melting points of metals", "glacier"))
    lexicon.executemany("INSERT INTO lexicon (rowid, text, context) VALUES (?,?,?)", rows)
    assert [item for item, _ in lexical.search(lexicon, "glacier", 5)] == [31, 32]


def stretch_items(*rows: tuple[int | None, str]) -> list[lexical.StretchItem]:
    return [
        lexical.StretchItem(id=number, page=page, text=text, context="Report > Results")
        for number, (page, text) in enumerate(rows, start=1)
    ]


def test_stretches_are_pages() -> None:
    found = list(lexical.stretches(stretch_items((1, "a"), (1, "b"), (2, "c"), (None, "d"), (None, "e"))))
    assert [first for first, _ in found] == [1, 3, 4]
    assert found[0][1] == "Report > Results\na\nb"


def test_stretches_without_pages_are_of_a_size() -> None:
    found = list(lexical.stretches(stretch_items(*[(None, "x" * 3000)] * 5)))
    assert [first for first, _ in found] == [1, 3, 5]
    assert list(lexical.stretches([])) == []
