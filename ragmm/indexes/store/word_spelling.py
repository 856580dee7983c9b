"""Words of the collection that are spelt nearly like one that it does not hold.

The index holds stems, sorted. Those that begin like the word are looked through, as far as they have its letters; how
the nearest of them are written is then read from a few items that hold them. Nothing is stored for it, and the rest of
the vocabulary is never touched.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from string import ascii_lowercase

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.records import NearWord
from ragmm.indexes.store import rows
from ragmm.indexes.store.lexicon import Sought
from ragmm.indexes.store.reading import StoredGeneration
from ragmm.indexes.store.word_files import Words
from ragmm.indexes.words.postings import Phrase
from ragmm.text.spelling import edits, edits_of_beginning
from ragmm.text.terms import fold
from ragmm.text.words import words_of

__all__ = ["near_words", "unknown_words"]

_LONGEST_ENDING = 6
"""Letters that a stem may lack at the end of a word."""
_SHORT_STEM = 6
"""Of a stem with fewer letters one may differ: with two, any would do."""
_MOST_STEMS, _MOST_ROWS = 4, 6
"""Stems whose writings are read, and from how many items each."""

Ids = NDArray[np.int64]
_Stem = tuple[str, int]
"""With the number of items that hold it."""


def unknown_words(snapshot: StoredGeneration, words: Sequence[str]) -> list[str]:
    """Those that no item holds in any form."""
    files = snapshot.words()
    if files is not None:
        phrases = files.phrases([Sought(word) for word in words])
        return [word for word, one in zip(words, phrases, strict=True) if one.terms and not files.items.count(one)]
    held = "SELECT 1 FROM lexicon WHERE lexicon MATCH ? LIMIT 1"
    return snapshot.read(
        lambda connection: [word for word in words if connection.execute(held, (f'"{word}"',)).fetchone() is None]
    )


def near_words(snapshot: StoredGeneration, word: str, most: int) -> list[NearWord]:
    """Words of live items with at most so many edits: fewest edits first, then the same first letter, commonest."""
    files, asked = snapshot.words(), fold(word)
    tried: set[_Stem] = set()
    for beginnings in _beginnings(asked):
        stems = [one for one in _stems(snapshot, files, asked, beginnings, most) if one not in tried]
        tried.update(stems)
        found = [near for stem in stems for near in _written(snapshot, files, stem, asked, most)]
        if found:
            best = {one.word: one for one in sorted(found, key=lambda one: one.rows)}
            return sorted(best.values(), key=lambda one: (one.edits, one.word[0] != word[0], -one.rows, one.word))
    return []


def _beginnings(word: str) -> Iterator[list[str]]:
    """How what is meant may begin, the likeliest first: all but the last keep the first letter."""
    yield [word[:2]]
    yield [word[0]]
    letters = ascii_lowercase if word.isascii() else ""
    first_wrong = (letter + rest for letter in letters for rest in (word[:3], word[1:4]))
    yield list(dict.fromkeys([word[1] + word[0], word[1:3], *first_wrong]))


def _stems(
    snapshot: StoredGeneration, files: Words | None, word: str, beginnings: Sequence[str], most: int
) -> list[_Stem]:
    """The nearest, from all that begin so."""
    sizes = range(max(3, len(word) - _LONGEST_ENDING), len(word) + most + 1)
    if files is not None:
        found = [one for start in beginnings for one in files.items.terms_like(start, word, most, sizes)]
    else:
        found = snapshot.read(partial(_in_tables, beginnings=beginnings))
    near: dict[str, tuple[int, int]] = {}
    for stem, held in found:
        if len(stem) not in sizes or sum(letter not in word for letter in stem) > most:
            continue
        allowed = most if len(stem) >= _SHORT_STEM else 1
        # The index ends "company" in an i, as "companies" goes on from there.
        forms = (stem, f"{stem[:-1]}y") if stem.endswith("i") else (stem,)
        slips = min(edits_of_beginning(form, word, allowed) for form in forms)
        if slips <= allowed:
            near[stem] = slips, near.get(stem, (0, 0))[1] + held
    nearest = sorted(near, key=lambda stem: (near[stem][0], -len(stem), -near[stem][1]))
    return [(stem, near[stem][1]) for stem in nearest[:_MOST_STEMS]]


def _in_tables(connection: sqlite3.Connection, beginnings: Sequence[str]) -> list[_Stem]:
    _vocabularies(connection)
    sql = "SELECT term, doc FROM temp.vocabulary WHERE term >= ? AND term < ?"
    return [row for start in beginnings for row in connection.execute(sql, (start, f"{start}\U0010ffff"))]


def _vocabularies(connection: sqlite3.Connection) -> None:
    """Views of the table of words, which need no place of their own; a reader may not make anything else."""
    known = connection.execute("SELECT COUNT(*) FROM temp.sqlite_master WHERE name = 'vocabulary'").fetchone()[0]
    if not known:
        connection.execute("PRAGMA query_only = OFF")
        connection.execute("CREATE VIRTUAL TABLE temp.term_places USING fts5vocab (main, lexicon, instance)")
        connection.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, lexicon, row)")
        connection.execute("PRAGMA query_only = ON")


def _written(snapshot: StoredGeneration, files: Words | None, stem: _Stem, word: str, most: int) -> Iterator[NearWord]:
    """How live items write a stem, as far as it is near."""
    ids = _holders(files, stem[0]) if files is not None else snapshot.read(partial(_holders_in_tables, stem=stem[0]))
    ids = ids[snapshot.visible(ids, None)]
    ids = ids[np.unique(np.linspace(0, len(ids) - 1, min(len(ids), _MOST_ROWS)).astype(np.int64))]
    for form in _words_in(snapshot, ids.tolist()):
        if abs(len(form) - len(word)) > most + 1 or (form[0] != stem[0][0] and form.isascii()):
            continue
        folded = fold(form)
        slips = edits(folded, word, most) if folded[0] == stem[0][0] else most + 1
        if slips <= most:
            yield NearWord(word=form, rows=stem[1], edits=slips)


def _holders(files: Words, stem: str) -> Ids:
    return files.items.holders(Phrase((stem,)))


def _holders_in_tables(connection: sqlite3.Connection, stem: str) -> Ids:
    _vocabularies(connection)
    sql = "SELECT DISTINCT doc FROM temp.term_places WHERE term = ? LIMIT 1000"
    return np.array([row[0] for row in connection.execute(sql, (stem,))], np.int64)


def _words_in(snapshot: StoredGeneration, items: Iterable[int]) -> set[str]:
    sql = f"SELECT text || char(10) || context FROM items WHERE id {rows.ONE_OF}"
    ids = rows.id_list(items)
    texts = snapshot.read(lambda connection: [row[0] for row in connection.execute(sql, (ids,))])
    return {word for text in texts for word in words_of(text)}
