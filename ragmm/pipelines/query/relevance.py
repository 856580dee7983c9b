"""How likely a hit holds what was asked for: one number in [0, 1] that means the same for texts and for images.

Two signs are weighed: how far the hit's vector stands out from random items of its kind, and how much of what the
question's words say the hit says, rare words counting more. The weights are those of a logistic regression over
questions with known answers (`python -m tools.fit_relevance` prints them, and how well they are calibrated).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ragmm.indexes.contracts import Snapshot
from ragmm.indexes.records import ItemPlace
from ragmm.pipelines.embedding import kind_of
from ragmm.pipelines.query.clues import Evidence
from ragmm.pipelines.query.fusion import Ranked
from ragmm.text.stop_words import STOPWORDS
from ragmm.text.words import words_of

__all__ = ["relevance_of", "telling_words", "weighed"]

LEAN = 0.5
"""What relevance counts in the order of the best, beside 1 for the fused score."""
_MOST_WORDS = 24
_FARTHEST = 8.0


@dataclass(frozen=True, kw_only=True)
class _Weights:
    base: float
    distance: float = 0.0
    share: float = 0.0


# The same for texts and for images: their distances are from the middle of their own lists, and comparable already.
_BOTH = _Weights(base=-8.5, distance=1.5, share=5.6)
_WORDS_ALONE = _Weights(base=-5.0, share=9.3)
_VECTOR_ALONE = _Weights(base=-8.0, distance=1.9)


def relevance_of(evidence: Evidence) -> float:
    """In [0, 1]; 0 where nothing is known."""
    if evidence.distance is None and evidence.share is None:
        return 0.0
    weights = _BOTH
    if evidence.distance is None:
        weights = _WORDS_ALONE
    elif evidence.share is None:
        weights = _VECTOR_ALONE
    distance = min(max(evidence.distance or 0.0, 0.0), _FARTHEST)
    logit = weights.base + weights.distance * distance + weights.share * (evidence.share or 0.0)
    return 1 / (1 + math.exp(-logit))


def weighed(
    snapshot: Snapshot, question: str, head: Sequence[Ranked], standing: Mapping[int, ItemPlace]
) -> tuple[list[Ranked], float]:
    """The best of a ranking with their relevance, which also orders them; and what the scores of the rest are worth.

    Ranks say which list found an item how early, not how well anything fits; relevance says how well, and two items of
    equal rank are told apart by it. Where no vector tells and all are of one kind, it is a coarser count of the words
    that ranked already, and is left out.
    """
    kinds = {one.item: kind_of(standing[one.item].modality) for one in head if one.item in standing}
    shares = snapshot.word_shares(telling_words(question), [item for item in kinds if standing[item].worded])
    tells = any(one.distance is not None for one in head) or len(set(kinds.values())) > 1
    lean = LEAN if tells else 0.0
    told = [
        _told(one, Evidence(kind=kinds[one.item], distance=one.distance, share=shares.get(one.item)), lean)
        for one in head
        if one.item in kinds
    ]
    return sorted(told, key=lambda one: (-one.score, one.item)), 1 / (1 + lean)


def _told(one: Ranked, evidence: Evidence, lean: float) -> Ranked:
    relevance = round(relevance_of(evidence), 4)
    known = evidence.distance is not None or evidence.share is not None
    score = (one.score + lean * relevance) / (1 + lean) if known else one.score
    return Ranked(
        item=one.item,
        score=score,
        votes=one.votes,
        distance=one.distance,
        relevance=relevance,
        evidence=evidence,
    )


def telling_words(question: str) -> list[str]:
    """The words that say what is asked about, without those that only ask."""
    words = list(dict.fromkeys(words_of(question)))
    return [word for word in words if word not in STOPWORDS][:_MOST_WORDS] or words[:_MOST_WORDS]
