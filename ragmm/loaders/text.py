"""Plain text: notes, logs, source code, and markup that has no loader of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ragmm.loaders.base import Probe
from ragmm.loaders.chunking import plain_blocks, text_items
from ragmm.loaders.decoding import read_text
from ragmm.loaders.settings import PASSAGES, LoaderSettings
from ragmm.types import Item

__all__ = ["TextLoader"]

_TYPES = frozenset(
    {
        "application/mbox",
        "text/asciidoc",
        "text/org",
        "text/plain",
        "text/vtt",
        "text/x-config",
        "text/x-rst",
        "text/x-source",
        "text/x-tex",
    }
)


class TextLoader:
    """Passages whose offsets count the characters of the decoded text, line ends untouched."""

    name = "text"
    version = 1
    reads = PASSAGES | {"max_text_bytes"}

    def __init__(self, settings: LoaderSettings) -> None:
        self.settings = settings

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type in _TYPES

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        decoded = read_text(file, probe, self.settings)
        yield from text_items(decoded.text, plain_blocks(decoded.text), self.settings, metadata=decoded.facts())
