"""Query: question and/or image -> one vector per space -> legs -> fused hits -> answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from ragmm.embedders.base import Embedder
from ragmm.indexes.contracts import Snapshot
from ragmm.pipelines.query.clues import Evidence
from ragmm.pipelines.query.collecting import collect
from ragmm.pipelines.query.events import ClaimChecked, Done, Event, FigureShown, HitsFound, TextWritten
from ragmm.pipelines.query.fusion import Ranked, fuse
from ragmm.pipelines.query.glossary import Glossary
from ragmm.pipelines.query.legs import SAME, Legs
from ragmm.pipelines.query.question import Asked, Fetch
from ragmm.pipelines.query.relevance import QuestionClues, weighed
from ragmm.pipelines.query.spelling import corrected
from ragmm.pipelines.query.timing import Clock
from ragmm.pipelines.query.vectors import QueryVector, item_vectors, question_vectors
from ragmm.pipelines.text_homes import text_homes
from ragmm.text.inert import inert_stream
from ragmm.types import Answer, Hit, MediaKind, QueryResult, Role

if TYPE_CHECKING:
    from ragmm.indexes.filters import Filter
    from ragmm.pipelines.query.asked_picture import AskedPicture
    from ragmm.pipelines.query.rerank import RerankPlan

__all__ = ["Answerer", "Answering", "Found", "SearchPlan", "run_query", "search", "stream_query", "text_embedder"]

_TOLD = 0.3
"""Of the weight of words: that of the names of what a picture is likely to show, beside its vectors. With all of it,
other pictures of such things come before the one that it is a copy of."""
_WEIGHED = 40
"""Items behind the last hit whose relevance is asked too: they may come forward."""


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
    spelling: bool = True
    """Whether misspelt words of the question are put right."""
    common: Callable[[], Set[str]] = frozenset
    """Gives the words of the language that are right though the collection lacks them."""
    fold: bool = True
    """Whether near-duplicates take one place together."""
    rerank: RerankPlan | None = None
    picture: AskedPicture | None = None
    """Puts a picture that is asked into words; None where nothing can."""
    beside: Callable[[str, Sequence[Hit], Fetch], Sequence[Hit]] | None = None
    """Gives the hits and what belongs to them though no leg found it: the row of a long table that wins."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search brought."""

    asked: Asked
    """The question, its misspelt words put right."""
    hits: tuple[Hit, ...]
    evidence: Mapping[int, Evidence]
    """What the relevance of a hit rests on, by item."""
    warnings: tuple[str, ...] = ()


Answering = Generator[str, None, Answer]
"""Pieces of what is written, as it is written; in the end the answer. Closed early, it stops the model."""
Answerer = Callable[[Asked, Sequence[Hit], Snapshot], Answering]


def run_query(
    snapshot: Snapshot, question: Asked, plan: SearchPlan, answerer: Answerer | None, collection: str
) -> QueryResult:
    """Search one generation and, where an answerer is given, answer from what was found."""
    *_, last = stream_query(snapshot, question, plan, answerer, collection)
    assert isinstance(last, Done)  # noqa: S101
    return last.result


def stream_query(
    snapshot: Snapshot, question: Asked, plan: SearchPlan, answerer: Answerer | None, collection: str
) -> Generator[Event, None, None]:
    """The same as it happens."""
    clock = Clock()
    found = search(snapshot, question, plan, clock)
    yield HitsFound(hits=found.hits)
    answer = None
    if answerer is not None:
        with clock.stage("answer"):
            answer = yield from _written(answerer(found.asked, found.hits, snapshot))
        yield from (ClaimChecked(claim=claim) for claim in answer.claims)
        yield from (FigureShown(figure=figure) for figure in answer.figures)
    result = QueryResult(
        question=question.text if question.typed is None else question.typed,
        read_as="" if question.typed is None else question.text,
        collection=collection,
        generation=snapshot.generation,
        hits=found.hits,
        answer=answer,
        timings_ms=clock.spent,
        warnings=(*snapshot.notices, *found.warnings, *(answer.warnings if answer else ())),
        corrections=found.asked.corrections,
    )
    yield Done(result=result)


def _written(answering: Answering) -> Generator[TextWritten, None, Answer]:
    """What is written, made harmless to show; no half of a link or an escape is let out."""
    made: list[Answer] = []

    def pieces() -> Iterator[str]:
        made.append((yield from answering))

    with contextlib.closing(answering):
        yield from (TextWritten(text=text) for text in inert_stream(pieces()))
    return made[0]


