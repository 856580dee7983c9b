"""How likely a hit holds what was asked for: one number in [0, 1] that means the same for texts and for images.

Two signs are weighed: how far the hit's vector stands out from random items of its kind, and how much of what the
question's words say the hit says, rare words counting more. The weights are those of a logistic regression over
questions with known answers (`python -m tools.fit_relevance` prints them, and how well they are calibrated).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ragmm.indexes.lexical import words_of
from ragmm.indexes.snapshot import Snapshot
from ragmm.indexes.word_search import word_shares
from ragmm.pipelines.embedding import IMAGE, TEXT, kind_of
from ragmm.types import Hit
from ragmm.vlm.stopwords import STOPWORDS

__all__ = ["Evidence", "evidence_of", "relevance_of", "telling_words"]

_MOST_WORDS = 24
_FARTHEST = 8.0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known about a hit and a question."""

    kind: str
    """"text" or "image"."""
    distance: float | None = None
    """Deviations above the middle of its list; None where no vector tells."""
    share: float | None = None
    """Of what the question's words say; None for a question without words."""


@dataclass(frozen=True, kw_only=True)
class _Weights:
    base: float
    distance: float = 0.0
    share: float = 0.0


_BOTH = {
    TEXT: _Weights(base=-5.0, distance=0.7, share=3.0),
    IMAGE: _Weights(base=-5.0, distance=0.9, share=3.0),
}
_WORDS_ALONE = _Weights(base=-3.5, share=6.0)
_VECTOR_ALONE = _Weights(base=-5.0, distance=1.2)


def relevance_of(evidence: Evidence) -> float:
    """In [0, 1]; 0 where nothing is known."""
    if evidence.distance is None and evidence.share is None:
        return 0.0
    weights = _BOTH[evidence.kind]
    if evidence.distance is None:
        weights = _WORDS_ALONE
    elif evidence.share is None:
        weights = _VECTOR_ALONE
    distance = min(max(evidence.distance or 0.0, 0.0), _FARTHEST)
    logit = weights.base + weights.distance * distance + weights.share * (evidence.share or 0.0)
    return 1 / (1 + math.exp(-logit))


def evidence_of(
    snapshot: Snapshot, question: str, hits: Sequence[Hit], distances: Mapping[int, float | None]
) -> list[Evidence]:
    """What is known about each hit. `distances`: by item."""
    words = telling_words(question)
    shares = word_shares(snapshot, words, [hit.item.id for hit in hits]) if words else {}
    return [
        Evidence(kind=kind_of(hit.item.modality), distance=distances.get(hit.item.id), share=shares.get(hit.item.id))
        for hit in hits
    ]


def telling_words(question: str) -> list[str]:
    """The words that say what is asked about, without those that only ask."""
    words = list(dict.fromkeys(words_of(question)))
    return [word for word in words if word not in STOPWORDS][:_MOST_WORDS] or words[:_MOST_WORDS]
