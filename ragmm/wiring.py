"""The one place where the names in a pipeline become objects: models, parsers, and the plans of a collection.

Nothing is loaded or fetched until it is used.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ragmm.config import Pipeline, Route
from ragmm.config.names import NONE
from ragmm.config.profiles import as_built, named_models
from ragmm.embedders.settings import EmbedderSettings
from ragmm.errors import ModelError, UsageError
from ragmm.models.names import ModelName, Scheme

if TYPE_CHECKING:
    from ragmm.config.settings import AnswerSettings, ModelSettings, Pipeline
    from ragmm.embedders.base import Embedder
    from ragmm.indexes.store.generations import Retention
    from ragmm.indexes.store.snapshot import Snapshot
    from ragmm.isolation.limits import Limits
    from ragmm.loaders.base import Loader
    from ragmm.loaders.parser import ParserPool
    from ragmm.pipelines.answer.context import ContextBudget
    from ragmm.pipelines.ingest.reading import Parser
    from ragmm.pipelines.ingest.run import IngestPlan
    from ragmm.pipelines.progress import Progress
    from ragmm.pipelines.query.glossary import Glossary
    from ragmm.pipelines.query.rerank import RerankPlan
    from ragmm.pipelines.query.run import Answerer, SearchPlan
    from ragmm.pipelines.stopping import StopFlag
    from ragmm.pipelines.sync.run import NightWork
    from ragmm.rerankers.base import Reranker
    from ragmm.vlm.base import Vlm
    from ragmm.vlm.openai_settings import OpenAiSettings

__all__ = [
    "Models",
    "Parts",
    "build_embedder",
    "build_loaders",
    "build_parser",
    "build_reranker",
    "build_vlm",
    "context_budget",
    "parser_limits",
]


@dataclass(frozen=True, kw_only=True)
class Models:
    """Models given as objects instead of by name; what is left out comes from the pipeline's names."""

    embedders: Mapping[str, Embedder] | None = None
    """By route: "shared", "text"."""
    vlm: Vlm | None = None
    """Writes answers."""
    caption: Vlm | None = None
    """Puts images into words at ingest (route text)."""
    rerank: Reranker | None = None
    """Orders the best hits anew."""


class Parts:
    """Made on first use and kept until `close`. Safe to use from several threads."""

    def __init__(self, pipeline: Pipeline, models: Models | None, *, follows: bool) -> None:
        self.pipeline = named_models(pipeline)
        self._given = models or Models()
        self._follows = follows and self._given.embedders is None
        self._lock = threading.RLock()
        self._embedders: dict[str, Embedder] | None = None
        self._vlm: Vlm | None = None
        self._reranker: Reranker | None = None

    def close(self) -> None:
        """Let go of the models."""
        with self._lock:
            self._embedders = self._vlm = self._reranker = None

    def follow(self, spaces: Mapping[str, str]) -> None:
        """Take the models that the spaces are built with, unless the caller named others."""
        built = as_built(self.pipeline, spaces) if self._follows else self.pipeline
        if built != self.pipeline:
            self.pipeline, self._embedders = built, None

    # Models ------------------------------------------------------------------------------------------------------

    @property
    def embedders(self) -> dict[str, Embedder]:
        """By route; made on first use, loaded when they first embed."""
        with self._lock:
            if self._embedders is None:
                self._embedders = self._make_embedders()
            return self._embedders

    @property
    def vlm(self) -> Vlm | None:
        """What writes answers; None where sentences are quoted instead."""
        with self._lock:
            if self._given.vlm is not None:
                return self._given.vlm
            if self._vlm is None:
                self._vlm = self._build_vlm(self.pipeline.models.vlm)
            return self._vlm

    @property
    def reranker(self) -> Reranker | None:
        """What orders the best hits anew; None where the order of the search stands."""
        with self._lock:
            if self._given.rerank is not None:
                return self._given.rerank
            if self._reranker is None:
                self._reranker = build_reranker(self.pipeline.models.rerank, self.pipeline.models)
            return self._reranker

    @property
    def captioner(self) -> Vlm | None:
        """What puts images into words at ingest; None where nothing does."""
        if Route.TEXT not in self.pipeline.routes:
            return None
        if self._given.caption is not None:
            return self._given.caption
        names = self.pipeline.models
        return self.vlm if names.caption == names.vlm else self._build_vlm(names.caption)

    def _build_vlm(self, name: str) -> Vlm | None:
        return build_vlm(name, self.pipeline.models, self.pipeline.server)

    def _make_embedders(self) -> dict[str, Embedder]:
        if self._given.embedders is not None:
            return dict(self._given.embedders)
        names = {Route.SHARED: self.pipeline.models.shared, Route.TEXT: self.pipeline.models.text}
        return {str(route): build_embedder(names[route], self.pipeline.models) for route in self.pipeline.routes}

    # Plans -------------------------------------------------------------------------------------------------------

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

        return self.pipeline if self._given.embedders is not None else measured(self.pipeline)

    def ingest_plan(self, parser: Parser) -> IngestPlan:
        """How documents become items and vectors."""
        from ragmm.loaders.registry import fingerprint
        from ragmm.pipelines.ingest.run import IngestPlan

        settings = self.measured
        return IngestPlan(
            embedders=self.embedders,
            parser=parser,
            parser_fingerprint=fingerprint(build_loaders(settings), settings.loaders),
            sources=settings.sources,
            workers=settings.limits.workers or min(8, os.cpu_count() or 1),
            commit_items=settings.store.commit_items,
            vector_dtype=str(settings.store.dtype),
            caption_vlm=self.captioner,
            captions=settings.captions,
        )

    def search_plan(self, snapshot: Snapshot, k: int | None, modality: str | None, where: Sequence[str]) -> SearchPlan:
        """How this generation is searched."""
        from ragmm.pipelines.query.filters import parse_modality, where_condition
        from ragmm.pipelines.query.run import SearchPlan

        settings = self.pipeline.query
        return SearchPlan(
            embedders=self.embedders,
            k=k or settings.k,
            candidates=max(settings.candidates, k or settings.k),
            per_document=settings.per_document,
            lexical_weight=settings.lexical_weight,
            glossary=self._glossary,
            fold=settings.fold,
            rerank=self._rerank_plan(),
            only=where_condition(parse_modality(modality), where, snapshot) if modality or where else None,
        )

    def _rerank_plan(self) -> RerankPlan | None:
        from ragmm.pipelines.query.rerank import RerankPlan

        settings, model = self.pipeline.query, self.reranker
        if model is None:
            return None
        return RerankPlan(model=model, depth=settings.rerank_depth, seconds=settings.rerank_seconds)

    def answerer(self) -> Answerer:
        """What answers; where its model is not to be had, quotes stand in and say so."""
        from ragmm.pipelines.answer import run as answering

        settings = self.pipeline.answer
        rules, glossary = answering.rules_of(settings), self._glossary
        try:
            vlm = self.vlm
        except ModelError as error:
            return answering.fallback_answerer(self.embedders, rules, str(error), glossary)
        if vlm is None:
            return answering.extractive_answerer(self.embedders, rules, glossary)
        return answering.model_answerer(vlm, self.embedders, settings, context_budget(settings), rules, glossary)

    @property
    def _glossary(self) -> Glossary | None:
        from ragmm.pipelines.query.glossary import read_glossary

        names = self.pipeline.query.glossary
        return read_glossary(names) if names else None

    def retention(self) -> Retention:
        """Which older generations stay restorable."""
        from ragmm.indexes.store.generations import Retention

        return Retention(runs=self.pipeline.store.keep_generations)


