"""Query: question and/or image -> one vector per space -> legs -> fused hits -> answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path, PurePath

from ragmm.embedders.base import Embedder
from ragmm.errors import UsageError
from ragmm.indexes.bearings import bearings_of
from ragmm.indexes.snapshot import Snapshot
from ragmm.indexes.writer import check_model
from ragmm.pipelines.collecting import collect
from ragmm.pipelines.embedding import TEXT
from ragmm.pipelines.evidence import Evidence
from ragmm.pipelines.filters import Filter
from ragmm.pipelines.fusion import Ranked, fuse
from ragmm.pipelines.glossary import Glossary
from ragmm.pipelines.query_legs import Legs
from ragmm.pipelines.query_vectors import QueryVector, item_vectors, question_vectors
from ragmm.pipelines.relevance import weighed
from ragmm.pipelines.rerank import RerankPlan, rerank
from ragmm.pipelines.timing import Clock
from ragmm.types import Answer, Hit, QueryResult, StoredItem
from ragmm.vlm.context import Exchange, search_text

__all__ = ["Answerer", "Found", "Question", "SearchPlan", "check_question", "run_query", "search", "text_embedder"]

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".heic", ".avif"})
_WEIGHED = 24
"""Items behind the last hit whose relevance is asked too: they may come forward."""
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
    glossary: Glossary | None = None
    """Adds a search for what the terms of a question mean."""
    only: Filter | None = None
    fold: bool = True
    """Whether near-duplicates take one place together."""
    rerank: RerankPlan | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search brought."""

    hits: tuple[Hit, ...]
    evidence: Mapping[int, Evidence]
    """What the relevance of a hit rests on, by item."""
    warnings: tuple[str, ...] = ()


Answerer = Callable[[Question, Sequence[Hit], Snapshot], Answer]


def check_question(question: Question, k: int | None, per_document: int | None) -> None:
    """Raises UsageError for what cannot be asked."""
    if not question.text.strip() and question.image is None and question.like is None:
        raise UsageError("there is nothing to look for; give a question, an image, or both")
    if k is not None and k < 1:
        raise UsageError(f"{k} hits cannot be looked for; k is at least 1")
    if per_document is not None and per_document < 0:
        raise UsageError(f"per_document is {per_document}; it is at least 1, or 0 for any number")
    if question.image is None and _is_picture_file(question.text):
        raise UsageError(
            f"the question {question.text!r} is the name of a picture; to search with the picture itself give it as "
            "--image (in Python: image=…), to search for its name add a word"
        )


def _is_picture_file(text: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return PurePath(text.strip()).suffix.lower() in _PICTURES and Path(text.strip()).is_file()
    return False


def run_query(
    snapshot: Snapshot, question: Question, plan: SearchPlan, answerer: Answerer | None, collection: str
) -> QueryResult:
    """Search one generation and, where an answerer is given, answer from what was found."""
    clock = Clock()
    found = search(snapshot, question, plan, clock)
    answer = None
    if answerer is not None:
        with clock.stage("answer"):
            answer = answerer(question, found.hits, snapshot)
    return QueryResult(
        question=question.text,
        collection=collection,
        generation=snapshot.generation,
        hits=found.hits,
        answer=answer,
        timings_ms=clock.spent,
        warnings=(*snapshot.notices, *found.warnings, *(answer.warnings if answer else ())),
    )


def search(snapshot: Snapshot, question: Question, plan: SearchPlan, clock: Clock | None = None) -> Found:
    """The fused ranking, reranked where the plan says so, cut to k."""
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
        glossary=plan.glossary,
        clock=clock,
    ).all(allow)
    with clock.stage("fuse"):
        bearings = bearings_of(snapshot, {item for leg in legs for item, _ in leg.found})
        places = {item: one.place for item, one in bearings.items()}
        fused = (one for one in fuse(legs, places) if question.like is None or one.item != question.like.id)
    with clock.stage("weigh"):
        best = list(islice(fused, plan.k + _WEIGHED))
        head, worth = weighed(snapshot, question.searched, best, bearings)
    known = {one.item: one.evidence for one in head if one.evidence is not None}
    ranked: Iterator[Ranked] = chain(head, (replace(one, score=one.score * worth) for one in fused))
    warning = ""
    if plan.rerank is not None and question.searched.strip():
        with clock.stage("rerank"):
            ranked, warning = rerank(snapshot, question.searched, ranked, plan.rerank)
    with clock.stage("collect"):
        hits = collect(snapshot, ranked, k=plan.k, per_document=plan.per_document, fold=plan.fold)
    return Found(
        hits=tuple(hits),
        evidence={hit.item.id: known[hit.item.id] for hit in hits if hit.item.id in known},
        warnings=(warning,) if warning else (),
    )


def _vectors(snapshot: Snapshot, question: Question, plan: SearchPlan) -> list[QueryVector]:
    """A space without an embedder is not searched. Of an item, its own vectors; a question beside it adds its own."""
    spaces = {space: embedder for space, embedder in plan.embedders.items() if space in snapshot.spaces}
    for space, embedder in spaces.items():
        check_model(snapshot.spaces[space], embedder.info, snapshot.folder)
    if question.like is None:
        return question_vectors(spaces, question.searched, question.image)
    asked = question_vectors(spaces, question.text, question.image)
    return [*item_vectors(snapshot, question.like.id, spaces), *asked]


def text_embedder(embedders: Mapping[str, Embedder]) -> Embedder | None:
    """The embedder that compares words with words best: a text space's, else the shared one's."""
    return embedders.get(TEXT) or next(iter(embedders.values()), None)
