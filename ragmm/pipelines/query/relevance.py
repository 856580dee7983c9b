"""How likely a hit holds what was asked for: one number in [0, 1] that means the same for texts and for images.

Three signs are weighed: how far the hit's vector stands out from random items of its kind, how much of what the
question's words say the hit says, rare words counting more, and its place in the lists that found it. The weights of
the first two are those of a logistic regression over questions with known answers; those of the place and of pictures
are set, and the bases with them (`python -m tools.fit_relevance` prints how well all are calibrated). What is shown is
ordered by this number and by no other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ragmm.indexes.contracts import Snapshot
from ragmm.indexes.records import ItemPlace
from ragmm.pipelines.embedding import kind_of
from ragmm.pipelines.query.clues import Evidence
from ragmm.pipelines.query.fusion import Ranked
from ragmm.pipelines.query.legs import MEANT
from ragmm.pipelines.query.question import Asked
from ragmm.pipelines.query.question_kind import asks_for_fact, names_picture
from ragmm.pipelines.query.wanted import fits, wanted
from ragmm.text.stop_words import STOPWORDS
from ragmm.text.words import words_of
from ragmm.types import MediaKind

__all__ = ["relevance_of", "telling_words", "weighed"]

_MOST_WORDS = 24
_FARTHEST = 8.0
_VOTES = 3.0
"""Set so that the best come first (hit@1 is flat from 2 to 4), not fitted: across questions the head of the lists says
little, within one it tells equals apart."""
_SILENT = -3.0
"""A picture without a number answers no question for one, however much it looks like what is asked about."""


_SOUGHT = 2.0
"""Where a picture is asked for, words about it are the lesser find."""


@dataclass(frozen=True, kw_only=True)
class _Weights:
    base: float
    distance: float = 0.0
    share: float = 0.0


# The same for texts and for images: their distances are from the middle of their own lists, and comparable already.
_BOTH = _Weights(base=-10.0, distance=1.5, share=5.6)
_WORDS_ALONE = _Weights(base=-5.5, share=9.3)
_VECTOR_ALONE = _Weights(base=-9.5, distance=1.9)
_PLACE_ALONE = _Weights(base=-1.0)


def relevance_of(evidence: Evidence) -> float:
    """In [0, 1]."""
    if evidence.distance is None:
        weights = _PLACE_ALONE if evidence.share is None else _WORDS_ALONE
    else:
        weights = _VECTOR_ALONE if evidence.share is None else _BOTH
    distance = min(max(evidence.distance or 0.0, 0.0), _FARTHEST)
    logit = weights.base + weights.distance * distance + weights.share * (evidence.share or 0.0)
    logit += _VOTES * evidence.votes + _SILENT * evidence.silent + _SOUGHT * evidence.sought
    return 1 / (1 + math.exp(-logit))


def weighed(
    snapshot: Snapshot, question: Asked, head: Sequence[Ranked], standing: Mapping[int, ItemPlace], meant: str = ""
) -> tuple[list[Ranked], float]:
    """The best of a ranking in the order of their relevance, which is their score; and what the rest are worth.

    Ranks say which list found an item how early, not how well anything fits; relevance says how well, and counts ranks
    among its signs. `meant`: what a glossary says the question's terms mean.
    """
    kinds = {one.item: kind_of(standing[one.item].modality) for one in head if one.item in standing}
    pictures = [item for item, kind in kinds.items() if kind is not MediaKind.TEXT]
    silent = _silent(snapshot, question, pictures)
    sought = frozenset(pictures) if names_picture(question.text) else frozenset()
    shares = _shares(snapshot, question.searched, meant, [one for one in head if one.item in kinds], standing)
    farthest = _farthest(head, kinds)
    told = [
        _told(
            one,
            Evidence(
                kind=kinds[one.item],
                distance=farthest.get(kinds[one.item]) if one.distance is None else one.distance,
                share=shares.get(one.item),
                votes=one.score,
                silent=one.item in silent,
                sought=one.item in sought,
            ),
        )
        for one in head
        if one.item in kinds
    ]
    return sorted(told, key=lambda one: (-one.score, one.item)), min((one.score for one in told), default=1.0)


def _shares(
    snapshot: Snapshot, words: str, meant: str, head: Sequence[Ranked], standing: Mapping[int, ItemPlace]
) -> dict[int, float]:
    """How much each item says of the question's words or, found by what they mean, of those."""
    worded = [one for one in head if standing[one.item].worded]
    said = snapshot.word_shares(telling_words(words), [one.item for one in worded])
    by_meaning = [one.item for one in worded if meant and any(MEANT in leg for leg, _, _ in one.votes)]
    for item, share in snapshot.word_shares(telling_words(meant), by_meaning).items():
        said[item] = max(said.get(item, 0.0), share)
    return said


def _farthest(head: Sequence[Ranked], kinds: Mapping[int, MediaKind]) -> dict[MediaKind, float]:
    """By kind, the least distance that a list of vectors names: what it does not name is no nearer."""
    found: dict[MediaKind, float] = {}
    for one in head:
        if one.distance is not None and one.item in kinds:
            found[kinds[one.item]] = min(one.distance, found.get(kinds[one.item], one.distance))
    return found


def _silent(snapshot: Snapshot, question: Asked, pictures: Sequence[int]) -> frozenset[int]:
    """The pictures that cannot answer: a fact is asked for, and their words, if any, hold no value of its kind."""
    if question.image is not None or question.like is not None or not asks_for_fact(question.text):
        return frozenset()
    kind = wanted(question.text).kind
    speaking = {item.id for item in snapshot.fetch(pictures) if item.text.strip() and fits(kind, item.text)}
    return frozenset(pictures) - speaking


def _told(one: Ranked, evidence: Evidence) -> Ranked:
    relevance = relevance_of(evidence)
    return replace(one, score=relevance, relevance=round(relevance, 4), evidence=evidence)


def telling_words(question: str) -> list[str]:
    """The words that say what is asked about, without those that only ask."""
    words = list(dict.fromkeys(words_of(question)))
    return [word for word in words if word not in STOPWORDS][:_MOST_WORDS] or words[:_MOST_WORDS]
