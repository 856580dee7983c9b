"""The rankings that a question is answered from: by vectors, by words, by pages, and where it says to look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.snapshot import Snapshot
from ragmm.indexes.word_search import Stretch, find_items, find_stretches, items_of
from ragmm.pipelines.background import confidence, spread_of
from ragmm.pipelines.embedding import IMAGE, TEXT, kind_of
from ragmm.pipelines.fusion import Leg
from ragmm.pipelines.mentions import named_documents, named_pages
from ragmm.pipelines.query_vectors import QueryVector
from ragmm.pipelines.timing import Clock
from ragmm.vlm.stopwords import STOPWORDS

__all__ = ["LEXICAL", "PAGES", "Legs"]

LEXICAL = "lexical"
PAGES = "pages"
_NAMED, _ON_PAGE = "named:", "page:"
_PAGE_WEIGHT = 0.5
_READABLE = 0.5
"""The share of a question that a model must be able to read for its distances to mean anything."""
_FEWEST_READABLE = 0.02
"""A model that can read nothing of a question still fills up a list that is too short without it."""

Ids = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Legs:
    """Every ranking for one question, in one generation."""

    snapshot: Snapshot
    words: str
    vectors: Sequence[QueryVector]
    candidates: int
    lexical_weight: float
    clock: Clock

    def all(self, allow: Ids | None) -> list[Leg]:
        """Of everything that is allowed, and of the documents and pages that the question names."""
        legs = [*self._within(allow)]
        named = self._named(allow)
        if named is not None:
            legs += self._within(named[0], prefix=_NAMED, weight=named[1])
        scope = named[0] if named is not None else allow
        pages = named_pages(self.words)
        if pages and scope is not None:
            here = self._on_pages(pages, scope)
            legs += self._within(here, prefix=_ON_PAGE) if len(here) else ()
        return legs

    def _named(self, allow: Ids | None) -> tuple[Ids, float] | None:
        with self.clock.stage(LEXICAL):
            mentioned = named_documents(self.snapshot, self.words) if self.lexical_weight > 0 else None
        if mentioned is None:
            return None
        items = items_of(mentioned.documents, allow)
        everything = self.snapshot.item_count if allow is None else len(allow)
        return (items, mentioned.confidence) if 0 < len(items) < everything else None

    def _on_pages(self, pages: Sequence[int], scope: Ids) -> Ids:
        with self.clock.stage("filter"):
            found = self.snapshot.select(f"i.page IN ({','.join('?' * len(pages))})", pages)
        return np.intersect1d(found, scope, assume_unique=True)

    def _within(self, allow: Ids | None, prefix: str = "", weight: float = 1.0) -> Iterator[Leg]:
        yield from self._vector_legs(allow, prefix, weight)
        if self.lexical_weight > 0 and self.words.strip():
            with self.clock.stage(LEXICAL):
                yield from self._word_legs(allow, prefix, weight * self.lexical_weight)

    def _vector_legs(self, allow: Ids | None, prefix: str, weight: float) -> Iterator[Leg]:
        kinds = self.snapshot.legs()
        for vector in self.vectors:
            for kind in (kind for space, kind in kinds if space == vector.space):
                with self.clock.stage("search"):
                    ids, scores = self.snapshot.index(vector.space, kind).search(vector.row, self.candidates, allow)
                # A cosine of zero or less says that a row has nothing in common with the question.
                found = [
                    (item, score) for item, score in zip(ids[0].tolist(), scores[0].tolist(), strict=True) if score > 0
                ]
                readable = vector.readable >= _READABLE
                spread = spread_of(self.snapshot, vector.space, kind, vector.row) if readable else None
                trust = weight * vector.weight * max(vector.readable, _FEWEST_READABLE)
                if spread is not None and found:
                    trust *= confidence(spread, found[0][1], self._size(vector.space, kind, allow))
                yield Leg(name=f"{prefix}{vector.space}/{kind}", group=kind, found=found, weight=trust, spread=spread)

    def _size(self, space: str, kind: str, allow: Ids | None) -> int:
        """How many items a list can choose from, at most."""
        known = self.snapshot.spaces[space].id
        rows = sum(len(block.ids) for block in self.snapshot.blocks if (block.space, block.kind) == (known, kind))
        return rows if allow is None else min(rows, len(allow))

    def _word_legs(self, allow: Ids | None, prefix: str, weight: float) -> Iterator[Leg]:
        """The words' rankings, apart for texts and for images: of items, and of pages by their best item."""
        items = find_items(self.snapshot, self.words, 4 * self.candidates, allow, STOPWORDS)
        stretches = find_stretches(self.snapshot, self.words, self.candidates, allow, STOPWORDS)
        pages = _heads(stretches, {item: rank for rank, (item, _) in enumerate(items)})
        ranked = {LEXICAL: items[: self.candidates], PAGES: pages}
        modalities = self.snapshot.modalities([item for found in ranked.values() for item, _ in found])
        for name, found in ranked.items():
            for kind in (TEXT, IMAGE):
                mine = [one for one in found if kind_of(modalities[one[0]]) == kind]
                trust = weight * (_PAGE_WEIGHT if name == PAGES else 1.0)
                yield Leg(name=f"{prefix}{name}", group=kind, found=mine, weight=trust)


def _heads(stretches: Sequence[Stretch], ranks: dict[int, int]) -> list[tuple[int, float]]:
    """The item that speaks for each page: the one that the words alone put first, else the page's first."""
    last = len(ranks)
    return [
        (min(stretch.items.tolist(), key=lambda item: (ranks.get(item, last), item)), stretch.score)
        for stretch in stretches
    ]
