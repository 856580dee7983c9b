"""BM25 by a library that ragmm has no part in (bm25s), over the same items: what a search has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ragmm.collection import Collection
from ragmm.evaluation.places import ranking
from ragmm.evaluation.searching import AskedWay, Ranking
from ragmm.optional import missing
from ragmm.pipelines.embedding import embedding_text
from ragmm.text.words import words_of
from ragmm.types import StoredItem

__all__ = ["BASELINE", "baseline_rankings"]

BASELINE = "bm25s"
_DEEPER = 10


def baseline_rankings(docs: Collection, questions: Sequence[AskedWay], k: int) -> dict[str, Ranking]:
    """The first k places for each question that has a place to be found; nothing of ragmm ranks them."""
    items = [item for item in docs.items() if item.text.strip()]
    if not items:
        return {}
    index = _library().BM25()
    index.index([words_of(embedding_text(item.text, item.context)) or [""] for item in items], show_progress=False)
    paths = np.array([item.path for item in items], object)
    found: dict[str, Ranking] = {}
    for one in questions:
        words = [word for word in words_of(one.question.text) if word in index.vocab_dict]
        if not one.targets.entries or one.where is None or not words:
            continue
        scores = np.asarray(index.get_scores(words), np.float64)
        allowed = np.isin(paths, list(one.where)) if one.where else np.ones(len(items), bool)
        order = np.argsort(np.where(allowed, -scores, np.inf), kind="stable")[: min(int(allowed.sum()), _DEEPER * k)]
        found[one.qid] = _ranking([items[at] for at in order if scores[at] > 0], one, k)
    return found


def _ranking(items: Sequence[StoredItem], one: AskedWay, k: int) -> Ranking:
    return Ranking(
        documents=tuple(ranking(one.targets.documents_of(item) for item in items)[:k]),
        pages=tuple(ranking(one.targets.pages_of(item) for item in items)[:k]),
    )


def _library() -> Any:
    try:
        import bm25s
    except ImportError as error:
        raise missing("bm25s", "the BM25 to compare with") from error
    return bm25s