_CLIP: Final = (Scheme.OPEN_CLIP, Scheme.MINI)


def build_embedder(name: str, models: ModelSettings) -> Embedder:
    """Raises ModelNotFoundError where the model is not here and may not be downloaded."""
    from ragmm.models import find

    parsed = ModelName.parse(name)
    settings = embedder_settings(models)
    if parsed.scheme is Scheme.ST:
        from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(find(parsed, download=models.download), settings)
    if parsed.scheme in _CLIP:
        from ragmm.embedders.open_clip import OpenClipEmbedder

        return OpenClipEmbedder(find(parsed, download=models.download), settings)
    raise UsageError(f"{name} does not embed; name an st: or open_clip: model, or mini")


def embedder_settings(models: ModelSettings) -> EmbedderSettings:
    """How the models of a pipeline run."""
    return EmbedderSettings(
        device=models.device, dtype=models.dtype, batch_size=models.batch_size, threads=models.threads
    )


def build_vlm(name: str, models: ModelSettings, server: OpenAiSettings | None = None) -> Vlm | None:
    """None stands for answering without a model ("extractive") and for an empty role ("none")."""
    from ragmm.models import Task, find

    if name == NONE:
        return None
    parsed = ModelName.parse(name)
    if parsed.scheme is Scheme.EXTRACTIVE:
        return None
    if parsed.scheme is Scheme.OPENAI:
        from ragmm.vlm.openai import OpenAiVlm

        return OpenAiVlm(parsed.target, parsed.url or "", server)
    if parsed.scheme in {Scheme.HF, Scheme.MINI}:
        from ragmm.vlm.transformers import TransformersVlm

        folder = find(parsed, task=Task.GENERATE, download=models.download).folder
        return TransformersVlm(folder, name, device=str(models.device), dtype=str(models.dtype))
    raise UsageError(f"{name} does not write; name an hf: or openai: model, mini, or extractive")


def build_reranker(name: str, models: ModelSettings) -> Reranker | None:
    """None where nothing is reranked. Raises ModelNotFoundError where the model is not here."""
    from ragmm.models import find
    from ragmm.rerankers.cross_encoder import CrossEncoderReranker

    if name == NONE:
        return None
    return CrossEncoderReranker(find(ModelName.parse(name), download=models.download), embedder_settings(models))


def context_budget(answer: AnswerSettings) -> ContextBudget:
    """What fits into the prompt of an answer."""
    from ragmm.pipelines.answer.context import ContextBudget

    return ContextBudget(
        tokens=answer.context_tokens,
        max_images=answer.max_images,
        max_image_side=answer.max_image_side,
        max_tokens=answer.max_tokens,
        per_document=answer.per_document,
    )


def build_loaders(pipeline: Pipeline) -> tuple[Loader, ...]:
    """Every loader whose library is installed, in the order in which they are asked."""
    from ragmm.loaders.registry import default_loaders

    return default_loaders(pipeline.loaders)


def build_parser(pipeline: Pipeline) -> ParserPool:
    """The isolated processes that parse documents, within the pipeline's limits."""
    from ragmm.loaders.parser import ParserPool

    return ParserPool(pipeline.loaders, parser_limits(pipeline), pipeline.limits.workers)


def parser_limits(pipeline: Pipeline) -> Limits:
    """What one document may use while it is parsed."""
    from ragmm.isolation.limits import Limits

    return Limits(
        memory_mb=pipeline.limits.memory_mb,
        cpu_seconds=pipeline.limits.cpu_seconds,
        wall_seconds=pipeline.limits.wall_seconds,
        slow_seconds=pipeline.limits.slow_seconds,
        document_mb=pipeline.sources.max_file_mb,
    )
