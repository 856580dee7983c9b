"""Whose tokens the passages of a pipeline are measured in: those of the model that embeds their words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ragmm.config.settings import Pipeline, Route
from ragmm.errors import RagmmError

if TYPE_CHECKING:
    from ragmm.models import FoundModel

__all__ = ["measured"]

_TOKENIZER = "tokenizer.json"


def measured(pipeline: Pipeline) -> Pipeline:
    """The same pipeline with the tokenizer of its embedder in [loaders], unless it names one or the model has no such
    file: then tokens are estimated."""
    if pipeline.loaders.tokenizer:
        return pipeline
    name = pipeline.models.text if Route.TEXT in pipeline.routes else pipeline.models.shared
    file = _tokenizer_of(name)
    if file is None:
        return pipeline
    return replace(pipeline, loaders=replace(pipeline.loaders, tokenizer=str(file)))


def _tokenizer_of(name: str) -> Path | None:
    """A model that is not here says so when it has to embed."""
    from ragmm.models import find

    try:
        found = find(name, verify=False)
        file = _text_folder(found) / _TOKENIZER
    except RagmmError:
        return None
    return file if file.is_file() else None


def _text_folder(found: FoundModel) -> Path:
    """Where the part of a model that reads text lies: a tower of pictures may borrow another model's."""
    from ragmm.models import find
    from ragmm.models.describe import read_json

    card = found.folder / "model.json"
    borrowed = read_json(card).get("text_model") if card.is_file() else None
    return find(f"st:{borrowed}", verify=False).folder if borrowed else found.folder
