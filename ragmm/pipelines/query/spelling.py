"""A question's misspelt words, put right by the collection's own words.

A word that no item holds, no file is named by and no glossary knows may be a slip of the pen. If the collection has a
word within one edit of it (two, of words of eight letters and more), that one is searched for; what was written is
searched for beside it, and what is shown says so. A word that the collection holds is never replaced, however rare it
is. Left alone are common words, numbers and codes, abbreviations, what stands in quotation marks, and scripts without
such spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import replace

from ragmm.indexes.contracts import Snapshot
from ragmm.pipelines.query.glossary import Glossary
from ragmm.pipelines.query.question import Asked
from ragmm.text.patterns import late
from ragmm.text.stop_words import STOPWORDS
from ragmm.text.terms import fold
from ragmm.types import Correction

__all__ = ["corrected"]

_LEFT_ALONE = late(r"[\"“„«].{2,200}?[\"”“»]|(?<![^\W_])[^\W_]+\*|(?:(?<!\S)|(?<=[\"”“»*]))\S*[\d@&/\\]\S*")
"""Quotations, beginnings of words, and codes, addresses, paths."""
_WORD = late(r"[^\W\d_\u0590-\U0010ffff]{4,40}(?![^\W_])")
"""Of letters that come before the Hebrew ones: Latin, Greek, Cyrillic, Armenian."""
_LONG_WORD = 8
_LONGEST_ABBREVIATION = 6
_MOST = 4
"""Corrections in one question: with more, it is about something else, or in another language."""


def corrected(
    snapshot: Snapshot,
    question: Asked,
    glossary: Glossary | None = None,
    common: Callable[[], Set[str]] = frozenset,
) -> Asked:
    """The question, with what is to be searched for instead of some of its words.

    `common` gives the words of the language that are no slips; it is asked only where the collection lacks a word.
    """
    if question.like is not None or not question.searched.strip():
        return question
    unknown = snapshot.unknown_words(list(dict.fromkeys(_spelt(question.searched))))
    unknown = [word for word in unknown if word not in common()] if unknown else unknown
    if not unknown:
        return question
    named = glossary.words if glossary else frozenset[str]()
    found = [one for one in (_correction(snapshot, word, named) for word in unknown) if one is not None]
    return replace(question, corrections=tuple(found)) if len(found) <= _MOST else question


def _spelt(text: str) -> Iterator[str]:
    """Words that could be misspelt, in lower case."""
    for match in _WORD.finditer(_LEFT_ALONE.sub(" ", text)):
        word = match[0]
        if word.lower() not in STOPWORDS and not (word.isupper() and len(word) <= _LONGEST_ABBREVIATION):
            yield word.lower()


def _correction(snapshot: Snapshot, word: str, named: Set[str]) -> Correction | None:
    if word in named:
        return None
    near = snapshot.near_words(word, 2 if len(word) >= _LONG_WORD else 1)
    near = [one for one in near if one.word not in STOPWORDS]
    spelt = {word, fold(word)}  # "niño" is in elnino.csv
    return Correction(word=word, searched=near[0].word) if near and not snapshot.find_named([*spelt]) else None
