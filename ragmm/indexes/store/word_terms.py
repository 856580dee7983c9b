"""Terms as FTS5 makes them of texts: its own tokenizer is asked, once for each different run of letters.

What stands between ASCII separators is cut, folded and stemmed alone, so that a text's terms are those of its runs.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.store.word_runs import Runs

__all__ = ["TOKENIZER", "Numbering", "TermsOfTexts", "Tokenizer"]

TOKENIZER = "porter unicode61 remove_diacritics 2"
_MOST_RUNS = 300_000
"""Different runs whose terms are remembered."""


class Tokenizer:
    """A private FTS5 table in memory that holds what is asked of it for a moment."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._db.execute(f"CREATE VIRTUAL TABLE asked USING fts5 (text, content='', tokenize='{TOKENIZER}')")
        self._db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (asked, instance)")
        self._lock = threading.Lock()

    def terms_of(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """Of each text, in order."""
        found: list[list[tuple[int, str]]] = [[] for _ in texts]
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT INTO asked (rowid, text) VALUES (?, ?)", enumerate(texts))
            for term, text, place in self._db.execute("SELECT term, doc, offset FROM terms"):
                found[text].append((place, term))
            self._db.execute("ROLLBACK")
        return [tuple(term for _, term in sorted(one)) for one in found]


@dataclass(frozen=True, kw_only=True, eq=False)
class TermsOfTexts:
    """The terms of some texts, one after the other, and where each text's begin. Shapes: (terms,), (texts + 1,)."""

    numbers: NDArray[np.uint32]
    edges: NDArray[np.int64]

    def joined(self, texts: Sequence[int], columns: Sequence[int]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The terms of columns that are put together of texts, given by place, and how many each has.

        `columns`: of how many texts each is made.
        """
        asked = np.array(texts, np.int64)
        firsts, sizes = self.edges[asked], self.edges[asked + 1] - self.edges[asked]
        ends = np.cumsum(np.append(0, sizes))
        at = np.arange(ends[-1]) + np.repeat(firsts - ends[:-1], sizes)
        return self.numbers[at], np.diff(ends[np.cumsum([0, *columns])])


class Numbering:
    """Texts to numbers of terms; the numbers stay the same for as long as it lives."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.terms: dict[str, int] = {}
        self._forget()

    def _forget(self) -> None:
        self._runs = Runs()
        self._sizes, self._firsts = np.empty(0, np.int64), np.empty(0, np.int64)
        self._numbers = np.empty(0, np.uint32)

    def terms_of(self, texts: Sequence[str]) -> TermsOfTexts:
        """Runs become terms: mostly one, sometimes none or several."""
        asked, edges = self._runs.of(texts)
        self._learn()
        sizes = self._sizes[asked]
        ends = np.cumsum(np.append(0, sizes))
        at = np.arange(ends[-1]) + np.repeat(self._firsts[asked] - ends[:-1], sizes)
        found = TermsOfTexts(numbers=self._numbers[at], edges=ends[edges])
        if len(self._runs.numbers) > _MOST_RUNS:
            self._forget()
        return found

    def _learn(self) -> None:
        new = [run.decode() for run in islice(self._runs.numbers, len(self._sizes), None)]
        if not new:
            return
        # A run of ASCII digits is its own term, and most numbers of a report stand there once.
        asked = [run for run in new if not (run.isascii() and run.isdigit())]
        known = dict(zip(asked, self._tokenizer.terms_of(asked), strict=True))
        found = [known.get(run, (run,)) for run in new]
        sizes = np.array([len(one) for one in found], np.int64)
        numbers = [self.terms.setdefault(term, len(self.terms)) for one in found for term in one]
        self._firsts = np.append(self._firsts, len(self._numbers) + np.cumsum(sizes) - sizes)
        self._sizes = np.append(self._sizes, sizes)
        self._numbers = np.append(self._numbers, np.array(numbers, np.uint32))

    def dictionary(self) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
        """(of term number n its place among all, the terms in order one after the other, where each ends)."""
        names = [term.encode() for term in self.terms]
        ordered = sorted(range(len(names)), key=names.__getitem__)
        order = np.empty(len(names), np.int64)
        order[ordered] = np.arange(len(names))
        ends = np.cumsum([len(names[at]) for at in ordered], dtype=np.int64)
        return order, np.frombuffer(b"".join(names[at] for at in ordered), np.uint8), ends
