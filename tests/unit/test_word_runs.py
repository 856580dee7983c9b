"""Runs of letters by machine words are those that a plain expression finds, and each has one number."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmm.indexes.store import word_runs
from ragmm.indexes.store.word_runs import Runs
from ragmm.indexes.store.word_terms import Numbering, Tokenizer

RUN = re.compile("[0-9A-Za-z\u0080-\U0010ffff]+")
# Around eight and sixteen bytes, where a run needs another word, and with letters of two to four bytes.
WORDS = (
    "a",
    "b",
    "1",
    "12345678",
    "abcdefgh",
    "abcdefghi",
    "a" * 15,
    "a" * 16,
    "a" * 17,
    "a" * 40,
    "caf\u00e9",
    "\u4e0a\u6d77",
)
texts = st.lists(
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=20)), max_size=8).map("-".join),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(batches=st.lists(texts, max_size=3))
def test_they_are_those_of_a_plain_expression(batches: list[list[str]]) -> None:
    runs = Runs()
    for batch in ([text.encode("utf-8", "replace").decode() for text in one] for one in batches):
        numbers, edges = runs.of(batch)
        names = [run.decode() for run in runs.numbers]
        found = [[names[number] for number in numbers[first:last]] for first, last in pairwise(edges)]
        assert found == [RUN.findall(text) for text in batch]


def test_runs_of_one_slot_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """With two slots nearly every run finds another in its own."""
    monkeypatch.setattr(word_runs, "_SLOT_BITS", 1)
    monkeypatch.setattr(word_runs, "_AT_ONCE", 7)
    words = [f"word{number % 50}" for number in range(400)]
    runs = Runs()
    numbers, _ = runs.of([" ".join(words)])
    names = [run.decode() for run in runs.numbers]
    assert [names[number] for number in numbers] == words
    assert len(names) == 50


def test_the_terms_of_numbers_are_those_that_fts5_makes() -> None:
    """Runs of digits are not shown to it."""
    asked = ["7", "42", "2024", "000123", "1" * 70]
    numbering = Numbering(Tokenizer())
    found = numbering.terms_of(asked)
    names = list(numbering.terms)
    assert [(names[number],) for number in found.numbers] == Tokenizer().terms_of(asked)
    assert np.diff(found.edges).tolist() == [1] * len(asked)
