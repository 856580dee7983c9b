"""Opening the collection that a command names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ragmm.commands.shared.output import note

if TYPE_CHECKING:
    from ragmm.collection import Collection
    from ragmm.config import Pipeline

__all__ = ["announce_profile", "opened", "opened_or_created"]


@contextmanager
def opened(name: str) -> Iterator[Collection]:
    """A collection that is there."""
    import ragmm

    with ragmm.open(name) as docs:
        yield docs


@contextmanager
def opened_or_created(name: str, pipeline: Path | None) -> Iterator[Collection]:
    """A collection to write to; a new one is made with the pipeline file, or with the default pipeline."""
    import ragmm

    with ragmm.create(name, pipeline=pipeline, exist_ok=True) as docs:
        if docs.generation == 0 and sys.stderr.isatty():
            announce_profile(docs.pipeline)
        yield docs


def announce_profile(pipeline: Pipeline) -> None:
    """What a first run shows about what its models can do, in a line; nothing where there is nothing to say."""
    from ragmm.config.needs import photos_model, wants_photos
    from ragmm.config.profiles import named_models
    from ragmm.models import PROFILES

    if line := PROFILES[pipeline.profile].notice:
        note(line)
    if wants_photos(named_models(pipeline)) and not photos_model(named_models(pipeline)):
        note("photographs are not looked at without: pip install 'ragmm[photos]'")
