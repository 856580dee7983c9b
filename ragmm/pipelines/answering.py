"""From hits to an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ragmm.config.settings import AnswerSettings
from ragmm.embedders.base import Embedder
from ragmm.indexes.blocks import unit_rows
from ragmm.indexes.snapshot import Snapshot
from ragmm.pipelines.query import Answerer, Question, text_embedder
from ragmm.types import Answer, Hit, Role
from ragmm.vlm.extractive import ExtractiveSettings, extract_answer

__all__ = ["extractive_answerer"]


def extractive_answerer(embedders: Mapping[str, Embedder], settings: AnswerSettings) -> Answerer:
    """Answers with the sentences that answer best, each with its citation; no model writes anything."""
    embedder = text_embedder(embedders)
    chosen = ExtractiveSettings() if settings.abstain else ExtractiveSettings(strong=0.0)

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        assert embedder is not None  # noqa: S101
        return unit_rows(embedder.embed_texts(texts, Role.DOCUMENT))

    def answer(question: Question, hits: Sequence[Hit], snapshot: Snapshot) -> Answer:  # noqa: ARG001
        return extract_answer(question.text, hits, embed if embedder is not None else None, chosen)

    return answer
