"""Fusion: several rankings become one, by rank alone. Scores of different legs are never compared.

Cosines between a text and an image lie far below cosines between two texts of the same meaning, so one raw ranking
would bury every image. Here each leg votes with the ranks of its own list: a first place counts 1 / (RANK_CONSTANT + 1)
times the leg's weight, whatever its score.

There are two groups of legs. What was found by **words** (passages, tables, and images by their captions and the text
in them) competes there with everything that has words. What was found by **sight** (vectors of the pictures themselves)
competes with other pictures: a picture without words is found by one leg where a passage is found by four, so votes are
measured within their group, against what heading every leg of the group would bring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ragmm.pipelines.background import Spread
from ragmm.pipelines.evidence import Evidence
from ragmm.types import FoundBy

__all__ = ["Group", "Leg", "Ranked", "fuse"]

RANK_CONSTANT = 10.0
"""Small: the top of each leg matters much more than its tail."""
BOTH = 0.5
"""Of the lesser of two scores, what it adds to the greater."""


class Group(StrEnum):
    """What a leg looked at."""

    WORDS = "words"
    SIGHT = "sight"


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One ranking: items with raw scores, best first."""

    name: str
    """"<space>/<text|image>", "lexical" or "pages"; after "named:" or "page:" where only a part was searched."""
    group: Group
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


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """An item with its fused score in [0, 1] and the legs that found it."""

    item: int
    score: float
    found_by: tuple[FoundBy, ...]
    distance: float | None = None
    """The largest of its legs' distances, in deviations above their middle; None where only words found it."""
    relevance: float = 0.0
    evidence: Evidence | None = None


def fuse(legs: Sequence[Leg]) -> list[Ranked]:
    """Every item that a leg found, best first. An item that heads every leg there is scores 1."""
    votes: dict[Group, dict[int, float]] = {group: {} for group in Group}
    found_by: dict[int, list[FoundBy]] = {}
    distances: dict[int, float] = {}
    for leg in legs:
        heard = votes[leg.group]
        for rank, (item, score) in zip(leg.ranks or range(1, len(leg.found) + 1), leg.found, strict=True):
            heard[item] = heard.get(item, 0.0) + leg.weight * leg.confidence / (RANK_CONSTANT + rank)
            found_by.setdefault(item, []).append(FoundBy(leg=leg.name, rank=rank, score=float(score)))
            if leg.spread is not None:
                distances[item] = max(distances.get(item, float("-inf")), leg.spread.of(score))
    scales = {group: _scale(group, legs) for group in Group}
    scores = {item: _joined([votes[group].get(item, 0.0) * scales[group] for group in Group]) for item in found_by}
    return [
        Ranked(
            item=item,
            score=min(1.0, scores[item]),
            found_by=tuple(found_by[item]),
            distance=distances.get(item),
        )
        for item in sorted(scores, key=lambda item: (-scores[item], item))
    ]


def _scale(group: Group, legs: Sequence[Leg]) -> float:
    """What turns a group's votes into scores: the head of every leg scores as much as the surest leg is trusted."""
    mine = [leg for leg in legs if leg.group is group and leg.found]
    whole = sum(leg.weight * leg.confidence for leg in mine if leg.counts)
    return (RANK_CONSTANT + 1) / whole * max(leg.confidence for leg in mine) if whole else 0.0


def _joined(scores: Sequence[float]) -> float:
    """Being found by words and by sight is more than either. Rounded, so that what is equal ties."""
    return round(max(scores) + BOTH * min(scores), 9)
