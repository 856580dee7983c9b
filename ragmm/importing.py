"""Taking in what other programs have embedded: a collection of it that is searched with the model that made it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ragmm.collection import Collection, Models, create, open_
from ragmm.config import Pipeline, Route, default_pipeline
from ragmm.config.folders import resolve
from ragmm.embedders.base import Embedder, takes
from ragmm.errors import DocumentError, UsageError
from ragmm.exchange.importing import ImportOptions, LoadPicture, Target, read_foreign, take_in
from ragmm.loaders.parser import ParserPool
from ragmm.loaders.settings import Ocr
from ragmm.pipelines.progress import Progress
from ragmm.types import Asset, MediaKind, Report
from ragmm.wiring import open_store, parser_limits

__all__ = ["import_vectors"]


def import_vectors(
    source: str | Path,
    into: str | Path = "default",
    *,
    model: str = "",
    options: ImportOptions | None = None,
    models: Models | None = None,
    progress: Progress | None = None,
) -> Report:
    """Items and vectors of a folder (LangChain, LlamaIndex, clip-retrieval, npy) into a collection; none is embedded.

    `model` names what made them and embeds the questions, unless `models` gives it as an object. A collection that is
    there takes vectors of a model that it is built with.
    """
    options = options or ImportOptions()
    foreign = read_foreign(Path(source), options.form, model)
    model = model or foreign.model
    with _collection(into, model, models) as docs:
        space, embedder = _route(docs, model)
        with _pictures(docs) as picture:
            target = Target(space=space, embedder=embedder, picture=picture, dtype=str(docs.pipeline.store.dtype))
            report = take_in(docs.store, foreign, target, options, progress)
        docs.remember_pipeline()
        docs.refresh_indexes(progress)
    return report


def _collection(into: str | Path, model: str, models: Models | None) -> Collection:
    if open_store(resolve(into)).exists:
        return open_(into, models=models)
    if models is not None and models.gives_embedders:
        return create(into, models=models)
    if not model:
        raise UsageError("whose vectors are these? name the model that made them with --model (in Python: model=…)")
    return create(into, pipeline=_pipeline(model), models=models)


def _pipeline(model: str) -> Pipeline:
    """The default one with the space that the model makes alone."""
    pipeline = default_pipeline()
    of_words = replace(pipeline, routes=(Route.TEXT,), models=replace(pipeline.models, text=model))
    (embedder,) = Models().embedders(of_words).values()
    if not takes(embedder, MediaKind.IMAGE):
        return of_words
    return replace(pipeline, routes=(Route.SHARED,), models=replace(pipeline.models, shared=model))


def _route(docs: Collection, model: str) -> tuple[str, Embedder]:
    """The space of the collection that the vectors belong to, and its model."""
    named = {space: (getattr(docs.pipeline.models, space, ""), one) for space, one in docs.embedders.items()}
    found = {space: one for space, (name, one) in named.items() if model in {"", name, one.info.name}}
    if len(found) != 1:
        built = ", ".join(f"{name or one.info.name} ({space})" for space, (name, one) in named.items())
        raise UsageError(
            f"{docs.path} is built with {built}, and not with {model or 'one model'}; name another collection"
        )
    return found.popitem()


@contextlib.contextmanager
def _pictures(docs: Collection) -> Iterator[LoadPicture]:
    """Picture files as an ingest keeps them, read in the confined process."""
    settings = replace(docs.pipeline.loaders, ocr=Ocr.NEVER)
    with ParserPool(settings, parser_limits(docs.pipeline), 1) as pool:

        def picture(file: Path) -> Asset | None:
            if not file.is_file():
                return None
            with contextlib.suppress(DocumentError), pool.parse(file) as document:
                return next((item.asset for item in document.items if item.asset is not None), None)
            return None

        yield picture
