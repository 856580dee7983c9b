"""Put every question to a collection and judge what comes back: as a whole, by leg, by kind and by tag."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import ragmm
from ragmm.collection import Collection
from ragmm.errors import UsageError
from ragmm.evaluation import variants
from ragmm.evaluation.answers import answer_text, answer_values
from ragmm.evaluation.baseline import BASELINE, baseline_rankings
from ragmm.evaluation.metrics import Level
from ragmm.evaluation.places import Place, documents_named
from ragmm.evaluation.questions import EvalQuestion
from ragmm.evaluation.searching import (
    AskedWay,
    Ranking,
    Way,
    asked,
    estimates,
    first_rank,
    rank_values,
    search_all,
)
from ragmm.evaluation.statistics import MeanEstimate
from ragmm.pipelines.progress import Progress, Silent
from ragmm.types import Document, QueryResult

__all__ = ["EvalPlan", "EvalRun", "Judged", "JudgedPart", "evaluate", "evaluate_routes", "level_of"]


@dataclass(frozen=True, kw_only=True)
class EvalPlan:
    """What to measure."""

    k: int = 10
    """How many pages or documents of each ranking are judged."""
    answers: bool = True
    legs: tuple[str, ...] = ()
    """Search with these only; empty: with all."""
    parts: bool = True
    """Whether each leg and each kind of item is measured alone as well."""
    baseline: bool = False
    """Whether another library's BM25 over the same items is measured beside the legs."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One question with what came of it."""

    qid: str
    question: str
    answerable: bool
    tags: tuple[str, ...]
    values: Mapping[str, float]
    """By metric; one that the question does not allow is not there."""
    rank: int | None
    """Of the first right page, or document where pages are not known; None: not within k."""
    leg_ranks: Mapping[str, int | None]
    """The same for each leg alone."""
    found_as: str | None
    """The modality of the first right hit."""
    expected: tuple[str, ...]
    found: tuple[str, ...]
    """The first places of the ranking."""
    answer: str | None = None
    abstained: bool | None = None


@dataclass(frozen=True, kw_only=True)
class JudgedPart:
    """What a leg, a kind of item or a tag reaches by itself."""

    name: str
    metrics: Mapping[str, MeanEstimate]
    only: int = 0
    """Of a leg: the questions of which no other leg alone finds the place within k."""


@dataclass(frozen=True, kw_only=True)
class EvalRun:
    """One evaluation."""

    name: str
    """Of the route, or "all"."""
    collection: str
    generation: int
    ragmm: str
    created: str
    k: int
    level: Level
    """What a metric without a level stands for."""
    legs: tuple[str, ...]
    models: Mapping[str, str]
    questions: int
    seconds: float
    metrics: Mapping[str, MeanEstimate]
    by_leg: tuple[JudgedPart, ...]
    by_kind: tuple[JudgedPart, ...]
    by_tag: tuple[JudgedPart, ...]
    found_as: Mapping[str, int]
    """In which modality the places were found."""
    results: tuple[Judged, ...]
    warnings: tuple[str, ...]


def evaluate(
    docs: Collection, questions: Sequence[EvalQuestion], plan: EvalPlan | None = None, progress: Progress | None = None
) -> EvalRun:
    """Ask every question. Raises ConfigError where none of their documents is in the collection."""
    plan = plan or EvalPlan()
    docs = variants.remembering(docs)
    limited = variants.limited(docs, plan.legs) if plan.legs else docs
    return _Run(limited, questions, plan, progress or Silent()).made("all")


def evaluate_routes(
    docs: Collection,
    questions: Sequence[EvalQuestion],
    routes: Sequence[str],
    plan: EvalPlan | None = None,
    progress: Progress | None = None,
) -> list[EvalRun]:
    """The same questions by the space of each route, with the words beside it; "both" searches with everything.

    Routes that come to the same search (in a collection of one route) are run once.
    """
    plan = replace(plan or EvalPlan(), parts=False)
    docs = variants.remembering(docs)
    made: dict[tuple[str, ...], EvalRun] = {}
    for route in routes:
        legs = variants.route_legs(docs, route)
        if legs not in made:
            made[legs] = _Run(variants.limited(docs, legs), questions, plan, progress or Silent()).made(route)
    return [replace(made[variants.route_legs(docs, route)], name=route) for route in routes]


