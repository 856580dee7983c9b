"""Terms as FTS5 makes them of texts: its own tokenizer is asked, once for each different run of letters.

What stands between ASCII separators is cut, folded and stemmed alone, so that a text's terms are those of its runs.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.words.inverting import TokenFile

__all__ = ["TOKENIZER", "Numbering", "Tokenizer"]

TOKENIZER = "porter unicode61 remove_diacritics 2"
_RUN = re.compile("[0-9A-Za-z\u0080-\U0010ffff]+")
_MOST_RUNS = 300_000
"""Different runs whose terms are remembered."""
_AT_ONCE = 1_000_000
"""Runs whose terms are numbered together."""


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


class _Codes(dict[str, int]):
    """A number for every run, given when it is first seen."""

    def __missing__(self, run: str) -> int:
        code = self[run] = len(self)
        return code


class Numbering:
    """Texts to numbers of terms; the numbers stay the same for as long as it lives."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.terms: dict[str, int] = {}
        self._forget()

    def _forget(self) -> None:
        self._runs = _Codes()
        self._sizes, self._firsts = np.empty(0, np.int64), np.empty(0, np.int64)
        self._numbers = np.empty(0, np.uint32)

    def write(self, rows: Iterable[tuple[str, str]], file: TokenFile) -> None:
        """Texts and their contexts, as rows of a file."""
        codes: list[int] = []
        lengths: list[int] = []
        for row in rows:
            for text in row:
                before = len(codes)
                codes.extend(map(self._runs.__getitem__, _RUN.findall(text)))
                lengths.append(len(codes) - before)
            if len(codes) > _AT_ONCE:
                self._flush(codes, lengths, file)
                codes, lengths = [], []
        self._flush(codes, lengths, file)

    def _flush(self, codes: list[int], lengths: list[int], file: TokenFile) -> None:
        """Runs become terms: mostly one, sometimes none or several."""
        if not lengths:
            return
        self._learn()
        asked = np.array(codes, np.int64)
        sizes = self._sizes[asked]
        ends = np.cumsum(sizes)
        at = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - sizes, sizes)
        numbers = self._numbers[np.repeat(self._firsts[asked], sizes) + at]
        edges = np.concatenate([[0], ends])[np.cumsum([0, *lengths])]
        file.add(numbers, np.diff(edges).reshape(-1, 2))
        if len(self._runs) > _MOST_RUNS:
            self._forget()

    def _learn(self) -> None:
        new = list(self._runs)[len(self._sizes) :]
        if not new:
            return
        found = self._tokenizer.terms_of(new)
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
