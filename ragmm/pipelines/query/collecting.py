"""From a ranking to hits: with their content, so many from one document, repetitions folded into what they repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ragmm.indexes.contracts import Snapshot
from ragmm.pipelines.query.folding import Folds
from ragmm.pipelines.query.fusion import Ranked
from ragmm.types import Hit, StoredItem

__all__ = ["collect"]

_MOST_ALTERNATIVES = 20


@dataclass(eq=False)
class _Chosen:
    """A hit in the making."""

    ranked: Ranked
    item: StoredItem
    alternatives: list[StoredItem] = field(default_factory=list)


def collect(
    snapshot: Snapshot, ranked: Iterable[Ranked], *, k: int, per_document: int = 0, fold: bool = True
) -> list[Hit]:
    """The best k, at most `per_document` (0: any number) of each document.

    What repeats one of them is its alternative, and takes no place of its own.
    """
    chosen: list[_Chosen] = []
    taken: Counter[str] = Counter()
    folds = Folds(snapshot) if fold else None
    for page in _pages(snapshot, ranked, max(2 * k, 16)):
        for one, item in page:
            full = len(chosen) >= k or (per_document and taken[item.path] >= per_document)
            same = folds.place(item, one.votes, remember=not full) if folds else None
            if same is not None:
                chosen[same].alternatives.append(item)
            elif not full:
                taken[item.path] += 1
                chosen.append(_Chosen(ranked=one, item=item))
        if len(chosen) >= k:
            break
    return [
        Hit(
            rank=rank,
            score=round(one.ranked.score, 6),
            item=one.item,
            found_by=one.ranked.found_by,
            alternatives=tuple(one.alternatives[:_MOST_ALTERNATIVES]),
            relevance=one.ranked.relevance,
        )
        for rank, one in enumerate(chosen, start=1)
    ]


def _pages(snapshot: Snapshot, ranked: Iterable[Ranked], size: int) -> Iterator[list[tuple[Ranked, StoredItem]]]:
    rest = iter(ranked)
    while page := list(islice(rest, size)):
        items = {item.id: item for item in snapshot.fetch(one.item for one in page)}
        yield [(one, items[one.item]) for one in page if one.item in items]
