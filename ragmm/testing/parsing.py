"""A parser without processes or loaders: where it is not documents that are tried, but what becomes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ragmm.types import Item, Modality

__all__ = ["FakeReadings", "ParagraphParser", "Reading", "paragraphs"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a file gave: items that are there already, in the place of a parsed document."""

    sha256: str
    size: int
    entries: tuple[Item, ...]
    media_type: str = "text/plain"
    loader: str = "text"
    warnings: tuple[str, ...] = ()
    cpu_seconds: float = 0.0

    @property
    def count(self) -> int:
        return len(self.entries)

    @property
    def items(self) -> Iterator[Item]:
        return iter(self.entries)

    def close(self) -> None:
        """Nothing lies on the disk."""


class FakeReadings:
    """Fingerprints for a parser without loaders: all documents are read again when `whole` changes."""

    def __init__(self, whole: str) -> None:
        self.whole = whole

    def reading(self, loader: str, media_type: str, *, holds_others: bool = False) -> str:  # noqa: ARG002
        return self.whole

    def is_today(self, reading: str, name: str) -> bool:  # noqa: ARG002
        return reading == self.whole


class ParagraphParser:
    """One passage a paragraph, whatever the file is."""

    def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> Reading:  # noqa: ARG002
        data = file.read_bytes()
        return Reading(sha256=hashlib.sha256(data).hexdigest(), size=len(data), entries=tuple(paragraphs(data)))


def paragraphs(data: bytes) -> Iterator[Item]:
    """The passages of a text, parted by blank lines."""
    for part in data.decode("utf-8", "replace").split("\n\n"):
        if part.strip():
            yield Item(modality=Modality.PASSAGE, text=part.strip())
