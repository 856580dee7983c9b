"""Words: CJK pairs, whole codes, and questions that look like query syntax."""

from __future__ import annotations

import sqlite3

import pytest

from ragmm.indexes import lexical

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
            "INSERT INTO lexicon (rowid, text, context) VALUES (?,?,'')", (number, lexical.segment(text))
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
        "x" * 10_000,
        "\0",
        "'; DROP TABLE items",
    ],
)
def test_syntax_is_only_words(lexicon: sqlite3.Connection, question: str) -> None:
    lexical.search(lexicon, question, 5)


@pytest.mark.parametrize("question", ["", "  ", "?!.,", "_"])
def test_no_words_find_nothing(lexicon: sqlite3.Connection, question: str) -> None:
    assert lexical.search(lexicon, question, 5) == []
