"""What a confined worker does with its one document: probe it, load it, write the reply."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from ragmm.errors import LimitError, MissingExtraError, RagmmError, UnsupportedError
from ragmm.isolation.limits import Limits
from ragmm.loaders.base import DocumentWarning, Loader
from ragmm.loaders.chunking import plain_blocks, text_items
from ragmm.loaders.registry import load, loader_for, probe
from ragmm.loaders.reply import ReplyWriter
from ragmm.loaders.settings import LoaderSettings

__all__ = ["DOCUMENT", "MODULE", "REPLY_FOLDER", "ErrorKind", "ParseJob", "given", "parse_document", "prepare"]

MODULE = __name__
"""By which the confined server finds this job."""


DOCUMENT = "document"
"""The spooled copy's name in the scratch folder."""
REPLY_FOLDER = "reply"


class ErrorKind(StrEnum):
    """Which error the parent raises for what the worker said."""

    DOCUMENT = "document"
    UNSUPPORTED = "unsupported"
    LIMIT = "limit"
    MEMORY = "memory"
    FAILED = "failed"
    """The loader itself broke."""


def given(settings: LoaderSettings, loaders: Callable[[LoaderSettings], Sequence[Loader]]) -> dict[str, Any]:
    """What `prepare` is to be given; `loaders` must be importable by its name, or a `partial` of such with keywords."""
    words = loaders.keywords if isinstance(loaders, partial) else {}
    made = loaders.func if isinstance(loaders, partial) else loaders
    return {"settings": settings.as_dict(), "loaders": f"{made.__module__}:{made.__qualname__}", "words": words}


def prepare(given: Mapping[str, Any]) -> ParseJob:
    """The job of a server whose forks parse documents."""
    settings = LoaderSettings.from_dict(given["settings"])
    module, name = given["loaders"].split(":")
    loaders = getattr(importlib.import_module(module), name)(settings, **given["words"])
    job = ParseJob(loaders=loaders, tokenizer=settings.tokenizer)
    _warm_up(settings)
    return job


@dataclass(frozen=True, kw_only=True)
class ParseJob:
    """Parses one document a fork."""

    loaders: Sequence[Loader]
    tokenizer: str

    @property
    def readable(self) -> tuple[Path, ...]:
        return (Path(self.tokenizer),) if self.tokenizer else ()

    def run(self, scratch: Path, name: str, limits: Limits) -> None:
        parse_document(scratch, name, self.loaders, limits)

    def warm(self, part: str) -> None:
        """Import once what a loader would import in each fork again."""
        for loader in self.loaders:
            if loader.name == part and (warm := getattr(loader, "warm", None)) is not None:
                warm()


def _warm_up(settings: LoaderSettings) -> None:
    """Build once what every loader builds at its first use: a fork inherits it."""
    sample = "One sentence. Another one."
    for _ in text_items(sample, plain_blocks(sample), settings):
        pass


def parse_document(scratch: Path, name: str, loaders: Sequence[Loader], limits: Limits) -> None:
    """Parse `scratch/document` into `scratch/reply`; what a loader raises becomes a reply too."""
    writer = ReplyWriter(scratch / REPLY_FOLDER, limits)
    try:
        _load(scratch / DOCUMENT, name, loaders, writer)
    except MemoryError:
        writer.error(ErrorKind.MEMORY, f"it needs more than the {limits.memory_mb} MiB that a parser may use")
    except RecursionError:
        writer.error(ErrorKind.DOCUMENT, "it is nested too deeply")
    except RagmmError as error:
        writer.error(_kind(error), str(error))
    except Exception as error:  # noqa: BLE001 (the boundary of one document: whatever breaks, breaks this one only)
        writer.error(ErrorKind.FAILED, f"its loader failed with {type(error).__name__}: {error}")


def _load(file: Path, name: str, loaders: Sequence[Loader], writer: ReplyWriter) -> None:
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", DocumentWarning)
        found = probe(file, name)
        for item in load(file, found, loaders):
            writer.item(item)
    said = list(dict.fromkeys(str(warning.message) for warning in raised))
    writer.end(loader=loader_for(found, loaders).name, media_type=found.media_type, warnings=said)


def _kind(error: RagmmError) -> ErrorKind:
    if isinstance(error, UnsupportedError | MissingExtraError):
        return ErrorKind.UNSUPPORTED
    return ErrorKind.LIMIT if isinstance(error, LimitError) else ErrorKind.DOCUMENT
