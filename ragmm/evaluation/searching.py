"""Every question put to one way of searching; of what comes back only the places are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ragmm.collection import Collection
from ragmm.evaluation.metrics import Level, metric_names, rank_metrics
from ragmm.evaluation.places import Place, Targets, hits_at, ranking
from ragmm.evaluation.questions import EvalQuestion
from ragmm.evaluation.statistics import MeanEstimate, estimate
from ragmm.pipelines.progress import Progress
from ragmm.types import Document, Hit, StoredItem

__all__ = ["AskedWay", "Ranking", "asked", "estimates", "first_rank", "rank_values", "search_all"]

_DEEPER: Final = 10
"""Hits looked at for each place that is judged: one page can hold many."""


@dataclass(frozen=True, kw_only=True)
class AskedWay:
    """A question as this collection takes it."""

    question: EvalQuestion
    targets: Targets
    where: tuple[str, ...] | None
    """The documents to search in, empty for all; None where the question's scope is not in the collection."""

    @property
    def qid(self) -> str:
        return self.question.qid

    @property
    def wanted(self) -> frozenset[Place]:
        """The pages, or the documents where the question does not say pages."""
        return self.targets.pages or self.targets.documents


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """The places that a search found for one question, at the ranks of their first hits."""

    documents: tuple[Place, ...] = ()
    pages: tuple[Place, ...] = ()
    found_as: str | None = None
    """The modality of the first right hit."""

    def of(self, one: AskedWay) -> tuple[Place, ...]:
        """At the level at which the question is judged."""
        return self.pages if one.targets.pages else self.documents


def asked(questions: Iterable[EvalQuestion], known: Mapping[str, Sequence[Document]]) -> list[AskedWay]:
    """`known`: what the uris of the questions mean in the collection."""
    return [
        AskedWay(question=one, targets=Targets(entries=one.relevant), where=_where(one.scope, known))
        for one in questions
    ]


def _where(scope: str | None, known: Mapping[str, Sequence[Document]]) -> tuple[str, ...] | None:
    return () if scope is None else tuple(document.path for document in known[scope]) or None


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way of searching, with the name that progress shows."""

    name: str
    docs: Collection
    modality: str | None = None


def search_all(way: Way, questions: Sequence[AskedWay], k: int, progress: Progress) -> dict[str, Ranking]:
    """The first k places for each question that has a place to be found."""
    depth = max(k, min(way.docs.pipeline.query.candidates, _DEEPER * k))
    found: dict[str, Ranking] = {}
    for number, one in enumerate(questions, start=1):
        if one.targets.entries and one.where is not None:
            hits = way.docs.query(
                one.question.text,
                image=one.question.image,
                k=depth,
                modality=way.modality,
                where=one.where,
                answer=False,
            ).hits
            found[one.qid] = _ranking(hits, one.targets, k)
        progress.update(way.name, number, len(questions), "questions")
    return found


def _ranking(hits: Sequence[Hit], targets: Targets, k: int) -> Ranking:
    right = next(hits_at(hits, targets), None)
    return Ranking(
        documents=tuple(ranking(targets.documents_of(item) for item in _shown(hits))[:k]),
        pages=tuple(ranking(targets.pages_of(item) for item in _shown(hits))[:k]),
        found_as=right.item.modality.value if right else None,
    )


def _shown(hits: Sequence[Hit]) -> Iterator[StoredItem]:
    """What is folded into a hit stands behind it, each at a place of its own: folding must not flatter."""
    for hit in hits:
        yield hit.item
        yield from hit.alternatives


def rank_values(questions: Sequence[AskedWay], found: Mapping[str, Ranking], k: int) -> dict[str, dict[str, float]]:
    """Each question's metrics at both levels."""
    values: dict[str, dict[str, float]] = {one.qid: {} for one in questions}
    pages = rank_metrics(
        {qid: one.pages for qid, one in found.items()}, {one.qid: one.targets.pages for one in questions}, k
    )
    documents = rank_metrics(
        {qid: one.documents for qid, one in found.items()}, {one.qid: one.targets.documents for one in questions}, k
    )
    for level, metrics in ((Level.PAGE, pages), (Level.DOCUMENT, documents)):
        for qid, row in metrics.items():
            values[qid].update({f"{level}.{name}": value for name, value in row.items()})
    return values


def first_rank(one: AskedWay, found: Mapping[str, Ranking]) -> int | None:
    """Where the first right place stands; None: not within k."""
    places = found.get(one.qid, Ranking()).of(one)
    return next((rank for rank, place in enumerate(places, start=1) if place in one.wanted), None)


def estimates(values: Iterable[Mapping[str, float]], k: int) -> dict[str, MeanEstimate]:
    """The mean of each metric over the questions that allow it."""
    rows = list(values)
    columns = {name: [row[name] for row in rows if name in row] for name in metric_names(k)}
    return {name: estimate(column) for name, column in columns.items() if column}
