"""From a pipeline and its models to the plan of each piece of work: a night, an ingest, a search, an answer."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ragmm.config import Pipeline
from ragmm.config.profiles import as_built, named_models
from ragmm.errors import ModelError
from ragmm.wiring import Models, build_loaders, context_budget

if TYPE_CHECKING:
    from ragmm.embedders.base import Embedder
    from ragmm.indexes.contracts import Snapshot
    from ragmm.indexes.filters import Filter
    from ragmm.indexes.records import Retention
    from ragmm.pipelines.ingest.reading import Parser
    from ragmm.pipelines.ingest.run import IngestPlan
    from ragmm.pipelines.progress import Progress
    from ragmm.pipelines.query.asked_picture import AskedPicture
    from ragmm.pipelines.query.glossary import Glossary
    from ragmm.pipelines.query.question import Fetch, Question
    from ragmm.pipelines.query.rerank import RerankPlan
    from ragmm.pipelines.query.run import Answerer, SearchPlan
    from ragmm.pipelines.stopping import StopFlag
    from ragmm.pipelines.sync.run import NightWork
    from ragmm.types import Hit
    from ragmm.vlm.base import Vlm

__all__ = ["Plans"]


class Plans:
    """A collection's pipeline and the models it works with, and from them the plan of each piece of work."""

    def __init__(self, pipeline: Pipeline, models: Models | None, *, follows: bool) -> None:
        """`follows`: the pipeline takes the models that the spaces are built with, where none were given."""
        self.pipeline = named_models(pipeline)
        self.models = models or Models()
        self._owned = models is None
        self._follows = follows and not self.models.gives_embedders

    def use(self, pipeline: Pipeline) -> None:
        """Work by this one from now on."""
        self.pipeline = named_models(pipeline)

    def close(self) -> None:
        """Let go of the models, unless others share them."""
        if self._owned:
            self.models.close()

    def follow(self, spaces: Mapping[str, str]) -> None:
        """Take the models that the spaces are built with, unless the caller named others."""
        if self._follows:
            self.pipeline = as_built(self.pipeline, spaces)

    @property
    def embedders(self) -> dict[str, Embedder]:
        return self.models.embedders(self.pipeline)

    @property
    def vlm(self) -> Vlm | None:
        return self.models.vlm(self.pipeline)

    @contextlib.contextmanager
    def night_work(
        self, refresh: bool, allow_mass_delete: bool, progress: Progress | None, stop: StopFlag | None
    ) -> Iterator[NightWork]:
        """What a night works with; parsers and models are made when the night first needs them."""
        from ragmm.pipelines.progress import Silent
        from ragmm.pipelines.stopping import StopFlag, stop_on_signals
        from ragmm.pipelines.sync.facts import facts_of
        from ragmm.pipelines.sync.roots import roots_of
        from ragmm.pipelines.sync.run import NightWork
        from ragmm.pipelines.sync.survey import Options
        from ragmm.wiring import build_parser

        pipeline, flag = self.pipeline, StopFlag() if stop is None else stop
        with contextlib.ExitStack() as stack, stop_on_signals(flag):
            yield NightWork(
                roots=roots_of(pipeline.sources, pipeline.origin.parent if pipeline.origin else Path.cwd()),
                facts=facts_of(pipeline),
                settings=pipeline.nightly,
                tools=cache(lambda: self.ingest_plan(stack.enter_context(build_parser(self.measured)))),
                retention=self.retention(),
                progress=progress or Silent(),
                stop=flag,
                options=Options(refresh=refresh, allow_mass_delete=allow_mass_delete),
            )

    @property
    def measured(self) -> Pipeline:
        """The pipeline with its embedder's tokenizer; embedders that were handed in have none for a parser to read."""
        from ragmm.config.measuring import measured

        return self.pipeline if self.models.gives_embedders else measured(self.pipeline)

    def ingest_plan(self, parser: Parser) -> IngestPlan:
        """How documents become items and vectors."""
        from ragmm.loaders.fingerprints import Fingerprints
        from ragmm.pipelines.ingest.run import IngestPlan

        settings = self.measured
        return IngestPlan(
            embedders=self.embedders,
            parser=parser,
            readings=Fingerprints(build_loaders(settings), settings.loaders),
            sources=settings.sources,
            workers=settings.limits.workers or min(8, os.cpu_count() or 1),
            commit_items=settings.store.commit_items,
            commit_seconds=settings.store.commit_seconds,
            vector_dtype=str(settings.store.dtype),
            caption_vlm=self.models.captioner(self.pipeline),
            captions=settings.captions,
            eyes=self.models.eyes(self.pipeline),
        )

    def search_plan(self, snapshot: Snapshot, question: Question) -> SearchPlan:
        """How this generation is searched."""
        from ragmm.models.common_words import common_words
        from ragmm.pipelines.query.run import SearchPlan

        settings = self.pipeline.query
        k = question.k or settings.k
        per_document = settings.per_document if question.per_document is None else question.per_document
        return SearchPlan(
            embedders=self.embedders,
            k=k,
            candidates=max(settings.candidates, k),
            per_document=per_document,
            lexical_weight=settings.lexical_weight,
            glossary=self._glossary,
            spelling=settings.spelling,
            common=common_words,
            fold=settings.fold,
            rerank=self._rerank_plan(),
            picture=None if question.image is None else self._asked_picture(),
            beside=_winners_beside,
            only=self._only(snapshot, question),
        )

    def _asked_picture(self) -> AskedPicture | None:
        from ragmm.pipelines.query.asked_picture import AskedPicture

        eyes = self.models.eyes(self.pipeline)
        return None if eyes is None else AskedPicture(eyes=eyes, settings=self.pipeline.loaders)

    def _only(self, snapshot: Snapshot, question: Question) -> Filter | None:
        """What may be found, if not everything."""
        if question.modality is None and not question.filters:
            return None
        from ragmm.pipelines.query.filters import parse_filters, parse_modality

        return parse_filters(parse_modality(question.modality), question.filters, snapshot)

    def _rerank_plan(self) -> RerankPlan | None:
        settings, model = self.pipeline.query, self.models.reranker(self.pipeline)
        if model is None:
            return None
        from ragmm.pipelines.query.rerank import RerankPlan

        return RerankPlan(model=model, depth=settings.rerank_depth, seconds=settings.rerank_seconds)

    def answerer(self) -> Answerer:
        """What answers; where its model is not to be had, quotes stand in and say so."""
        from ragmm.pipelines.answer import run as answering

        settings = self.pipeline.answer
        rules = answering.rules_of(settings)
        aids = answering.Aids(glossary=self._glossary, reader=self.models.reader(self.pipeline))
        try:
            vlm = self.vlm
        except ModelError as error:
            return answering.fallback_answerer(self.embedders, rules, str(error), aids)
        if vlm is None:
            return answering.extractive_answerer(self.embedders, rules, aids)
        budget = context_budget(settings)
        return answering.model_answerer(vlm, self.embedders, settings, budget, rules, aids)

    @property
    def _glossary(self) -> Glossary | None:
        from ragmm.pipelines.query.glossary import read_glossary

        names = self.pipeline.query.glossary
        return read_glossary(names) if names else None

    def retention(self) -> Retention:
        """Which older generations stay restorable."""
        from ragmm.indexes.records import Retention

        return Retention(runs=self.pipeline.store.keep_generations)


def _winners_beside(question: str, hits: Sequence[Hit], fetch: Fetch) -> Sequence[Hit]:
    """The hits, with the rows of their tables that win where the most or the least is asked for."""
    from ragmm.pipelines.query.asked_extremes import asks_for_extreme

    if not asks_for_extreme(question):
        return hits
    from ragmm.pipelines.answer.whole_tables import winners_beside

    return winners_beside(question, hits, fetch)