def search(snapshot: Snapshot, question: Asked, plan: SearchPlan, clock: Clock | None = None) -> Found:
    """The fused ranking, reranked where the plan says so, cut to k."""
    clock = clock or Clock()
    if plan.only is not None:
        with clock.stage("filter"):
            question = replace(question, allow=snapshot.select(plan.only))
    with clock.stage("spelling"):
        question = corrected(snapshot, question, plan.glossary, plan.common) if plan.spelling else question
    with clock.stage("embed"):
        vectors = _vectors(snapshot, question, plan)
    told = plan.picture.told(question.image) if plan.picture and question.image is not None else ""
    ranking = _Searching(snapshot=snapshot, question=question, plan=plan, vectors=vectors, clock=clock)
    ranked, known, warnings = ranking.with_words(told, _TOLD)
    if question.image is not None:
        from ragmm.pipelines.query.copies import copies_first

        with clock.stage("compare"):
            ranked = copies_first(snapshot, question.image, ranked)
        first = next(ranked, None)
        ranked = chain([] if first is None else [first], ranked)
        if plan.picture and not (first and any(leg == SAME for leg, _, _ in first.votes)):
            with clock.stage("read"):
                read = plan.picture.read(question.image)
            if read:
                ranked, known, warnings = ranking.with_words(f"{told} {read}")
    with clock.stage("collect"):
        hits = collect(snapshot, ranked, k=plan.k, per_document=plan.per_document, fold=plan.fold)
        if plan.beside is not None and hits:
            hits = list(plan.beside(question.right(question.bare), hits, question.within(snapshot.fetch)))
    return Found(
        asked=question,
        hits=tuple(hits),
        evidence={hit.item.id: known[hit.item.id] for hit in hits if hit.item.id in known},
        warnings=tuple(warnings),
    )


@dataclass(frozen=True, kw_only=True)
class _Searching:
    """Everything but the words of a picture that is asked."""

    snapshot: Snapshot
    question: Asked
    plan: SearchPlan
    vectors: Sequence[QueryVector]
    clock: Clock

    def with_words(self, shown: str, weight: float = 1.0) -> tuple[Iterator[Ranked], dict[int, Evidence], list[str]]:
        """The best first, what is known of them, and warnings. `shown`: the words of the picture."""
        snapshot, question, plan, clock = self.snapshot, self.question, self.plan, self.clock
        searching = Legs(
            snapshot=snapshot,
            words=question.searched,
            vectors=self.vectors,
            candidates=plan.candidates,
            lexical_weight=plan.lexical_weight,
            glossary=plan.glossary,
            shown=shown,
            shown_weight=weight,
            clock=clock,
        )
        legs = searching.all(question.allow)
        with clock.stage("fuse"):
            standing = snapshot.item_places({item for leg in legs for item, _ in leg.found})
            places = {item: one.place for item, one in standing.items()}
            fused = (one for one in fuse(legs, places) if question.like is None or one.item != question.like.id)
        with clock.stage("weigh"):
            best = list(islice(fused, plan.k + _WEIGHED))
            meant = plan.glossary.meant(question.searched) if plan.glossary else ""
            clues = QuestionClues(meant=meant, shown=shown, named=searching.mentioned)
            head, worth = weighed(snapshot, question, best, standing, clues)
        known = {one.item: one.evidence for one in head if one.evidence is not None}
        ranked: Iterator[Ranked] = chain(head, (_behind(one, worth) for one in fused))
        nothing = question.allow is not None and not len(question.allow)
        warnings = ["nothing in this collection fits the filters"] if nothing else []
        if plan.rerank is not None and question.searched.strip():
            from ragmm.pipelines.query.rerank import rerank

            with clock.stage("rerank"):
                ranked, warning = rerank(snapshot, question.searched, ranked, plan.rerank.within(question.patience))
            warnings += [warning] if warning else []
        return ranked, known, warnings


def _behind(one: Ranked, worth: float) -> Ranked:
    """What nobody weighed: no likelier than the last that was."""
    return replace(one, score=one.score * worth, relevance=round(one.score * worth, 4))


def _vectors(snapshot: Snapshot, question: Asked, plan: SearchPlan) -> list[QueryVector]:
    """A space without an embedder is not searched. Of an item, its own vectors; a question beside it adds its own."""
    spaces = {space: embedder for space, embedder in plan.embedders.items() if space in snapshot.spaces}
    for space, embedder in spaces.items():
        snapshot.spaces[space].check_model(embedder.info, snapshot.folder, Role.QUERY)
    homes = text_homes(
        {space: embedder.info for space, embedder in spaces.items()},
        {name: space.fingerprint for name, space in snapshot.spaces.items()},
        keep={space for space, kind in snapshot.legs() if kind == MediaKind.TEXT},
    )
    if question.like is None:
        # What was put right wrongly is still asked for as it was written, with half a vote.
        several = dict.fromkeys((question.searched, question.as_written))
        found = [one for words in several for one in question_vectors(spaces, words, question.image, homes)]
        return [replace(one, weight=one.weight / len(several)) for one in found]
    asked = question_vectors(spaces, question.text, question.image, homes)
    return [*item_vectors(snapshot, question.like.id, spaces, homes), *asked]


def text_embedder(embedders: Mapping[str, Embedder]) -> Embedder | None:
    """The embedder that compares words with words best: a text space's, else the shared one's."""
    return embedders.get("text") or next(iter(embedders.values()), None)
