"""Opening the collection that a command names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ragmm.commands.shared.output import note
from ragmm.errors import CollectionNotFoundError, UsageError

if TYPE_CHECKING:
    from ragmm.collection import Collection
    from ragmm.config import Pipeline

__all__ = ["announce_profile", "announce_servers", "filled_by", "opened", "opened_for_questions", "opened_or_created"]


@contextmanager
def opened(name: str) -> Iterator[Collection]:
    """A collection that is there."""
    import ragmm

    with ragmm.open(name) as docs:
        yield docs


@contextmanager
def opened_for_questions(name: str, pipeline: Path | None, model: str | None) -> Iterator[Collection]:
    """A collection that is there, asked by another pipeline's settings or another model; it keeps its own."""
    from ragmm.config import load_pipeline

    with opened(name) as docs:
        if pipeline is not None:
            docs.pipeline = load_pipeline(pipeline)
        if model is not None:
            docs.pipeline = replace(docs.pipeline, models=replace(docs.pipeline.models, vlm=model))
        if pipeline is not None or model is not None:
            announce_servers(docs.pipeline)
        yield docs


@contextmanager
def opened_or_created(
    name: str, pipeline: Path | None, *, ask: bool = False, yes: bool = False
) -> Iterator[Collection]:
    """A collection to write to; a new one is made with the pipeline file, or with the default pipeline.

    What a file changes about one that is there is said, and where `ask` is given agreed to first.
    """
    import ragmm

    with ragmm.create(name, pipeline=pipeline, exist_ok=True) as docs:
        if docs.generation == 0:
            announce_servers(docs.pipeline)
            if sys.stderr.isatty():
                announce_profile(docs.pipeline)
        elif pipeline is not None:
            _announce_changes(name, docs.pipeline, ask=ask and not yes)
        yield docs


def filled_by(collection: str, pipeline: Path | None) -> str:
    """The collection that a command fills: the one that is named, else the pipeline's, else the default one."""
    if collection or pipeline is None:
        return collection or "default"
    import ragmm
    from ragmm.config import load_pipeline

    name = load_pipeline(pipeline).name
    if name != "default" and not _is_there(name) and _is_there("default"):
        with ragmm.open() as docs:
            if docs.pipeline.name == name:
                note(f"goes on with the collection default, made with this pipeline; -c {name} begins another")
                return "default"
    return name


def _is_there(name: str) -> bool:
    import ragmm

    try:
        ragmm.open(name).close()
    except CollectionNotFoundError:
        return False
    return True


def _announce_changes(name: str, pipeline: Pipeline, *, ask: bool) -> None:
    import ragmm
    from ragmm.config.changing import changes

    with ragmm.open(name) as before:
        found = changes(before.pipeline, pipeline)
    if not found:
        return
    if ask and not sys.stdin.isatty():
        told = "; ".join(found)
        raise UsageError(f"the pipeline changes {name}: {told}; agree with --yes, or leave out -p")
    for line in found:
        note(f"the pipeline changes {name}: {line}")
    if ask and not typer.confirm("Change it?", err=True):
        raise UsageError(f"{name} was left as it is")


def announce_servers(pipeline: Pipeline) -> None:
    """What goes to which server."""
    from ragmm.config.changing import servers
    from ragmm.config.profiles import named_models

    for line in servers(named_models(pipeline)):
        note(line)


def announce_profile(pipeline: Pipeline) -> None:
    """What a first run shows about what its models can do, in a line; nothing where there is nothing to say."""
    from ragmm.config.needs import photos_model, wants_photos
    from ragmm.config.profiles import named_models
    from ragmm.models import PROFILES

    if line := PROFILES[pipeline.profile].notice:
        note(line)
    if wants_photos(named_models(pipeline)) and not photos_model(named_models(pipeline)):
        note("photographs are not looked at without: pip install 'ragmm[photos]'")
