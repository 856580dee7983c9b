"""The reader contract: a question and passages in, of each passage the spans that answer best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ragmm.types import ModelInfo

__all__ = ["Passage", "Reader", "Span"]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What a reader reads: a short text, and what stands before it to say what it is about."""

    text: str
    prefix: int = 0
    """Characters at its beginning that are no part of the passage: the file's name, headings. No answer lies there."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of a passage's text, and how sure it is that this answers."""

    start: int
    end: int
    certainty: float
    """A logit: above 0 it is likelier an answer than not."""


@runtime_checkable
class Reader(Protocol):
    """Points at answers. What it says of one passage does not depend on the others."""

    @property
    def info(self) -> ModelInfo: ...

    def read(self, question: str, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        """For each passage, in order, spans of different beginnings, the surest first; none where none is possible."""
        ...
