"""Fusion: several rankings become one, by rank alone. Scores of different legs are never compared.

Cosines between a text and an image lie far below cosines between two texts of the same meaning, so one raw ranking
would bury every image. Here each leg votes with the ranks of its own list: a first place counts 1 / (RANK_CONSTANT + 1)
times the leg's weight, whatever its score.

Legs form a group for each kind of media. What was found by **words** (passages, tables, and images by their captions
and the text in them) competes there with everything that has words. What was found **itself** (vectors of the pictures,
of the sounds) competes with its like: a picture without words is found by one leg where a passage is found by four, so
votes are measured within their group, against what heading every leg of the group would bring.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ragmm.pipelines.query.chance_scores import Spread
from ragmm.pipelines.query.clues import Evidence
from ragmm.types import FoundBy, MediaKind

__all__ = ["Leg", "Ranked", "Vote", "fuse"]

RANK_CONSTANT = 10.0
"""Small: the top of each leg matters much more than its tail."""
BOTH = 0.5
"""Of the lesser of two scores, what it adds to the greater; half as much of it of the next, and so on."""


Vote = tuple[str, int, float]
"""A leg's name, the rank and the raw score that an item has there."""


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One ranking: items with raw scores, best first."""

    name: str
    """"<space>/<kind>", "lexical", "pages", "names"; after "named:" or "page:" where only a part was searched."""
    group: MediaKind
    """What the leg looked at: words, whatever they are about, or the media themselves."""
    found: Sequence[tuple[int, float]]
    ranks: Sequence[int] | None = None
    """Of the items found, where they are a part of a longer ranking; None: 1, 2, 3 …"""
    counts: bool = True
    """False for a further part of a ranking whose weight another part brings."""
    weight: float = 1.0
    confidence: float = 1.0
    """How much of the weight the leg has for this question."""
    spread: Spread | None = None
    """Of the leg's cosines over any items; None for words."""

    def entries(self) -> Iterator[tuple[int, int, float]]:
        """(rank, item, raw score), best first."""
        ranks = self.ranks if self.ranks is not None else range(1, len(self.found) + 1)
        return ((rank, item, score) for rank, (item, score) in zip(ranks, self.found, strict=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked:
    """An item with its fused score in [0, 1] and the legs that found it."""

    item: int
    score: float
    votes: tuple[Vote, ...] = ()
    distance: float | None = None
    """The largest of its legs' distances, in deviations above their middle; None where only words found it."""
    relevance: float = 0.0
    evidence: Evidence | None = None

    @property
    def found_by(self) -> tuple[FoundBy, ...]:
        """For a hit; most that is ranked is never shown."""
        return tuple(FoundBy(leg=leg, rank=rank, score=float(score)) for leg, rank, score in self.votes)


def fuse(legs: Sequence[Leg], places: Mapping[int, Hashable] | None = None) -> Iterator[Ranked]:
    """Every item that a leg found, best first; made as they are asked for. What heads every leg there is scores 1.

    `places` says which items stand together, on one page say. What words find there in several items, each by another
    leg, is found in one place: an item's words count half by its own votes and half by those of its place.
    """
    groups = {kind: _scores([leg for leg in legs if leg.group is kind]) for kind in MediaKind}
    if places:
        worded = [leg for leg in legs if leg.group is MediaKind.TEXT]
        groups[MediaKind.TEXT] = _shared(groups[MediaKind.TEXT], worded, places)
    scores = [group for group in groups.values() if group]
    items = frozenset[int]().union(*scores)
    order = sorted((-_joined([group[item] for group in scores if item in group]), item) for item in items)
    found = [(leg, {item: (rank, raw) for rank, item, raw in leg.entries()}) for leg in legs]
    return (_ranked(item, -score, found) for score, item in order)


def _ranked(item: int, score: float, found: Sequence[tuple[Leg, Mapping[int, tuple[int, float]]]]) -> Ranked:
    mine = [(leg, *entries[item]) for leg, entries in found if item in entries]
    distances = [leg.spread.of(cosine) for leg, _, cosine in mine if leg.spread is not None]
    return Ranked(
        item=item,
        score=min(1.0, score),
        votes=tuple([(leg.name, rank, raw) for leg, rank, raw in mine]),
        distance=max(distances, default=None),
    )


def _scores(legs: Sequence[Leg], of: Mapping[int, Hashable] = MappingProxyType({})) -> dict[Any, float]:
    """Votes of one group's legs, each leg's once for every item, or for the place that `of` says it stands in."""
    votes: dict[Hashable, float] = {}
    for leg in legs:
        weight = leg.weight * leg.confidence
        best: dict[Hashable, int] = {}
        for rank, item, _ in leg.entries():
            best.setdefault(of.get(item, item), rank)
        for name, rank in best.items():
            votes[name] = votes.get(name, 0.0) + weight / (RANK_CONSTANT + rank)
    scale = _scale(legs)
    return {name: vote * scale for name, vote in votes.items()}


def _shared(own: Mapping[int, float], legs: Sequence[Leg], places: Mapping[int, Hashable]) -> dict[int, float]:
    together = _scores(legs, places)
    return {item: (score + together[places.get(item, item)]) / 2 for item, score in own.items()}


def _scale(legs: Sequence[Leg]) -> float:
    """What turns a group's votes into scores: the head of every leg scores as much as the surest leg is trusted."""
    mine = [leg for leg in legs if leg.found]
    whole = sum(leg.weight * leg.confidence for leg in mine if leg.counts)
    return (RANK_CONSTANT + 1) / whole * max(leg.confidence for leg in mine) if whole else 0.0


def _joined(scores: Sequence[float]) -> float:
    """Being found by words and by sight is more than either. Rounded, so that what is equal ties."""
    best = sorted(scores, reverse=True)
    return round(sum(score * BOTH**place for place, score in enumerate(best)), 9)
