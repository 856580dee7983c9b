"""What one writes in an afternoon: BM25 over windows of a page's words, and the same beside a text model, by rank."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder
from ragmm.evaluation.searching import AskedWay
from ragmm.pipelines.query.run import text_embedder
from ragmm.types import Role, StoredItem

__all__ = ["PlainSearch", "PlainWindow", "plain_windows"]

_WORDS = 190
_K1, _B = 1.5, 0.75
_RRF = 60
_DEEPEST = 100
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, kw_only=True)
class PlainWindow:
    """Some words of a page, after the file's name."""

    item: StoredItem
    """One of its page."""
    text: str


def plain_windows(items: Iterable[StoredItem]) -> list[PlainWindow]:
    """The words of each page or file, cut every so many."""
    found = []
    for _, group in groupby(items, key=lambda item: (item.path, item.locator.page)):
        page = list(group)
        name = page[0].uri.rsplit("/", 1)[-1]
        words = " ".join(item.text for item in page).split()
        pieces = [" ".join(words[low : low + _WORDS]) for low in range(0, len(words), _WORDS)]
        found += [PlainWindow(item=page[0], text=f"{name}\n{piece}") for piece in pieces]
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class PlainSearch:
    """Windows with the count of every word, and their vectors."""

    windows: Sequence[PlainWindow]
    holders: Mapping[str, Sequence[tuple[int, int]]]
    """By word, which windows hold it how often."""
    lengths: NDArray[np.float64]
    vectors: NDArray[np.float32]
    embedder: Embedder

    @classmethod
    def of(cls, windows: Sequence[PlainWindow], embedders: Mapping[str, Embedder]) -> PlainSearch:
        """Raises LookupError where no model reads texts."""
        embedder = text_embedder(embedders)
        if embedder is None:
            raise LookupError("no model of the collection reads texts")
        counts = [Counter(_words(one.text)) for one in windows]
        holders: dict[str, list[tuple[int, int]]] = {}
        for number, count in enumerate(counts):
            for word, times in count.items():
                holders.setdefault(word, []).append((number, times))
        return cls(
            windows=windows,
            holders=holders,
            lengths=np.array([count.total() for count in counts], float),
            vectors=embedder.embed_texts([one.text for one in windows], Role.DOCUMENT),
            embedder=embedder,
        )

    def ranks(self, asked: AskedWay, is_right: Callable[[StoredItem], bool]) -> tuple[int, int]:
        """Of the first right page by BM25, and by BM25 and vectors together; 0 where it is not among the first."""
        allowed = np.array([not asked.where or one.item.path in asked.where for one in self.windows])
        words = self._bm25(asked.question.text)
        meaning = (self.vectors @ self.embedder.embed_texts([asked.question.text], Role.QUERY)[0]).astype(float)
        orders = [np.argsort(-np.where(allowed, scores, -math.inf), kind="stable") for scores in (words, meaning)]
        fused = np.zeros(len(self.windows))
        for order in orders:
            fused[order] += 1 / (_RRF + 1 + np.arange(len(order)))
        together = np.argsort(-np.where(allowed, fused, -math.inf), kind="stable")
        return self._first(orders[0], is_right), self._first(together, is_right)

    def _bm25(self, question: str) -> NDArray[np.float64]:
        scores = np.zeros(len(self.windows))
        mean = self.lengths.mean()
        damped = _K1 * (1 - _B + _B * self.lengths / mean)
        for word in dict.fromkeys(_words(question)):
            held = self.holders.get(word, ())
            rarity = math.log(1 + (len(self.windows) - len(held) + 0.5) / (len(held) + 0.5))
            for number, times in held:
                scores[number] += rarity * times * (_K1 + 1) / (times + damped[number])
        return scores

    def _first(self, order: NDArray[np.int64], is_right: Callable[[StoredItem], bool]) -> int:
        pages: dict[tuple[str, int | None], StoredItem] = {}
        for number in order[:_DEEPEST]:
            item = self.windows[number].item
            pages.setdefault((item.path, item.locator.page), item)
        return next((rank for rank, item in enumerate(pages.values(), start=1) if is_right(item)), 0)


def _words(text: str) -> list[str]:
    """Lower case; of scripts without spaces, pairs of characters."""
    found = []
    for word in _WORD.findall(text.casefold()):
        pairs = [word[n : n + 2] for n in range(len(word) - 1)] if _UNSPACED.search(word) else []
        found += pairs or [word]
    return found
