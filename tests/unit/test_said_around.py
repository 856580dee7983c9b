"""What a reader is told of a document beside the stretch that it reads."""

from __future__ import annotations

import time

import pytest

from ragmm.pipelines.answer.said_around import Said, said_around
from ragmm.pipelines.answer.windows import ReadWindow, windows_of
from ragmm.text.terms import content_terms, terms
from ragmm.types import Hit
from tests.unit.hits import make_hit


def around(question: str, *texts: str) -> list[str]:
    asked = frozenset(content_terms(question))
    said = [Said(text=text, has=asked.intersection(terms(text))) for text in texts]
    return list(said_around(asked, said, dict.fromkeys(asked, 1.0)))


def read(question: str, *hits: Hit) -> list[ReadWindow]:
    return windows_of(question, hits)


INVOICE = "| Bill to | Pino Rossi |\n| --- | --- |\n| Sesam Street 1 | 1000 AA |"


def test_words_that_stand_elsewhere_in_the_document_come_before_the_text() -> None:
    line, table = make_hit(1, "Order number: 12572103", uri="a.pdf"), make_hit(2, INVOICE, uri="a.pdf")
    other = make_hit(3, "Pino Rossi plays the flute.", uri="b.pdf")
    window = next(
        one for one in read("What order number is on Pino Rossi's bill?", line, other, table) if one.hit is line
    )
    ahead = window.passage.text[: window.passage.prefix]
    assert "Bill to Pino Rossi" in ahead
    assert "flute" not in ahead
    assert window.passage.text[window.passage.prefix :] == "Order number: 12572103"
    assert window.sentence_at(window.passage.prefix) == "Order number: 12572103"


def test_nothing_is_added_where_nothing_is_lacking_or_nothing_says_it() -> None:
    (window,) = read("What is the order number?", make_hit(1, "The order number is 12572103.", uri="a.pdf"))
    (alone,) = read("Pino Rossi's order number?", make_hit(1, "The order number is 12572103.", uri="a.pdf"))
    for one in (window, alone):
        assert one.passage.text[: one.passage.prefix].strip() == "a.pdf"


@pytest.mark.parametrize(
    ("question", "texts", "expected"),
    [
        (
            "fee of the chess club in Oslo",
            ["We meet in Oslo.", "The chess club welcomes all."],
            ["chess club welcomes all"],
        ),
        ("马迪懦去世是哪一年", ["罗马天主教，马迪懦主教，河北"], ["马迪懦主教 河北"]),
    ],
)
def test_an_excerpt_is_short_and_whole_words(question: str, texts: list[str], expected: list[str]) -> None:
    assert around(question, *texts)[: len(expected)] == expected


def test_a_long_line_takes_little_time() -> None:
    start = time.process_time()
    (excerpt, *_) = around("chess club in Oslo", "chess " * 10_000 + "club Oslo")
    assert time.process_time() - start < 2
    assert excerpt.endswith("club Oslo")
