"""How much of what a question's words say is said by an item, by items like it, and by its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ragmm.indexes.records import HeldWords, NamedDocument

__all__ = ["SaidWords", "said_words", "with_named"]


@dataclass(frozen=True, kw_only=True)
class SaidWords:
    """Shares of what the words say, from 0 to 1."""

    share: float
    """By the words' rarity in the collection."""
    apart: float
    """By their rarity among what was found: a name that all of it holds tells none of it apart."""
    page: float
    """The same of everything found on its page, together."""

    def most(self, other: SaidWords) -> SaidWords:
        """Of two questions, what the item says more of."""
        return SaidWords(
            share=max(self.share, other.share), apart=max(self.apart, other.apart), page=max(self.page, other.page)
        )


def said_words(words: HeldWords, places: Mapping[int, int]) -> dict[int, SaidWords]:
    """For each item; `places` says which of them share a page. Empty where there are no words."""
    if not len(words.rarities) or not len(words.items):
        return {}
    counts = words.held.sum(axis=1)
    among = np.log(1 + (len(words.items) + 1) / (1 + counts))
    pages = np.array([places[item] for item in words.items.tolist()])
    together = {page: words.held[:, pages == page].any(axis=1) for page in set(pages.tolist())}
    shares = words.rarities @ words.held / words.rarities.sum()
    apart = among @ words.held / among.sum()
    of_pages = {page: float(among @ held / among.sum()) for page, held in together.items()}
    return {
        item: SaidWords(share=share, apart=here, page=of_pages[page])
        for item, share, here, page in zip(
            words.items.tolist(), shares.tolist(), apart.tolist(), pages.tolist(), strict=True
        )
    }


def with_named(words: HeldWords, naming: Sequence[bool], documents: Sequence[NamedDocument]) -> HeldWords:
    """As if each item of the documents held the words that name them; `naming`: which of the words do."""
    if words.held.shape != (len(naming), len(words.items)):
        return words  # no words are kept
    inside = np.zeros(len(words.items), bool)
    for one in documents:
        inside |= (words.items >= one.first_item) & (words.items < one.first_item + one.items)
    return replace(words, held=words.held | np.outer(naming, inside))
