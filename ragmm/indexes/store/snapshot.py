"""One generation, read and searched: what the contract `Snapshot` asks for."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.records import HeldWords, Ids, ItemPlace, NamedDocument, NearWord, Stretch
from ragmm.indexes.store import held_words, item_places, word_search, word_spelling
from ragmm.indexes.store.reading import StoredGeneration
from ragmm.text.words import NO_WORDS

__all__ = ["Snapshot"]

Rows = NDArray[np.float32]
_GOLDEN = (5**0.5 - 1) / 2


class Snapshot(StoredGeneration):
    """Opened by `Store.snapshot`."""

    # Words -------------------------------------------------------------------------------------------------------

    def find_items(
        self, question: str, k: int, allow: Ids | None = None, idle: Container[str] = NO_WORDS
    ) -> list[tuple[int, float]]:
        """(item, BM25 score) of live items, best first; `idle` words count only where there are no others."""
        return word_search.find_items(self, question, k, allow, idle)

    def find_stretches(
        self, question: str, k: int, allow: Ids | None = None, idle: Container[str] = NO_WORDS
    ) -> list[Stretch]:
        """Pages by BM25 over all their words, best first."""
        return word_search.find_stretches(self, question, k, allow, idle)

    def find_named(self, words: Sequence[str]) -> list[NamedDocument]:
        """Live documents whose uri holds any of some lower-case words, at most 2,000 of them."""
        return word_search.find_named(self, words)

    def wordless(self, items: Iterable[int]) -> list[int]:
        """Those of these items that say nothing themselves, ascending; what a photograph looks like may be known."""
        return word_search.wordless(self, items)

    def held_words(self, words: Sequence[str], items: Sequence[int]) -> HeldWords:
        """Which of the words each item holds, and how rare each is in the collection."""
        return held_words.held_words(self, words, items)

    def unknown_words(self, words: Sequence[str]) -> list[str]:
        """Those that no item holds in any form."""
        return word_spelling.unknown_words(self, words)

    def near_words(self, word: str, most: int) -> list[NearWord]:
        """Words of live items that are at most so many edits from it, the likeliest first."""
        return word_spelling.near_words(self, word, most)

    # Items -------------------------------------------------------------------------------------------------------

    def item_places(self, items: Iterable[int]) -> dict[int, ItemPlace]:
        """What a ranking must know of items before they are read."""
        return item_places.item_places(self, items)

    def live_items(self) -> Ids:
        """Ascending ids of everything that lives in this generation."""
        ranges = [np.arange(first, first + count) for _, first, count, _ in self.live_contents()]
        return np.concatenate(ranges).astype(np.int64) if ranges else np.empty(0, np.int64)

    def items_of(self, documents: Sequence[NamedDocument], allow: Ids | None = None) -> Ids:
        """Ascending ids of the documents' items, as far as they are allowed."""
        return word_search.items_of(documents, allow)

    # Vectors -----------------------------------------------------------------------------------------------------

    def leg_size(self, space: str, kinds: Sequence[str]) -> int:
        """How many vectors there are of these kinds, dead ones included."""
        here = self.spaces[space].id
        return sum(len(block.ids) for block in self.blocks if block.space == here and block.kind in kinds)

    def stored_vector(self, space: str, kind: str, item: int) -> Rows | None:
        """The vector that an item has in a leg. Shape: (1, dim)."""
        _, rows = self.stored_vectors(space, kind, np.array([item], np.int64))
        return rows if len(rows) else None

    def stored_vectors(self, space: str, kind: str, items: Ids) -> tuple[Ids, Rows]:
        """Those of some ascending ids that have a vector in a leg, and the vectors. Shapes: (n,), (n, dim)."""
        ids, rows = [np.empty(0, np.int64)], [np.empty((0, self.spaces[space].dim), np.float32)]
        for block, data in self.open_blocks(space, kind):
            at = np.minimum(np.searchsorted(block.ids, items), max(0, len(block.ids) - 1))
            here = block.ids[at] == items if len(block.ids) else np.zeros(len(items), bool)
            ids.append(items[here])
            rows.append(np.asarray(data[at[here]], np.float32))
        found = np.concatenate(ids)
        found, first = np.unique(found, return_index=True)
        return found, np.concatenate(rows)[first]

    def sample_vectors(self, space: str, kinds: Sequence[str], count: int) -> Rows:
        """Live rows from all over, the same for the same generation. Shape: (n, dim), n <= count."""
        blocks = [block for kind in kinds for block in self.open_blocks(space, kind)]
        sizes = np.cumsum([0, *(len(block.ids) for block, _ in blocks)])
        chosen = _spread_out(int(sizes[-1]), 2 * count)
        rows: list[Rows] = []
        for (block, data), start, end in zip(blocks, sizes[:-1], sizes[1:], strict=True):
            here = chosen[(chosen >= start) & (chosen < end)] - start
            live = here[self.visible(block.ids[here], None)]
            rows.append(np.asarray(data[live], np.float32))
        found: Rows = np.concatenate(rows) if rows else np.empty((0, 1), np.float32)
        return found[:: max(1, -(-len(found) // count))]


def _spread_out(rows: int, count: int) -> Ids:
    """Numbers of rows, in their order, as even as a golden step lays them: of few rows all, of many about so many."""
    if rows <= count:
        return np.arange(rows)
    return np.unique((np.arange(count) * _GOLDEN % 1 * rows).astype(np.int64))
