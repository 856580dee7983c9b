"""The one place where the names in a pipeline become objects. Nothing is loaded or fetched until it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ragmm.config.names import NONE
from ragmm.embedders.settings import EmbedderSettings
from ragmm.errors import UsageError
from ragmm.models.names import ModelName, Scheme

if TYPE_CHECKING:
    from ragmm.config.settings import AnswerSettings, ModelSettings, Pipeline
    from ragmm.embedders.base import Embedder
    from ragmm.loaders.base import Loader
    from ragmm.loaders.sandbox import Limits
    from ragmm.loaders.worker import ParserPool
    from ragmm.rerankers.base import Reranker
    from ragmm.vlm.base import Vlm
    from ragmm.vlm.context import ContextBudget
    from ragmm.vlm.openai_settings import OpenAiSettings

__all__ = [
    "build_embedder",
    "build_loaders",
    "build_parser",
    "build_reranker",
    "build_vlm",
    "context_budget",
    "parser_limits",
]

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
    from ragmm.vlm.context import ContextBudget

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
    from ragmm.loaders.worker import ParserPool

    return ParserPool(pipeline.loaders, parser_limits(pipeline), pipeline.limits.workers)


def parser_limits(pipeline: Pipeline) -> Limits:
    """What one document may use while it is parsed."""
    from ragmm.loaders.sandbox import Limits

    return Limits(
        memory_mb=pipeline.limits.memory_mb,
        cpu_seconds=pipeline.limits.cpu_seconds,
        wall_seconds=pipeline.limits.wall_seconds,
        slow_seconds=pipeline.limits.slow_seconds,
        document_mb=pipeline.sources.max_file_mb,
    )
