"""The reranker contract: a question and candidates in, one score each out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ragmm.types import Asset, ModelInfo

__all__ = ["Candidate", "Reranker"]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What a reranker reads of an item: its words with their context, its picture, or both."""

    text: str = ""
    image: Asset | None = None


@runtime_checkable
class Reranker(Protocol):
    """Says how well each candidate answers a question, reading both at once."""

    @property
    def info(self) -> ModelInfo:
        """`info.kinds` has "image" where pictures are read too."""
        ...

    def score(self, question: str, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
        """Shape: (len(candidates),). Higher is better; comparable within one question only."""
        ...