def level_of(questions: Sequence[EvalQuestion]) -> Level:
    """Pages where any question says them."""
    pages = any(entry.page is not None for question in questions for entry in question.relevant)
    return Level.PAGE if pages else Level.DOCUMENT


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What became of a question that was answered."""

    values: Mapping[str, float]
    text: str
    abstained: bool
    degraded: bool


class _Run:
    """One collection, its questions, and what is known about them."""

    def __init__(self, docs: Collection, questions: Sequence[EvalQuestion], plan: EvalPlan, progress: Progress) -> None:
        if not questions:
            raise UsageError("there are no questions to evaluate; give at least one")
        self.docs, self.plan, self.progress = docs, plan, progress
        self.generation = docs.generation
        self.known: Mapping[str, Sequence[Document]] = documents_named(docs.documents(), questions)
        self.questions = asked(questions, self.known)
        self.unanswerable = any(not question.answerable for question in questions)

    def made(self, name: str) -> EvalRun:
        began = time.monotonic()
        whole = self._search(Way(name="search", docs=self.docs))
        alone = self._alone() if self.plan.parts else {}
        by_kind = self._by_kind() if self.plan.parts else ()
        said = self._answers() if self.plan.answers else {}
        results = self._judged(whole, alone, said)
        return EvalRun(
            name=name,
            collection=self.docs.name,
            generation=self.generation,
            ragmm=ragmm.__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            k=self.plan.k,
            level=level_of([one.question for one in self.questions]),
            legs=variants.legs(self.docs),
            models=self._models(),
            questions=len(self.questions),
            seconds=round(time.monotonic() - began, 3),
            metrics=estimates([one.values for one in results], self.plan.k),
            by_leg=(*self._by_leg(alone), *self._baseline()),
            by_kind=by_kind,
            by_tag=self._by_tag(results),
            found_as=dict(Counter(one.found_as for one in results if one.found_as).most_common()),
            results=results,
            warnings=tuple(self._warnings(said)),
        )

    def _search(self, way: Way) -> dict[str, Ranking]:
        return search_all(way, self.questions, self.plan.k, self.progress)

    def _alone(self) -> dict[str, dict[str, Ranking]]:
        """Each leg by itself, where there is more than one."""
        legs = variants.legs(self.docs)
        ways = [Way(name=leg, docs=variants.limited(self.docs, [leg])) for leg in legs] if legs[1:] else []
        return {way.name: self._search(way) for way in ways}

    def _baseline(self) -> tuple[JudgedPart, ...]:
        if not self.plan.baseline:
            return ()
        return (self._part(BASELINE, baseline_rankings(self.docs, self.questions, self.plan.k)),)

    def _by_kind(self) -> tuple[JudgedPart, ...]:
        """The search over texts alone and over images alone, where the collection holds both."""
        kinds = variants.kinds(self.docs)
        ways = [Way(name=kind, docs=self.docs, modality=kind) for kind in kinds] if kinds[1:] else []
        return tuple(self._part(way.name, self._search(way)) for way in ways)

    def _part(self, name: str, found: Mapping[str, Ranking], only: int = 0) -> JudgedPart:
        values = rank_values(self.questions, found, self.plan.k)
        return JudgedPart(name=name, metrics=estimates(values.values(), self.plan.k), only=only)

    def _by_leg(self, alone: Mapping[str, Mapping[str, Ranking]]) -> tuple[JudgedPart, ...]:
        finders = Counter[str]()
        finds = {leg: {one.qid for one in self.questions if first_rank(one, found)} for leg, found in alone.items()}
        for qids in finds.values():
            finders.update(qids)
        return tuple(
            self._part(leg, found, only=sum(finders[qid] == 1 for qid in finds[leg])) for leg, found in alone.items()
        )

    def _by_tag(self, results: Sequence[Judged]) -> tuple[JudgedPart, ...]:
        tags = Counter(tag for result in results for tag in set(result.tags))
        return tuple(
            JudgedPart(name=tag, metrics=estimates([one.values for one in results if tag in one.tags], self.plan.k))
            for tag, _ in sorted(tags.items(), key=lambda counted: (-counted[1], counted[0]))
        )

    def _answers(self) -> dict[str, _Said]:
        """The answers as `ragmm query` gives them: with the pipeline's own number of hits."""
        found: dict[str, _Said] = {}
        for number, one in enumerate(self.questions, start=1):
            if one.where is not None:
                result = self.docs.query(one.question.text, image=one.question.image, where=one.where)
                found |= _said(one, result, judge_silence=self.unanswerable)
            self.progress.update("answer", number, len(self.questions), "questions")
        return found

    def _judged(
        self,
        whole: Mapping[str, Ranking],
        alone: Mapping[str, Mapping[str, Ranking]],
        said: Mapping[str, _Said],
    ) -> tuple[Judged, ...]:
        values = rank_values(self.questions, whole, self.plan.k)
        judged = []
        for one in self.questions:
            ranking, answer = whole.get(one.qid, Ranking()), said.get(one.qid)
            rank = first_rank(one, whole)
            judged.append(
                Judged(
                    qid=one.qid,
                    question=one.question.text,
                    answerable=one.question.answerable,
                    tags=one.question.tags,
                    values={**values[one.qid], **(answer.values if answer else {})},
                    rank=rank,
                    leg_ranks={leg: first_rank(one, found) for leg, found in alone.items()},
                    found_as=ranking.found_as if rank else None,
                    expected=tuple(_words((entry.uri, entry.page)) for entry in one.question.relevant),
                    found=tuple(_words(place) for place in ranking.of(one)[:5]),
                    answer=answer.text if answer else None,
                    abstained=answer.abstained if answer else None,
                )
            )
        return tuple(judged)

    def _models(self) -> dict[str, str]:
        names = {route: embedder.info.name for route, embedder in self.docs.embedders.items()}
        return names | ({"answer": self.docs.pipeline.models.vlm} if self.plan.answers else {})

    def _warnings(self, said: Mapping[str, _Said]) -> list[str]:
        found = []
        if missing := [uri for uri, documents in self.known.items() if not documents]:
            found.append(
                f"{len(missing):,} of the {len(self.known):,} documents that the questions name are not in the "
                f"collection and count as not found ({missing[0]!r} first)"
            )
        if degraded := [qid for qid, one in said.items() if one.degraded]:
            found.append(
                f"{len(degraded):,} answers are not the configured model's, which failed ({degraded[0]!r} first)"
            )
        if self.docs.generation != self.generation:
            found.append(f"the collection has changed since generation {self.generation}; evaluate it again")
        return found


def _said(one: AskedWay, result: QueryResult, *, judge_silence: bool) -> dict[str, _Said]:
    """Where every question has an answer, silence is judged by `answer.given` alone."""
    answer = result.answer
    if answer is None:
        return {}
    values = answer_values(one.question, answer, result.hits)
    if not judge_silence:
        values = {name: value for name, value in values.items() if not name.startswith("abstention.")}
    said = _Said(values=values, text=answer_text(answer), abstained=answer.abstained, degraded=answer.degraded)
    return {one.qid: said}


def _words(place: Place) -> str:
    uri, page = place
    return uri if page is None else f"{uri}, page {page}"
