"""Reranking: the best of the fused ranking are read together with the question, for as long as there is time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from ragmm.errors import ModelError, RagmmError
from ragmm.indexes.contracts import Snapshot
from ragmm.pipelines.embedding import embedding_text
from ragmm.pipelines.patience import Patience
from ragmm.pipelines.query.fusion import Ranked, Vote
from ragmm.rerankers.base import Candidate, Reranker
from ragmm.types import IMAGE_MODALITIES, Asset, MediaKind, StoredItem

__all__ = ["RerankPlan", "rerank"]

RERANK = "rerank"


@dataclass(frozen=True, kw_only=True)
class RerankPlan:
    """Which model orders the best hits anew, how many, and how long it may take."""

    model: Reranker
    depth: int = 50
    seconds: float = 5.0
    """Checked between batches; what was not read in time keeps its place behind what was."""
    batch: int = 16
    clock: Callable[[], float] = time.monotonic

    def within(self, patience: Patience) -> RerankPlan:
        """The same, in no more than the time that is left."""
        left = patience.seconds
        return self if left is None else replace(self, seconds=min(self.seconds, left))


def rerank(
    snapshot: Snapshot, question: str, ranked: Iterable[Ranked], plan: RerankPlan
) -> tuple[Iterator[Ranked], str]:
    """The ranking with its head in the model's order, and a warning where time ran out or the model failed.

    Scores and relevance stay in [0, 1]: those of the head are dealt out anew, highest first.
    """
    tail = iter(ranked)
    head = list(islice(tail, plan.depth))
    items = {item.id: item for item in snapshot.fetch(one.item for one in head)}
    scores: dict[int, float] = {}
    warning, ends = "", plan.clock() + plan.seconds
    for start in range(0, len(head), plan.batch):
        if start and plan.clock() >= ends:
            warning = f"reranking stopped after {start} of {len(head)} hits: query.rerank_seconds was used up"
            break
        part = [items[one.item] for one in head[start : start + plan.batch] if one.item in items]
        try:
            found = plan.model.score(question, [_candidate(snapshot, item, plan.model) for item in part])
        except ModelError as error:
            return chain(head, tail), f"the hits are not reranked: {error}"
        scores.update((item.id, float(score)) for item, score in zip(part, found, strict=True))
    return chain(_reordered(head, scores), tail), warning


def _reordered(head: Sequence[Ranked], scores: dict[int, float]) -> list[Ranked]:
    read = sorted((one for one in head if one.item in scores), key=lambda one: -scores[one.item])
    order = [*read, *(one for one in head if one.item not in scores)]
    ranks = {one.item: rank for rank, one in enumerate(read, start=1)}
    return [
        replace(one, score=place.score, relevance=place.relevance, votes=(*one.votes, *_vote(one, ranks, scores)))
        for one, place in zip(order, head, strict=True)
    ]


def _vote(one: Ranked, ranks: dict[int, int], scores: dict[int, float]) -> tuple[Vote, ...]:
    return ((RERANK, ranks[one.item], scores[one.item]),) if one.item in scores else ()


def _candidate(snapshot: Snapshot, item: StoredItem, model: Reranker) -> Candidate:
    text = embedding_text(item.text, item.context)
    seen = item.asset is not None and item.modality in IMAGE_MODALITIES and MediaKind.IMAGE in model.info.kinds
    return Candidate(text=text, image=_picture(snapshot, item.asset) if seen and item.asset else None)


def _picture(snapshot: Snapshot, asset: str) -> Asset | None:
    """None for one that is damaged: its words are read instead, and verify will name it."""
    try:
        data, media_type = snapshot.asset(asset)
    except RagmmError:
        return None
    return Asset(data=data, media_type=media_type)
