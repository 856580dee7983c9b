"""How likely a hit holds what was asked for: one number in [0, 1] that means the same for texts and for images.

Weighed are: how far the hit's vector stands out from random items of its kind, how much of what the question's words
say the hit says (by their rarity in the collection, by their rarity among what was found, and with its page), and its
place in the lists that found it. The weights are fitted to questions with known places (`python -m tools.fit_ranking`
prints them, what each is worth, and how well they are calibrated); those of pictures without words and of collections
without vectors are set to the same scale. What is shown is ordered by this number and by no other.
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
from ragmm.pipelines.query.named_places import Mentioned
from ragmm.pipelines.query.question import Asked
from ragmm.pipelines.query.question_kind import asks_for_fact, names_picture
from ragmm.pipelines.query.said_words import SaidWords, said_words, with_named
from ragmm.pipelines.query.value_kinds import fits
from ragmm.pipelines.query.wanted import wanted
from ragmm.text.stop_words import STOPWORDS
from ragmm.text.terms import fold
from ragmm.text.words import words_of
from ragmm.types import MediaKind

__all__ = ["QuestionClues", "relevance_of", "telling_words", "weighed"]

_MOST_WORDS = 24
_FARTHEST = 8.0


@dataclass(frozen=True, kw_only=True)
class _Weights:
    """In logits."""

    base: float
    distance: float = 0.0
    share: float = 0.0
    apart: float = 0.0
    page: float = 0.0
    votes: float = 0.9
    silent: float = -0.8
    """A picture without a number answers no question for one, however much it looks like what is asked about."""
    named: float = 0.5
    sought: float = 1.0
    """Where a picture is asked for, words about it are the lesser find."""


@dataclass(frozen=True, kw_only=True)
class QuestionClues:
    """What is known of a question besides its words."""

    meant: str = ""
    """What a glossary says its terms mean."""
    shown: str = ""
    """The words of a picture that is asked, which stand in for a question without words."""
    named: Mentioned | None = None
    """The documents that it names."""


# The same for texts and for images: their distances are from the middle of their own lists, and comparable already.
_BOTH = _Weights(base=-3.3, distance=0.21, share=0.68, apart=0.97, page=1.02)
_WORDS_ALONE = _Weights(base=-1.8, share=0.6, apart=0.9, page=0.9)
_VECTOR_ALONE = _Weights(base=-3.5, distance=0.49)
_PLACE_ALONE = _Weights(base=-0.6)


def relevance_of(evidence: Evidence) -> float:
    """In [0, 1]."""
    if evidence.distance is None:
        weights = _PLACE_ALONE if evidence.share is None else _WORDS_ALONE
    else:
        weights = _VECTOR_ALONE if evidence.share is None else _BOTH
    distance = min(max(evidence.distance or 0.0, 0.0), _FARTHEST)
    logit = weights.base + weights.distance * distance + weights.share * (evidence.share or 0.0)
    logit += weights.apart * evidence.apart + weights.page * evidence.page + weights.votes * evidence.votes
    logit += weights.silent * evidence.silent + weights.sought * evidence.sought + weights.named * evidence.named
    return 1 / (1 + math.exp(-logit))


def _of_told(evidence: Evidence) -> float:
    """Words that are only said of a picture speak for it where they are asked for, and never against it."""
    return max(relevance_of(evidence), relevance_of(replace(evidence, share=None, apart=0.0, page=0.0)))


def weighed(
    snapshot: Snapshot,
    question: Asked,
    head: Sequence[Ranked],
    standing: Mapping[int, ItemPlace],
    clues: QuestionClues = QuestionClues(),
) -> tuple[list[Ranked], float]:
    """The best of a ranking in the order of their relevance, which is their score; and what the rest are worth.

    Ranks say which list found an item how early, not how well anything fits; relevance says how well, and counts ranks
    among its signs.
    """
    asked = question.searched.strip()
    kinds = {one.item: kind_of(standing[one.item].modality) for one in head if one.item in standing}
    pictures = [item for item, kind in kinds.items() if kind is not MediaKind.TEXT]
    silent = _silent(snapshot, question, pictures)
    sought = frozenset(pictures) if names_picture(question.text) else frozenset()
    said = _said(snapshot, asked, clues, [one for one in head if one.item in kinds], standing)
    farthest = _farthest(head, kinds)
    told = [
        _told(
            one,
            Evidence(
                kind=kinds[one.item],
                distance=farthest.get(kinds[one.item]) if one.distance is None else one.distance,
                **_shares(said.get(one.item)),
                votes=one.score,
                silent=one.item in silent,
                sought=one.item in sought,
                named=_named(one.item, clues.named),
            ),
            told=standing[one.item].told or not asked,
        )
        for one in head
        if one.item in kinds
    ]
    return sorted(told, key=lambda one: (-one.score, one.item)), min((one.score for one in told), default=1.0)


def _said(
    snapshot: Snapshot, asked: str, clues: QuestionClues, head: Sequence[Ranked], standing: Mapping[int, ItemPlace]
) -> dict[int, SaidWords]:
    """How much each item says of the question's words or, found by what they mean, of those.

    What the name of a document says, all of it says.
    """
    worded = [one.item for one in head if standing[one.item].worded or standing[one.item].told]
    places = {item: standing[item].place for item in worded}
    words = telling_words(asked or clues.shown)
    held = snapshot.held_words(words, worded)
    if clues.named is not None:
        held = with_named(held, [fold(word) in clues.named.words for word in words], clues.named.documents)
    said = said_words(held, places)
    if clues.meant:
        by_meaning = [one.item for one in head if one.item in places and any(MEANT in leg for leg, _, _ in one.votes)]
        for item, other in said_words(snapshot.held_words(telling_words(clues.meant), by_meaning), places).items():
            said[item] = said[item].most(other) if item in said else other
    return said


def _shares(said: SaidWords | None) -> dict[str, float]:
    return {} if said is None else {"share": said.share, "apart": said.apart, "page": said.page}


def _named(item: int, mentioned: Mentioned | None) -> float:
    """How surely the question names the item's document."""
    if mentioned is None:
        return 0.0
    inside = any(one.first_item <= item < one.first_item + one.items for one in mentioned.documents)
    return mentioned.confidence * inside


def _farthest(head: Sequence[Ranked], kinds: Mapping[int, MediaKind]) -> dict[MediaKind, float]:
    """By kind, the least distance that a list of vectors names: what it does not name is no nearer."""
    found: dict[MediaKind, float] = {}
    for one in head:
        if one.distance is not None and one.item in kinds:
            found[kinds[one.item]] = min(one.distance, found.get(kinds[one.item], one.distance))
    return found


def _silent(snapshot: Snapshot, question: Asked, pictures: Sequence[int]) -> frozenset[int]:
    """The pictures that cannot answer: a fact is asked for, and their words, if any, hold no value of its kind."""
    if question.image is not None or question.like is not None or not asks_for_fact(question.bare):
        return frozenset()
    kind = wanted(question.bare).kind
    speaking = {item.id for item in snapshot.fetch(pictures) if item.text.strip() and fits(kind, item.text)}
    return frozenset(pictures) - speaking


def _told(one: Ranked, evidence: Evidence, *, told: bool) -> Ranked:
    relevance = _of_told(evidence) if told else relevance_of(evidence)
    return replace(one, score=relevance, relevance=round(relevance, 4), evidence=evidence)


def telling_words(question: str) -> list[str]:
    """The words that say what is asked about, without those that only ask."""
    words = list(dict.fromkeys(words_of(question)))
    return [word for word in words if word not in STOPWORDS][:_MOST_WORDS] or words[:_MOST_WORDS]
