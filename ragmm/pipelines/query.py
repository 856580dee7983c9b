"""Query: question and/or image -> one vector per space -> legs -> fused hits -> answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.base import Embedder
from ragmm.indexes.blocks import unit_rows
from ragmm.indexes.snapshot import Snapshot
from ragmm.pipelines.embedding import IMAGE, TEXT, kind_of
from ragmm.pipelines.filters import Filter
from ragmm.pipelines.fusion import Leg, Ranked, fuse
from ragmm.types import Answer, Hit, QueryResult, Role
from ragmm.vlm.context import Exchange, search_text

__all__ = ["Answerer", "Question", "SearchPlan", "run_query", "search", "text_embedder"]

LEXICAL = "lexical"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: words, a picture, or both."""

    text: str = ""
    image: bytes | None = None
    history: Sequence[Exchange] = ()
    """Earlier questions and answers, oldest first; a follow-up is searched with the words of the one before it."""

    @property
    def searched(self) -> str:
        return search_text(self.text, self.history)


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


@dataclass
class _Clock:
    """Milliseconds by stage."""

    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.spent[name] = round(self.spent.get(name, 0.0) + (time.perf_counter() - began) * 1000, 2)


def run_query(
    snapshot: Snapshot, question: Question, plan: SearchPlan, answerer: Answerer | None, collection: str
) -> QueryResult:
    """Search one generation and, where an answerer is given, answer from what was found."""
    clock = _Clock()
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


def search(snapshot: Snapshot, question: Question, plan: SearchPlan, clock: _Clock | None = None) -> list[Hit]:
    """The fused ranking, cut to k."""
    clock = clock or _Clock()
    allow = None
    if plan.only is not None:
        with clock.stage("filter"):
            allow = snapshot.select(*plan.only)
    legs = [*_vector_legs(snapshot, question, plan, allow, clock)]
    if plan.lexical_weight > 0 and question.searched.strip():
        with clock.stage(LEXICAL):
            legs.extend(_lexical_legs(snapshot, question.searched, plan, allow))
    with clock.stage("fuse"):
        return _hits(snapshot, fuse(legs), plan)


def _vector_legs(
    snapshot: Snapshot, question: Question, plan: SearchPlan, allow: NDArray[np.int64] | None, clock: _Clock
) -> Iterator[Leg]:
    vectors: dict[str, list[NDArray[np.float32]]] = {}
    for space, kind in snapshot.legs():
        embedder = plan.embedders.get(space)
        if embedder is None:
            continue
        if space not in vectors:
            with clock.stage("embed"):
                vectors[space] = _query_vectors(embedder, question)
        for row in vectors[space]:
            with clock.stage("search"):
                ids, scores = snapshot.index(space, kind).search(row, plan.candidates, allow)
            # A cosine of zero or less says that a row has nothing in common with the question.
            found = [
                (item, score) for item, score in zip(ids[0].tolist(), scores[0].tolist(), strict=True) if score > 0
            ]
            yield Leg(name=f"{space}/{kind}", group=kind, found=found)


def _lexical_legs(snapshot: Snapshot, text: str, plan: SearchPlan, allow: NDArray[np.int64] | None) -> Iterator[Leg]:
    """The words' ranking, apart for texts and for images."""
    found = snapshot.lexical(text, plan.candidates, allow)
    modalities = snapshot.modalities([item for item, _ in found])
    for kind in (TEXT, IMAGE):
        mine = [one for one in found if kind_of(modalities[one[0]]) == kind]
        yield Leg(name=LEXICAL, group=kind, found=mine, weight=plan.lexical_weight)


def _query_vectors(embedder: Embedder, question: Question) -> list[NDArray[np.float32]]:
    """One row, shape (1, dim), for the words and one for the picture, as far as the model takes them."""
    rows = []
    if question.searched.strip():
        rows.append(unit_rows(embedder.embed_texts([question.searched], Role.QUERY)))
    if question.image is not None and IMAGE in embedder.info.modalities:
        rows.append(unit_rows(embedder.embed_images([question.image])))
    return rows


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
