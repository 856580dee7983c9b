"""The one place where the names in a pipeline become objects: models, parsers, and the plans of a collection.

Nothing is loaded or fetched until it is used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ragmm.config import Pipeline, Route
from ragmm.config.names import NONE
from ragmm.config.needs import wants_photos
from ragmm.embedders.settings import EmbedderSettings
from ragmm.errors import PluginError, UsageError
from ragmm.models.names import ModelName, Scheme
from ragmm.plugins import Group
from ragmm.plugins import load as plugin_of

if TYPE_CHECKING:
    from ragmm.config.settings import AnswerSettings, ModelSettings, Pipeline
    from ragmm.embedders.base import Embedder
    from ragmm.embedders.eyes import Eyes
    from ragmm.indexes.contracts import Store
    from ragmm.isolation.limits import Limits
    from ragmm.loaders.base import Loader
    from ragmm.loaders.parser import ParserPool
    from ragmm.pipelines.answer.context import ContextBudget
    from ragmm.readers.base import Reader
    from ragmm.rerankers.base import Reranker
    from ragmm.vlm.base import Vlm
    from ragmm.vlm.openai_settings import OpenAiSettings

__all__ = [
    "Models",
    "build_embedder",
    "build_eyes",
    "build_loaders",
    "build_parser",
    "build_reader",
    "build_reranker",
    "build_vlm",
    "context_budget",
    "open_store",
    "parser_limits",
]


class Models:
    """Models, shared by every collection that is given this object. Safe to use from several threads.

    What is given here as an object serves all of them; the rest is made by the names in a collection's pipeline when
    it is first needed, once for each name and its settings.
    """

    def __init__(
        self,
        *,
        embedders: Mapping[str, Embedder] | None = None,
        vlm: Vlm | None = None,
        caption: Vlm | None = None,
        rerank: Reranker | None = None,
        reader: Reader | None = None,
        eyes: Eyes | None = None,
    ) -> None:
        """`embedders` by route ("shared", "text"); `vlm` writes answers, `caption` puts images into words at ingest,
        `rerank` orders the best hits anew, `reader` points at the value that was asked for, `eyes` tell what
        photographs show."""
        self._embedders, self._vlm, self._caption, self._rerank = embedders, vlm, caption, rerank
        self._eyes = eyes
        self._reader = reader
        self._lock = threading.Lock()
        self._made: dict[tuple[object, ...], _Made] = {}

    @property
    def gives_embedders(self) -> bool:
        """Whether embedders were given as objects: then no name in a pipeline says which they are."""
        return self._embedders is not None

    def embedders(self, pipeline: Pipeline) -> dict[str, Embedder]:
        """By route; loaded when they first embed."""
        if self._embedders is not None:
            return dict(self._embedders)
        names = {Route.SHARED: pipeline.models.shared, Route.TEXT: pipeline.models.text}
        eyes = self.eyes(pipeline)
        return {
            str(route): self._seeing(names[route], pipeline.models, eyes)
            if eyes is not None and names[route] == Scheme.MINI
            else self._embedder(names[route], pipeline.models)
            for route in pipeline.routes
        }

    def eyes(self, pipeline: Pipeline) -> Eyes | None:
        """What looks at photographs; None where nothing does, or its weights are not here."""
        if self._eyes is not None or self.gives_embedders or not wants_photos(pipeline):
            return self._eyes
        found: Eyes | None = self._once(("look", pipeline.models.photos), build_eyes)
        return found

    def vlm(self, pipeline: Pipeline) -> Vlm | None:
        """What writes answers; None where sentences are quoted instead."""
        return self._vlm or self._writer(pipeline.models.vlm, pipeline)

    def captioner(self, pipeline: Pipeline) -> Vlm | None:
        """What puts images into words at ingest; None where nothing does."""
        if Route.TEXT not in pipeline.routes:
            return None
        names = pipeline.models
        return self._caption or (
            self.vlm(pipeline) if names.caption == names.vlm else self._writer(names.caption, pipeline)
        )

    def reranker(self, pipeline: Pipeline) -> Reranker | None:
        """What orders the best hits anew; None where the order of the search stands."""
        name, settings = pipeline.models.rerank, pipeline.models
        key = ("rerank", name, embedder_settings(settings), settings.download)
        return self._rerank or self._once(key, lambda: build_reranker(name, settings))

    def reader(self, pipeline: Pipeline) -> Reader | None:
        """What points at the value that was asked for; None where nothing does, or its weights are not here."""
        name = pipeline.answer.reader
        return self._reader or self._once(("read", name), lambda: build_reader(name))

    def load(self, pipeline: Pipeline) -> None:
        """Make and load now what answers questions, so that the first one does not wait for it."""
        models = (self.vlm(pipeline), self.reranker(pipeline), self.reader(pipeline))
        for model in (*self.embedders(pipeline).values(), *models):
            if callable(load := getattr(model, "load", None)):
                load()

    def close(self) -> None:
        """Let go of what was made by name."""
        with self._lock:
            self._made = {}

    def _embedder(self, name: str, settings: ModelSettings) -> Embedder:
        key = ("embed", name, embedder_settings(settings), settings.download)
        made: Embedder = self._once(key, lambda: build_embedder(name, settings))
        return made

    def _seeing(self, name: str, settings: ModelSettings, eyes: Eyes) -> Embedder:
        """The same, with eyes for photographs beside it."""
        from ragmm.embedders.photographs import PhotographEmbedder

        drawings = self._embedder(name, settings)
        key = ("see", name, embedder_settings(settings), settings.download, eyes.fingerprint)
        made: Embedder = self._once(key, lambda: PhotographEmbedder(drawings, eyes))
        return made

    def _writer(self, name: str, pipeline: Pipeline) -> Vlm | None:
        settings, server = pipeline.models, pipeline.server
        key = ("write", name, settings.device, settings.dtype, settings.download, repr(server))
        made: Vlm | None = self._once(key, lambda: build_vlm(name, settings, server))
        return made

    def _once(self, key: tuple[object, ...], build: Callable[[], Any]) -> Any:
        """One lock a model: whoever needs another one does not wait for this."""
        with self._lock:
            made = self._made.setdefault(key, _Made())
        with made.lock:
            if not made.done:
                made.model, made.done = build(), True
            return made.model


@dataclass(kw_only=True, eq=False)
class _Made:
    """A model that was made by name."""

    model: Any = None
    done: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


_CLIP: Final = (Scheme.OPEN_CLIP, Scheme.MINI)


def open_store(folder: Path) -> Store:
    """The keeper of a collection; nothing is read before it is asked for."""
    from ragmm.indexes.store.store import Store

    return Store(folder)


def build_embedder(name: str, models: ModelSettings) -> Embedder:
    """Raises ModelNotFoundError where the model is not here and may not be downloaded."""
    from ragmm.models import find

    parsed = ModelName.parse(name)
    settings = embedder_settings(models)
    if (made := _plugged(Group.EMBEDDERS, parsed, models)) is not None:
        return made  # type: ignore[no-any-return]
    if parsed.scheme is Scheme.ST:
        from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(find(parsed, download=models.download), settings)
    if parsed.scheme is Scheme.MULTILINGUAL:
        from ragmm.embedders.multilingual import MultilingualEmbedder

        return MultilingualEmbedder(find(parsed), settings)
    if parsed.scheme in _CLIP:
        from ragmm.embedders.open_clip import OpenClipEmbedder

        return OpenClipEmbedder(find(parsed, download=models.download), settings)
    raise UsageError(f"{name} does not embed; name an st: or open_clip: model, multilingual, or mini")


def _plugged(group: Group, name: ModelName, models: ModelSettings) -> Any:
    """The model that a package outside ragmm makes; None where none of this group has the name."""
    make = plugin_of(group, name.scheme) if name.of_plugin else None
    if make is None:
        return None
    made, contract = make(name.target, embedder_settings(models)), _contract(group)
    if not isinstance(made, contract):
        raise PluginError(f"{name}: its plugin makes a {type(made).__name__}, which is no {contract.__name__}")
    return made


def _contract(group: Group) -> type[Any]:
    from ragmm.embedders.base import Embedder
    from ragmm.rerankers.base import Reranker
    from ragmm.vlm.base import Vlm

    return {Group.EMBEDDERS: Embedder, Group.RERANKERS: Reranker, Group.VLMS: Vlm}[group]


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
    if (made := _plugged(Group.VLMS, parsed, models)) is not None:
        return made  # type: ignore[no-any-return]
    if parsed.scheme is Scheme.OPENAI:
        from ragmm.vlm.openai import OpenAiVlm

        return OpenAiVlm(parsed.target, parsed.url or "", server)
    if parsed.scheme in {Scheme.HF, Scheme.MINI}:
        from ragmm.vlm.transformers import TransformersVlm

        folder = find(parsed, task=Task.GENERATE, download=models.download).folder
        if parsed.scheme is Scheme.MINI:
            from ragmm.vlm.mini import MiniVlm

            if MiniVlm.serves(str(models.device), str(models.dtype)):
                return MiniVlm(folder, name)
        return TransformersVlm(folder, name, device=str(models.device), dtype=str(models.dtype))
    raise UsageError(f"{name} does not write; name an hf: or openai: model, mini, or extractive")


def build_reranker(name: str, models: ModelSettings) -> Reranker | None:
    """None where nothing is reranked. Raises ModelNotFoundError where the model is not here."""
    from ragmm.models import find
    from ragmm.rerankers.cross_encoder import CrossEncoderReranker

    if name == NONE:
        return None
    parsed = ModelName.parse(name)
    if (made := _plugged(Group.RERANKERS, parsed, models)) is not None:
        return made  # type: ignore[no-any-return]
    return CrossEncoderReranker(find(parsed, download=models.download), embedder_settings(models))


def build_reader(name: str) -> Reader | None:
    """None where nothing reads, or where the package of the weights that the bundled reader builds on is missing."""
    from ragmm.models.finding import Task, find
    from ragmm.models.weights_packages import PACKAGES
    from ragmm.readers.mini import MiniReader

    if name == NONE:
        return None
    package = PACKAGES["all-MiniLM-L6-v2"]
    folder = package.folder()
    if folder is None:
        return None
    package.verify(folder)
    return MiniReader(find("mini", task=Task.READ), folder)


def build_eyes() -> Eyes | None:
    """None where the package of their weights is missing."""
    from ragmm.models.weights_packages import PHOTOS

    folder = PHOTOS.folder()
    if folder is None:
        return None
    from ragmm.embedders.eyes import Eyes

    return Eyes(folder)


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
