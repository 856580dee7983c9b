"""What a forked worker does with its one document: probe it, load it, write the reply."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import warnings
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from ragmm.errors import LimitError, MissingExtraError, RagmmError, UnsupportedError
from ragmm.loaders.base import DocumentWarning, Loader
from ragmm.loaders.chunking import plain_blocks, text_items
from ragmm.loaders.registry import load, loader_for, probe
from ragmm.loaders.reply import ReplyWriter
from ragmm.loaders.sandbox import Limits
from ragmm.loaders.settings import LoaderSettings

__all__ = ["DOCUMENT", "REPLY_FOLDER", "ErrorKind", "parse_document", "settle", "warm_up"]

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


def warm_up(settings: LoaderSettings) -> None:
    """Build once what every loader builds at its first use: a fork inherits it."""
    sample = "One sentence. Another one."
    for _ in text_items(sample, plain_blocks(sample), settings):
        pass


def settle() -> None:
    """Spare what is there by now from being looked through for garbage, and look for it less often: nearly all that
    parsing makes goes by itself, and the rest with the worker."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    # Importing leaves a quarter of the memory empty; each page of it costs every fork time.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


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
