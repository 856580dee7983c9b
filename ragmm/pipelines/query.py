"""Query: question and/or image -> one vector per space -> legs -> fused hits -> answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ragmm.embedders.base import Embedder
from ragmm.indexes.snapshot import Snapshot
from ragmm.pipelines.embedding import TEXT
from ragmm.pipelines.filters import Filter
from ragmm.pipelines.fusion import Ranked, fuse
from ragmm.pipelines.query_legs import Legs
from ragmm.pipelines.query_vectors import QueryVector, item_vectors, question_vectors
from ragmm.pipelines.timing import Clock
from ragmm.types import Answer, Hit, QueryResult, StoredItem
from ragmm.vlm.context import Exchange, search_text

__all__ = ["Answerer", "Question", "SearchPlan", "run_query", "search", "text_embedder"]

_LIKE_CHARACTERS = 600
"""Of the text of an item that others are to be like: its beginning says what it is about."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: words, a picture, both, or the like of an item."""

    text: str = ""
    image: bytes | None = None
    like: StoredItem | None = None
    """An item of the collection that others are to be like."""
    history: Sequence[Exchange] = ()
    """Earlier questions and answers, oldest first; a follow-up is searched with the words of the one before it."""

    @property
    def searched(self) -> str:
        """The words that are looked for."""
        words = search_text(self.text, self.history)
        return words if self.like is None or words.strip() else self.like.text[:_LIKE_CHARACTERS]


@dataclass(frozen=True, kw_only=True)
class SearchPlan:
    """How to search: objects and numbers, not names."""

    embedders: Mapping[str, Embedder]
    """By space; a space without an embedder is not searched."""
    k: int = 8
    candidates: int = 100
    per_document: int = 0
    lexical_weight: float = 1.0
    only: Filter | None = None


Answerer = Callable[[Question, Sequence[Hit], Snapshot], Answer]


def run_query(
    snapshot: Snapshot, question: Question, plan: SearchPlan, answerer: Answerer | None, collection: str
) -> QueryResult:
    """Search one generation and, where an answerer is given, answer from what was found."""
    clock = Clock()
    hits = search(snapshot, question, plan, clock)
    answer = None
    if answerer is not None:
        with clock.stage("answer"):
            answer = answerer(question, hits, snapshot)
    return QueryResult(
        question=question.text,
        collection=collection,
        generation=snapshot.generation,
        hits=tuple(hits),
        answer=answer,
        timings_ms=clock.spent,
        warnings=(*snapshot.notices, *(answer.warnings if answer else ())),
    )


def search(snapshot: Snapshot, question: Question, plan: SearchPlan, clock: Clock | None = None) -> list[Hit]:
    """The fused ranking, cut to k."""
    clock = clock or Clock()
    allow = None
    if plan.only is not None:
        with clock.stage("filter"):
            allow = snapshot.select(*plan.only)
    with clock.stage("embed"):
        vectors = _vectors(snapshot, question, plan)
    legs = Legs(
        snapshot=snapshot,
        words=question.searched,
        vectors=vectors,
        candidates=plan.candidates,
        lexical_weight=plan.lexical_weight,
        clock=clock,
    ).all(allow)
    with clock.stage("fuse"):
        ranked = [one for one in fuse(legs) if question.like is None or one.item != question.like.id]
        return _hits(snapshot, ranked, plan)


def _vectors(snapshot: Snapshot, question: Question, plan: SearchPlan) -> list[QueryVector]:
    """A space without an embedder is not searched. Of an item, its own vectors; a question beside it adds its own."""
    spaces = {space: embedder for space, embedder in plan.embedders.items() if space in snapshot.spaces}
    if question.like is None:
        return question_vectors(spaces, question.searched, question.image)
    asked = question_vectors(spaces, question.text, question.image)
    return [*item_vectors(snapshot, question.like.id, tuple(spaces)), *asked]


def _hits(snapshot: Snapshot, ranked: Sequence[Ranked], plan: SearchPlan) -> list[Hit]:
    """The best items with their content; at most `per_document` from each document."""
    hits: list[Hit] = []
    taken: dict[str, int] = {}
    for start in range(0, len(ranked), max(4 * plan.k, 32)):
        page = ranked[start : start + max(4 * plan.k, 32)]
        items = {item.id: item for item in snapshot.fetch(one.item for one in page)}
        for one in page:
            item = items.get(one.item)
            if item is None or (plan.per_document and taken.get(item.path, 0) >= plan.per_document):
                continue
            taken[item.path] = taken.get(item.path, 0) + 1
            hits.append(Hit(rank=len(hits) + 1, score=round(one.score, 6), item=item, found_by=one.found_by))
            if len(hits) == plan.k:
                return hits
    return hits


def text_embedder(embedders: Mapping[str, Embedder]) -> Embedder | None:
    """The embedder that compares words with words best: a text space's, else the shared one's."""
    return embedders.get(TEXT) or next(iter(embedders.values()), None)
