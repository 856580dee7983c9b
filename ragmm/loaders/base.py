"""The loader contract: `accepts` says whether, `load` yields items; a loader sees a spooled copy, never the source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from ragmm.types import Item

__all__ = ["DocumentWarning", "Loader", "Probe"]


class DocumentWarning(UserWarning):
    """Something of a document was left out or guessed; a loader says it with warnings.warn and goes on."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What is known of a file before it is parsed."""

    name: str
    """The file's own name (display only, never opened)."""
    media_type: str
    """Decided by content, with the extension as a tie-break among text formats."""
    size: int
    head: bytes
    """The first 8 KiB."""


@runtime_checkable
class Loader(Protocol):
    """Reads one family of formats."""

    name: str
    """Short and stable; with the version and `reads` it decides whether a document is parsed again."""
    version: int
    """Raised whenever the items it yields for the same bytes change."""
    reads: frozenset[str]
    """The LoaderSettings that its items depend on: documents are read again when one of these changes."""

    def accepts(self, probe: Probe) -> bool: ...

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        """Items in reading order. Raises DocumentError with a reason that names what is wrong."""
        ...
