"""The reader contract: a question and passages in, of each passage the spans that answer best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from ragmm.types import ModelInfo

__all__ = ["OptionSide", "Passage", "Reader", "ReadsAgain", "Span"]


class OptionSide(StrEnum):
    """As what a part of a table is scored."""

    ROW = "row"
    COLUMN = "column"


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

    def score(self, question: str, options: Sequence[Passage], side: OptionSide) -> list[float] | None:
        """How well each row or column of a table answers; above 0 it is likelier right than none of them is.

        None where the reader has learnt nothing of tables.
        """
        ...


@runtime_checkable
class ReadsAgain(Protocol):
    """A reader that has a second opinion: two trainings are seldom wrong in the same way."""

    def read_again(self, question: str, passages: Sequence[Passage]) -> list[tuple[Span, ...]] | None:
        """The same as `read` from what another training learnt; None where there is none."""
        ...
