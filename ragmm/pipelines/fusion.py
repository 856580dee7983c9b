"""Fusion: several rankings become one, by rank alone. Scores of different legs are never compared.

Cosines between a text and an image lie far below cosines between two texts of the same meaning, so one raw ranking
would bury every image. Here each leg (a space's texts, a space's images, the words) votes with the ranks of its own
list: a first place counts 1 / (RANK_CONSTANT + 1), whatever its score.

Texts are found by more legs than images (an image without words is invisible to all but one), so votes are measured
within their group: against what heading every leg of that group would bring. A group with fewer legs is trusted a
little less, not buried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ragmm.pipelines.background import Spread
from ragmm.types import FoundBy

__all__ = ["Leg", "Ranked", "fuse"]

RANK_CONSTANT = 10.0
"""Small: the top of each leg matters much more than its tail."""
TRUST = 0.25
"""Exponent on a group's share of all votes: at 0 every group's head is worth the same, at 1 fewer legs mean burial."""


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One ranking: items with raw scores, best first."""

    name: str
    """"<space>/<text|image>" or "lexical"."""
    group: str
    """"text" or "image": what kind of items it ranks."""
    found: Sequence[tuple[int, float]]
    weight: float = 1.0
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


def fuse(legs: Sequence[Leg]) -> list[Ranked]:
    """Every item that a leg found, best first. An item that heads every leg there is scores 1."""
    votes: dict[int, float] = {}
    found_by: dict[int, list[FoundBy]] = {}
    scale: dict[int, float] = {}
    distances: dict[int, float] = {}
    scales = _scales(legs)
    for leg in legs:
        for rank, (item, score) in enumerate(leg.found, start=1):
            votes[item] = votes.get(item, 0.0) + leg.weight / (RANK_CONSTANT + rank)
            found_by.setdefault(item, []).append(FoundBy(leg=leg.name, rank=rank, score=float(score)))
            if leg.spread is not None:
                distances[item] = max(distances.get(item, float("-inf")), leg.spread.of(score))
            scale[item] = min(scale.get(item, float("inf")), scales[leg.group])
    ranked = [
        Ranked(
            item=item,
            score=min(1.0, vote * scale[item]),
            found_by=tuple(found_by[item]),
            distance=distances.get(item),
        )
        for item, vote in votes.items()
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.item))


def _scales(legs: Sequence[Leg]) -> dict[str, float]:
    """What turns a group's votes into scores."""
    weights: dict[str, float] = {}
    for leg in legs:
        weights[leg.group] = weights.get(leg.group, 0.0) + (leg.weight if leg.found else 0.0)
    most = max(weights.values(), default=0.0)
    return {
        group: (RANK_CONSTANT + 1) / weight * (weight / most) ** TRUST if weight else 0.0
        for group, weight in weights.items()
    }
